// Rooms: the fleet as a Lagrangian relaxation sees it, a sum of room for each cluster, and what a
// pod costs there, in integers that never pass the bill.
//
// A room is a part of the standing nodes of a cluster, those that the same classes may use and
// whose memory is about as scarce as their cores, or the nodes of one pool that could be opened.
// Rates are fixed-point: money for 2^shift(r) units of resource r, so that what a cluster charges
// for a pod and what a shadow price adds to it is one product for each resource.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "scheduler/placement/instance.h"
#include "scheduler/placement/prices.h"
#include "scheduler/placement/quota_rows.h"

namespace stowage::scheduler {

using Wide = __int128;

struct Room {
  int32_t j = 0;
  int32_t pool = ClusterBins::kStanding;  // as ClusterBins takes it: nodes to open, or OpenOf(pool)
  int32_t part = 0;                       // of standing nodes; -1: they have to be opened
  std::vector<char> kinds;                // by ClusterBins::kinds()
  int64_t nodes = 0;                      // that stand, or can be opened
  Money node_hour;                        // of those to open
  Amounts node;                           // the same: the room of one node
  std::vector<Wide> capacity;             // by resource: of all nodes
  std::vector<int64_t> charge;            // by resource: capacity and carbon, rounded down
  bool Opens() const { return part < 0; }
};

// Where a class is spread by a hard constraint: no domain ever has more than `most` of its pods.
struct SpreadDomains {
  int64_t most = 0;
  std::vector<std::vector<int32_t>> rooms;  // by domain that has any for the class, sorted
  // No other pods count, and no domain that is there is out of reach: see spread_level.h.
  bool levels = false;
  int64_t max_skew = 0;
  std::vector<char> must;  // by domain: it is there from the start
  int32_t counter = -1;    // of the constraint
  int64_t domains = 0;     // that are there from the start
  bool reached = false;    // every domain that is there from the start has rooms
};

class Rooms {
 public:
  enum class Made { kAtOnce, kInSteps };
  // `instance`: prepared; must outlive it. kInSteps: of no use before Make() is true.
  explicit Rooms(const Instance& instance, Made made = Made::kAtOnce);
  // Goes on until `work` is over. True: done.
  bool Make(Work& work);
  // To be told when nothing but counts of classes has changed. O(classes).
  void CountsChanged();

  size_t size() const { return rooms_.size(); }
  const Room& operator[](size_t s) const { return rooms_[s]; }
  // By cluster and ClusterBins::kinds(): see ShadowPrices.
  const std::vector<std::vector<int32_t>>& part_of_kind() const { return part_of_kind_; }
  int shift(size_t resource) const { return shift_[resource]; }
  size_t resources() const { return shift_.size(); }

  // Some node of the room admits such pods (it may be too small for them).
  bool Admits(size_t k, size_t s) const {
    return admitted_[instance_.ConstraintsOf(k) * rooms_.size() + s] != 0;
  }
  // Of one pod, but for what it pays by its demand (Room::charge): at most what many cost, divided.
  int64_t FixedCost(size_t k, size_t s) const {
    return fixed_cost_[instance_.ConstraintsOf(k) * rooms_.size() + s];
  }
  // How many pods of the class fit into the room, were it alone; `most` ends the count.
  int64_t Fit(size_t k, size_t s, int64_t most) const;
  // Its gang can never be placed: there is too little room for it, whatever becomes of others.
  bool Hopeless(size_t k) const { return hopeless_[k] != 0; }
  const QuotaRows& quotas() const { return quotas_; }
  // The room that the nodes of a group of cluster `j` are of; -1: none, nobody may use them.
  int32_t RoomOf(size_t j, const NodeGroup& g) const;
  // nullptr: nothing is known, or the class is not spread.
  const SpreadDomains* SpreadOf(size_t k) const;
  // The least prices that are of use: nothing for standing nodes; for pools those that pay for the
  // nodes by the resource of which all pods together need most.
  std::vector<std::vector<int64_t>> Least() const;
  // The room's own among them; nullptr: they do not know it.
  const RoomPrices* PricesOf(const ShadowPrices& prices, size_t s) const;
  // Prices by room and resource, and of rows of quotas() (those beyond the end: 0), as they are
  // told to others.
  ShadowPrices Tell(const std::vector<std::vector<int64_t>>& prices,
                    const std::vector<int64_t>& of_quotas = {}) const;
  // The price of a row among them.
  int64_t QuotaPriceOf(const ShadowPrices& prices, size_t row) const;

 private:
  void ChooseShifts();
  void FindUsers();
  void FindBand();
  Room& AddRoom(size_t j, int32_t pool, int32_t part);
  void AddRooms(size_t j);
  void AddCharges(size_t first);
  bool AdmitsAny(const Verdict& verdict, const Room& room) const;
  std::vector<char> ZonesOf(size_t j) const;
  int32_t PartOf(size_t j, size_t kind, char zone,
                 std::map<std::vector<char>, int32_t>& parts) const;
  void AddNodes(size_t j);
  void Weigh(size_t number);
  void CountRaised();
  void FindDomains(size_t k);
  // rooms_gangs.cc
  void FindHopeless();
  int64_t FitTogether(const std::vector<size_t>& classes, size_t j,
                      std::vector<int64_t>& alone) const;
  std::map<int32_t, std::vector<int32_t>> RoomsByDomain(size_t k, const Rules::Counter& counter,
                                                        bool* all_count) const;
  size_t PlaceOf(size_t j, size_t kind) const;
  std::set<int32_t> DomainsThatCount(int32_t presence) const;

  const Instance& instance_;
  QuotaRows quotas_;
  std::vector<int> shift_;
  int32_t band_ = 0;  // ClusterBins::BandOf what all pods ask for
  std::vector<Room> rooms_;
  std::vector<size_t> first_;                       // by cluster
  std::vector<std::vector<int32_t>> part_of_kind_;  // by cluster
  std::vector<size_t> users_;        // by number of constraints: a class that has them, or none
  std::vector<char> admitted_;       // by number of constraints and room
  std::vector<int64_t> fixed_cost_;  // by number of constraints and room
  std::vector<Wide> raised_;         // by counter: pods that may ever raise it
  std::map<size_t, SpreadDomains> spread_;  // by class
  std::vector<char> hopeless_;              // by class
  size_t made_clusters_ = 0, weighed_ = 0, spread_classes_ = 0;
};

// value / 2^shift rounded up, for value >= 0.
inline Wide CeilShift(Wide value, int shift) { return (value + ((Wide{1} << shift) - 1)) >> shift; }

}  // namespace stowage::scheduler
