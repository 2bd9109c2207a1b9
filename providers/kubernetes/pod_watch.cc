#include "providers/kubernetes/pod_watch.h"

#include <utility>

#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/references.h"

namespace stowage::providers {
namespace {

kube::ReflectorOptions OurPods(const MemberOptions& options) {
  kube::ReflectorOptions reflector;
  reflector.resource = kube::kPods;
  reflector.label_selector = std::string(kube::kLabelHost) + "=" + options.translate.host_uid;
  return reflector;
}

}  // namespace

Needs NeedsOfCopy(const kube::Object& remote, Accounts accounts) {
  Needs needs;
  const std::string ns = OriginOf(remote).ns;
  for (const Reference& reference : FindReferences(remote.spec())) {
    const bool members_own = accounts == Accounts::kMember &&
                             reference.kind == DependentKind::kConfigMap &&
                             reference.name == kHostRootCa;
    if (members_own) continue;
    needs.push_back({reference.kind, ns, HostObjectName(reference.kind, reference.name, accounts)});
  }
  return needs;
}

PodWatch::PodWatch(Executor& executor, kube::Client& member, const MemberOptions& options,
                   const CidrMap& cidrs, Rng rng, Handler handler)
    : options_(options),
      cidrs_(cidrs),
      informer_(executor, member, std::move(rng), OurPods(options),
                [this](const kube::Object& remote) { return std::optional(Project(remote)); }) {
  informer_.AddHandler(std::move(handler));
}

PodCopy PodWatch::Project(const kube::Object& remote) {
  return {ToRemotePod(remote, cidrs_), std::string(remote.uid()),
          Share(NeedsOfCopy(remote, options_.translate.accounts))};
}

std::shared_ptr<const Needs> PodWatch::Share(Needs needs) {
  auto [it, added] = shared_needs_.try_emplace(needs);
  if (added) it->second = std::make_shared<const Needs>(std::move(needs));
  auto shared = it->second;
  if (shared_needs_.size() >= sweep_at_) {
    std::erase_if(shared_needs_, [](const auto& entry) { return entry.second.use_count() == 1; });
    sweep_at_ = std::max<size_t>(256, 2 * shared_needs_.size());
  }
  return shared;
}

const PodCopy* PodWatch::FindByName(const PodRef& ref) const {
  auto ns = RemoteNamespace(options_.translate, ref.ns);
  const PodCopy* copy = ns ? informer_.Get({*ns, ref.name}) : nullptr;
  if (!copy || copy->pod.ref.ns != ref.ns) return nullptr;
  return ref.uid.empty() || copy->pod.ref.uid == ref.uid ? copy : nullptr;
}

const PodCopy* PodWatch::Find(const PodRef& ref) const {
  return ref.uid.empty() ? nullptr : FindByName(ref);
}

}  // namespace stowage::providers
