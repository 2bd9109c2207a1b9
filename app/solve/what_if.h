// What if: the same problem with something changed, solved by the same engine. Nothing is touched
// but a copy.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/solve/report.h"
#include "base/result/result.h"
#include "scheduler/model/problem.h"

namespace stowage::app {

struct WhatIf {
  std::vector<std::string> without;  // clusters that are lost; their pods need another place
  std::vector<std::string> prices;   // "CLUSTER=FACTOR": all prices there, times a decimal
  std::string load;                  // a decimal: so many times the pods of every class
  std::vector<std::string>
      add;  // files of the stowage format: more classes, clusters, nodes, pools
  std::vector<scheduler::Problem> added;  // what they hold, in their order
  bool any() const { return !without.empty() || !prices.empty() || !load.empty() || !add.empty(); }
};

// `problem` with all that `more` has. A cluster that is there already gets more nodes, pools and
// bound pods. kInvalid: anything else is there already; `more_name` is named.
Result<scheduler::Problem> Joined(scheduler::Problem problem, scheduler::Problem more,
                                  const std::string& more_name);

// kInvalid: no such cluster, no decimal number, or a problem that is out of range.
Result<scheduler::Problem> Changed(scheduler::Problem problem, const WhatIf& what_if);

// The member "whatIf" of the printed object: what was changed, and cost and pods by cluster before
// and after.
std::string WhatIfMember(const WhatIf& what_if, const Report& before, const Report& after);

}  // namespace stowage::app
