// KubernetesProvider: a member cluster over its API.
//
// Everything is read from the member itself or from watches on it; nothing is remembered that a
// restart would lose. What we make there carries our labels (names.h), and what does not is never
// touched.
//   translate, references, status, cidr, capacity   pure
//   namespaces, dependents, tokens, host_objects     what a pod needs before it can start
//   pods (kubernetes_provider.cc)                    create, update, delete, get, list
//   pod_watch, event_watch, capacity_watch           what the member says
//   streams.cc                                       logs, exec, attach, port-forward
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "providers/api/provider.h"
#include "providers/kubernetes/capacity_watch.h"
#include "providers/kubernetes/dependents.h"
#include "providers/kubernetes/event_watch.h"
#include "providers/kubernetes/host_objects.h"
#include "providers/kubernetes/options.h"
#include "providers/kubernetes/pod_watch.h"
#include "providers/kubernetes/translate.h"

namespace stowage::providers {

class KubernetesProvider : public Provider, public CapacityProvider, public StreamProvider {
 public:
  // All must outlive the provider. `member`: with the credentials of the Cluster. `host`: shared by
  // all members.
  struct Deps {
    Executor& executor;
    kube::Transport& member;
    HostObjects& host;
  };

  // kInvalid: what ValidateOptions says. Begins to watch the member at once.
  static Result<std::unique_ptr<KubernetesProvider>> Make(Deps deps, MemberOptions options,
                                                          Rng rng);
  ~KubernetesProvider() override;

  void CreatePod(const kube::Object& pod, Callback<Result<void>> done) override;
  void UpdatePod(const kube::Object& pod, Callback<Result<void>> done) override;
  void DeletePod(const PodRef& ref, Grace grace, Callback<Result<void>> done) override;
  void GetPod(const PodRef& ref, Callback<Result<RemotePod>> done) override;
  void ListPods(Callback<Result<std::vector<RemotePod>>> done) override;
  void Probe(Callback<Result<Health>> done) override;
  void SetListener(ProviderListener* listener) override;
  std::optional<RemotePod> Cached(const PodRef& ref) const override;
  void EachCached(const std::function<void(const RemotePod&)>& visit) const override;
  bool Synced() const override;

  // Where the account may not list nodes: the Cluster's limits; kForbidden if it has none.
  Result<Capacity> GetCapacity() const override;

  void OpenStream(StreamRequest request, Callback<Result<kube::UpgradeReply>> done) override;

 private:
  KubernetesProvider(Deps deps, MemberOptions options, CidrMap cidrs, Rng rng);

  // Runs `f` with the result, unless the provider is gone by then.
  template <class T>
  Callback<Result<T>> Guard(std::function<void(Result<T>)> f) {
    return [alive = alive_, f = std::move(f)](Result<T> result) {
      if (*alive) f(std::move(result));
    };
  }
  void Answer(Callback<Result<void>> done, Result<void> result);  // in a task of its own

  struct CreateCall;
  void SendCreate(std::shared_ptr<CreateCall> call, const std::string& anchor);
  void OnCreateAnswer(std::shared_ptr<CreateCall> call, Result<kube::Object> made);
  void JudgeTaken(std::shared_ptr<CreateCall> call);
  void ExplainNotes(const CreateCall& call);

  // The copy of `ref`, live. kNotFound: there is none (no pod, or not ours, or another UID's).
  void ReadCopy(const PodRef& ref, Callback<Result<kube::Object>> done);
  void SendDelete(const PodRef& ref, Grace grace, const std::string& remote_uid, bool from_cache,
                  Callback<Result<void>> done);
  void SendUpdate(const kube::Object& remote, PodUpdate update, Callback<Result<void>> done);
  void FinishProbe(MonotonicTime since, Callback<Result<Health>> done);
  std::string Where(const PodRef& ref) const;  // "pod ns/name in member NAME"
  void OnPodSeen(const kube::NamespacedName& key, const PodCopy* before, const PodCopy* after);

  Deps deps_;
  MemberOptions options_;
  CidrMap cidrs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  ProviderListener* listener_ = nullptr;
  std::string version_;  // of the member
  std::optional<MonotonicTime> version_at_;
  kube::Client client_;
  PodWatch pods_;
  Dependents dependents_;
  EventWatch events_;
  CapacityWatch capacity_;
};

}  // namespace stowage::providers
