#include "providers/kubernetes/host_objects.h"

#include <utility>
#include <vector>

#include "kube/api/well_known.h"

namespace stowage::providers {

HostObjects::HostObjects(Executor& executor, kube::Client& host, Rng rng)
    : executor_(executor), host_(host), rng_(std::move(rng)) {}

HostObjects::~HostObjects() { *alive_ = false; }

std::unique_ptr<kube::Informer<HostObjects::Version>> HostObjects::MakeInformer(
    DependentKind kind, const std::string& ns) {
  const bool secret = kind == DependentKind::kSecret;
  kube::ReflectorOptions options;
  options.resource = secret ? kube::kSecrets : kube::kConfigMaps;
  options.ns = ns;
  auto informer = std::make_unique<kube::Informer<Version>>(
      executor_, host_, rng_.Stream((secret ? "secrets/" : "configmaps/") + ns), options,
      [](const kube::Object& object) -> std::optional<Version> {
        return Version{std::string(object.resource_version())};
      });
  informer->AddHandler(
      [this, kind](const kube::NamespacedName& key, const Version* before, const Version* after) {
        if (before && after && before->resource_version == after->resource_version) return;
        Tell(kind, key);
      });
  informer->Start();
  return informer;
}

std::unique_ptr<HostObjects::Subscription> HostObjects::Follow(const std::string& ns,
                                                               Handler handler) {
  Followed& followed = followed_[ns];
  const uint64_t id = next_id_++;
  auto shared = std::make_shared<Handler>(std::move(handler));
  followed.handlers.emplace(id, shared);
  if (!followed.config_maps) {
    followed.config_maps = MakeInformer(DependentKind::kConfigMap, ns);
    followed.secrets = MakeInformer(DependentKind::kSecret, ns);
    return std::make_unique<Subscription>(*this, ns, id);
  }
  // The watches run already: tell this one what the others heard before.
  executor_.Post([this, alive = alive_, ns, id] {
    if (!*alive || !followed_.contains(ns) || !followed_[ns].handlers.contains(id)) return;
    const auto handler = followed_[ns].handlers[id];
    for (const auto& [key, version] : followed_[ns].config_maps->items()) {
      (*handler)(DependentKind::kConfigMap, key);
    }
    for (const auto& [key, version] : followed_[ns].secrets->items()) {
      (*handler)(DependentKind::kSecret, key);
    }
  });
  return std::make_unique<Subscription>(*this, ns, id);
}

void HostObjects::Tell(DependentKind kind, const kube::NamespacedName& key) {
  auto it = followed_.find(key.ns);
  if (it == followed_.end()) return;
  std::vector<std::shared_ptr<Handler>> handlers;
  for (const auto& [id, handler] : it->second.handlers) handlers.push_back(handler);
  for (const auto& handler : handlers) (*handler)(kind, key);
}

void HostObjects::Drop(const std::string& ns, uint64_t id) {
  auto it = followed_.find(ns);
  if (it == followed_.end()) return;
  it->second.handlers.erase(id);
  if (!it->second.handlers.empty()) return;
  // Not here: this may be a call from one of these informers' handlers.
  auto ended = std::make_shared<Followed>(std::move(it->second));
  followed_.erase(it);
  ended->config_maps->Stop();
  ended->secrets->Stop();
  executor_.Post([ended] {});
}

}  // namespace stowage::providers
