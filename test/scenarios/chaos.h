// Chaos: what goes wrong in a world, by seed: faulty links, partitions, killed processes, clocks
// that jump, nodes that fail, servers that forget.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/random/rng.h"
#include "sim/faults/fault_plan.h"
#include "test/scenarios/world.h"

namespace stowage::scenarios {

class Chaos {
 public:
  // `only`: these kinds and no others; empty: each with a chance of its own.
  Chaos(World& world, std::set<sim::Fault> only);
  ~Chaos() { *alive_ = false; }

  void Start();
  // All is well from now on: links, nodes and processes.
  void Stop();

 private:
  // Runs `strike` again and again, `mean` apart, if the seed has this kind.
  void Every(sim::Fault kind, Duration mean, std::function<void(Rng&)> strike);
  bool Has(sim::Fault kind);
  sim::FaultPlan PlanFor(const std::string& server);
  std::string SomeServer(Rng& rng);
  void Partition(Rng& rng);
  void Crash(Rng& rng);
  void StartLater(size_t process, Rng& rng);
  void HangNode(Rng& rng);

  World& world_;
  Rng rng_;
  const std::set<sim::Fault> only_;
  std::set<std::pair<size_t, std::string>> hung_;  // member, node
  double kill_at_write_ = 0;
  bool on_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::scenarios
