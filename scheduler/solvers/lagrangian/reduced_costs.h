// ReducedCosts: what one pod of a class costs and pays in every room at some prices, all rooms at
// once.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/lagrangian/tables.h"

namespace stowage::scheduler::lagrangian {

class ReducedCosts {
 public:
  explicit ReducedCosts(const Tables& tables);  // must outlive it

  // As Tables::prices(), for a unit.
  void SetPrices(const std::vector<double>& prices);
  // By room, kNever where the class cannot be; valid until the next call. The same numbers, to the
  // last bit, as the sum of one room after the other.
  const std::vector<double>& Of(size_t k) {
    Find(k, &value_);
    return value_;
  }
  // The same into the caller's own, for several threads at once.
  void Find(size_t k, std::vector<double>* value) const;

 private:
  const Tables& t_;
  std::vector<double> prices_;  // [resource][room]
  std::vector<double> quotas_;  // [row]
  std::vector<double> value_;   // [room]
};

}  // namespace stowage::scheduler::lagrangian
