// Tables: an instance in floating point, for the parts that only steer.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "scheduler/placement/rooms.h"

namespace stowage::scheduler::lagrangian {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

struct Tables {
  enum class Filled { kAtOnce, kInSteps };
  // kInSteps: of no use before Fill() is true.
  Tables(const Instance& instance, const Rooms& rooms, Filled filled = Filled::kAtOnce);
  // Goes on until `work` is over. True: done.
  bool Fill(const Instance& instance, const Rooms& rooms, Work& work);
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

  // Quotas are rows beside the rooms: their prices come after those of all rooms, `prices` having
  // [room][resource] and then [row].
  size_t quotas = 0;
  std::vector<double> quota_room;               // [row]
  std::vector<size_t> quota_resource;           // [row]
  std::vector<char> quota_covers;               // [row][room]
  std::vector<std::vector<int32_t>> quotas_of;  // [class]: rows; empty where there are none at all
  size_t PriceOfQuota(size_t row) const { return rooms * resources + row; }
  size_t prices() const { return rooms * resources + quotas; }
  bool Covered(size_t row, size_t s) const { return quota_covers[row * rooms + s] != 0; }
  // What one pod pays for its part of quotas.
  double QuotaPay(size_t k, size_t s, const std::vector<double>& prices) const {
    double pays = 0;
    if (quotas == 0) return pays;
    for (const int32_t q : quotas_of[k]) {
      const auto row = static_cast<size_t>(q);
      if (Covered(row, s)) pays += prices[PriceOfQuota(row)] * Demand(k, s)[quota_resource[row]];
    }
    return pays;
  }
  // What one pod of the class, but for its cost, pays in the room.
  double Pays(size_t k, size_t s, const std::vector<double>& prices) const {
    double pays = 0;
    const double* demand = Demand(k, s);
    for (size_t r = 0; r < resources; ++r) pays += prices[s * resources + r] * demand[r];
    return pays + QuotaPay(k, s, prices);
  }

  // What one pod asks for in the room.
  const double* Demand(size_t k, size_t s) const {
    return varied_[k] < 0
               ? demand_.data() + k * resources
               : varied_demand_.data() + (static_cast<size_t>(varied_[k]) * rooms + s) * resources;
  }
  bool Varied(size_t k) const { return varied_[k] >= 0; }  // asks for other amounts in some rooms
  bool Pool(size_t s) const { return node_hour[s] >= 0; }

 private:
  void SetQuotas(const Rooms& rooms);
  double NodeShare(size_t k, size_t s) const;
  void SetClass(const Instance& instance, const Rooms& rooms, size_t k);
  void SetCount(const Instance& instance, const Rooms& rooms, size_t k);
  void SetDemand(const Instance& instance, const Rooms& rooms, size_t k);
  size_t next_ = 0;  // class
  std::vector<double> demand_, varied_demand_;
  std::vector<int32_t> varied_;
};

}  // namespace stowage::scheduler::lagrangian
