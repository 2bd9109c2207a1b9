// RoomMaker: pods that found no place get one where others, which may go anywhere, leave.
//
// For the few that are left over after a change: by reduced cost, onto the node where the fewest
// pods have to leave, no rule of which speaks and that rules of others do not count. Those are left
// over then, and go where there is room.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "scheduler/placement/layout.h"
#include "scheduler/solvers/lagrangian/tables.h"

namespace stowage::scheduler::lagrangian {

class RoomMaker {
 public:
  // All must outlive it; `prices` as Tables::prices(). `may_wait`: by class, so many pods may stay
  // without a place. About `most` pods leave at the most.
  RoomMaker(const Instance& instance, const Rooms& rooms, const Tables& tables,
            const std::vector<double>& prices, const std::vector<int64_t>& may_wait, int64_t most,
            Layout& layout);

  // True: done.
  bool Step(Work& work);

 private:
  struct Choice {
    size_t group;
    std::vector<std::pair<int32_t, int64_t>> leave;  // class and step of loads: a pod of each
  };
  void OrderRooms(size_t k, Work& work);
  bool PlaceOne(size_t k, Work& work);
  std::optional<Choice> BestOf(size_t k, size_t s, Work& work) const;
  std::optional<Choice> WhoLeaves(size_t k, size_t j, size_t group) const;
  void Empty(size_t j, Choice& choice);

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  const std::vector<int64_t>& may_wait_;
  Layout& layout_;
  int64_t may_leave_;
  std::vector<char> moves_freely_;  // by class
  std::vector<size_t> waiting_;     // classes
  size_t next_ = 0;
  std::vector<std::pair<double, size_t>> order_;  // rooms of waiting_[next_], by reduced cost
};

}  // namespace stowage::scheduler::lagrangian
