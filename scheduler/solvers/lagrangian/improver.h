// Improver: moves pods that no rule speaks of, and that are of no gang, to where they are cheaper
// and nodes have room left.
//
// First those that gain most for what their new room is worth; what they leave is filled in turn.
// Passes take turns: in some, pods may also get dearer by less than the room they take is worth,
// and so make room where it is worth as much. Mostly, and not always, the answer gets cheaper.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "scheduler/placement/layout.h"
#include "scheduler/solvers/lagrangian/price_search.h"
#include "scheduler/solvers/lagrangian/runs.h"

namespace stowage::scheduler::lagrangian {

class Improver {
 public:
  // All must outlive it; `prices` as Tables::prices(), `there`: where the pods are.
  Improver(const Instance& instance, const Rooms& rooms, const Tables& tables,
           const std::vector<double>& prices, std::vector<RoomShare> there, Layout& layout);

  // True: done.
  bool Step(Work& work);

 private:
  struct Move {
    double score;
    int32_t share, to;
    bool operator<(const Move& o) const {
      return std::tie(score, share, to) < std::tie(o.score, o.share, o.to);
    }
  };
  bool FindMoves(Work& work);
  bool MayFit(size_t k, size_t s) const;
  bool Fits(size_t k, size_t s, Work& work);
  void Try(const Move& move, Work& work);
  int64_t Withdraw(size_t k, size_t s, int64_t pods);

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  Layout& layout_;
  bool nodes_stay_ = false;  // those of pools, too
  std::vector<RoomShare> shares_;
  Amounts least_;  // no pod that may move asks for less
  struct Spare {
    std::optional<uint64_t> version;  // of its cluster's bins
    Amounts most;                     // no open node of the room has more free
    std::vector<int32_t> groups;      // that have room for the least pod
  };
  void Measure(size_t s);
  std::vector<Spare> spare_;  // by room
  Runs<Move> moves_;
  size_t looked_at_ = 0;  // shares, for the moves of the next pass
  int pass_ = 0;
  bool moved_ = true, finding_ = false;
};

}  // namespace stowage::scheduler::lagrangian
