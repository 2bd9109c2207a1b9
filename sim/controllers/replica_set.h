// The ReplicaSet controller: as many pods of a template as wanted.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/controllers/context.h"

namespace stowage::sim {

class ReplicaSetController {
 public:
  explicit ReplicaSetController(Context& context);
  void Start() { controller_.Start(); }
  bool idle() const { return controller_.idle(); }

 private:
  using Pods = std::vector<std::pair<NamespacedName, const PodInfo*>>;
  using Done = std::function<void(kube::Outcome)>;

  // What was sent and has not come back through the watch: until then the cache is behind us.
  struct Expectation {
    int creations = 0;
    std::set<std::string> deletions;  // pod UIDs
    bool met() const { return creations == 0 && deletions.empty(); }
  };

  class Queue : public kube::Controller<NamespacedName> {
   public:
    using kube::Controller<NamespacedName>::Controller;
    bool idle() { return queue().ready() == 0 && queue().working() == 0; }
  };

  void OnPod(const NamespacedName& key, const PodInfo* before, const PodInfo* after);
  void Reconcile(const NamespacedName& key, Done done);
  void CreatePods(const kube::Object& rs, int64_t count, Done done);
  void DeletePods(const kube::Object& rs, Pods pods, int64_t count, Done done);
  void UpdateStatus(const kube::Object& rs, const Pods& pods, Done done);
  void Adopt(const kube::Object& rs);

  Context& context_;
  std::map<std::string, Expectation> expected_;  // by ReplicaSet UID
  std::set<std::string> adopting_;               // pod UIDs
  mutable Queue controller_;
};

}  // namespace stowage::sim
