// PriceSearch: prices of all rooms by a subgradient method on the Lagrangian relaxation.
//
// At some prices every class takes the room where its cost and what it pays are least; what is
// overloaded then gets dearer, what is not cheaper, in steps that shrink. The nodes of a pool cost
// as much as all room on them, until no more can be opened. Looks at all rooms come now and then;
// between them only a class's best few count. Floating point: what the prices are worth is
// found exactly by LagrangianBound.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/parallel.h"
#include "scheduler/placement/spread_level.h"
#include "scheduler/solvers/lagrangian/reduced_costs.h"
#include "scheduler/solvers/lagrangian/tables.h"

namespace stowage::scheduler::lagrangian {

// `pods` of class `k` in room `s`.
struct RoomShare {
  int32_t k, s;
  double pods;
};

class PriceSearch {
 public:
  static constexpr int kWidth = 12;  // candidates of a class

  // `least`: as Tables::prices(), for a unit: those to start from. `parallel`: nullptr, or used
  // where classes and rooms are many; must outlive the search.
  PriceSearch(const Tables& tables, std::vector<double> least, Parallel* parallel = nullptr);

  // The size of the first and the last step, as a part of what a pod costs; how many.
  void Begin(double first, double last, int steps);
  // One step, or a part of it; returns the work in units of 100 ns.
  int64_t Step();
  bool done() const { return at_ >= steps_ && looked_; }

  // Of the best look at all rooms. Prices for a unit.
  const std::vector<double>& prices() const { return best_prices_; }
  double best() const { return best_; }
  // A look at all rooms at these prices; the candidates are those of it from then on.
  double Look(const std::vector<double>& prices);
  // The same in parts: EndLook() once LookOn() has nothing more to do.
  void BeginLook(const std::vector<double>& prices);
  int64_t LookOn();  // returns the work in units of 100 ns; 0: all is done
  double EndLook(const std::vector<double>& prices);
  // Candidates by reduced cost: `kWidth` places a class, -1 beyond the last.
  const int32_t* Candidates(size_t k) const { return candidate_.data() + k * kWidth; }
  // What one pod costs and pays.
  double Reduced(size_t k, size_t s, const std::vector<double>& prices) const {
    return Reduced(t_.cost[k * t_.rooms + s], k, s, prices);
  }
  double Reduced(double value, size_t k, size_t s, const std::vector<double>& prices) const {
    const double* demand = t_.Demand(k, s);
    for (size_t r = 0; r < t_.resources; ++r) value += prices[s * t_.resources + r] * demand[r];
    return t_.quotas == 0 ? value : value + t_.QuotaPay(k, s, prices);
  }
  // Where all classes would go at the prices, among their candidates; returns the sum of what they
  // cost and pay. `shares`: may be nullptr.
  double Choose(const std::vector<double>& prices, std::vector<RoomShare>* shares);
  // The mean of where all classes went in the last steps, in whole pods: near the optimum of the
  // linear relaxation, and nearly within the capacities, where any one step is far from them.
  std::vector<RoomShare> Mean() const;
  // Pods of the class that the room takes, were it its own.
  double Holds(size_t k, size_t s) const;
  bool HoldsAll(size_t k, size_t s, double pods) const;

 private:
  struct Offer {
    double value;
    double pods;  // room for so many
    int32_t s;
  };
  // What a thread needs for itself while it looks at some of the classes, one after the other.
  struct Scratch {
    std::vector<Offer> offers;
    std::vector<DomainOffer<double>> domains;
    std::vector<double> reduced;  // by room
    // Where the classes go, to be added up once all have chosen; nullptr: at once.
    std::vector<RoomShare>* later = nullptr;
    std::vector<RoomShare>* shares = nullptr;
  };
  struct Block {  // of classes that follow one another
    size_t begin, end;
    Scratch scratch;
    std::vector<RoomShare> taken;
    std::vector<double> values;  // by class
  };
  double ChooseClass(size_t k, const std::vector<double>& prices, Scratch& scratch);
  double ChooseDomains(size_t k, const std::vector<double>& prices, Scratch& scratch);
  bool ChooseLevel(size_t k, const std::vector<double>& prices, Scratch& scratch);
  double ChooseInBlocks(const std::vector<double>& prices, std::vector<RoomShare>* shares);
  void Add(size_t k, size_t s, double pods, Scratch& scratch);
  void Collect();
  double Asked(size_t k) const;
  void SharePools();
  void Move();
  void MoveQuotas();
  double Direction(size_t at, double over);
  void MovePool(size_t s);
  double Worth(const std::vector<double>& prices) const;
  double ChooseMany(size_t k, const std::vector<double>& prices, Scratch& scratch);
  double Take(size_t k, Scratch& scratch);
  void FindCandidates(size_t k, Scratch& scratch);
  void FindMany(size_t k, const std::vector<double>& reduced);
  void FindInDomains(size_t k, const std::vector<double>& reduced);

  const Tables& t_;
  ReducedCosts reduced_;
  std::vector<double> unit_;           // [room][resource]: the order of a price
  std::vector<double> scarce_, part_;  // of pools: times a node's price; by resource, 1 in all
  std::vector<double> prices_, average_, best_prices_, load_, mean_, square_;
  std::vector<int32_t> candidate_;
  std::vector<double> candidate_cost_;      // as candidate_: of one pod, without what it pays
  std::vector<std::vector<int32_t>> many_;  // of classes that no one room holds
  Parallel* const parallel_;
  std::vector<Block> blocks_;  // empty: all classes by this thread
  Scratch scratch_;
  std::vector<RoomShare> shares_;             // of one step
  std::vector<std::vector<RoomShare>> sums_;  // by class, of the last steps
  double best_ = -kNever, step_ = 0, decay_ = 1, keep_mean_ = 1, keep_square_ = 1;
  int steps_ = 0, at_ = 0;
  bool looked_ = false;   // as step at_ asks for
  bool looking_ = false;  // began to
  size_t look_next_ = 0;  // class
};

}  // namespace stowage::scheduler::lagrangian
