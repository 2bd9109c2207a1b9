// Tables: an instance in floating point, for the parts that only steer.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "scheduler/placement/rooms.h"

namespace stowage::scheduler::lagrangian {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

struct Tables {
  Tables(const Instance& instance, const Rooms& rooms);
  // The instance has as many classes as before, in the same order, and the same rooms; of `changed`
  // (by class) more than the count may be another.
  void Follow(const Instance& instance, const Rooms& rooms, const std::vector<char>& changed);

  size_t classes, rooms, resources;
  std::vector<double> cost;                  // [class][room]: of one pod, kNever where it cannot be
  std::vector<double> count;                 // [class]: pods that may find a place
  std::vector<double> capacity;              // [room][resource]
  std::vector<double> nodes, node_hour;      // [room]; node_hour < 0: standing
  std::vector<double> per_node;              // [class]: most pods of it on a node; kNever: any
  std::vector<double> ceiling;               // [class]: what a pod is given up for
  std::vector<const SpreadDomains*> spread;  // [class]

  // What one pod asks for in the room.
  const double* Demand(size_t k, size_t s) const {
    return varied_[k] < 0
               ? demand_.data() + k * resources
               : varied_demand_.data() + (static_cast<size_t>(varied_[k]) * rooms + s) * resources;
  }
  bool Varied(size_t k) const { return varied_[k] >= 0; }  // asks for other amounts in some rooms
  bool Pool(size_t s) const { return node_hour[s] >= 0; }

 private:
  double NodeShare(size_t k, size_t s) const;
  void SetClass(const Instance& instance, const Rooms& rooms, size_t k);
  void SetCount(const Instance& instance, const Rooms& rooms, size_t k);
  void SetDemand(const Instance& instance, const Rooms& rooms, size_t k);
  std::vector<double> demand_, varied_demand_;
  std::vector<int32_t> varied_;
};

}  // namespace stowage::scheduler::lagrangian
