#include "vkubelet/pod/pod_controller.h"

#include <utility>

#include "kube/api/well_known.h"

namespace stowage::vkubelet {
namespace {

constexpr Duration kTick = Milliseconds(250);

kube::ReflectorOptions AllPods() {
  kube::ReflectorOptions options;
  options.resource = kube::kPods;
  return options;
}

}  // namespace

// Field selectors know no "or", and nodes come and go: all bound pods are followed, those on nodes
// that are not ours (yet) too. A record is small enough for that.
PodController::PodController(Deps deps, PodControllerOptions options)
    : deps_(std::move(deps)),
      options_(std::move(options)),
      events_(deps_.executor, deps_.host, deps_.rng.Stream("events"), "stowage-kubelet", ""),
      mirror_(deps_.executor, deps_.host),
      informer_(deps_.executor, deps_.host, deps_.rng.Stream("informer"), AllPods(), ProjectPod) {
  informer_.AddHandler([this](const kube::NamespacedName& key, const PodRecord* before,
                              const PodRecord* after) { OnHostPod(key, before, after); });
  // Each member opens in a task of its own: with many pods that is work.
  informer_.OnSynced([this] {
    for (const auto& [node, member] : members_) TickSoon(node);
  });
}

PodController::~PodController() {
  *alive_ = false;
  deps_.executor.Cancel(timer_);
}

void PodController::Start() {
  informer_.Start();
  Tick();
}

void PodController::TickSoon(const std::string& node) {
  deps_.executor.Post([this, node, alive = alive_] {
    if (!*alive) return;
    if (auto it = members_.find(node); it != members_.end()) it->second->Tick();
  });
}

void PodController::Tick() {
  for (const auto& [node, member] : members_) {
    if (member->due()) TickSoon(node);
  }
  timer_ = deps_.executor.RunAfter(kTick, [this] { Tick(); });
}

void PodController::AddNode(const std::string& node, providers::Provider& provider,
                            MemberHooks hooks) {
  members_.erase(node);
  Member::Deps deps{deps_.executor,         deps_.host,      events_, mirror_, *this, provider,
                    deps_.rng.Stream(node), std::move(hooks)};
  auto member = std::make_unique<Member>(std::move(deps), node, options_);
  member->Tick();
  members_[node] = std::move(member);
}

void PodController::RemoveNode(const std::string& node) { members_.erase(node); }

void PodController::SetReachable(const std::string& node, bool reachable) {
  if (auto it = members_.find(node); it != members_.end()) it->second->SetReachable(reachable);
}

const Member* PodController::member(const std::string& node) const {
  auto it = members_.find(node);
  return it == members_.end() ? nullptr : it->second.get();
}

std::optional<providers::PodRef> PodController::FindPod(const std::string& node,
                                                        const std::string& ns,
                                                        const std::string& name) const {
  const PodRecord* pod = informer_.Get({ns, name});
  if (pod == nullptr || pod->node != node) return std::nullopt;
  return providers::PodRef{ns, name, pod->uid};
}

std::vector<kube::NamespacedName> PodController::OnNode(const std::string& node) const {
  const auto it = by_node_.find(node);
  if (it == by_node_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

void PodController::Index(const kube::NamespacedName& key, const PodRecord* before,
                          const PodRecord* after) {
  if (before != nullptr && after != nullptr && before->node == after->node) return;
  if (before != nullptr) {
    auto it = by_node_.find(before->node);
    it->second.erase(key);
    if (it->second.empty()) by_node_.erase(it);
  }
  if (after != nullptr) by_node_[after->node].insert(key);
}

void PodController::OnHostPod(const kube::NamespacedName& key, const PodRecord* before,
                              const PodRecord* after) {
  Index(key, before, after);
  if (before != nullptr && (after == nullptr || after->uid != before->uid)) {
    if (auto it = members_.find(before->node); it != members_.end()) {
      it->second->OnHostPodGone({key.ns, key.name, before->uid});
      it->second->Enqueue(key);
    }
  }
  if (after == nullptr) return;
  if (auto it = members_.find(after->node); it != members_.end()) it->second->Enqueue(key);
}

}  // namespace stowage::vkubelet
