#include "scheduler/solvers/lagrangian/reduced_costs.h"

#include <Eigen/Core>

namespace stowage::scheduler::lagrangian {

ReducedCosts::ReducedCosts(const Tables& tables)
    : t_(tables), prices_(t_.rooms * t_.resources, 0), value_(t_.rooms, 0) {}

void ReducedCosts::SetPrices(const std::vector<double>& prices) {
  for (size_t s = 0; s < t_.rooms; ++s) {
    for (size_t r = 0; r < t_.resources; ++r) {
      prices_[r * t_.rooms + s] = prices[s * t_.resources + r];
    }
  }
  quotas_.assign(prices.begin() + static_cast<std::ptrdiff_t>(t_.rooms * t_.resources),
                 prices.end());
}

// Coefficient by coefficient: a matrix product would use fused operations where the machine has
// them, and so steer otherwise there.
void ReducedCosts::Find(size_t k, std::vector<double>* out) const {
  using Row = Eigen::Map<const Eigen::ArrayXd>;
  const auto rooms = static_cast<Eigen::Index>(t_.rooms);
  out->resize(t_.rooms);
  if (rooms == 0) return;
  Eigen::Map<Eigen::ArrayXd> value(out->data(), rooms);
  value = Row(t_.cost.data() + k * t_.rooms, rooms);
  const bool varied = t_.Varied(k);
  const double* demand = t_.Demand(k, 0);
  for (size_t r = 0; r < t_.resources; ++r) {
    const Row price(prices_.data() + r * t_.rooms, rooms);
    if (varied) {
      const auto apart = Eigen::InnerStride<>(static_cast<Eigen::Index>(t_.resources));
      value += price *
               Eigen::Map<const Eigen::ArrayXd, 0, Eigen::InnerStride<>>(demand + r, rooms, apart);
    } else if (demand[r] != 0) {
      value += price * demand[r];
    }
  }
  for (size_t i = 0; t_.quotas > 0 && i < t_.quotas_of[k].size(); ++i) {
    const auto row = static_cast<size_t>(t_.quotas_of[k][i]);
    const size_t r = t_.quota_resource[row];
    for (size_t s = 0; s < t_.rooms && quotas_[row] > 0; ++s) {
      if (t_.Covered(row, s)) (*out)[s] += quotas_[row] * t_.Demand(k, s)[r];
    }
  }
}

}  // namespace stowage::scheduler::lagrangian
