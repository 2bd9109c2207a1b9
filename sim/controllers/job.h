// The Job controller: pods until enough of them have succeeded. Each finished pod is counted
// exactly once: its UID is first noted in status.uncountedTerminatedPods, then its finalizer is
// taken off, then it enters the count (as Kubernetes does, KEP-2307).
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/controllers/context.h"

namespace stowage::sim {

class JobController {
 public:
  explicit JobController(Context& context);
  void Start() { controller_.Start(); }
  bool idle() const {
    return controller_.queue().ready() == 0 && controller_.queue().working() == 0;
  }

 private:
  using Done = std::function<void(kube::Outcome)>;
  using Pods = std::vector<std::pair<NamespacedName, const PodInfo*>>;
  struct Counts {
    int64_t active = 0, ready = 0, succeeded = 0, failed = 0;
    std::set<int64_t> indexes_done, indexes_active;
  };

  void OnPod(const NamespacedName& key, const PodInfo* before, const PodInfo* after);
  void Reconcile(const NamespacedName& key, Done done);
  // Each does at most one kind of command and says whether it did.
  bool ReleaseOrphans(const NamespacedName& key, Done& done);
  bool RemoveFinalizers(const kube::Object& job, const Pods& pods, Done& done);
  void DropFinalizers(const Pods& pods, Done done);
  bool CleanUpFinished(const kube::Object& job, const Pods& pods, Done& done);
  bool Manage(const kube::Object& job, const Pods& pods, const Counts& counts, Done& done);
  void CreatePods(const kube::Object& job, const Counts& counts, int64_t count, Done done);
  void DeletePods(const Pods& pods, Done done);
  bool WriteStatus(const kube::Object& job, const Pods& pods, const Counts& counts, Done& done);
  Counts Count(const kube::Object& job, const Pods& pods) const;
  // Complete or Failed with its reason, when it is time; "" otherwise.
  struct Verdict {
    std::string type, reason, message;
  };
  Verdict Judge(const kube::Object& job, const Counts& counts) const;
  std::optional<Duration> LookAgain(const kube::Object& job) const;

  Context& context_;
  std::map<std::string, int> expected_creations_;           // by Job UID
  std::map<NamespacedName, std::set<std::string>> owners_;  // UIDs of Jobs that have pods, by name
  mutable kube::Controller<NamespacedName> controller_;
};

}  // namespace stowage::sim
