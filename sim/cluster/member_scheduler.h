// MemberScheduler: the scheduler inside a member cluster, after kube-scheduler: filters (node
// selector and affinity, taints, unschedulable, resources by node, host ports, pod (anti-)affinity
// over any node label), scores (least allocated, preferred node affinity), binding, conditions and
// events.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/api/selector.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "kube/controller/event_recorder.h"
#include "sim/cluster/member_pod.h"

namespace stowage::sim {

struct MemberNode {
  std::string name;
  kube::ResourceMap allocatable;
  std::vector<kube::Taint> taints;
  kube::Json labels;
  bool unschedulable = false;
};
MemberNode ProjectMemberNode(const kube::Object& object);

class MemberScheduler {
 public:
  // Everything must outlive it; the owner starts the informers. `pace`: time from one pod to the
  // next.
  MemberScheduler(Executor& executor, kube::Client& client, Rng rng, Duration pace,
                  kube::Informer<MemberPod>& pods, kube::Informer<MemberNode>& nodes);
  ~MemberScheduler();

  size_t pending() const { return active_.size() + parked_.size(); }

 private:
  struct NodeUse {
    kube::ResourceMap used;
    std::set<kube::NamespacedName> pods;
  };
  struct Reasons;

  void OnPod(const kube::NamespacedName& key, const MemberPod* after);
  void Charge(const kube::NamespacedName& key, const std::string& node,
              const kube::ResourceMap& requests);
  void Release(const kube::NamespacedName& key);
  void WakeParked();
  void Pump();
  void Schedule(const kube::NamespacedName& key);
  bool FitsPodAffinity(const MemberPod& pod, const kube::NamespacedName& key,
                       const MemberNode& node, bool anti) const;
  bool AnyMatchInDomain(kube::JsonRef term, const kube::NamespacedName& self,
                        const std::string& own_ns, const MemberNode& node) const;
  std::string Filter(const MemberPod& pod, const kube::NamespacedName& key, const MemberNode& node,
                     std::map<std::string, int>& reasons) const;
  void Bind(const kube::NamespacedName& key, const MemberPod& pod, const std::string& node);
  void TellUnschedulable(const kube::NamespacedName& key, const MemberPod& pod,
                         const std::string& message);

  Executor& executor_;
  kube::Client& client_;
  kube::Informer<MemberPod>& pods_;
  kube::Informer<MemberNode>& nodes_;
  kube::EventRecorder events_;
  Duration pace_;
  std::set<kube::NamespacedName> active_;                // to be tried
  std::set<kube::NamespacedName> parked_;                // unschedulable until something changes
  std::map<kube::NamespacedName, std::string> charged_;  // pod -> node, binds under way included
  std::map<kube::NamespacedName, kube::ResourceMap> charges_;
  std::set<kube::NamespacedName> binding_;
  std::map<std::string, NodeUse> use_;
  bool pump_set_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::sim
