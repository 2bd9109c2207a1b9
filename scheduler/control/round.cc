#include "scheduler/control/round.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log/log.h"
#include "scheduler/control/messages.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kLooks = 100'000;  // of a round's pods without a place; about 2 ms

std::shared_ptr<const PodConstraints> WithDefaults(const std::shared_ptr<const PodConstraints>& pod,
                                                   const PlacementDefaults& defaults) {
  if (defaults.latency_sources.empty() && defaults.data_region.empty() &&
      defaults.allowed_regions.empty() && defaults.denied_regions.empty() &&
      defaults.once == OneTimeCosts()) {
    return pod;
  }
  auto out = std::make_shared<PodConstraints>(*pod);
  out->latency_sources = defaults.latency_sources;
  out->latency_us_max = defaults.latency_us_max;
  out->cost_per_ms = defaults.cost_per_ms;
  out->data_region = defaults.data_region;
  out->data_mib_per_hour = defaults.data_mib_per_hour;
  out->once = defaults.once;
  out->allowed_regions = defaults.allowed_regions;
  out->denied_regions = defaults.denied_regions;
  return out;
}

}  // namespace

PodClass Rounds::ClassOf(const Batch& batch) const {
  return {.key = batch.spec->key,
          .count = static_cast<int64_t>(batch.pods.size()),
          .priority = batch.spec->priority,
          .demand = batch.spec->demand,
          .constraints = WithDefaults(batch.spec->constraints, fleet_.defaults()),
          .relations = batch.spec->relations,
          .gang = batch.spec->gang,
          .may_preempt = batch.spec->may_preempt};
}

// Pods of one gang should agree on what it asks for; else the strictest counts.
std::vector<Gang> Rounds::Gangs() const {
  std::map<std::string, Gang> gangs;
  for (const auto& [key, batch] : batches_) {
    const ClassSpec& spec = *batch.spec;
    if (spec.gang.empty()) continue;
    Gang& gang = gangs.try_emplace(spec.gang, Gang{.name = spec.gang}).first->second;
    gang.min_count = std::max(gang.min_count, spec.gang_min);
    gang.one_cluster = gang.one_cluster || spec.gang_in_one_cluster;
  }
  std::vector<Gang> out;
  for (auto& [name, gang] : gangs) out.push_back(std::move(gang));
  return out;
}

void Rounds::Begin(std::vector<std::pair<RoundPod, ClassPtr>> pods) {
  ++number_;
  batches_.clear();
  lane_.reset();
  lane_current_ = false;
  incumbent_ = {};
  has_answer_ = buying_ = puts_off_ = false;
  may_put_off_ = true;
  for (auto& [pod, spec] : pods) {
    may_put_off_ = may_put_off_ && !put_off_.contains(pod.uid);
    Batch& batch = batches_[spec->key];
    batch.spec = spec;
    batch.pods.push_back(std::move(pod));
  }
  if (session_ == nullptr) fleet_.TellAll();
  ProblemDelta delta;
  fleet_.TakeChanges(delta);
  delta.remove_classes = told_classes_;
  told_classes_.clear();
  for (auto& [key, batch] : batches_) {
    batch.refused = batch.spec->invalid;
    if (!batch.refused.empty()) continue;
    delta.set_classes.push_back(ClassOf(batch));
    told_classes_.push_back(key);
  }
  delta.gangs = Gangs();
  usable_ = Tell(delta);
  if (usable_) return;
  // Something in it is out of range: leave out the clusters and the pods that are, one at a time.
  RefuseInvalid(delta);
  usable_ = Tell(std::move(delta));
  if (usable_) return;
  session_.reset();  // all is told anew next time
  told_classes_.clear();
}

bool Rounds::Tell(ProblemDelta delta) {
  if (session_ == nullptr) {
    Problem problem = ProblemOf(std::move(delta));
    if (const auto valid = Validate(problem); !valid) {
      LogWarning("placement problem refused", {{"error", valid.error()}});
      return false;
    }
    session_ = engine_->Start(std::move(problem), SolveOptions{});
    return true;
  }
  if (const auto applied = session_->Apply(delta); !applied) {
    LogWarning("placement problem refused", {{"error", applied.error()}});
    return false;
  }
  return true;
}

void Rounds::RefuseInvalid(ProblemDelta& delta) {
  std::erase_if(delta.set_clusters, [&](const ClusterView& view) {
    const Problem alone{*delta.resources, {}, {view}, {}};
    const auto valid = Validate(alone);
    if (valid) return false;
    LogWarning("cluster left out", {{"node", view.name}, {"error", valid.error()}});
    delta.remove_clusters.push_back(view.name);
    return true;
  });
  for (const PodClass& k : delta.set_classes) {
    const Problem alone{*delta.resources, {k}, delta.set_clusters, {}};
    if (const auto valid = Validate(alone); !valid)
      batches_.at(k.key).refused = valid.error().message;
  }
  const auto refused = [&](const std::string& key) { return !batches_.at(key).refused.empty(); };
  std::erase_if(delta.set_classes, [&](const PodClass& k) { return refused(k.key); });
  std::erase_if(told_classes_, refused);
}

