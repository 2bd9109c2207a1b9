// Relaxation: which of its wishes a pod would have to give up to find a place, or what there would
// have to be more of.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/adjustment.h"
#include "scheduler/model/placement.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// A pod that could be, with its wishes unshared so that they can be changed.
struct DraftPod {
  PodClass pod;
  PodConstraints constraints;
  PodRelations relations;

  explicit DraftPod(const PodClass& of);
  PodClass Build() const;
};

struct Relaxation {
  static constexpr int64_t kWhole = 1'000'000;  // a rule that is left out, or added

  std::string field;     // as in a pod: "requests.memory", "nodeSelector", "tolerations"
  std::string from, to;  // for people; "" on one side: nothing
  int64_t ppm = kWhole;  // the size of the change in millionths of what it was
  // Helps only if the pods of the class that are placed change as well: they speak of the new one.
  bool of_all = false;
  std::function<void(DraftPod&)> edit;  // those of several can be applied in any order
  // In place of an edit: not the pod changes, but what there is for it.
  std::optional<Adjustment> adjustment;
  std::string node;  // room of a node that is added: "cpu 4, memory 16Gi"
};

// An adjustment of `problem` for people; its size is relative, or a whole for each node.
Relaxation RelaxationOf(const Problem& problem, const Adjustment& adjustment);

// Every single change that might help a pod of the class, the smallest first: requests cut to what
// nodes have left beside `placement`, a longer distance, a rule less, a toleration more. Whether
// one does help is for SolveSession::ExplainNew to say. `most`: no more than so many.
std::vector<Relaxation> RelaxationsOf(const Problem& problem, const Placement& placement,
                                      const PodClass& pod, size_t most);

}  // namespace stowage::scheduler
