// Where things stand in a file, and how a reader says what is wrong there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::app {

// A file's text and the name it goes by in messages. Borrowed: both must outlive the reader.
struct Source {
  std::string_view name;
  std::string_view text;
};

// Both count from 1; a column is a character (UTF-8), not a byte.
struct Position {
  int64_t line = 1, column = 1;
};

Position PositionOf(std::string_view text, size_t offset);

// kInvalid "NAME:LINE:COLUMN: WHAT".
Error ErrorAt(std::string_view name, Position at, std::string_view what);

// Outside text as part of a message: in quotes, without control characters, cut where it is long.
std::string Quoted(std::string_view text);

}  // namespace stowage::app
