// Frontier: the best fill of one bin, thoroughly. Dynamic programming over the items, the most
// certain ones first, on the states (room left) that the relaxation still allows to beat the best
// fill. Room that nothing later can use is cut off, so that states meet. At most `width` states are
// kept, those with the most hope; what the others may have been worth becomes part of the proof.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/candidates.h"
#include "scheduler/solvers/packing/core.h"

namespace stowage::scheduler::packing {

class Frontier {
 public:
  // `core` must outlive this.
  explicit Frontier(const Core& core);

  Fill Solve(const FillTask& task, int64_t width);
  // The same in slices of a millisecond or two: Step() until it says false, then Found(). What
  // `task` points to must stay as it is until then.
  void Begin(const FillTask& task, int64_t width);
  bool Step();
  Fill Found() const;

  // Work done since the start, in units of about a nanosecond.
  int64_t work() const { return work_; }

 private:
  // After some decisions. Its room stands in an array beside it.
  struct State {
    int64_t worth;   // value so far and the room that is left at its price
    int64_t hope;    // what it can come to at most
    int64_t used;    // of the group, where more of its options follow
    int32_t before;  // the last mark of its trail; -1: none
    int64_t count;   // taken of the option at hand; not yet a mark
  };
  struct Mark {
    int32_t before, option;
    int64_t count;
  };
  void Split(int64_t budget);
  void FindNeeds(std::span<const int64_t> room);
  void Decide(size_t group, int32_t option);
  void Extend(size_t state, size_t group, int32_t option);
  void Put(const State& state, int32_t option);
  void Narrow(int64_t most);
  void Hash();
  size_t HashOf(std::span<const int64_t> room, int64_t used) const;
  bool Covers(const State& a, const int64_t* room_a, const State& b, const int64_t* room_b) const;
  int32_t MarkOf(const State& state, int32_t option);
  Loads Taken() const;

  const Core& core_;
  const size_t d_;
  Candidates from_;
  std::vector<int64_t> rest_;   // [group] what it and the later ones may gain
  std::vector<int64_t> needs_;  // [group * d + r]
  std::span<const int64_t> prices_;
  std::vector<State> states_, next_;
  std::vector<int64_t> rooms_, next_rooms_, room_;
  std::vector<int32_t> table_, order_;  // table: of next_, by room
  std::vector<Mark> trail_;
  int32_t best_mark_ = -1;
  int64_t best_value_ = 0, dropped_ = 0, width_ = 0, work_ = 0;
  size_t group_ = 0;  // the next to be decided, and its next option
  int32_t option_ = 0;
};

}  // namespace stowage::scheduler::packing
