// Layout: a placement in the making. Keeps the packing, the counts of pods and the quotas in step,
// so that whatever it places is feasible, and can take a part of it back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/placement/pod_state.h"
#include "scheduler/placement/quotas.h"
#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

// Pods of the gang that run already, by cluster.
std::map<int32_t, int64_t> BoundOfGang(const Instance& instance, const std::string& gang);

class Layout {
 public:
  // Bound pods only. `instance` must be prepared and outlive it.
  explicit Layout(const Instance& instance);
  // Goes on from a part of a solution. `shares` sum up what is packed in `bins`.
  Layout(const Instance& instance, std::vector<ClusterBins> bins, const std::vector<Share>& shares);
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;

  // What one Place() could do for class `k` in cluster `j`, on open nodes or by opening nodes of
  // `pool`; `kinds`: as Packing's. O(groups of the cluster).
  struct Offer {
    int64_t pods = 0;    // 0: none
    int64_t points = 0;  // of peer preference
  };
  Offer Ask(size_t k, size_t j, int32_t pool, const std::vector<char>* kinds = nullptr) const;
  // A node has room for a pod of the class, whatever its rules say.
  bool HasRoom(size_t k, size_t j, int32_t pool, const std::vector<char>* kinds = nullptr) const {
    return bins_[j].Fit(instance_.DemandOf(k, j), instance_.VerdictOf(k, j).admission, pool, 1,
                        nullptr, kinds) > 0;
  }
  // Changes where an Ask may answer otherwise.
  uint64_t VersionFor(size_t k, size_t j) const;
  // Places up to `n` pods, fewer than left(k) allows: as many as may go there at once in any order.
  // `few`: no more than that onto each node, for classes without rules of their own.
  int64_t Place(size_t k, size_t j, int32_t pool, int64_t n,
                const std::vector<char>* kinds = nullptr, const NodeLimit* few = nullptr);

  // One pod of a load leaves a node of the group, for good: groups may change their places. Only of
  // classes whose pods no rule counts; not after Begin().
  void Withdraw(size_t j, size_t group, size_t load);

  // Of hard spread: the sum of what the emptiest domains have, nodes apart. While it stays the
  // same, and nothing else is placed, what refused a pod of the class for its spread refuses the
  // next.
  int64_t LevelOf(size_t k) const;

  int64_t left(size_t k) const { return left_[k]; }
  // The first that has pods of the class, of those placed here; -1: none.
  int32_t FirstClusterOf(size_t k) const;
  int64_t QuotaRoom(size_t k, size_t j) const { return quotas_.Room(k, j); }
  // For pods that leave cluster `from`.
  int64_t QuotaRoomFrom(size_t k, size_t from, size_t j) const {
    return quotas_.RoomFrom(k, from, j);
  }
  const ClusterBins& bins(size_t j) const { return bins_[j]; }

  // What is placed from Begin() on can be kept, or taken back. Not nested.
  void Begin();
  void Commit() { undo_.reset(); }
  void RollBack();

  // One pod of class `k` onto one node of that group (place in ClusterBins::groups()), if it passes
  // all filters there. What this gives can be taken back, the last one first; not between Begin()
  // and the end of what it began.
  struct Move {
    size_t k;
    int32_t j;
    Landing landing;
    bool opened;
  };
  struct Single {
    Move move;
    ClusterBins before;
  };
  std::optional<Single> PlaceOne(size_t k, size_t j, size_t group);
  // It would pass there, but for the room that it takes.
  bool MayCome(size_t k, size_t j, size_t group) const;
  void TakeBack(Single single);

  Solution Take() &&;
  Solution Copy() const;  // of what is placed so far

 private:
  struct UndoLog {
    std::map<int32_t, ClusterBins> bins;  // as they were, of clusters that were touched
    std::vector<Move> moves;
    int64_t step;
  };
  void Book(size_t k, size_t j, const Landing& landing, bool opened);
  void Unbook(const Move& move);
  Solution Describe() const;  // without the bins

  const Instance& instance_;
  std::vector<ClusterBins> bins_;
  PodState state_;
  QuotaState quotas_;
  std::vector<int64_t> left_;
  std::map<std::pair<int32_t, int32_t>, int64_t> shares_;
  std::vector<Landing> landed_;
  int64_t step_ = 0;  // of the bind order
  std::optional<UndoLog> undo_;
};

}  // namespace stowage::scheduler
