// Residual: what is left of an instance with one resource and single items when some pairs of item
// and agent are closed and some items placed. Every change can be undone.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Residual {
 public:
  // Every class has one item; one resource. `instance` must outlive this.
  explicit Residual(const GapInstance& instance);

  // Both also do what follows: what does not fit any more is closed, and an item with one open
  // agent is placed there. False: some item has no agent left. Undo is then the only way on.
  bool Close(int32_t k, int32_t j);
  bool Place(int32_t k, int32_t j);  // an open pair

  size_t mark() const { return trail_.size(); }
  void UndoTo(size_t mark);

  // Whether an item that has no place yet may go there.
  bool Open(int32_t k, int32_t j) const { return open_[Cell(k, j)] != 0; }
  int32_t open_agents(int32_t k) const { return open_agents_[k]; }
  int32_t placed(int32_t k) const { return placed_[k]; }  // the agent, or -1
  int32_t free_items() const { return free_items_; }
  int64_t room(int32_t j) const { return room_[j]; }
  int64_t cost() const { return cost_; }  // of what is placed
  const std::vector<int32_t>& placement() const { return placed_; }

 private:
  struct Change {
    int32_t k, j;
    bool place;  // else: closed
  };

  size_t Cell(int32_t k, int32_t j) const { return static_cast<size_t>(j) * g_.classes + k; }
  void Shut(int32_t k, int32_t j);
  bool PlaceOne(int32_t k, int32_t j);
  bool PlaceForced();

  const GapInstance& g_;
  std::vector<uint8_t> open_;  // [agent][item]
  std::vector<int32_t> open_agents_, placed_;
  std::vector<int64_t> room_;
  std::vector<int32_t> forced_;  // items that may have one agent left
  std::vector<Change> trail_;
  int32_t free_items_;
  int64_t cost_ = 0;
};

}  // namespace stowage::scheduler::gap
