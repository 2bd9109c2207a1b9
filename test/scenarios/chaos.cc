#include "test/scenarios/chaos.h"

#include <utility>

namespace stowage::scenarios {

using sim::Fault;

Chaos::Chaos(World& world, std::set<Fault> only)
    : world_(world), rng_(world.rng().Stream("chaos")), only_(std::move(only)) {}

bool Chaos::Has(Fault kind) {
  if (!only_.empty()) return only_.contains(kind);
  return rng_.Stream("has/" + std::string(sim::FaultName(kind))).Chance(0.6);
}

sim::FaultPlan Chaos::PlanFor(const std::string& server) {
  sim::FaultPlan plan = sim::DrawFaultPlan(rng_.Stream("plan/" + server));
  if (only_.empty()) return plan;
  const auto keep = [this](Fault kind, double& chance) {
    if (!only_.contains(kind)) chance = 0;
  };
  keep(Fault::kDelay, plan.delay);
  keep(Fault::kDrop, plan.drop);
  keep(Fault::kUnanswered, plan.unanswered);
  keep(Fault::kHang, plan.hang);
  keep(Fault::kConflict, plan.conflict);
  keep(Fault::kGone, plan.gone);
  keep(Fault::kGone, plan.watch_gone);
  keep(Fault::kTooMany, plan.too_many);
  keep(Fault::kServerError, plan.server_error);
  keep(Fault::kWatchClose, plan.watch_close_per_second);
  keep(Fault::kWatchStall, plan.watch_stall_per_second);
  keep(Fault::kWatchRefused, plan.watch_refused);
  return plan;
}

void Chaos::Every(Fault kind, Duration mean, std::function<void(Rng&)> strike) {
  if (!Has(kind)) return;
  auto rng = std::make_shared<Rng>(rng_.Stream(sim::FaultName(kind)));
  auto next = std::make_shared<std::function<void()>>();
  *next = [this, kind, mean, rng, strike = std::move(strike), weak = std::weak_ptr(next),
           alive = alive_] {
    const Duration after =
        Microseconds(static_cast<int64_t>(rng->Exponential(static_cast<double>(mean.count()))) + 1);
    world_.executor().RunAfter(after, [this, kind, rng, strike, again = weak.lock(), alive] {
      if (!*alive || !on_) return;
      world_.journal().Add("fault " + std::string(sim::FaultName(kind)));
      strike(*rng);
      (*again)();
    });
  };
  (*next)();
}

std::string Chaos::SomeServer(Rng& rng) {
  const uint64_t n = rng.Below(world_.members().size() + 1);
  return n == 0 ? "host" : world_.members()[n - 1]->name();
}

void Chaos::Start() {
  on_ = true;
  world_.SetPlan("host", PlanFor("host"));
  for (const auto& member : world_.members()) {
    world_.SetPlan(member->name(), PlanFor(member->name()));
  }
  for (size_t i = 0; i < world_.process_count(); ++i) world_.StartProcess(i);

  Every(Fault::kPartition, Seconds(60), [this](Rng& rng) { Partition(rng); });
  Every(Fault::kCrash, Seconds(25), [this](Rng& rng) { Crash(rng); });
  Every(Fault::kWallJump, Seconds(60), [this](Rng& rng) {
    world_.counts().Add(Fault::kWallJump);
    const bool far = rng.Chance(0.3);
    world_.executor().JumpWall(Seconds(rng.Between(far ? -7200 : -20, far ? 7200 : 20)));
  });
  Every(Fault::kPowerCycle, Seconds(70), [this](Rng& rng) {
    sim::Member& member = *world_.members()[rng.Below(world_.members().size())]->member();
    const auto nodes = member.node_names();
    world_.counts().Add(Fault::kPowerCycle);
    member.PowerCycleNode(nodes[rng.Below(nodes.size())]);
  });
  Every(Fault::kNodeHang, Seconds(70), [this](Rng& rng) { HangNode(rng); });
  Every(Fault::kCompaction, Seconds(40), [this](Rng& rng) {
    world_.counts().Add(Fault::kCompaction);
    world_.FindServer(SomeServer(rng))->server().CompactHistory();
  });
  Every(Fault::kDisconnect, Seconds(50), [this](Rng& rng) {
    world_.counts().Add(Fault::kDisconnect);
    const std::string server = SomeServer(rng);
    if (rng.Chance(0.5)) world_.FindServer(server)->server().CompactHistory();
    world_.Disconnect(server);
  });
  if (!Has(Fault::kCrash)) return;
  // Around its writes a process is killed most easily at a bad moment.
  auto rng = std::make_shared<Rng>(rng_.Stream("kill-at-write"));
  kill_at_write_ = rng->Uniform() * 0.03;
  world_.on_write = [this, rng]() -> std::optional<uint64_t> {
    if (!on_ || !rng->Chance(kill_at_write_)) return std::nullopt;
    for (size_t i = 0; i < world_.process_count(); ++i) StartLater(i, *rng);
    world_.counts().Add(Fault::kCrash);
    return rng->Below(8);
  };
}

void Chaos::Partition(Rng& rng) {
  const std::string server = SomeServer(rng);
  if (world_.partitioned(server)) return;
  world_.counts().Add(Fault::kPartition);
  world_.SetPartitioned(server, true);
  const Duration length =
      Milliseconds(static_cast<int64_t>(rng.Exponential(rng.Chance(0.2) ? 60'000 : 8'000)));
  world_.executor().RunAfter(length, [this, server, alive = alive_] {
    if (*alive && world_.partitioned(server)) world_.SetPartitioned(server, false);
  });
}

void Chaos::StartLater(size_t process, Rng& rng) {
  const Duration away =
      Milliseconds(static_cast<int64_t>(rng.Exponential(rng.Chance(0.15) ? 30'000 : 1'500)) + 1);
  world_.executor().RunAfter(away, [this, process, alive = alive_] {
    if (*alive) world_.StartProcess(process);
  });
}

void Chaos::Crash(Rng& rng) {
  const size_t process = rng.Below(world_.process_count());
  world_.counts().Add(Fault::kCrash);
  world_.KillAfter(process, rng.Below(300));
  StartLater(process, rng);
}

void Chaos::HangNode(Rng& rng) {
  const size_t member = rng.Below(world_.members().size());
  const auto nodes = world_.members()[member]->member()->node_names();
  const std::string node = nodes[rng.Below(nodes.size())];
  if (!hung_.insert({member, node}).second) return;
  world_.counts().Add(Fault::kNodeHang);
  world_.members()[member]->member()->SetNodeHung(node, true);
  const Duration length = Seconds(rng.Between(3, rng.Chance(0.5) ? 90 : 20));
  world_.executor().RunAfter(length, [this, member, node, alive = alive_] {
    if (!*alive || hung_.erase({member, node}) == 0) return;
    world_.members()[member]->member()->SetNodeHung(node, false);
  });
}

void Chaos::Stop() {
  on_ = false;
  world_.on_write = nullptr;
  world_.SpareAll();
  world_.SetPlan("host", {});
  world_.SetPartitioned("host", false);
  for (const auto& member : world_.members()) {
    world_.SetPlan(member->name(), {});
    world_.SetPartitioned(member->name(), false);
  }
  for (const auto& [member, node] : hung_) {
    world_.members()[member]->member()->SetNodeHung(node, false);
  }
  hung_.clear();
  for (size_t i = 0; i < world_.process_count(); ++i) world_.StartProcess(i);
}

}  // namespace stowage::scenarios
