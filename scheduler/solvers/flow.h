// Placement by a minimum-cost flow of one resource.
//
// Problem: all classes want the same cheap room, and one resource is what is scarce. Algorithm: of
// the resources that each class asks for alike in all clusters, the one most in demand is the
// surrogate; its units flow from classes through rooms (placement/rooms.h), at what the pods cost
// there, and the nodes that can be opened are paid for in parts (flow/model.h). The network simplex
// finds the cheapest flow; whole pods of it are packed onto nodes, and what is left over goes
// wherever there is room (lagrangian/packer.h). Where pods are left out, greedy is tried as well.
//
// The flow leaves out all other resources and all rules, and lets pods be split: no placement of
// all pods costs less. That bound is published if all pods are placed; else the flow is a heuristic
// only, as it is where no resource is asked for alike everywhere. Where the flow places not all
// that it could, some pods have no place: that is a proof. The duals are shadow prices.
//
// Where all pods want the same of the surrogate, no node runs out of anything else first and there
// are no rules, standing nodes are filled exactly as the flow says: the answer is then optimal.
#pragma once

#include "scheduler/placement/solver.h"

namespace stowage::scheduler {

class FlowSolver : public Solver {
 public:
  std::string_view name() const override { return "flow"; }
  std::unique_ptr<Search> Start(const Instance& instance,
                                const SolveOptions& options) const override;

  // As the last paragraph says, and without pools: no other solver is better.
  static bool Suits(const Instance& instance);
};

}  // namespace stowage::scheduler
