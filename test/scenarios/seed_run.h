// One seed: a world under faults, then without them until it has come to rest.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "sim/checkers/findings.h"
#include "sim/faults/fault_plan.h"

namespace stowage::scenarios {

struct RunOptions {
  uint64_t seed = 1;
  std::set<sim::Fault> only;  // these faults alone; empty: what the seed draws
  std::string show;           // lines of the journal to print: those that contain it
  int fault_seconds = 120;
  int rest_seconds_max = 900;  // then it must be at rest
};

struct RunResult {
  sim::Findings findings;
  sim::FaultCounts counts;
  uint64_t trace_hash = 0, trace_lines = 0, tasks = 0;
  uint64_t pods = 0, starts = 0, actions = 0;
  int64_t rested_after = -1;  // seconds after the last fault
};

RunResult RunSeed(const RunOptions& options);

}  // namespace stowage::scenarios