bool Rounds::Step(int64_t iterations) {
  if (!usable_) return true;
  // What to buy is looked for in slices that may take a millisecond or two longer.
  if (buying_) iterations /= 2;
  const Incumbent& incumbent = session_->Step({iterations});
  buying_ = incumbent.buying;
  has_answer_ = !incumbent.solver.empty();
  if (incumbent.buying && may_put_off_) {
    may_put_off_ = false;  // asked once
    puts_off_ = PutsOff();
  }
  return incumbent.complete || puts_off_;
}

std::vector<RoundVerdict> Rounds::Finish() {
  std::vector<RoundVerdict> out;
  if (usable_) incumbent_ = session_->Step({0});
  put_off_.clear();
  Expect();
  Work looks(kLooks);
  for (auto& [key, batch] : batches_) {
    const auto& classes = incumbent_.placement.classes;
    const auto it = std::lower_bound(
        classes.begin(), classes.end(), key,
        [](const ClassPlacement& k, const std::string& wanted) { return k.key < wanted; });
    Distribute(batch, it != classes.end() && it->key == key ? &*it : nullptr, looks, out);
  }
  batches_.clear();
  return out;
}

// Which quota or which nodes would help comes with it, as long as looking for that takes no longer
// than a task may.
std::string Rounds::MessageFor(const std::string& key, const ClassExplanation& why,
                               Work& looks) const {
  if (looks.over()) return UnschedulableMessage(why);
  const std::vector<Remedy> remedies = session_->Remedies(key, 1, 1, looks);
  const bool known = !remedies.empty() && !looks.over();
  return UnschedulableMessage(why, known ? remedies[0].words : "");
}

// Notes what is to be bought. True: other pods are placed, on nodes that stand or are opened for
// somebody else already.
bool Rounds::PutsOff() {
  const Placement& placement = session_->Step({0}).placement;
  to_buy_.clear();
  for (const ClusterWitness& witness : placement.witness) {
    for (const PackedNodes& nodes : witness.nodes) {
      const bool opened = std::any_of(nodes.loads.begin(), nodes.loads.end(),
                                      [](const PackedNodes::Load& l) { return l.bound >= 0; });
      if (nodes.pool < 0 || opened) continue;
      for (const PackedNodes::Load& load : nodes.loads) {
        to_buy_[{load.key, witness.cluster}] += load.per_node * nodes.count;
      }
    }
  }
  for (const ClassPlacement& k : placement.classes) {
    for (const Assignment& a : k.assignments) {
      if (a.count > ToBuy(*batches_.at(k.key).spec, a.cluster)) return true;
    }
  }
  return false;
}

// A gang is bound as a whole.
int64_t Rounds::ToBuy(const ClassSpec& spec, const std::string& node) const {
  const auto it = to_buy_.find({spec.key, node});
  return it == to_buy_.end() || !spec.gang.empty() ? 0 : it->second;
}

void Rounds::Distribute(Batch& batch, const ClassPlacement* placement, Work& looks,
                        std::vector<RoundVerdict>& out) {
  std::sort(batch.pods.begin(), batch.pods.end(), [](const RoundPod& a, const RoundPod& b) {
    return std::tie(a.created, a.key, a.uid) < std::tie(b.created, b.key, b.uid);
  });
  auto next = batch.pods.begin();
  const auto give = [&](const std::string& node, const kube::Json& why,
                        const std::string& message) {
    out.push_back({std::move(*next++), batch.spec, node, why, message});
  };
  if (placement == nullptr) {
    while (next != batch.pods.end()) give("", {}, batch.refused);
    return;
  }
  const auto next_round = [&] {
    put_off_.insert(next->uid);
    give("", {}, "");
    out.back().next = true;
  };
  const bool waits = puts_off_ && batch.spec->gang.empty();
  const auto why = session_->Explain(batch.spec->key);
  const RoundFacts facts{id_prefix_ + "-" + std::to_string(number_), incumbent_};
  for (const Assignment& a : placement->assignments) {
    const kube::Json annotations =
        why ? PlacementAnnotations(*why, a.cluster, facts) : kube::Json();
    const int64_t now = a.count - (waits ? ToBuy(*batch.spec, a.cluster) : 0);
    for (int64_t i = 0; i < now && next != batch.pods.end(); ++i) give(a.cluster, annotations, "");
  }
  while (waits && next != batch.pods.end()) next_round();
  // Without a complete search a pod that was left over is no verdict.
  std::string message;
  if (why && incumbent_.complete && next != batch.pods.end()) {
    message = MessageFor(batch.spec->key, *why, looks);
  }
  while (next != batch.pods.end()) give("", {}, message);
}

}  // namespace stowage::scheduler
