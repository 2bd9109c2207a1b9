// The reconcile step of Dependents: one object of the host and its copy in the member.
#include <algorithm>
#include <utility>

#include "base/log/log.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/dependents.h"
#include "providers/kubernetes/manifests.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/pod_watch.h"

namespace stowage::providers {

using kube::Object;

void Dependents::Reconcile(const DependentKey& key, Done done) {
  auto it = states_.find(key);
  std::vector<Waiter> waiters;
  const bool wanted = it != states_.end() && it->second.uses > 0;
  if (it != states_.end()) {
    waiters = std::exchange(it->second.waiters, {});
    it->second.changed = false;
  }
  auto settle = [this, key, wanted, waiters = std::move(waiters), done](Result<void> result) {
    Settle(key, wanted, waiters, done, std::move(result));
  };
  if (wanted) {
    if (IsTokenSecretName(key.name)) return SyncToken(key, settle);
    return SyncFromHost(key, settle);
  }
  // Nobody needs it, as far as we know. Only when all our pods are known is that a fact.
  if (!deps_.pods_synced()) return done(kube::Outcome::Again(deps_.options.dependents_idle));
  if (!FindCopy(key)) {
    if (it != states_.end() && it->second.waiters.empty()) states_.erase(it);
    return settle({});
  }
  Collect(key, settle);
}

// Our view of the pods may lag without knowing it, behind a watch that went silent: what is about
// to be taken away is asked of the member itself.
void Dependents::Collect(const DependentKey& key, Waiter done) {
  kube::ListOptions ours;
  ours.label_selector = std::string(kube::kLabelHost) + "=" + deps_.options.translate.host_uid;
  if (const std::string uid = PodUidOfTokenSecret(key.name); !uid.empty()) {
    ours.label_selector += "," + std::string(kube::kLabelOriginUid) + "=" + uid;
  }
  using Objects = std::vector<Object>;
  deps_.member.ListAll(
      kube::kPods, RemoteName(key).ns, ours,
      Guard<Objects>([this, key, done](Result<Objects> pods) {
        if (!pods)
          return done(Err(WithContext(pods.error(), "looking for pods that need " + key.name)));
        for (const Object& pod : *pods) {
          const Needs needs = NeedsOfCopy(pod, deps_.options.translate.accounts);
          if (std::find(needs.begin(), needs.end(), key) == needs.end()) continue;
          return done(MakeError(ErrorCode::kUnavailable, "pod " + pod.key().ToString() + " needs " +
                                                             key.name +
                                                             " and is not in our view yet"));
        }
        const auto it = states_.find(key);
        if (it != states_.end() && it->second.uses > 0) return done({});
        DeleteCopy(key, done);
      }));
}

void Dependents::Settle(const DependentKey& key, bool wanted, const std::vector<Waiter>& waiters,
                        const Done& done, Result<void> result) {
  auto it = states_.find(key);
  if (it != states_.end()) {
    it->second.synced_at.reset();
    if (wanted && result && !it->second.changed) it->second.synced_at = deps_.executor.Now();
  }
  // Whatever failed here, it is no fact about the pod that waits for it.
  if (!result &&
      (result.error().code == ErrorCode::kNotFound || result.error().code == ErrorCode::kConflict ||
       result.error().code == ErrorCode::kInvalid)) {
    result.error().code = ErrorCode::kUnavailable;
  }
  kube::Outcome outcome = result ? kube::Outcome::Ok() : kube::Outcome::Fail(result.error());
  const Copy* copy = IsTokenSecretName(key.name) ? FindCopy(key) : nullptr;
  if (result && wanted && copy && copy->renew_at) {
    const Duration left = *copy->renew_at - deps_.executor.WallNow();
    outcome = kube::Outcome::Again(std::max(left, Seconds(1)));
  }
  done(std::move(outcome));
  for (const Waiter& waiter : waiters) waiter(result);
}

// ---- Objects that the host has ------------------------------------------------------------------

void Dependents::SyncFromHost(const DependentKey& key, Waiter done) {
  deps_.host.client().Get(
      ResourceOf(key.kind), key.ns, key.name, Guard<Object>([this, key, done](Result<Object> host) {
        if (!host && host.error().code == ErrorCode::kNotFound) return DeleteCopy(key, done);
        if (!host) {
          return done(
              Err(WithContext(host.error(), "reading " + std::string(KindName(key.kind)) + " " +
                                                key.ns + "/" + key.name + " of the host")));
        }
        if (!deps_.options.translate.trusted && (*host)["type"].str() == kSecretTypeAccountToken) {
          LogWarning("secret withheld: it holds a token of the host and the cluster is not trusted",
                     {{"secret", key.ns + "/" + key.name}, {"cluster", deps_.options.cluster}});
          return DeleteCopy(key, done);
        }
        const kube::Json wanted =
            CopyOf(key.kind, *host, RemoteName(key), deps_.options.translate.host_uid);
        const Copy* copy = FindCopy(key);
        if (copy && copy->content == ContentHash(wanted)) return done({});
        Write(key, wanted, done);
      }));
}

// Creates; where the name is taken, compares.
void Dependents::Write(const DependentKey& key, const kube::Json& wanted, Waiter done) {
  if (FindCopy(key)) return Compare(key, wanted, std::move(done));
  const kube::NamespacedName name = RemoteName(key);
  deps_.member.Create(
      ResourceOf(key.kind), name.ns, wanted,
      Guard<Object>([this, key, name, wanted, done](Result<Object> made) {
        if (made) return done({});
        if (made.error().code == ErrorCode::kAlreadyExists) {
          return Compare(key, wanted, done);
        }
        if (made.error().code == ErrorCode::kNotFound) namespaces_.Forget(name.ns);
        done(Err(WithContext(made.error(),
                             "making " + std::string(KindName(key.kind)) + " " + name.ToString())));
      }));
}

void Dependents::Compare(const DependentKey& key, const kube::Json& wanted, Waiter done) {
  const kube::NamespacedName name = RemoteName(key);
  deps_.member.Get(
      ResourceOf(key.kind), name.ns, name.name,
      Guard<Object>([this, key, name, wanted, done](Result<Object> there) {
        const std::string what = std::string(KindName(key.kind)) + " " + name.ToString();
        if (!there) return done(Err(WithContext(there.error(), what)));
        if (!IsOurs(there->metadata(), deps_.options.translate.host_uid)) {
          return done(MakeError(ErrorCode::kAlreadyExists,
                                what + " in the member is not ours and stays untouched; rename or "
                                       "remove it, or map the namespace to another"));
        }
        if (there->label(kLabelOriginNamespace) != key.ns) {
          return done(MakeError(ErrorCode::kAlreadyExists,
                                what + " in the member is the copy of another namespace's; the "
                                       "namespace mapping must be one to one"));
        }
        if (there->deleting()) {
          return done(MakeError(ErrorCode::kUnavailable, what + " is being deleted"));
        }
        Overwrite(key, *there, wanted, done);
      }));
}

void Dependents::Overwrite(const DependentKey& key, const Object& there, const kube::Json& wanted,
                           Waiter done) {
  const bool renewed = there.annotation(kAnnotationRenewAt) ==
                       wanted["metadata"]["annotations"][kAnnotationRenewAt].str();
  if (ContentHash(there.json()) == ContentHash(wanted) && renewed) return done({});
  const kube::NamespacedName name = RemoteName(key);
  const std::string what = std::string(KindName(key.kind)) + " " + name.ToString();
  if (MustBeReplaced(there.json(), wanted)) {
    kube::DeleteOptions options;
    options.uid = std::string(there.uid());
    deps_.member.Delete(ResourceOf(key.kind), name.ns, name.name, options,
                        Guard<Object>([what, done](Result<Object> gone) {
                          if (!gone && gone.error().code != ErrorCode::kNotFound) {
                            return done(Err(WithContext(gone.error(), "replacing " + what)));
                          }
                          // The next step makes it anew.
                          done(MakeError(ErrorCode::kUnavailable, what + " is being replaced"));
                        }));
    return;
  }
  kube::MutableJson update(wanted);
  update.Set({"metadata", "resourceVersion"}, there.resource_version());
  update.Set({"metadata", "uid"}, there.uid());
  deps_.member.Update(ResourceOf(key.kind), name.ns, name.name, std::move(update).Freeze(),
                      Guard<Object>([what, done](Result<Object> updated) {
                        if (updated) return done({});
                        done(Err(WithContext(updated.error(), "updating " + what)));
                      }));
}

// Takes our copy away, if there is one. What is not ours is not looked for.
void Dependents::DeleteCopy(const DependentKey& key, Waiter done) {
  const Copy* copy = FindCopy(key);
  if (!copy) return done({});
  const kube::NamespacedName name = RemoteName(key);
  kube::DeleteOptions options;
  options.uid = copy->uid;
  deps_.member.Delete(
      ResourceOf(key.kind), name.ns, name.name, options,
      Guard<Object>([key, name, done](Result<Object> gone) {
        // A conflict may be another object under the name, which the watch will show, or a write
        // that got in between: not a reason to stop.
        if (gone || gone.error().code == ErrorCode::kNotFound) return done({});
        done(Err(WithContext(
            gone.error(), "removing " + std::string(KindName(key.kind)) + " " + name.ToString())));
      }));
}

// ---- Tokens -------------------------------------------------------------------------------------

void Dependents::SyncToken(const DependentKey& key, Waiter done) {
  const Copy* copy = FindCopy(key);
  if (copy && copy->renew_at && *copy->renew_at > deps_.executor.WallNow()) return done({});
  auto it = states_.find(key);
  if (it != states_.end() && it->second.tokens) return IssueToken(key, *it->second.tokens, done);
  OrderToken(key, std::move(done));
}

// After a restart: the host's pod says which tokens it wants. The copies tell which pod that is.
void Dependents::OrderToken(const DependentKey& key, Waiter done) {
  const std::string uid = PodUidOfTokenSecret(key.name);
  kube::ListOptions options;
  options.label_selector = std::string(kube::kLabelOriginUid) + "=" + uid;
  deps_.member.List(
      kube::kPods, RemoteName(key).ns, options,
      Guard<kube::ObjectList>([this, key, uid, done](Result<kube::ObjectList> copies) {
        if (!copies) return done(Err(copies.error()));
        if (copies->items.empty()) return done({});
        const std::string name(copies->items.front().name());
        deps_.host.client().Get(kube::kPods, key.ns, name,
                                Guard<Object>([this, key, uid, done](Result<Object> pod) {
                                  // A pod that is gone from the host needs no token any more; its
                                  // copy goes soon.
                                  if (!pod && pod.error().code == ErrorCode::kNotFound)
                                    return done({});
                                  if (!pod) return done(Err(pod.error()));
                                  if (pod->uid() != uid) return done({});
                                  auto translated = TranslatePod(*pod, deps_.options.translate);
                                  if (!translated || translated->tokens.empty()) return done({});
                                  IssueToken(key,
                                             TokenOrder{{key.ns, std::string(pod->name()), uid},
                                                        translated->service_account,
                                                        translated->tokens},
                                             done);
                                }));
      }));
}

void Dependents::IssueToken(const DependentKey& key, TokenOrder order, Waiter done) {
  const PodRef pod = order.pod;
  tokens_.Issue(
      std::move(order), Guard<IssuedTokens>([this, key, pod, done](Result<IssuedTokens> issued) {
        if (!issued) return done(Err(issued.error()));
        Write(key,
              TokenSecretManifest(*issued, pod, RemoteName(key), deps_.options.translate.host_uid),
              done);
      }));
}

}  // namespace stowage::providers
