#include "providers/kubernetes/capacity_watch.h"

#include <utility>

#include "kube/api/well_known.h"

namespace stowage::providers {
namespace {

constexpr Duration kTellAtMostEvery = Milliseconds(100);

kube::ReflectorOptions AllNodes() {
  kube::ReflectorOptions options;
  options.resource = kube::kNodes;
  return options;
}

// A pod without the label matches "!=" as well.
kube::ReflectorOptions ForeignPods(const MemberOptions& options) {
  kube::ReflectorOptions reflector;
  reflector.resource = kube::kPods;
  reflector.label_selector = std::string(kube::kLabelHost) + "!=" + options.translate.host_uid;
  return reflector;
}

}  // namespace

CapacityWatch::CapacityWatch(Executor& executor, kube::Client& member, const MemberOptions& options,
                             Rng rng, std::function<void()> changed)
    : executor_(executor),
      options_(options),
      changed_(std::move(changed)),
      nodes_(executor, member, rng.Stream("nodes"), AllNodes(),
             [](const kube::Object& node) { return std::optional(FactsOf(node)); }),
      pods_(executor, member, rng.Stream("foreign"), ForeignPods(options),
            [](const kube::Object& pod) -> std::optional<ForeignPod> {
              const std::string_view phase = pod.status()["phase"].str();
              const std::string node = pod.spec()["nodeName"].string();
              if (node.empty() || phase == "Succeeded" || phase == "Failed") return std::nullopt;
              return ForeignPod{node, RequestsOf(pod.spec())};
            }) {
  nodes_.AddHandler(
      [this](const kube::NamespacedName&, const NodeFacts* before, const NodeFacts* after) {
        // A kubelet's heartbeat changes nothing that counts here.
        if (!before || !after || !(*before == *after)) Touch();
      });
  pods_.AddHandler(
      [this](const kube::NamespacedName&, const ForeignPod* before, const ForeignPod* after) {
        if (before && after && *before == *after) return;
        if (before) AddUse(*before, -1);
        if (after) AddUse(*after, 1);
        Touch();
      });
  nodes_.OnSynced([this] { Touch(); });
  pods_.OnSynced([this] { Touch(); });
}

CapacityWatch::~CapacityWatch() { *alive_ = false; }

void CapacityWatch::Start() {
  nodes_.Start();
  pods_.Start();
}

void CapacityWatch::AddUse(const ForeignPod& pod, int64_t sign) {
  Amounts& sum = foreign_[pod.node];
  for (const auto& [name, amount] : pod.requests) {
    sum[name] += sign * amount;
    if (sum[name] == 0) sum.erase(name);
  }
  if (sum.empty()) foreign_.erase(pod.node);
}

void CapacityWatch::Touch() {
  computed_.reset();
  if (std::exchange(told_soon_, true)) return;
  executor_.RunAfter(kTellAtMostEvery, [this, alive = alive_] {
    if (!*alive) return;
    told_soon_ = false;
    if (Get()) changed_();
  });
}

bool CapacityWatch::forbidden() const {
  const auto denied = [](kube::Reflector& reflector) {
    return reflector.last_error() && reflector.last_error()->code == ErrorCode::kForbidden;
  };
  return (!nodes_.has_synced() && denied(nodes_.reflector())) ||
         (!pods_.has_synced() && denied(pods_.reflector()));
}

Result<Capacity> CapacityWatch::Get() const {
  if (nodes_.has_synced() && pods_.has_synced()) {
    if (!computed_) computed_ = ComputeCapacity(nodes_.items(), foreign_, options_.limits);
    return *computed_;
  }
  if (!forbidden()) {
    return MakeError(ErrorCode::kUnavailable,
                     "cluster " + options_.cluster + ": its nodes and pods have not all been seen");
  }
  if (options_.limits.empty()) {
    return MakeError(ErrorCode::kForbidden,
                     "cluster " + options_.cluster +
                         ": the account may not list nodes and pods; allow it, or set the "
                         "Cluster's limits");
  }
  return CapacityFromLimits(options_.limits);
}

}  // namespace stowage::providers
