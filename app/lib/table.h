// Plain columns, as kubectl prints them.
#pragma once

#include <string>
#include <vector>

namespace stowage::app {

class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void Row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string ToString() const;  // three spaces between columns, a line each

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace stowage::app
