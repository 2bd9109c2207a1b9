// The rules of the house, as functions over one file's text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stowage::lint {

struct Violation {
  std::string rule;  // "include-table", "banned-call" ...
  std::string path;
  int line;
  std::string message;  // what is wrong and what to use in its place
};

// `path` is relative to the top of the tree; it decides which rules hold.
std::vector<Violation> Check(const std::string& path, const std::string& text);

// The text with comments, strings and character literals blanked, line for line.
std::string Blank(std::string_view text);

}  // namespace stowage::lint
