// Dependents: the ConfigMaps and Secrets in the member that our pods there need: made before the
// pod, equal to the host's as long as somebody needs them, taken away afterwards. Never touches
// what is not ours.
//
// Level-triggered: one key an object; a step compares the host's object (live) with the member's
// and issues at most one write. A token Secret is a key as well, whose content is asked of the
// host.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "kube/controller/controller.h"
#include "providers/kubernetes/host_objects.h"
#include "providers/kubernetes/namespaces.h"
#include "providers/kubernetes/tokens.h"
#include "providers/kubernetes/translate.h"

namespace stowage::providers {

// An object of the host, by the host's names. A token Secret has its name in the member.
struct DependentKey {
  DependentKind kind = DependentKind::kConfigMap;
  std::string ns;
  std::string name;
  auto operator<=>(const DependentKey&) const = default;
};

class Dependents {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& member;
    HostObjects& host;
    const MemberOptions& options;
    std::function<bool()> pods_synced;  // all our pods there are known
  };
  Dependents(Deps deps, Rng rng);
  ~Dependents();

  void Start();

  // Makes all that the pod needs; the UID of its namespace's anchor. What the host does not have is
  // left out: the member's kubelet then says so, and it is made when it appears. kAlreadyExists: an
  // object of others has the name of one that is needed.
  void Prepare(const TranslatedPod& pod, const PodRef& ref, Callback<Result<std::string>> done);

  // A pod of ours with these needs is there (or no longer).
  void AddPod(const std::string& remote_ns, const std::vector<DependentKey>& needs);
  void DropPod(const std::string& remote_ns, const std::vector<DependentKey>& needs);

  Namespaces& namespaces() { return namespaces_; }

 private:
  // What the member has of ours, without the data.
  struct Copy {
    std::string uid;
    std::string resource_version;
    std::string origin_ns;
    uint64_t content = 0;              // hash
    std::optional<WallTime> renew_at;  // of token Secrets
  };
  using Waiter = Callback<Result<void>>;
  struct State {
    int uses = 0;
    std::optional<MonotonicTime> synced_at;  // when last found or made equal
    bool changed = false;                    // something was told since the last step began
    std::vector<Waiter> waiters;
    std::optional<TokenOrder> tokens;
  };
  using Done = kube::Controller<DependentKey>::Done;

  std::unique_ptr<kube::Informer<Copy>> MakeInformer(DependentKind kind);
  void OnCopyChanged(DependentKind kind, const kube::NamespacedName& key, const Copy* before,
                     const Copy* after);
  const Copy* FindCopy(const DependentKey& key) const;
  kube::NamespacedName RemoteName(const DependentKey& key) const;

  void AddUse(const DependentKey& key);
  void DropUse(const DependentKey& key);
  void Await(const DependentKey& key, Waiter waiter);
  bool Fresh(const DependentKey& key) const;

  void Reconcile(const DependentKey& key, Done done);
  void Settle(const DependentKey& key, bool wanted, const std::vector<Waiter>& waiters,
              const Done& done, Result<void> result);
  void Touch(const DependentKey& key, State& state);
  void SyncFromHost(const DependentKey& key, Waiter done);
  void SyncToken(const DependentKey& key, Waiter done);
  void OrderToken(const DependentKey& key, Waiter done);
  void IssueToken(const DependentKey& key, TokenOrder order, Waiter done);
  void Write(const DependentKey& key, const kube::Json& wanted, Waiter done);
  void Compare(const DependentKey& key, const kube::Json& wanted, Waiter done);
  void Overwrite(const DependentKey& key, const kube::Object& there, const kube::Json& wanted,
                 Waiter done);
  void Collect(const DependentKey& key, Waiter done);
  void DeleteCopy(const DependentKey& key, Waiter done);
  template <class T>
  Callback<Result<T>> Guard(std::function<void(Result<T>)> f) {
    return [alive = alive_, f = std::move(f)](Result<T> result) {
      if (*alive) f(std::move(result));
    };
  }

  Deps deps_;
  Rng rng_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  TokenIssuer tokens_;
  std::map<DependentKey, State> states_;
  std::map<std::string, std::pair<int, std::unique_ptr<HostObjects::Subscription>>> followed_;
  kube::Controller<DependentKey> controller_;
  Namespaces namespaces_;
  std::unique_ptr<kube::Informer<Copy>> config_maps_, secrets_;
};

}  // namespace stowage::providers
