#include "test/scenarios/seed_run.h"

#include "test/scenarios/chaos.h"
#include "test/scenarios/workload.h"
#include "test/scenarios/world.h"

namespace stowage::scenarios {
namespace {

// Liveness: without faults, all that is left to do is done within the time. What is at rest once
// stays so: it is looked at again a while later.
void ComeToRest(World& world, const RunOptions& options, RunResult& result) {
  constexpr int kStep = 5;
  sim::Findings left;
  int settled = 0;  // looks in a row that found nothing
  for (int at = kStep; at <= options.rest_seconds_max; at += kStep) {
    world.Run(Seconds(kStep));
    if (!world.findings().empty()) return;
    left = world.Look();
    settled = left.empty() ? settled + 1 : 0;
    if (settled == 1) result.rested_after = at;
    if (settled == 10) return;
  }
  for (const sim::Finding& f : left.all()) world.findings().Add(f.checker, f.what);
  if (left.empty()) world.findings().Add("progress", "comes to rest, and leaves it again");
}

}  // namespace

RunResult RunSeed(const RunOptions& options) {
  RunResult result;
  World world(options.seed, options.show);
  {
    Chaos chaos(world, options.only);
    Workload workload(world);
    chaos.Start();
    workload.Start();
    world.Run(Seconds(options.fault_seconds));
    workload.Stop();
    chaos.Stop();
    if (world.findings().empty()) ComeToRest(world, options, result);
    result.actions = workload.actions();
  }
  result.findings = world.findings();
  result.counts = world.counts();
  result.trace_hash = world.journal().trace().hash();
  result.trace_lines = world.journal().trace().lines();
  result.tasks = world.executor().tasks_run();
  result.pods = world.history().pods_seen();
  result.starts = world.starts();
  return result;
}

}  // namespace stowage::scenarios
