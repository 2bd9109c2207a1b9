// BundleTree: proves how good an answer is where agents hold few items each, and finds better ones.
// A tree search in which every node has the bound of the linear program over bundles (bundles.h),
// which takes every agent whole, with cuts at its root. Far stronger than Branching, and far slower
// a node.
//
// It lists the bundles that answers of some cost can have, as many as it can bear, and then asks
// for one cost after the other: is there an answer so cheap? Each tree that is searched to the end
// raises the bound. Answers found on the way count.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scheduler/solvers/gap/bundle_cuts.h"
#include "scheduler/solvers/gap/bundle_program.h"
#include "scheduler/solvers/gap/bundles.h"

namespace stowage::scheduler::gap {

class BundleTree {
 public:
  // Numbers small enough; whether bundles are few enough only listing them tells: see gave_up().
  static bool Suits(const GapInstance& instance);

  // `instance` must outlive this. `rewards` (units of 2^-shift) as of Branching, which prove
  // `bound` or less.
  BundleTree(const GapInstance& instance, std::vector<int32_t> rewards, int shift, int64_t bound);

  // An answer of this cost is known: only cheaper ones are looked for. Before the first: more than
  // any can cost.
  void Improve(int64_t cost);
  // No answer costs less: others have proven it.
  void Learn(int64_t bound);
  // A linear program or so; adds the work (units of 100 ns). False: the bound is equal to the best
  // cost known, or it gave up.
  bool Step(int64_t* work);

  int64_t bound() const { return bound_; }
  bool gave_up() const { return gave_up_; }  // there are too many bundles to go on
  bool found() const { return !best_.empty(); }
  int64_t best_cost() const { return best_cost_; }
  const std::vector<int32_t>& best() const { return best_; }

 private:
  enum class Phase { kList, kSolve, kBackTrack };
  struct Child {
    int64_t value;  // a bound on the answers below it, in fixed point
    int32_t j;
  };
  struct Node {
    std::vector<int32_t> bundles;  // that answers below it can have, in rising order
    std::vector<int32_t> listed;   // of those: in its program from the start
    BundleProgram::Basis basis;
  };
  struct Frame {
    Node node;
    int32_t k;
    std::vector<Child> children;
    size_t next;
  };
  struct Offer {
    int64_t value;  // reduced cost
    int32_t f;
  };

  void StepList(int64_t* work);
  void FinishList();
  void BeginTree();
  void Enter(Node node);
  void StepNode(int64_t* work);
  void ReadDuals();
  void Price(int64_t* work);
  std::vector<int32_t> BestOffers();
  void KeepCheap();
  bool Cut(int64_t* work);
  void Decide();
  void FindChildValues();
  void NoteWhole();
  void NoteForced();
  void NoteAnswer(const std::vector<int32_t>& at);
  int32_t ChooseItem() const;
  void BackTrack();
  int64_t Limit() const;  // values above it: no answer of the target's cost
  size_t Cell(int32_t k, int32_t j) const { return static_cast<size_t>(k) * g_.agents + j; }

  const GapInstance& g_;
  BundleLister lister_;
  double left_out_;  // what the program pays for an item in no bundle
  BundleCuts cuts_;
  int64_t bound_, upper_ = INT64_MAX, best_cost_ = 0;
  std::vector<int32_t> best_;
  bool gave_up_ = false;
  Phase phase_ = Phase::kList;

  Bundles bundles_, next_;  // next_: of a dearer list
  size_t most_bundles_;
  int64_t listed_to_ = 0;  // cost of answers whose bundles are in bundles_
  int64_t next_to_ = 0;
  int32_t next_agent_ = 0;

  // The root, with its cuts, and the trees below it.
  std::optional<Node> root_;
  int64_t target_ = 0;  // answers of at most this cost are looked for
  int64_t stride_ = 1, tree_nodes_ = 0;
  int cut_rounds_ = 0;
  std::vector<Frame> frames_;

  // The node at hand.
  Node node_;
  std::optional<BundleProgram> program_;
  std::vector<int32_t> in_program_;  // [bundle]: the node that has it
  int32_t node_id_ = 0;
  std::vector<int64_t> item_dual_, agent_dual_, cut_dual_;  // fixed point
  std::vector<int64_t> reduced_;                            // [place in node_.bundles]
  std::vector<int64_t> least_;                              // [agent] of those
  std::vector<std::vector<Offer>> offers_;                  // [agent]
  int64_t value_ = 0;
  std::vector<int64_t> child_value_;  // [item][agent]
};

}  // namespace stowage::scheduler::gap
