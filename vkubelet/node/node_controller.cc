#include "vkubelet/node/node_controller.h"

#include <utility>

#include "kube/api/well_known.h"

namespace stowage::vkubelet {
namespace {

kube::ReflectorOptions VirtualNodes() {
  kube::ReflectorOptions options;
  options.resource = kube::kNodes;
  options.label_selector = std::string(kube::kLabelCluster);
  options.backoff_max = Seconds(3);  // a deleted Node is to be back within 5 s
  return options;
}

// A copy of its own without what nobody here reads.
std::optional<kube::Object> Keep(const kube::Object& node) {
  kube::MutableJson json(node.json());
  json.Remove({"metadata", "managedFields"});
  json.Remove({"status", "images"});
  return kube::Object(std::move(json).Freeze());
}

}  // namespace

NodeController::NodeController(Deps deps)
    : deps_(std::move(deps)),
      events_(deps_.executor, deps_.host, deps_.rng.Stream("events"), "stowage-kubelet", ""),
      informer_(deps_.executor, deps_.host, deps_.rng.Stream("informer"), VirtualNodes(), Keep),
      controller_(
          deps_.executor, deps_.rng.Stream("nodes"),
          {.name = "nodes",
           .workers = 256,
           .backoff = {.min = Milliseconds(100), .max = Seconds(3)}},
          [this](const std::string& name, auto done) { Reconcile(name, std::move(done)); }) {
  informer_.AddHandler(
      [this](const kube::NamespacedName& key, const kube::Object*, const kube::Object*) {
        auto it = nodes_.find(key.name);
        if (it == nodes_.end()) return;
        it->second->OnNodeEvent();
        Enqueue(key.name);
      });
  informer_.OnSynced([this] {
    for (const auto& [name, node] : nodes_) Enqueue(name);
  });
}

NodeController::~NodeController() {
  informer_.Stop();
  controller_.Stop();
}

void NodeController::Start() {
  controller_.Start();
  informer_.Start();
}

void NodeController::AddNode(VirtualNodeOptions options, providers::Provider& provider,
                             providers::CapacityProvider* capacity, NodeHooks hooks) {
  const std::string name = options.name;
  nodes_.erase(name);
  VirtualNode::Deps deps{deps_.executor,
                         deps_.host,
                         deps_.rng.Stream(name),
                         provider,
                         capacity,
                         [this, name] { return Find(name); },
                         [this, name] { Enqueue(name); },
                         std::move(hooks)};
  auto node = std::make_unique<VirtualNode>(std::move(deps), std::move(options));
  VirtualNode& started = *node;
  nodes_[name] = std::move(node);
  started.Start();
}

void NodeController::RemoveNode(const std::string& name, bool delete_object) {
  auto it = nodes_.find(name);
  if (it == nodes_.end()) return;
  const std::string uid = it->second->uid();
  nodes_.erase(it);
  if (!delete_object || uid.empty()) return;
  kube::DeleteOptions options;
  options.uid = uid;
  deps_.host.Delete(kube::kNodes, "", name, options, [name](Result<kube::Object> deleted) {
    if (deleted || deleted.error().code == ErrorCode::kNotFound) return;
    LogWarning("node not deleted", {{"node", name}, {"error", deleted.error()}});
  });
}

void NodeController::SetSweepHeld(const std::string& name, std::optional<std::string> why) {
  auto it = nodes_.find(name);
  if (it == nodes_.end()) return;
  if (why) {
    // Events of nodes carry the node's name as their object's UID, as the kubelet's own do.
    events_.Record({"v1", "Node", "", name, name, ""}, kube::EventRecorder::Type::kWarning,
                   "SweepHeld", *why);
  }
  it->second->SetSweepHeld(std::move(why));
}

int64_t NodeController::SweepAllowance(const std::string& name) const {
  auto it = nodes_.find(name);
  return it == nodes_.end() ? 0 : it->second->sweep_allowance();
}

Reachability NodeController::reachability(const std::string& name) const {
  auto it = nodes_.find(name);
  return it == nodes_.end() ? Reachability::kNotProbed : it->second->reachability();
}

void NodeController::Reconcile(const std::string& name, kube::Controller<std::string>::Done done) {
  auto it = nodes_.find(name);
  if (it == nodes_.end() || !informer_.has_synced()) return done(kube::Outcome::Ok());
  it->second->Reconcile(std::move(done));
}

}  // namespace stowage::vkubelet
