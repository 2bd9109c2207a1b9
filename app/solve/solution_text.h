// Answers as members of a JSON object, and read back from one. Numbers of jobs, agents, classes,
// clusters, bin types and items count from 1, in the order of the problem's file.
//
//   gap, mrgap  "assignment": [{"job": 1, "agent": 3}, ...]
//   fleet       "assignment": [{"class": 1, "cluster": 3, "count": 10}, ...]
//   mvp         "assignment": [{"type": 1, "bins": 2, "items":
//                                [{"item": 1, "incarnation": 1, "perBin": 3}, ...]}, ...]
//   stowage     "assignment": [{"class": "web", "cluster": "onprem", "count": 6}, ...],
//               "unplaced": [{"class": "batch", "count": 1}, ...],
//               "witness": [{"cluster": "onprem", "boundUnpacked": 0, "nodes":
//                             [{"shape": 1 or "pool": "m5", "count": 2, "loads":
//                               [{"class": "web", "perNode": 3, "step": 1}, or
//                                {"bound": 1, "perNode": 3}, ...]}, ...]}, ...]
//               (steps: the order in which the pods are bound, see PackedNodes)
#pragma once

#include <string>

#include "app/solve/document.h"
#include "app/solve/formats.h"
#include "base/result/result.h"
#include "scheduler/model/placement.h"
#include "scheduler/solvers/gap/problem.h"
#include "scheduler/solvers/packing/problem.h"

namespace stowage::app {

std::string WriteAnswer(Format format, const scheduler::GapSolution& solution);
std::string WriteAnswer(const scheduler::PackingSolution& solution);
std::string WriteAnswer(const scheduler::Problem& problem, const scheduler::Placement& placement);

// What a solution file says: the members that a check needs.
struct SolutionHead {
  std::string status;            // "" if absent
  std::optional<int64_t> cost;   // in whole units, or billionths for our own model
  std::optional<int64_t> bound;  // the same
  std::string hash;              // "" if absent
};
SolutionHead ReadHead(Complaints& complaints, const Value& root, bool nano);

// Complain of numbers and names that the problem does not have, and of pairs that stand twice.
scheduler::GapSolution ReadAnswer(Complaints& complaints, const Value& root, Format format,
                                  const scheduler::GapProblem& problem);
scheduler::PackingSolution ReadAnswer(Complaints& complaints, const Value& root,
                                      const scheduler::PackingProblem& problem);
scheduler::Placement ReadAnswer(Complaints& complaints, const Value& root,
                                const scheduler::Problem& problem);

}  // namespace stowage::app
