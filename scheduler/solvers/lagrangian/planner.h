// Planner: shares of classes in rooms that respect the sums of all room, near the optimum.
//
// Starts from the mean of the last steps of the price search; takes pods out of what is overloaded,
// those first that lose least for the room they free; then fills what has room left with pods that
// are cheaper there. Where nodes are not alike, sums promise too much: only a part of them counts.
// Quotas are sums as well, of what their pods take wherever they are; those hold as they are.
// A plan is a wish: what does not fit onto nodes is for the packer to put elsewhere.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "scheduler/solvers/lagrangian/price_search.h"
#include "scheduler/solvers/lagrangian/runs.h"

namespace stowage::scheduler::lagrangian {

class Planner {
 public:
  Planner(const Tables& tables, PriceSearch& prices);

  // Classes with `placed` != 0 are left out: their pods are where `there` says.
  void Begin(const std::vector<char>& placed, const std::vector<RoomShare>& there);
  // A part of the work; returns it in units of 100 ns.
  int64_t Step();
  bool done() const { return turn_ == kTurns; }
  // When done: whole pods, sorted by class and room.
  std::vector<RoomShare> Plan() const;

 private:
  struct Move {
    double score;
    int32_t share, to;
    bool operator<(const Move& o) const {
      return std::tie(score, share, to) < std::tie(o.score, o.share, o.to);
    }
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
  bool Fills() const { return turn_ % kTurnsOfPass == kTurnsOfPass - 1; }
  void BeginTurn();
  void FindRelief(size_t share);
  void Relieve(const Move& move);
  void FindFilling(size_t share);
  void Fill(const Move& move);

  const Tables& t_;
  PriceSearch& prices_;
  std::vector<double> load_, capacity_;  // of pools: of the nodes to open
  std::vector<double> quota_load_;       // by row
  std::vector<RoomShare> shares_;
  std::vector<std::vector<int32_t>> of_class_;  // places in shares_
  // A pass relieves what is overloaded in three turns, and fills what is not in a fourth. In a turn
  // moves are looked for in all shares, and then made in their order.
  static constexpr int kTurnsOfPass = 4, kTurns = 3 * kTurnsOfPass;
  int turn_ = 0;
  size_t next_ = 0, end_ = 0;  // shares to look at
  std::vector<char> over_;     // by room, as the turn began
  Runs<Move> moves_;
};

}  // namespace stowage::scheduler::lagrangian
