// Planner: shares of classes in rooms that respect the sums of all room, near the optimum.
//
// Starts from the mean of the last steps of the price search; takes pods out of what is overloaded,
// those first that lose least for the room they free; then fills what has room left with pods that
// are cheaper there. Where nodes are not alike, sums promise too much: only a part of them counts.
// Quotas are sums as well, of what their pods take wherever they are; those hold as they are.
// A plan is a wish: what does not fit onto nodes is for the packer to put elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/lagrangian/price_search.h"

namespace stowage::scheduler::lagrangian {

class Planner {
 public:
  Planner(const Tables& tables, PriceSearch& prices);

  // Whole pods, sorted by class and room. Classes with `placed` != 0 are left out: their pods are
  // where `there` says.
  std::vector<RoomShare> Make(const std::vector<char>& placed, const std::vector<RoomShare>& there);
  int64_t work() const { return work_; }  // in units of 100 ns

 private:
  struct Move {
    double score;
    int32_t share;
    int32_t to;
  };
  double& LoadOf(size_t s, size_t r) { return load_[s * t_.resources + r]; }
  double Over(size_t s) const;
  // Pods that fit into the sums, if they come from another room.
  double Slack(size_t k, size_t from, size_t to) const;
  double Use(size_t k, size_t s) const;  // the largest part of the room that one pod takes
  bool OverQuota(size_t row) const { return quota_load_[row] > t_.quota_room[row]; }
  // The quota that is passed most, of those that count the class in `from`, and not in `to`
  // (kAnywhere: wherever it goes); -1: none is.
  int32_t QuotaPassed(size_t k, size_t from, size_t to) const;
  double QuotaExcess(size_t k, size_t from, size_t row) const;  // in pods
  bool Fixed(size_t k) const;
  void Book(size_t k, size_t s, double pods);
  size_t ShareOf(size_t k, size_t s);
  void Shift(size_t share, size_t to, double pods);
  void OpenNodes();
  void Relieve(bool anywhere);
  void Fill();

  const Tables& t_;
  PriceSearch& prices_;
  std::vector<double> load_, capacity_;  // of pools: of the nodes to open
  std::vector<double> quota_load_;       // by row
  std::vector<RoomShare> shares_;
  std::vector<std::vector<int32_t>> of_class_;  // places in shares_
  int64_t work_ = 0;
};

}  // namespace stowage::scheduler::lagrangian
