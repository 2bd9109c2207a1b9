// A mixed-integer program: minimise cost x, rows, 0 <= x <= upper, x integer. Written as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result/result.h"

namespace stowage::app {

struct LinearModel {
  struct Column {
    std::string name;
    int64_t cost = 0;
    int64_t upper = 1;
  };
  enum class Sense { kEqual, kAtMost };
  struct Entry {
    int32_t column;
    int64_t factor;
  };
  struct Row {
    std::string name;
    Sense sense = Sense::kEqual;
    int64_t right = 0;
    std::vector<Entry> entries;
  };
  std::vector<std::string> comments;  // lines for people, at the head of the file
  std::vector<Column> columns;
  std::vector<Row> rows;

  static constexpr int64_t kMostNumbers = 50'000'000;
};

// kInvalid: a model with so many numbers is too large to be written.
Result<void> CheckSize(__int128 numbers);

std::string WriteLp(const LinearModel& model);   // CPLEX LP
std::string WriteMps(const LinearModel& model);  // free-format MPS

}  // namespace stowage::app
