// Annealer: simulated annealing over assignments. Capacities may be passed at a price; what it
// keeps as the best respects them all. Works on lots: one item each, or several alike where there
// are very many, which move together.
//
// With the prices of the capacities known, the cost of a solution is a constant, plus the sum over
// its lots of what they lose against their best agent at those prices (the regret), plus the unused
// capacity at its price. The annealer looks only at agents where a lot's regret is small.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/random/rng.h"
#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class Annealer {
 public:
  // `prices`: [agent][resource], of PriceSearch. `instance` must outlive the annealer. The unit of
  // temperature is the mean step of the regret from an agent to the next best, up to this rank: the
  // first steps vanish where prices are those of a linear program.
  Annealer(const GapInstance& instance, const std::vector<double>& prices, Rng rng,
           size_t unit_rank = 1);

  struct Run {
    double hot,
        cold;              // temperatures, in units: see Annealer()
    double loose, strict;  // a capacity is passed at (1 + this) times its price: first and last
    int64_t moves;
    bool from_best;       // else from where the last run ended
    bool insist = false;  // capacities that stay passed get dearer from the start, on and on
    // Raises them as slowly as the run is long; else a long run ends its search early. Pays where
    // items differ, not where few classes have many alike.
    bool gentle = false;
  };
  void Begin(const Run& run);
  // Some thousand moves; false when the run has ended. Adds the work (units of 100 ns) to *work.
  bool Advance(int64_t* work);

  bool found() const { return found_; }
  int64_t best_cost() const { return best_cost_; }
  const std::vector<int32_t>& best() const { return best_at_; }  // the agent of each lot
  // Where lots are, as counts: in the instance's order, sorted.
  std::vector<GapShare> Shares(const std::vector<int32_t>& at) const;
  double unit() const { return unit_; }  // of temperature, in units of cost
  // Slots (agent, resource) over their capacity where the search stands, and the sum of the excess
  // over capacity in parts of the capacity.
  int violated() const { return violated_; }
  double excess() const;

  size_t lots() const { return class_of_.size(); }

 private:
  void MakeLots();
  void MakeRegrets(const std::vector<double>& prices, size_t unit_rank);
  void PlaceAtBest();
  void SetFloorPrices();
  void TryChain(uint64_t draw);
  int32_t LotOfOverloaded(int32_t t);
  int32_t DrawTarget(int32_t t, uint64_t draw) const;
  int32_t DrawEjected(int32_t to, uint64_t draw, double limit);
  void Scan(int32_t to, size_t first, size_t look);
  double PotentialWithout(int32_t j, int32_t u, const double* load) const;
  void Leave(int32_t u, double potential, double* load);
  bool Closes(int32_t u, double cost, double limit);
  void Apply();
  double Potential(int32_t j, const double* load) const;
  void MoveLot(int32_t t, int32_t to);
  void Insert(int32_t t, int32_t j);
  void Remove(int32_t t);
  void SetLoad(int32_t j, const double* load, double potential);
  void SetExcessPrices();
  void NoteBest();
  void ReturnToBest();
  void Touch(int32_t t);

  double Regret(int32_t k, int32_t j) const {
    return regret_[static_cast<size_t>(j) * g_.classes + k];
  }
  const double* Size(int32_t k, int32_t j) const {
    return &size_[(g_.uniform ? k : static_cast<size_t>(k) * m_ + j) * s_];
  }

  const GapInstance& g_;
  const int32_t m_, s_;
  Rng rng_;
  std::vector<int32_t> class_of_;  // [lot]
  std::vector<int64_t> items_in_;  // [lot]
  std::vector<float> regret_;  // [agent][class], of one item: a chain looks at one agent's often
  std::vector<double> size_;   // as in the instance
  std::vector<int32_t> near_;  // [class][near_width_]: agents by regret
  std::vector<int32_t> near_count_;  // [class]
  std::vector<float> second_;        // [class]: the second-best regret
  int32_t near_width_;
  double unit_ = 1;                                      // mean step of the regret of a lot
  std::vector<double> capacity_, price_, excess_price_;  // [agent][resource]
  std::vector<double> floor_price_;                      // [resource]
  std::vector<double> weight_;  // [agent][resource]: grows where a capacity stays passed

  // The lots of an agent, side by side for quick looks: what each would cost to send away (the
  // regret at its best other agent, less the regret here) and its sizes here.
  struct Hold {
    std::vector<int32_t> lots;
    std::vector<float> leave, regret;
    std::vector<std::vector<float>> sizes;  // [resource][lot]
  };
  std::vector<int32_t> at_, place_;  // [lot]: its agent; its index in the agent's hold
  std::vector<Hold> hold_;           // [agent]
  std::vector<double> load_;         // [agent][resource]
  std::vector<double> potential_;    // [agent]
  int violated_ = 0;
  int64_t cost_ = 0;

  bool found_ = false;
  int64_t best_cost_ = 0;
  std::vector<int32_t> best_at_;
  std::vector<uint8_t> touched_;
  std::vector<int32_t> touched_list_;  // lots that may be elsewhere in the best

  // The chain being tried: link d puts a lot on an agent, which then has that load and potential.
  static constexpr int kDepth = 8;
  struct Link {
    int32_t lot, to;
    double potential;
  };
  std::array<Link, kDepth + 1> links_;
  std::vector<double> link_loads_;  // [link][resource]
  int depth_ = 0;
  double cost_so_far_ = 0;
  int32_t origin_ = 0;  // where the first lot left a hole
  std::vector<double> hole_load_, trial_load_;
  std::vector<float> scan_;
  int64_t looked_ = 0;  // since the last Advance

  Run run_{};
  int64_t done_ = 0;
  double temperature_ = 0, cooling_ = 1, strictness_ = 1, tightening_ = 1, insist_ = 1;
  std::array<double, 1024> exponential_;  // quantiles of the exponential distribution
};

}  // namespace stowage::scheduler::gap
