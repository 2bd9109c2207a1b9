#include "providers/kubernetes/kubernetes_provider.h"

#include <utility>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/status.h"

namespace stowage::providers {

using kube::Object;

Result<std::unique_ptr<KubernetesProvider>> KubernetesProvider::Make(Deps deps,
                                                                     MemberOptions options,
                                                                     Rng rng) {
  RETURN_IF_ERROR(ValidateOptions(options));
  ASSIGN_OR_RETURN(CidrMap cidrs, CidrMap::Parse(options.translate.cidrs));
  return std::unique_ptr<KubernetesProvider>(
      new KubernetesProvider(deps, std::move(options), std::move(cidrs), std::move(rng)));
}

KubernetesProvider::KubernetesProvider(Deps deps, MemberOptions options, CidrMap cidrs, Rng rng)
    : deps_(deps),
      options_(std::move(options)),
      cidrs_(std::move(cidrs)),
      client_(deps.member),
      pods_(deps.executor, client_, options_, cidrs_, rng.Stream("pods"),
            [this](const kube::NamespacedName& key, const PodCopy* before, const PodCopy* after) {
              OnPodSeen(key, before, after);
            }),
      dependents_({deps.executor, client_, deps.host, options_, [this] { return Synced(); }},
                  rng.Stream("dependents")),
      events_(deps.executor, client_, rng.Stream("events"),
              [this](const std::string& pod_uid, const Object& event) {
                const PodCopy* copy =
                    pods_.FindByRemote({event["involvedObject"]["namespace"].string(),
                                        event["involvedObject"]["name"].string()},
                                       pod_uid);
                if (copy && listener_) listener_->OnPodEvent(copy->pod.ref, event);
                return copy && listener_;
              }),
      capacity_(deps.executor, client_, options_, rng.Stream("capacity"), [this] {
        if (listener_) listener_->OnCapacityChanged();
      }) {
  pods_.Start();
  dependents_.Start();
  events_.Start();
  capacity_.Start();
}

KubernetesProvider::~KubernetesProvider() { *alive_ = false; }

void KubernetesProvider::Answer(Callback<Result<void>> done, Result<void> result) {
  deps_.executor.Post([alive = alive_, done = std::move(done), result = std::move(result)] {
    if (*alive) done(result);
  });
}

std::string KubernetesProvider::Where(const PodRef& ref) const {
  return "pod " + ref.ns + "/" + ref.name + " in cluster " + options_.cluster;
}

// ---- The view -----------------------------------------------------------------------------------

void KubernetesProvider::OnPodSeen(const kube::NamespacedName& key, const PodCopy* before,
                                   const PodCopy* after) {
  const bool same_needs = before && after && before->needs == after->needs;
  if (after && !same_needs) dependents_.AddPod(key.ns, *after->needs);
  if (before && !same_needs) dependents_.DropPod(key.ns, *before->needs);
  if (after && (!before || before->uid != after->uid)) events_.OnPodSeen(after->uid);
  if (before && (!after || before->pod.ref != after->pod.ref) && listener_) {
    listener_->OnPodChanged(before->pod.ref);
  }
  if (after && listener_) listener_->OnPodChanged(after->pod.ref);
}

void KubernetesProvider::SetListener(ProviderListener* listener) {
  listener_ = listener;
  if (!listener) return;
  deps_.executor.Post([this, alive = alive_] {
    if (!*alive) return;
    std::vector<PodRef> refs;
    for (const auto& [key, copy] : pods_.items()) {
      refs.push_back(copy.pod.ref);
      events_.OnPodSeen(copy.uid);
    }
    for (const PodRef& ref : refs) {
      if (*alive && listener_) listener_->OnPodChanged(ref);
    }
    if (*alive && listener_ && GetCapacity()) listener_->OnCapacityChanged();
  });
}

std::optional<RemotePod> KubernetesProvider::Cached(const PodRef& ref) const {
  const PodCopy* copy = pods_.Find(ref);
  return copy ? std::optional<RemotePod>(copy->pod) : std::nullopt;
}

void KubernetesProvider::EachCached(const std::function<void(const RemotePod&)>& visit) const {
  for (const auto& [key, copy] : pods_.items()) visit(copy.pod);
}

bool KubernetesProvider::Synced() const { return pods_.current(); }

Result<Capacity> KubernetesProvider::GetCapacity() const { return capacity_.Get(); }

// ---- Reading ------------------------------------------------------------------------------------

void KubernetesProvider::ReadCopy(const PodRef& ref, Callback<Result<Object>> done) {
  auto ns = RemoteNamespace(options_.translate, ref.ns);
  if (!ns) {
    deps_.executor.Post([alive = alive_, done = std::move(done), where = Where(ref)] {
      if (*alive) done(MakeError(ErrorCode::kNotFound, where + ": its namespace is not mirrored"));
    });
    return;
  }
  client_.Get(kube::kPods, *ns, ref.name, Guard<Object>([this, ref, done](Result<Object> found) {
                if (!found) return done(Err(WithContext(found.error(), Where(ref))));
                const bool ours = IsOurs(found->metadata(), options_.translate.host_uid);
                if (!ours || (!ref.uid.empty() && OriginOf(*found).uid != ref.uid) ||
                    OriginOf(*found).ns != ref.ns) {
                  return done(MakeError(ErrorCode::kNotFound,
                                        Where(ref) + (ours ? ": that name is another pod's copy"
                                                           : ": that name is not ours")));
                }
                done(std::move(found));
              }));
}

void KubernetesProvider::GetPod(const PodRef& ref, Callback<Result<RemotePod>> done) {
  ReadCopy(ref, [this, done = std::move(done)](Result<Object> found) {
    if (!found) return done(Err(found.error()));
    done(ToRemotePod(*found, cidrs_));
  });
}

void KubernetesProvider::ListPods(Callback<Result<std::vector<RemotePod>>> done) {
  using Objects = std::vector<Object>;
  kube::ListOptions options;
  options.label_selector = std::string(kube::kLabelHost) + "=" + options_.translate.host_uid;
  client_.ListAll(
      kube::kPods, "", options, Guard<Objects>([this, done](Result<Objects> all) {
        if (!all) {
          return done(Err(WithContext(all.error(), "listing pods of cluster " + options_.cluster)));
        }
        std::map<PodRef, RemotePod> sorted;
        for (const Object& remote : *all) {
          RemotePod pod = ToRemotePod(remote, cidrs_);
          sorted.emplace(pod.ref, std::move(pod));
        }
        std::vector<RemotePod> pods;
        for (auto& [ref, pod] : sorted) pods.push_back(std::move(pod));
        done(std::move(pods));
      }));
}

// ---- Health -------------------------------------------------------------------------------------

void KubernetesProvider::Probe(Callback<Result<Health>> done) {
  const MonotonicTime since = deps_.executor.Now();
  client_.GetRaw("/readyz", Guard<kube::Json>([this, since, done](Result<kube::Json> ready) {
                   // Some accounts may not ask that, and some servers do not know it: any answer
                   // shows that it is there.
                   const bool cannot_ask = !ready && (ready.error().code == ErrorCode::kForbidden ||
                                                      ready.error().code == ErrorCode::kNotFound);
                   if (!ready && !cannot_ask) {
                     return done(Err(WithContext(ready.error(), "cluster " + options_.cluster)));
                   }
                   const MonotonicTime now = deps_.executor.Now();
                   const bool known = version_at_ && now - *version_at_ < Minutes(10);
                   if (ready && known) return done(Health{now - since, version_});
                   FinishProbe(ready ? since : now, done);
                 }),
                 options_.probe_timeout);
}

void KubernetesProvider::FinishProbe(MonotonicTime since, Callback<Result<Health>> done) {
  client_.GetRaw("/version", Guard<kube::Json>([this, since, done](Result<kube::Json> version) {
                   if (!version) {
                     return done(Err(WithContext(version.error(), "cluster " + options_.cluster)));
                   }
                   version_ = (*version)["gitVersion"].string("unknown");
                   version_at_ = deps_.executor.Now();
                   done(Health{deps_.executor.Now() - since, version_});
                 }),
                 options_.probe_timeout);
}

}  // namespace stowage::providers
