// FlowModel: an instance as a network in which one resource flows from classes through rooms.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "scheduler/placement/rooms.h"
#include "scheduler/solvers/network/network.h"

namespace stowage::scheduler::flow {

class FlowModel {
 public:
  // `rooms` must outlive it.
  FlowModel(const Instance& instance, const Rooms& rooms);

  // A resource is asked for alike everywhere, and all numbers are in range.
  bool usable() const { return surrogate_.has_value() && scale_ > 0; }
  size_t surrogate() const { return *surrogate_; }

  // The cheapest flow, once. False: there is none for reasons of size.
  bool Solve();

  // After Solve(). Some units have no place: no placement has all pods.
  bool incomplete() const { return incomplete_; }
  // No placement of all pods costs less. 0 at the least.
  Money bound() const { return bound_; }
  // Pods by class and room, rounded down where they are split.
  struct Share {
    size_t k, s;
    int64_t pods;
  };
  const std::vector<Share>& shares() const { return shares_; }
  // By room and resource, fixed-point as Rooms::Tell() takes them.
  const std::vector<std::vector<int64_t>>& prices() const { return prices_; }

 private:
  void ChooseSurrogate();
  void FindUnit();
  void ChooseScale();
  int64_t UnitsOf(size_t k) const;  // of one pod
  Wide CapacityOf(size_t s) const;
  int64_t CostOf(size_t k, size_t s) const;  // of one pod, rounded down
  void AddClasses();
  void AddRooms();
  void Read(const NetworkFlow& flow);

  struct Offer {  // arc of a class to a room
    size_t k, s, arc;
  };
  const Instance& instance_;
  const Rooms& rooms_;
  std::optional<size_t> surrogate_;
  int64_t unit_ = 1;   // so much of the surrogate is one unit of flow
  int64_t scale_ = 0;  // costs of arcs are nano-currency times this
  FlowNetwork network_;
  std::vector<Offer> offers_;
  std::vector<size_t> given_up_;  // arcs
  bool incomplete_ = false;
  Money bound_;
  std::vector<Share> shares_;
  std::vector<std::vector<int64_t>> prices_;
};

}  // namespace stowage::scheduler::flow
