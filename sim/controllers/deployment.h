// The Deployment controller: a ReplicaSet a revision, rolled from one to the next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/controllers/context.h"

namespace stowage::sim {

class DeploymentController {
 public:
  explicit DeploymentController(Context& context);
  void Start() { controller_.Start(); }
  bool idle() const {
    return controller_.queue().ready() == 0 && controller_.queue().working() == 0;
  }

 private:
  using Done = std::function<void(kube::Outcome)>;
  using Sets = std::vector<const kube::Object*>;

  void Reconcile(const NamespacedName& key, Done done);
  Sets OwnedSets(const kube::Object& deployment) const;
  void CreateSet(const kube::Object& deployment, int64_t replicas, int64_t revision, Done done);
  void Scale(const kube::Object& deployment, const kube::Object& rs, int64_t replicas, Done done);
  // The one command that brings the ReplicaSets closer; false: nothing to do.
  bool Roll(const kube::Object& deployment, const Sets& sets, const kube::Object* current,
            Done& done);
  bool RollDown(const kube::Object& deployment, const Sets& sets, const kube::Object* current,
                int64_t wanted, Done& done);
  bool SyncRevision(const kube::Object& deployment, const kube::Object& current, int64_t revision,
                    Done& done);
  bool CleanUp(const kube::Object& deployment, const Sets& sets, const kube::Object* current,
               Done& done);
  void UpdateStatus(const kube::Object& deployment, const Sets& sets, const kube::Object* current,
                    Done done);
  void UpdateProgress(const kube::Object& deployment, kube::MutableJson& next, bool complete,
                      bool moved, std::string_view set_name) const;
  std::optional<Duration> UntilDeadline(const kube::Object& deployment) const;

  Context& context_;
  mutable kube::Controller<NamespacedName> controller_;
};

}  // namespace stowage::sim
