#include "vkubelet/node/virtual_node.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log/log.h"
#include "kube/api/well_known.h"

namespace stowage::vkubelet {

using kube::Outcome;

VirtualNode::VirtualNode(Deps deps, VirtualNodeOptions options)
    : deps_(std::move(deps)),
      options_(std::move(options)),
      probes_(options_.probe_failures, options_.probe_grace, deps_.executor.Now()),
      lease_(deps_.executor, deps_.host, deps_.rng.Stream("lease"),
             {options_.name, options_.lease_duration, options_.lease_renewal},
             [this] { return uid(); }) {}

VirtualNode::~VirtualNode() {
  *alive_ = false;
  deps_.executor.Cancel(probe_timer_);
}

void VirtualNode::Start() {
  Probe();
  lease_.Start();
  deps_.enqueue();
}

std::string VirtualNode::uid() const {
  const kube::Object* node = Current();
  return node == nullptr ? "" : std::string(node->uid());
}

const kube::Object* VirtualNode::Current() const { return assumed_ ? &*assumed_ : deps_.cached(); }

void VirtualNode::SetSweepHeld(std::optional<std::string> why) {
  if (why == sweep_held_) return;
  sweep_held_ = std::move(why);
  deps_.enqueue();
}

int64_t VirtualNode::sweep_allowance() const {
  const kube::Object* node = deps_.cached();
  if (node == nullptr) return 0;
  const std::string_view text = node->annotation(kAnnotationAllowSweep);
  int64_t allowed = 0;
  std::from_chars(text.data(), text.data() + text.size(), allowed);
  return allowed;
}

// ---- Probes
// ---------------------------------------------------------------------------------------

void VirtualNode::Probe() {
  const uint64_t number = ++probe_;
  probe_timer_ = deps_.executor.RunAfter(options_.probe_timeout, [this, number] {
    OnProbe(number, MakeError(ErrorCode::kUnavailable,
                              "no answer within " +
                                  std::to_string(options_.probe_timeout.count() / 1000) + " ms"));
  });
  deps_.provider.Probe([this, number, alive = alive_](Result<providers::Health> health) {
    if (*alive) OnProbe(number, std::move(health));
  });
}

void VirtualNode::OnProbe(uint64_t number, Result<providers::Health> health) {
  if (number != probe_ || probe_done_ == number) return;  // given up, and too late
  probe_done_ = number;
  const Reachability before = probes_.state();
  const MonotonicTime now = deps_.executor.Now();
  if (health) {
    probes_.OnSuccess(*health, now);
  } else {
    probes_.OnFailure(health.error(), now);
  }
  deps_.executor.Cancel(probe_timer_);
  // A member that is away is asked more often: it is to be back at once.
  const Duration pause = health ? options_.probe_interval : options_.probe_interval / 2;
  probe_timer_ = deps_.executor.RunAfter(pause, [this] { Probe(); });
  if (probes_.state() != before) {
    LogInfo("member reachability",
            {{"node", options_.name},
             {"reachable", probes_.state() == Reachability::kReachable ? "true" : "false"}});
    if (deps_.hooks.on_reachable) {
      deps_.hooks.on_reachable(probes_.state() == Reachability::kReachable);
    }
  }
  deps_.enqueue();
}

// ---- The Node object
// ------------------------------------------------------------------------------

NodeFacts VirtualNode::Facts() const {
  NodeFacts facts;
  facts.reachability = probes_.state();
  if (probes_.last_error()) facts.error = *probes_.last_error();
  facts.member_version = probes_.member_version();
  facts.sweep_held = sweep_held_;
  if (deps_.capacity != nullptr) {
    if (auto capacity = deps_.capacity->GetCapacity()) facts.capacity = std::move(*capacity);
  }
  return facts;
}

void VirtualNode::Reconcile(Done done) {
  const kube::Object* node = Current();
  if (node == nullptr) return Create(std::move(done));
  const NodeFacts facts = Facts();
  if (auto patch = MetadataPatch(options_, facts, *node)) {
    return deps_.host.Patch(kube::kNodes, "", options_.name, kube::PatchType::kMerge, *patch,
                            [this, done, alive = alive_](Result<kube::Object> patched) {
                              if (*alive) OnWritten(std::move(patched), done);
                            });
  }
  const MonotonicTime now = deps_.executor.Now();
  const bool heartbeat = now >= heartbeat_at_;
  auto change = StatusPatch(options_, facts, *node, deps_.executor.WallNow(), heartbeat);
  if (change && change->capacity_only && now < capacity_at_) {
    return done(Outcome::Again(capacity_at_ - now));
  }
  if (change) return PatchStatus(std::move(*change), heartbeat, std::move(done));
  done(Outcome::Again(heartbeat_at_ > now ? heartbeat_at_ - now : options_.heartbeat));
}

void VirtualNode::PatchStatus(StatusChange change, bool heartbeat, Done done) {
  deps_.host.Patch(
      kube::kNodes, "", options_.name, kube::PatchType::kStrategicMerge, change.patch,
      [this, heartbeat, done, alive = alive_](Result<kube::Object> patched) {
        if (!*alive) return;
        const MonotonicTime now = deps_.executor.Now();
        if (patched) capacity_at_ = now + options_.capacity_interval;
        if (patched && heartbeat) heartbeat_at_ = now + options_.heartbeat;
        OnWritten(std::move(patched), done);
      },
      "status");
}

void VirtualNode::OnWritten(Result<kube::Object> node, const Done& done) {
  if (!node) {
    assumed_.reset();
    return done(Outcome::Fail(node.error()));
  }
  const kube::Object* before = Current();
  // A write that changed nothing (the host leaves out a field, say) must not become a loop.
  const bool changed = before == nullptr || before->resource_version() != node->resource_version();
  assumed_ = std::move(*node);
  done(Outcome::Again(changed ? Milliseconds(1) : options_.capacity_interval));
}

void VirtualNode::Create(Done done) {
  const kube::Json node = NewNode(options_, Facts(), deps_.executor.WallNow());
  deps_.host.Create(kube::kNodes, "", node,
                    [this, done, alive = alive_](Result<kube::Object> created) {
                      if (!*alive) return;
                      if (!created && created.error().code == ErrorCode::kAlreadyExists)
                        return Adopt(done);
                      OnWritten(std::move(created), done);
                    });
}

// The name is taken, and yet our selector does not show the Node: somebody took our label away, or
// it is not ours at all.
void VirtualNode::Adopt(Done done) {
  deps_.host.Get(
      kube::kNodes, "", options_.name, [this, done, alive = alive_](Result<kube::Object> node) {
        if (!*alive) return;
        if (node && !IsOurNode(*node)) {
          return done(Outcome::Fail({ErrorCode::kAlreadyExists,
                                     "node \"" + options_.name +
                                         "\" exists and is not a virtual node of Stowage; "
                                         "rename the Cluster or remove that node",
                                     Minutes(1)}));
        }
        OnWritten(std::move(node), done);
      });
}

}  // namespace stowage::vkubelet
