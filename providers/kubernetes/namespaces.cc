#include "providers/kubernetes/namespaces.h"

#include <utility>

#include "base/log/log.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

using kube::MutableJson;

kube::Json NamespaceManifest(const std::string& ns, const std::string& host_uid) {
  MutableJson object;
  object["apiVersion"] = "v1";
  object["kind"] = "Namespace";
  object.Set({"metadata", "name"}, ns);
  object.Set({"metadata", "labels", kube::kLabelHost}, host_uid);
  object.Set({"metadata", "labels", kLabelManagedBy}, kube::kManager);
  return std::move(object).Freeze();
}

kube::Json AnchorManifest(const std::string& ns, const std::string& host_uid) {
  MutableJson object;
  object["apiVersion"] = "v1";
  object["kind"] = "ConfigMap";
  object.Set({"metadata", "name"}, AnchorName(host_uid));
  object.Set({"metadata", "namespace"}, ns);
  object.Set({"metadata", "labels", kube::kLabelHost}, host_uid);
  object.Set({"metadata", "labels", kLabelManagedBy}, kube::kManager);
  object.Set({"data", "about"},
             "Owner of the pods that Stowage runs in this namespace for another cluster. Deleting "
             "it deletes those pods; it goes by itself when the last one has gone.");
  return std::move(object).Freeze();
}

}  // namespace

Namespaces::Namespaces(Executor& executor, kube::Client& member, const MemberOptions& options,
                       std::function<bool()> may_collect)
    : executor_(executor),
      member_(member),
      options_(options),
      may_collect_(std::move(may_collect)) {}

Namespaces::~Namespaces() { *alive_ = false; }

kube::Client::ObjectCallback Namespaces::Guard(std::function<void(Result<kube::Object>)> f) {
  return [alive = alive_, f = std::move(f)](Result<kube::Object> result) {
    if (*alive) f(std::move(result));
  };
}

void Namespaces::Ensure(const std::string& ns, Callback<Result<std::string>> done) {
  State& state = states_[ns];
  state.told = executor_.Now();
  if (state.ready && !state.busy) {
    executor_.Post([alive = alive_, uid = state.anchor, done = std::move(done)] {
      if (*alive) done(uid);
    });
    return;
  }
  state.waiters.push_back(std::move(done));
  if (std::exchange(state.busy, true)) return;
  GetNamespace(ns);
}

void Namespaces::GetNamespace(const std::string& ns) {
  member_.Get(
      kube::kNamespaces, "", ns, Guard([this, ns](Result<kube::Object> found) {
        if (!found && found.error().code == ErrorCode::kNotFound) return CreateNamespace(ns);
        // An account that may not read namespaces works in those that were made for it beforehand.
        if (!found && found.error().code != ErrorCode::kForbidden) {
          return Finish(ns, Err(WithContext(found.error(), "namespace \"" + ns + "\"")));
        }
        if (found && (found->deleting() || found->status()["phase"].str() == "Terminating")) {
          return Finish(ns, MakeError(ErrorCode::kUnavailable,
                                      "namespace \"" + ns + "\" is being deleted in the member"));
        }
        CreateAnchor(ns);
      }));
}

void Namespaces::CreateNamespace(const std::string& ns) {
  member_.Create(kube::kNamespaces, "", NamespaceManifest(ns, options_.translate.host_uid),
                 Guard([this, ns](Result<kube::Object> made) {
                   if (!made && made.error().code != ErrorCode::kAlreadyExists) {
                     return Finish(
                         ns, Err(WithContext(made.error(), "making namespace \"" + ns + "\"")));
                   }
                   CreateAnchor(ns);
                 }));
}

void Namespaces::CreateAnchor(const std::string& ns) {
  member_.Create(kube::kConfigMaps, ns, AnchorManifest(ns, options_.translate.host_uid),
                 Guard([this, ns](Result<kube::Object> made) {
                   if (made) return Finish(ns, std::string(made->uid()));
                   if (made.error().code == ErrorCode::kAlreadyExists) return ReadAnchor(ns);
                   Finish(ns,
                          Err(WithContext(made.error(), "making the anchor in \"" + ns + "\"")));
                 }));
}

