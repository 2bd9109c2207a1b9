// Columns: column generation. The master chooses among patterns; its duals value the items;
// knapsacks find patterns that are worth more than they cost, or prove that there are none. What
// stays of it: the values (a guide for everything else), the proven bound, and the patterns.
//
// Values are smoothed towards those of the best bound (Wentges), which keeps them from swinging.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/solvers/packing/bound.h"
#include "scheduler/solvers/packing/core.h"
#include "scheduler/solvers/packing/frontier.h"
#include "scheduler/solvers/packing/knapsack.h"
#include "scheduler/solvers/packing/master.h"
#include "scheduler/solvers/packing/rows.h"

namespace stowage::scheduler::packing {

struct Pattern {
  int32_t type;
  Loads loads;
};

// A condition on how many bins of some types together are opened.
struct Branch {
  static constexpr int64_t kAny = -1;
  std::vector<char> counts;  // [type]
  int64_t least = 0, most = kAny;
};

class Columns {
 public:
  // `core` must outlive this, have items, and each of them must fit somewhere.
  explicit Columns(const Core& core);
  // For what is left of a problem: begins with the values of `before`, and has no patterns.
  Columns(const Core& core, const Columns& before, std::vector<Branch> branches = {});
  // Counts with fills in fractions where whole ones are too hard to search: quick, and good for the
  // bound only, which is a little weaker.
  void UseFractions() { fractions_ = true; }

  // A known pattern, for instance a bin of a solution.
  void Add(int32_t type, const Loads& loads);
  // The same if the master's last duals make it worth more than it costs.
  void Offer(int32_t type, const Loads& loads);
  // One kind of item alone, for each, in the type that is cheapest for it: the master can be
  // solved.
  void Seed();
  // Whether a pattern costs little more than the values of the best bound make it worth.
  bool Nearly(const Pattern& pattern) const;
  // A slice of work (a few ms at most). False: nothing more to find.
  bool Step();
  bool converged() const { return converged_; }
  // How thoroughly patterns are searched; each stage has found all it could before the next begins.
  int stage() const { return converged_ ? kStages : stage_; }
  static constexpr int kStages = 5;

  int64_t bound() const { return proof_.cost; }
  // Of the best bound so far: [item], times Core::scale.
  const std::vector<int64_t>& value() const { return proof_.value; }
  // [type]: a bin's cost, or where there are too few what a fill is worth; times Core::scale.
  const std::vector<int64_t>& price() const { return proof_.price; }
  // Of the master's last solution; better guides, and no bound.
  const std::vector<int64_t>& duals() const { return dual_; }
  int64_t rounds() const { return rounds_; }  // how often the master was solved

  const Rows& rows() const { return rows_; }
  const std::vector<Pattern>& patterns() const { return patterns_; }
  double level(int32_t pattern) const {
    return pattern < static_cast<int32_t>(levels_.size()) ? levels_[pattern] : 0;
  }
  // How many bins of a type the master opens, in parts.
  std::vector<double> opened() const;
  const std::vector<Branch>& branches() const { return branches_; }
  // Proven: the limited types cannot hold everything.
  bool infeasible() const { return infeasible_; }

  double cost() const { return cost_; }  // of the patterns in parts; steers
  double PriceOfAll() const;             // the same, with bins at their price

  int64_t work() const { return knapsack_.work() + frontier_.work() + master_->work(); }

 private:
  static constexpr int kStallsMost = 50;
  bool Bounded(int32_t type) const;
  void FindCaps();
  void Begin();
  void MakeMaster();
  void AddBranchColumns();
  void AddColumn(double cost, int32_t type, const std::function<void(std::vector<double>&)>& fill);
  void SolveMaster();
  int32_t BranchRow(size_t branch) const {
    return first_branch_row_ + static_cast<int32_t>(branch);
  }
  void ReadDuals();
  int64_t Enough(int32_t type) const;
  int64_t Width() const;
  void Mix();        // the next values to price with
  bool PriceNext();  // one type; false: all are done
  void Search(int32_t type);
  void SearchOn();  // a slice of the thorough part of it
  void Settle(int32_t type, const Fill& fill);
  void AddParts(int32_t type);
  void EndRound();
  // Beyond what the items cost there.
  int64_t Worth(int32_t type, const Loads& loads, const std::vector<int64_t>& value) const;

  const Core& core_;
  const int64_t scale_;
  const Rows rows_;
  Knapsack knapsack_;
  Frontier frontier_;
  std::unique_ptr<Master> master_;
  std::vector<int64_t> demand_, cap_;
  std::vector<int32_t> all_items_, row_of_type_;
  std::vector<Pattern> patterns_;
  std::set<std::pair<int32_t, Loads>> offered_;
  std::vector<int32_t> column_;       // [pattern] of the master
  std::vector<int32_t> column_type_;  // [column]; -1: an item left out
  const std::vector<Branch> branches_;
  std::vector<int64_t> worth_of_branch_, surcharge_;  // surcharge: [type] the sum of its branches'
  std::vector<double> levels_;
  std::vector<bool> coarse_;  // [type] counted in fractions
  std::vector<int64_t> dual_, value_, limit_;
  std::vector<std::vector<int64_t>> prices_;
  Proof proof_;
  double cost_ = 0;   // of the master
  int64_t pull_ = 0;  // towards the values of the best bound, in sixteenths
  int64_t missing_cost_ = 0, cannot_cost_more_ = INT64_MAX;
  int32_t first_branch_row_ = 0;
  int64_t rounds_ = 0, tail_begin_ = 0;
  double tail_cost_ = 0;
  std::optional<std::pair<int32_t, Fill>> searching_;  // type, and the best fill so far
  int32_t next_type_ = 0, added_ = 0, stalls_ = 0;
  int stage_ = 0;
  bool solved_ = false, fractions_ = false, complete_ = true, converged_ = false,
       infeasible_ = false;
};

}  // namespace stowage::scheduler::packing
