// FillColumns: the linear relaxation over whole fills of agents, of a problem or of what is left of
// one. A master chooses for each agent among fills; its duals are what items are worth, and with
// these Fill finds better fills. What all items are worth, less what every agent can gain at most,
// bounds the cost of every solution: where agents hold few items, or items are as large as some
// agents, closer than a relaxation over items.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "scheduler/solvers/gap/fill.h"
#include "scheduler/solvers/gap/instance.h"
#include "scheduler/solvers/packing/master.h"

namespace stowage::scheduler::gap {

using Loads = std::vector<std::pair<int32_t, int64_t>>;  // items by class, counts > 0

class FillColumns {
 public:
  struct Pattern {
    int32_t j;
    Loads loads;
  };

  // `fill`, of the instance, must outlive this. `left`: [class], what is to be placed, on these
  // agents, which are sorted. `worth`: [class], to begin with, in fixed point as for Fill.
  // `missing`: [class], what an item costs that is left out, in units of cost.
  FillColumns(const GapInstance& instance, Fill* fill, std::vector<int64_t> left,
              std::vector<int32_t> agents, std::vector<int64_t> worth,
              const std::vector<int64_t>& missing);

  // A fill that the agent has room for. False: it is known, or not of use here.
  bool Add(const Pattern& pattern);
  // Prices one agent; after the last, solves the master, and a round has ended. Looks at so many
  // cases of an agent. Adds the work, in units of 100 ns. False at the end of a round.
  bool Step(int64_t cases, int64_t* work);
  int rounds() const { return rounds_; }
  bool idle() const { return idle_ > 0; }  // the last round found nothing
  // Later rounds take the worths of the best bound, as they are.
  void Prove() { proving_ = true; }
  void PriceByMaster() { keep_ = 0; }  // later rounds take the master's duals, as they are

  // Of the problem this is about, in units of cost.
  int64_t bound() const { return bound_; }
  const std::vector<int64_t>& worth() const { return best_worth_; }  // of the bound
  double relaxed() const { return master_->cost() * unit_; }         // of the master; steers

  // Fixes the fills that the master wants most: those it wants wholly, and so many others; where
  // there is too little left for all of them, what is left of one. False: none was there.
  bool Fix(int most, int64_t* work);
  const std::vector<Pattern>& fixed() const { return fixed_; }
  const std::vector<int64_t>& left() const { return left_; }
  int32_t open() const { return open_agents_; }
  const std::vector<Pattern>& patterns() const { return patterns_; }
  // What the pattern costs more than the master's last duals make it worth, in fixed point.
  int64_t ReducedCost(const Pattern& pattern) const;

 private:
  void Price(int32_t j, int64_t cases, int64_t* work);
  void EndRound(int64_t* work);
  void SolveMaster(int64_t* work);
  void Mix();
  bool Fits(const Loads& loads) const;
  std::vector<std::pair<double, int32_t>> Wanted() const;
  Pattern Trim(Pattern pattern) const;
  void Close(const Pattern& pattern);

  const GapInstance& g_;
  Fill* const fill_;
  double unit_ = 1;  // of cost, in the master
  std::unique_ptr<packing::Master> master_;
  std::vector<int32_t> agents_, row_of_class_, row_of_agent_;  // -1: none
  int32_t first_column_ = 0;  // of patterns: before are those of items that are left out
  std::vector<Pattern> patterns_, fixed_;
  std::set<std::pair<int32_t, Loads>> known_;
  std::vector<int64_t> left_;                // [class]
  std::vector<uint8_t> closed_;              // [agent]
  std::vector<int64_t> worth_, best_worth_;  // [class]: to price with; of the bound
  std::vector<int64_t> dual_, gain_;         // the master's: [class]; [agent] what a fill gains
  int32_t open_agents_ = 0;
  size_t next_ = 0;  // agent
  __int128 sum_ = 0, best_sum_ = 0;
  int64_t bound_ = 0;
  int added_ = 0, rounds_ = 0, idle_ = 0;
  int64_t keep_;
  bool proving_ = false;
};

}  // namespace stowage::scheduler::gap