void Namespaces::ReadAnchor(const std::string& ns) {
  const std::string name = AnchorName(options_.translate.host_uid);
  member_.Get(
      kube::kConfigMaps, ns, name, Guard([this, ns, name](Result<kube::Object> found) {
        if (!found) {
          // It went between the two calls: the caller comes again.
          return Finish(ns, MakeError(ErrorCode::kUnavailable, "ConfigMap " + ns + "/" + name +
                                                                   ": " + found.error().message));
        }
        if (!IsOurs(found->metadata(), options_.translate.host_uid)) {
          return Finish(ns, MakeError(ErrorCode::kAlreadyExists,
                                      "ConfigMap " + ns + "/" + name +
                                          " in the member is not ours; rename or remove it"));
        }
        if (found->deleting()) {
          return Finish(ns, MakeError(ErrorCode::kUnavailable,
                                      "ConfigMap " + ns + "/" + name + " is being deleted"));
        }
        Finish(ns, std::string(found->uid()));
      }));
}

void Namespaces::Finish(const std::string& ns, Result<std::string> result) {
  State& state = states_[ns];
  state.busy = false;
  state.ready = result.has_value();
  state.anchor = result.value_or("");
  state.told = executor_.Now();
  auto waiters = std::exchange(state.waiters, {});
  // A namespace or anchor that went meanwhile is no fact about the pod that waits for it.
  if (!result && result.error().code == ErrorCode::kNotFound) {
    result.error().code = ErrorCode::kUnavailable;
  }
  for (auto& waiter : waiters) waiter(result);
}

void Namespaces::AddUse(const std::string& ns) { ++states_[ns].uses; }

void Namespaces::DropUse(const std::string& ns) {
  if (--states_[ns].uses == 0) ArmCheck(ns, options_.dependents_idle);
}

void Namespaces::OnAnchorSeen(const std::string& ns, const std::string& uid) {
  State& state = states_[ns];
  // Good enough to collect it (the UID is a precondition), not to own a pod: a watch may be behind,
  // and the member's garbage collector takes pods whose owner is gone.
  if (!state.busy && !state.ready) state.anchor = uid;
  if (state.uses == 0) ArmCheck(ns, options_.dependents_idle);
}

void Namespaces::OnAnchorGone(const std::string& ns) { Forget(ns); }

void Namespaces::Forget(const std::string& ns) {
  auto it = states_.find(ns);
  if (it != states_.end()) it->second.ready = false;
}

void Namespaces::ArmCheck(const std::string& ns, Duration after) {
  if (std::exchange(states_[ns].check_armed, true)) return;
  executor_.RunAfter(after, [this, alive = alive_, ns] {
    if (!*alive) return;
    State& state = states_[ns];
    state.check_armed = false;
    if (state.uses > 0 || state.busy || state.anchor.empty()) return;
    const bool fresh = executor_.Now() < state.told + options_.dependents_idle;
    if (fresh || !may_collect_()) return ArmCheck(ns, options_.dependents_idle);
    LookForPods(ns);
  });
}

// The anchor takes all that it owns with it, running pods too, and our view may lag behind a watch
// that went silent: that nothing is left there is asked of the member itself.
void Namespaces::LookForPods(const std::string& ns) {
  states_[ns].busy = true;
  kube::ListOptions ours;
  ours.label_selector = std::string(kube::kLabelHost) + "=" + options_.translate.host_uid;
  ours.limit = 1;
  member_.List(kube::kPods, ns, ours, [this, alive = alive_, ns](Result<kube::ObjectList> pods) {
    if (!*alive) return;
    State& state = states_[ns];
    if (pods && pods->items.empty() && state.waiters.empty() && state.uses == 0) {
      return Collect(ns);
    }
    Resume(ns);
    if (state.uses == 0) ArmCheck(ns, options_.dependents_idle);
  });
}

// A chain of calls is over; who came meanwhile has one of their own.
void Namespaces::Resume(const std::string& ns) {
  State& state = states_[ns];
  state.busy = !state.waiters.empty();
  if (state.busy) GetNamespace(ns);
}

void Namespaces::Collect(const std::string& ns) {
  kube::DeleteOptions options;
  options.uid = states_[ns].anchor;
  member_.Delete(kube::kConfigMaps, ns, AnchorName(options_.translate.host_uid), options,
                 Guard([this, ns](Result<kube::Object> gone) {
                   State& state = states_[ns];
                   state.ready = false;
                   const bool settled = gone || gone.error().code == ErrorCode::kNotFound ||
                                        gone.error().code == ErrorCode::kConflict;
                   Resume(ns);
                   if (state.busy) return;
                   if (settled && state.uses == 0) {
                     states_.erase(ns);
                   } else if (!settled) {
                     ArmCheck(ns, options_.dependents_idle);
                   }
                 }));
}

}  // namespace stowage::providers
