// Packer: puts a plan onto nodes through a Layout, so that what it places is feasible.
//
// First gangs, each by a transaction (enough of it or nothing), then the classes whose rules look
// at other pods, each in turn wherever it is cheapest at the shadow prices; then the plan, classes
// that want few pods on a node before all, then room by room, large pods first, none onto a node
// that would be left with too little of one resource for what is still to come; last what did not
// fit, large pods first, wherever there is room.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "scheduler/placement/layout.h"
#include "scheduler/solvers/lagrangian/price_search.h"

namespace stowage::scheduler::lagrangian {

class Packer {
 public:
  // All must outlive it; `prices` as Tables::prices(). `by_tier`: higher tiers first, as there
  // must be where not all pods find room; nodes are packed better without.
  Packer(const Instance& instance, const Rooms& rooms, const Tables& tables,
         const std::vector<double>& prices, bool by_tier, Layout& layout);

  void Begin();
  // True: done, or (once) all pods that are not planned are placed, and the plan is asked for.
  bool Step(Work& work);
  bool needs_plan() const { return needs_plan_; }
  // Pods of the class are placed one by one, or with their gang, whatever a plan says.
  bool OutsidePlan(size_t k) const;
  void SetPlan(std::vector<RoomShare> plan);

 private:
  enum class Phase { kRelated, kPlanned, kLeft };
  struct Entry {
    int32_t group;  // those of the least come first,
    double key;     // then the least key
    int32_t k, s;
    int64_t pods;
    int64_t per_node;  // at most; 0: any
  };
  void StartTier();
  void PlaceRelated(size_t k, Work& work);
  void PlaceByPoints(size_t k, Work& work);
  void PlaceAnywhere(size_t k, Work& work);
  int64_t Place(size_t k, size_t s, int64_t pods, Work& work, const NodeLimit* few = nullptr);
  void PlacePlanned(const Entry& e, Work& work);
  void AddRelated(size_t k);
  void Placed(size_t k, size_t s, int64_t pods);

  // packer_gangs.cc
  struct GangEntry {
    const Gang* gang;
    std::vector<size_t> classes;
    std::map<int32_t, int64_t> bound;  // pods that run, by cluster
    bool placed = false;
    int32_t cluster = -1;  // where it is, if it asks for one
  };
  struct Site {    // one cluster for a gang
    int64_t pods;  // of classes that some room there admits
    double least;  // what they cost and pay there at the least
    int32_t j;
  };
  struct GangTry {
    int64_t pods = 0;
    double price = 0;
  };
  void FindGangs();
  void PlaceOfGang(size_t k, Work& work);
  void PlaceGang(GangEntry& gang, Work& work);
  void PlaceInOneCluster(GangEntry& gang, Work& work);
  GangTry TryGang(const GangEntry& gang, int32_t cluster, Work& work);
  std::vector<Site> SitesOf(const GangEntry& gang, Work& work);
  bool Waits(size_t k) const { return gang_of_[k] >= 0 && !gangs_[gang_of_[k]].placed; }
  void SumUpRest();
  std::vector<std::pair<double, int32_t>> ByReducedCost(size_t k, Work& work);
  std::vector<std::pair<double, int32_t>> ReducedCostsOf(size_t k, Work& work);
  bool MayFit(size_t k, size_t j);
  double SizeOf(size_t k) const;

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  const bool by_tier_;
  Layout& layout_;
  ReducedCosts reduced_;
  struct Spare {  // no open node has more free
    std::optional<uint64_t> version;
    Amounts most;
  };
  std::vector<Spare> spare_;       // by cluster
  std::vector<double> mean_room_;  // by resource: of all rooms together
  std::vector<RoomShare> plan_;
  std::vector<int64_t> open_;  // by room: nodes that the plan opens
  size_t tier_ = 0, next_ = 0;
  Phase phase_ = Phase::kRelated;
  std::vector<Entry> entries_;
  std::vector<double> rest_;  // [entry][resource]: what the later entries of the same room ask for
  bool started_ = false, moved_ = false, needs_plan_ = true;
  std::vector<GangEntry> gangs_;
  std::vector<int32_t> gang_of_;  // by class; -1: none
  int32_t only_ = -1;             // the one cluster that counts; -1: all
  bool trying_ = false;           // a gang
  double tried_price_ = 0;        // of what was placed since
};

}  // namespace stowage::scheduler::lagrangian
