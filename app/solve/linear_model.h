// A mixed-integer program: minimise cost x, rows, 0 <= x <= upper, x integer. Written as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  std::vector<Column> columns;
  std::vector<Row> rows;
};

std::string WriteLp(const LinearModel& model);   // CPLEX LP
std::string WriteMps(const LinearModel& model);  // free-format MPS

}  // namespace stowage::app
