// PodController: the pods of all virtual nodes of this process. One view of the host's pods, one
// Member (queue, workers, sweep) per node, so that a member that fails or hangs never harms
// another.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "kube/controller/event_recorder.h"
#include "providers/api/provider.h"
#include "vkubelet/pod/event_mirror.h"
#include "vkubelet/pod/member.h"
#include "vkubelet/pod/options.h"
#include "vkubelet/pod/pod_record.h"

namespace stowage::vkubelet {

class PodController : private HostPods {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    Rng rng;
  };
  // All must outlive it. Every step can be cut off by destroying it: another one goes on.
  explicit PodController(Deps deps, PodControllerOptions options = {});
  ~PodController() override;

  void Start();

  // Serves the pods bound to `node` from now on; before or after Start(). `provider` must stay
  // until RemoveNode() or the end; it becomes its listener. A name that is there is replaced.
  void AddNode(const std::string& node, providers::Provider& provider, MemberHooks hooks = {});
  // Leaves host and member as they are.
  void RemoveNode(const std::string& node);
  // What the node's probes say (vkubelet/node). A member is taken for reachable until told
  // otherwise.
  void SetReachable(const std::string& node, bool reachable);

  bool synced() const { return informer_.has_synced(); }
  // The pod of that name on that node, for the kubelet endpoint; nullopt: no pod of ours there.
  std::optional<providers::PodRef> FindPod(const std::string& node, const std::string& ns,
                                           const std::string& name) const;
  size_t pods() const { return informer_.items().size(); }
  const Member* member(const std::string& node) const;

 private:
  bool Synced() const override { return informer_.has_synced(); }
  const PodRecord* Find(const kube::NamespacedName& key) const override {
    return informer_.Get(key);
  }
  std::vector<kube::NamespacedName> OnNode(const std::string& node) const override;
  void OnHostPod(const kube::NamespacedName& key, const PodRecord* before, const PodRecord* after);
  void Index(const kube::NamespacedName& key, const PodRecord* before, const PodRecord* after);
  void TickSoon(const std::string& node);
  void Tick();

  Deps deps_;
  PodControllerOptions options_;
  kube::EventRecorder events_;
  EventMirror mirror_;
  std::map<std::string, std::unique_ptr<Member>, std::less<>> members_;
  // What is bound to each node: a member that opens must not look through the pods of all others.
  std::map<std::string, std::set<kube::NamespacedName>, std::less<>> by_node_;
  TimerId timer_ = TimerId::kNone;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  kube::Informer<PodRecord> informer_;
};

}  // namespace stowage::vkubelet
