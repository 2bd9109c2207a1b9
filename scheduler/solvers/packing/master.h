// Master: the linear program over patterns (fills of one bin): which, and how often, so that every
// row is covered at least cost. Columns are only ever added. A library's simplex solves it; its
// answers steer and prove nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace stowage::scheduler::packing {

class Master {
 public:
  struct Row {
    double least, most;
  };
  struct Entry {
    int32_t row;
    double value;
  };
  explicit Master(const std::vector<Row>& rows);
  ~Master();
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;

  void Add(double cost, std::span<const Entry> column);
  void SetRow(int32_t row, Row bounds);
  // At most so many pivots. True: the optimum is found, and what follows may be asked for.
  bool Solve(int pivots);
  double cost() const;
  double dual(int32_t row) const;
  double level(int32_t column) const;  // 0 of one that came since
  int32_t columns() const;
  int64_t work() const;  // so far, in units of about a nanosecond; an estimate that repeats

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

}  // namespace stowage::scheduler::packing
