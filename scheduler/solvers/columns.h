// What to buy: placement where the nodes of elastic pools are whole.
//
// Problem: prices of room take nodes in fractions, so that with pods that are large for the nodes
// they neither place well nor prove much. Algorithm: starts from the answer of `lagrangian`; takes
// the pods that no rule speaks of off their nodes, and packs them anew by column generation
// (packing/solver.h), together with the choice of nodes to open. What a pod costs somewhere counts
// as well as the price of the nodes. Where nodes are too many to be looked at one kind at a time,
// only pods on bought nodes are packed anew, and onto nodes to buy.
//
// All pods together, packed as if there were no rules, prove a bound in which nodes are whole.
#pragma once

#include <cstdint>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class ColumnsSolver : public Solver {
 public:
  std::string_view name() const override { return "columns"; }
  std::unique_ptr<Search> Start(const Instance& instance,
                                const SolveOptions& options) const override;

  struct Limits {
    int64_t bought_least = 1;              // pods on bought nodes: with fewer there is no search
    int64_t iterations_max = 200'000'000;  // of the search for what to buy
  };
  // Goes on from what `first`, a search of the same instance, has found at its end.
  static std::unique_ptr<Search> After(std::unique_ptr<Search> first, const Instance& instance,
                                       Limits limits);

  // Nodes can be bought, and classes and kinds of nodes are few enough for it to do more than
  // `lagrangian` within a second.
  static bool Suits(const Instance& instance);
};

}  // namespace stowage::scheduler
