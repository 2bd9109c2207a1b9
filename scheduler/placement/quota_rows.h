// QuotaRows: quotas as rows of a relaxation. A row is one cap of one quota: what the pods of its
// namespaces that are placed in its clusters may take of one resource together.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/instance.h"
#include "scheduler/placement/prices.h"

namespace stowage::scheduler {

class QuotaRows {
 public:
  struct Row {
    size_t quota;  // place in Instance::quotas()
    size_t resource;
    int64_t room;                  // what bound pods leave of the cap; 0 at the least
    std::vector<char> in_cluster;  // by cluster: pods there count
  };
  explicit QuotaRows(const Instance& instance);  // prepared

  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }
  const Row& operator[](size_t row) const { return rows_[row]; }
  // The rows that speak of the class's namespace, sorted.
  const std::vector<int32_t>& Of(size_t k) const { return rows_.empty() ? none_ : of_class_[k]; }

 private:
  std::vector<Row> rows_;
  std::vector<std::vector<int32_t>> of_class_;
  std::vector<int32_t> none_;
};

// What a pod of class `k` pays in cluster `j` for the room that it takes of quotas, an hour: each
// product rounded down, capped at kMaxBill. Prices of quotas that the instance does not know count
// for nothing.
Money QuotaPrice(const Instance& instance, const ShadowPrices& prices, size_t k, size_t j);

}  // namespace stowage::scheduler
