#include "providers/kubernetes/dependents.h"

#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/manifests.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

// A copy that was compared with the host so recently is not compared again for the next pod.
constexpr Duration kFresh = Seconds(2);

kube::Controller<DependentKey>::Options ControllerOptions(const std::string& cluster) {
  kube::Controller<DependentKey>::Options options;
  options.name = "dependents/" + cluster;
  options.workers = 16;
  return options;
}

}  // namespace

Dependents::Dependents(Deps deps, Rng rng)
    : deps_(std::move(deps)),
      rng_(std::move(rng)),
      tokens_(deps_.executor, deps_.host.client(), deps_.options.token_seconds),
      controller_(deps_.executor, rng_.Stream("controller"),
                  ControllerOptions(deps_.options.cluster),
                  [this](const DependentKey& key, Done done) { Reconcile(key, std::move(done)); }),
      namespaces_(deps_.executor, deps_.member, deps_.options, deps_.pods_synced) {
  config_maps_ = MakeInformer(DependentKind::kConfigMap);
  secrets_ = MakeInformer(DependentKind::kSecret);
}

Dependents::~Dependents() { *alive_ = false; }

void Dependents::Start() {
  config_maps_->Start();
  secrets_->Start();
  controller_.Start();
}

std::unique_ptr<kube::Informer<Dependents::Copy>> Dependents::MakeInformer(DependentKind kind) {
  kube::ReflectorOptions options;
  options.resource = ResourceOf(kind);
  options.label_selector = std::string(kube::kLabelHost) + "=" + deps_.options.translate.host_uid;
  auto informer = std::make_unique<kube::Informer<Copy>>(
      deps_.executor, deps_.member, rng_.Stream("copies/" + options.resource.plural), options,
      [](const kube::Object& object) -> std::optional<Copy> {
        Copy copy{std::string(object.uid()), std::string(object.resource_version()),
                  std::string(object.label(kLabelOriginNamespace)), ContentHash(object.json()),
                  std::nullopt};
        if (auto at = ParseTime(object.annotation(kAnnotationRenewAt))) copy.renew_at = *at;
        return copy;
      });
  informer->AddHandler(
      [this, kind](const kube::NamespacedName& key, const Copy* before, const Copy* after) {
        OnCopyChanged(kind, key, before, after);
      });
  return informer;
}

void Dependents::OnCopyChanged(DependentKind kind, const kube::NamespacedName& key,
                               const Copy* before, const Copy* after) {
  if (kind == DependentKind::kConfigMap &&
      key.name == AnchorName(deps_.options.translate.host_uid)) {
    return after ? namespaces_.OnAnchorSeen(key.ns, after->uid) : namespaces_.OnAnchorGone(key.ns);
  }
  const Copy* any = after ? after : before;
  if (any->origin_ns.empty()) return;
  const DependentKey ours{kind, any->origin_ns,
                          HostObjectName(kind, key.name, deps_.options.translate.accounts)};
  auto state = states_.find(ours);
  if (state == states_.end()) {
    // Left over from before we started, or from a pod that just went.
    if (after) controller_.queue().AddAfter(ours, deps_.options.dependents_idle);
    return;
  }
  if (before && after && before->content == after->content) return;
  Touch(ours, state->second);
}

void Dependents::Touch(const DependentKey& key, State& state) {
  state.synced_at.reset();
  state.changed = true;
  controller_.Enqueue(key);
}

kube::NamespacedName Dependents::RemoteName(const DependentKey& key) const {
  auto ns = RemoteNamespace(deps_.options.translate, key.ns);
  return {ns.value_or(""), RemoteObjectName(key.kind, key.name, deps_.options.translate.accounts)};
}

const Dependents::Copy* Dependents::FindCopy(const DependentKey& key) const {
  const auto& informer = key.kind == DependentKind::kSecret ? secrets_ : config_maps_;
  return informer->Get(RemoteName(key));
}

// ---- Who needs what -----------------------------------------------------------------------------

void Dependents::AddUse(const DependentKey& key) {
  if (++states_[key].uses > 1) return;
  auto& [uses, subscription] = followed_[key.ns];
  if (++uses == 1) {
    subscription = deps_.host.Follow(
        key.ns, [this, alive = alive_](DependentKind kind, const kube::NamespacedName& name) {
          if (!*alive) return;
          auto state = states_.find({kind, name.ns, name.name});
          if (state == states_.end()) return;
          Touch(state->first, state->second);
        });
  }
  controller_.Enqueue(key);
}

void Dependents::DropUse(const DependentKey& key) {
  auto it = states_.find(key);
  if (it == states_.end() || --it->second.uses > 0) return;
  it->second.synced_at.reset();  // it may be taken away from now on
  auto followed = followed_.find(key.ns);
  if (followed != followed_.end() && --followed->second.first == 0) followed_.erase(followed);
  controller_.queue().AddAfter(key, deps_.options.dependents_idle);
}

void Dependents::AddPod(const std::string& remote_ns, const std::vector<DependentKey>& needs) {
  namespaces_.AddUse(remote_ns);
  for (const DependentKey& key : needs) AddUse(key);
}

void Dependents::DropPod(const std::string& remote_ns, const std::vector<DependentKey>& needs) {
  namespaces_.DropUse(remote_ns);
  for (const DependentKey& key : needs) DropUse(key);
}

bool Dependents::Fresh(const DependentKey& key) const {
  auto it = states_.find(key);
  return it != states_.end() && it->second.synced_at &&
         deps_.executor.Now() - *it->second.synced_at < kFresh;
}

void Dependents::Await(const DependentKey& key, Waiter waiter) {
  states_[key].waiters.push_back(std::move(waiter));
  controller_.Enqueue(key);
}

void Dependents::Prepare(const TranslatedPod& pod, const PodRef& ref,
                         Callback<Result<std::string>> done) {
  struct Join {
    size_t open = 1;
    std::string anchor;
    std::optional<Error> error;
    std::string ns;
    std::vector<DependentKey> pinned;
    Callback<Result<std::string>> done;
  };
  auto join = std::make_shared<Join>();
  join->ns = pod.ns;
  join->done = std::move(done);
  for (const Reference& need : pod.needs) join->pinned.push_back({need.kind, ref.ns, need.name});
  if (!pod.tokens.empty()) {
    const DependentKey token{DependentKind::kSecret, ref.ns, TokenSecretName(ref.uid)};
    states_[token].tokens = TokenOrder{ref, pod.service_account, pod.tokens};
    join->pinned.push_back(token);
  }
  // Pinned until the pod's own use of them has been seen by the watch, with time to spare.
  AddPod(join->ns, join->pinned);

  auto finish = [this, join](const Result<void>& result) {
    if (!result && !join->error) join->error = result.error();
    if (--join->open > 0) return;
    deps_.executor.RunAfter(deps_.options.dependents_idle, [this, alive = alive_, join] {
      if (*alive) DropPod(join->ns, join->pinned);
    });
    join->done(join->error ? Result<std::string>(Err(*join->error)) : join->anchor);
  };
  auto rest = [this, join, finish](Result<std::string> anchor) {
    if (!anchor) return finish(Err(anchor.error()));
    join->anchor = *anchor;
    for (const DependentKey& key : join->pinned) {
      if (Fresh(key)) continue;
      ++join->open;
      Await(key, finish);
    }
    finish({});
  };
  namespaces_.Ensure(pod.ns, Guard<std::string>(rest));
}

}  // namespace stowage::providers
