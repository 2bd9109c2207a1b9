// KubernetesWorld: an embedded API server as host, one as member with a small node agent, and the
// production provider between them, in virtual time.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "providers/kubernetes/kubernetes_provider.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "test/providers/conformance/world.h"

namespace stowage::test {

// Passes on to another transport what it is not told to break.
class FaultyTransport : public kube::Transport {
 public:
  FaultyTransport(Executor& executor, kube::Transport& inner)
      : executor_(executor), inner_(inner) {}
  ~FaultyTransport() override { *alive_ = false; }

  // The next request of `method` whose path ends in `path_end` ("" fits all, "*" for one name).
  void FaultNext(const std::string& method, const std::string& path, CallFault fault);
  void SetReachable(bool reachable) { reachable_ = reachable; }
  // Every request of this path prefix answers 403.
  void Forbid(const std::string& path_prefix) { forbidden_.push_back(path_prefix); }
  uint64_t requests() const { return requests_; }

  void Send(kube::Request request, Callback<Result<kube::Response>> done) override;
  kube::WatchHandle Watch(kube::WatchRequest request, kube::WatchSink& sink) override;
  void Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) override;

 private:
  struct Rule {
    std::string method, path;
    CallFault fault;
  };
  static bool Fits(const Rule& rule, const kube::Request& request);
  bool IsForbidden(const std::string& target) const;

  Executor& executor_;
  kube::Transport& inner_;
  bool reachable_ = true;
  std::deque<Rule> rules_;
  std::vector<std::string> forbidden_;
  uint64_t requests_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// What a scheduler and a kubelet would do: binds, runs, answers logs, and removes what is asked to
// stop.
class NodeAgent : private sim::KubeletConnector {
 public:
  NodeAgent(Executor& executor, sim::ApiServer& server, kube::Client& client, Rng rng);
  ~NodeAgent() override;

  // Remote UIDs that ever were, by origin UID.
  int CopiesEver(const std::string& origin_uid) const;

 private:
  struct Seen {
    std::string uid, node, phase;
    bool deleting = false;
    int64_t grace = 0;
    std::vector<std::string> containers;
  };
  void OnPod(const kube::NamespacedName& key, const Seen* pod);
  void Run(const kube::NamespacedName& key, const Seen& pod);
  void Connect(const kube::Object& pod, const std::string& verb, kube::ServerRequest request,
               std::shared_ptr<kube::Responder> responder) override;

  Executor& executor_;
  sim::ApiServer& server_;
  kube::Client& client_;
  std::map<std::string, std::set<std::string>> copies_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  kube::Informer<Seen> pods_;
};

class KubernetesWorld : public World {
 public:
  explicit KubernetesWorld(std::function<void(providers::MemberOptions&)> configure = [](auto&) {});
  ~KubernetesWorld() override;

  providers::Provider& provider() override { return *provider_; }
  providers::CapacityProvider& capacity() override { return *provider_; }
  providers::StreamProvider& streams() override { return *provider_; }
  void Destroy() override { provider_.reset(); }
  void Restart() override;

  void PutForeignPod(const std::string& ns, const std::string& name) override;
  bool ForeignPodIsUntouched(const std::string& ns, const std::string& name) override;
  void LosePod(const std::string& ns, const std::string& name) override;
  void EmitEvent(const std::string& ns, const std::string& name) override;
  void SetReachable(bool reachable) override;
  void FaultNext(const std::string& verb, CallFault fault) override;
  int CopiesEver(const std::string& uid) override { return agent_.CopiesEver(uid); }

  // An object of either cluster; missing if there is none.
  kube::Object Read(kube::Client& client, const kube::Resource& resource, const std::string& ns,
                    const std::string& name);
  void Put(kube::Client& client, const kube::Resource& resource, const kube::Object& object);
  void Remove(kube::Client& client, const kube::Resource& resource, const std::string& ns,
              const std::string& name);
  void MakeNamespace(kube::Client& client, const std::string& ns);
  kube::Client& host() { return host_client_; }
  kube::Client& member() { return member_client_; }
  FaultyTransport& wire() { return wire_; }
  const providers::MemberOptions& options() const { return options_; }

 private:
  sim::ApiServer host_server_, member_server_;
  sim::DirectTransport host_transport_, member_transport_;
  FaultyTransport wire_;  // between the provider and the member
  kube::Client host_client_, member_client_;
  NodeAgent agent_;
  providers::HostObjects host_objects_;
  providers::MemberOptions options_;
  std::unique_ptr<providers::KubernetesProvider> provider_;
  int restarts_ = 0;
};

}  // namespace stowage::test
