// HostObjects: says when a ConfigMap or Secret of the host changes, for the namespaces that
// somebody follows and no others. One for the process; all members share its watches.
//
// It keeps names and versions only, never data: who is told reads the object with a GET.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "providers/kubernetes/references.h"

namespace stowage::providers {

class HostObjects {
 public:
  using Handler = std::function<void(DependentKind, const kube::NamespacedName&)>;

  // `host` must outlive it, and it must outlive all subscriptions.
  HostObjects(Executor& executor, kube::Client& host, Rng rng);
  ~HostObjects();

  // Destroying it ends the following.
  class Subscription {
   public:
    Subscription(HostObjects& owner, std::string ns, uint64_t id)
        : owner_(owner), ns_(std::move(ns)), id_(id) {}
    ~Subscription() { owner_.Drop(ns_, id_); }
    Subscription(const Subscription&) = delete;

   private:
    HostObjects& owner_;
    std::string ns_;
    uint64_t id_;
  };
  // `handler` hears of every change in `ns`, deletions included, and once of all that is there.
  [[nodiscard]] std::unique_ptr<Subscription> Follow(const std::string& ns, Handler handler);

  kube::Client& client() { return host_; }
  size_t namespaces() const { return followed_.size(); }

 private:
  struct Version {
    std::string resource_version;
  };
  struct Followed {
    std::map<uint64_t, std::shared_ptr<Handler>> handlers;
    std::unique_ptr<kube::Informer<Version>> config_maps, secrets;
  };
  std::unique_ptr<kube::Informer<Version>> MakeInformer(DependentKind kind, const std::string& ns);
  void Tell(DependentKind kind, const kube::NamespacedName& key);
  void Drop(const std::string& ns, uint64_t id);

  Executor& executor_;
  kube::Client& host_;
  Rng rng_;
  std::map<std::string, Followed> followed_;
  uint64_t next_id_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::providers
