// Branching: proves how good an answer is. A tree search in which every node has the bound of
// DenseKnapsacks, whose rewards it improves by a subgradient ascent; pairs that no better answer
// can have are closed by what they would cost the bound.
//
// It asks for one target cost after the other: is there an answer below it? While targets are close
// to the bound, trees are small; each tree that is searched to the end raises the bound to its
// target. Answers found on the way count.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/gap/dense_knapsacks.h"
#include "scheduler/solvers/gap/residual.h"

namespace stowage::scheduler::gap {

class Branching {
 public:
  static bool Suits(const GapInstance& instance) { return DenseKnapsacks::Suits(instance); }

  // What an item is worth at the prices of PriceSearch: rewards to begin with, in units of cost.
  static std::vector<double> RewardsAt(const GapInstance& instance,
                                       const std::vector<double>& prices);

  struct Options {
    // Staged: the first ascent takes this many steps, from `unit` / 10 on, in units of cost. Else:
    // the first target is the cost known, its tree the last, and all ascents are short.
    int root_steps = 500;
    double unit = 1;
    bool staged = true;
  };
  // `instance` suits and must outlive the search.
  Branching(const GapInstance& instance, const std::vector<double>& rewards, Options options);

  // An answer of this cost is known: only cheaper ones are looked for. At first: none is known, and
  // `cost` is more than any can cost.
  void Improve(int64_t cost);
  // No answer costs less: others have proven it.
  void Learn(int64_t bound);
  // One sweep over the knapsacks or so; adds the work (units of 100 ns). False: the bound is equal
  // to the best cost known; there is nothing left to search.
  bool Step(int64_t* work);

  int64_t bound() const { return bound_; }
  // Cheaper than what Improve told, found here: its cost, and the agent of each item.
  bool found() const { return !best_.empty(); }
  int64_t best_cost() const { return best_cost_; }
  const std::vector<int32_t>& best() const { return best_; }
  bool rooted() const { return rooted_; }  // the first ascent is over
  // Of the best bound without branching so far: in units of cost, and of 2^-shift() of it.
  std::vector<double> rewards() const;
  const std::vector<int32_t>& fixed_rewards() const { return root_rewards_; }
  int shift() const { return knapsacks_.shift(); }

 private:
  enum class Phase { kAscend, kClose, kBranch, kBackTrack };
  struct Child {
    int32_t j;
    int64_t bound;
  };
  struct Frame {
    int32_t k;
    std::vector<Child> children;
    size_t next, mark;
    std::vector<int32_t> rewards;
  };

  void BeginStage();
  void BeginAscent(int steps);
  void Ascend();
  void Move();
  void MoveAtRoot();
  void NoteValue(int64_t value);
  void NoteCover();
  void NoteAnswer(int64_t cost, const std::vector<int32_t>& at);
  void ClosePairs();
  int64_t ChildBound(int32_t k, int32_t j) const;
  void Branch();
  void BackTrack();
  bool AtRoot() const { return stage_ == 0 && options_.staged; }
  int64_t Cutoff() const;
  int64_t Round(int64_t value) const;  // the cost that a bound in fixed point implies

  const GapInstance& g_;
  const Options options_;
  DenseKnapsacks knapsacks_;
  Residual residual_;
  int64_t bound_ = 0, upper_ = 0, target_ = 0, best_cost_ = 0, root_value_ = INT64_MIN;
  std::vector<int32_t> best_;
  Phase phase_ = Phase::kAscend;
  bool rooted_ = false;
  int stage_ = 0, rounds_ = 0;
  int64_t stride_ = 1, stage_nodes_ = 0;
  std::vector<Frame> frames_;
  std::vector<int64_t> outs_;  // [item]: what it costs that all its takers leave it

  // The ascent at the node at hand.
  std::vector<double> centre_, direction_, square_;
  std::vector<int32_t> rewards_, best_rewards_, root_rewards_;
  int64_t value_ = 0, best_value_ = 0;
  double theta_ = 1, keep_mean_ = 1, keep_square_ = 1;
  int steps_left_ = 0, stale_ = 0;
};

}  // namespace stowage::scheduler::gap
