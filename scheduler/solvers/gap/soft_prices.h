// SoftPrices: prices of the capacities at a temperature. Items do not take the cheapest agent but
// any, with a probability that falls with what it costs more; the prices are such that the mean
// loads fill the capacities. Unlike those of the linear relaxation they say, too, what an item
// costs if one agent does not take it, and what agents gain from having many who would come.
//
// Agents leave with what they hold; prices then follow what is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class SoftPrices {
 public:
  static constexpr int32_t kMostResources = 8;
  // Single items, and few enough pairs.
  static bool Suits(const GapInstance& instance);

  // `instance` suits and must outlive this; `prices` to begin with, of PriceSearch.
  SoftPrices(const GapInstance& instance, const std::vector<double>& prices);

  void SetTemperature(double temperature) { temperature_ = temperature; }
  // One step of the prices; the work in units of 100 ns.
  int64_t Iterate();
  // Agent `j` leaves, with these items: they are sorted.
  void Leave(int32_t j, const std::vector<int32_t>& items);

  const std::vector<int32_t>& items() const { return items_; }    // that are left, sorted
  const std::vector<int32_t>& agents() const { return agents_; }  // the same
  // [agent][resource]; those of agents that left mean nothing.
  const std::vector<double>& prices() const { return prices_; }
  // What item `items()[i]` costs if agent `j`, one of those left, does not take it, as of the last
  // step; kNever: no other can.
  double Otherwise(size_t i, int32_t j) const;
  static constexpr double kNever = 1e30;

  // Prices of the resources of agent `j` by itself at temperature `cold`, where items are worth
  // `worth` [item of items()]. Adds the work to *work.
  std::vector<double> PricesAlone(int32_t j, const std::vector<double>& worth, double cold,
                                  int64_t* work) const;

 private:
  // The loads that are wanted less the capacity, and how they move with the prices.
  struct Demand {
    double over[kMostResources] = {};
    double slope[kMostResources * kMostResources] = {};
  };
  bool Weigh(size_t i, std::span<const int32_t> agents);
  void AddTo(Demand* demand, double probability, const double* size) const;
  void Move(Demand* demand, double step, double* prices) const;

  const double* Size(int32_t k, int32_t j) const {
    return &size_[(g_.uniform ? k : static_cast<size_t>(k) * m_ + j) * s_];
  }

  const GapInstance& g_;
  const int32_t m_, s_;
  double temperature_ = 1;
  std::vector<double> cost_, size_, capacity_, prices_;  // as in the instance
  std::vector<int32_t> items_, agents_;
  std::vector<double> weight_;              // [item of items_][agent]: its part of the item's sum
  std::vector<double> least_, weights_;     // [item of items_]: its least cost, its sum of weights
  std::vector<int32_t> near_, near_count_;  // [item][..]: agents that weigh something for it
  std::vector<uint8_t> gone_;               // [agent]
  int steps_ = 0;
  int64_t cells_ = 0;
  std::vector<Demand> demand_;  // [agent]
};

}  // namespace stowage::scheduler::gap
