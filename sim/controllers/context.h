// What the controllers share: the client, informers and small helpers.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/api/selector.h"
#include "kube/api/well_known.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "kube/controller/controller.h"
#include "kube/controller/event_recorder.h"

namespace stowage::sim {

using kube::NamespacedName;

struct OwnerRef {
  std::string api_version, kind, name, uid;
  bool controller = false;
  bool blocks = false;  // blockOwnerDeletion
};
std::vector<OwnerRef> OwnersOf(const kube::Object& object);

// What the controllers need of a pod.
struct PodInfo {
  std::string uid, node, phase, ip, version;
  std::string owner_uid, owner_kind, owner_name;  // of the controller
  std::map<std::string, std::string> labels;
  std::map<std::string, int64_t> ports;  // named container ports
  WallTime created{};
  WallTime ready_since{};
  bool ready = false;
  bool deleting = false;
  bool stopped = false;  // deleting, and only its finalizers keep the object
  bool tracked = false;  // has the finalizer of the Job controller
  int64_t deletion_cost = 0;
  int64_t completion_index = -1;
  int64_t restarts = 0;
  std::string hostname, subdomain;
  bool finished() const { return phase == "Succeeded" || phase == "Failed"; }
};

inline constexpr std::string_view kJobFinalizer = "batch.kubernetes.io/job-tracking";
inline constexpr std::string_view kJobIndexAnnotation = "batch.kubernetes.io/job-completion-index";
inline constexpr std::string_view kTemplateHash = "pod-template-hash";

class Context {
 public:
  using ObjectInformer = kube::Informer<kube::Object>;
  using PodInformer = kube::Informer<PodInfo>;

  Context(Executor& executor, kube::Transport& transport, Rng rng);

  // Informers of whole objects.
  std::unique_ptr<ObjectInformer> MakeInformer(const kube::Resource& resource);

  // Pods that an object controls, by its UID; sorted by name.
  std::vector<std::pair<NamespacedName, const PodInfo*>> PodsOf(const std::string& ns,
                                                                const std::string& owner_uid) const;
  bool synced() const;
  void Start();

  Executor& executor;
  Rng rng;
  kube::Client client;
  kube::EventRecorder deployment_events, replica_set_events,
      job_events;  // each with its own source
  PodInformer pods;
  std::unique_ptr<ObjectInformer> replica_sets, deployments, jobs, services, slices, endpoints,
      namespaces;

 private:
  // namespace -> controller UID -> pod keys: an index kept by a handler.
  std::map<std::string, std::map<std::string, std::set<NamespacedName>>> by_owner_;
};

// {"apiVersion", "kind", "name", "uid", "controller": true, "blockOwnerDeletion": true}
void SetController(kube::MutableJson& object, std::string_view api_version, std::string_view kind,
                   const kube::Object& owner);

// Sets or adds a condition of `status`; lastTransitionTime moves only with the status.
void PutCondition(kube::MutableJson& object, std::string_view type, std::string_view status,
                  std::string_view reason, std::string_view message, WallTime now,
                  bool with_update_time = false);

// A pod from a template: labels, annotations and finalizers of it, named `prefix` + 5 letters.
kube::MutableJson PodFromTemplate(kube::JsonRef pod_template, const kube::Object& owner,
                                  std::string_view owner_api_version, std::string_view owner_kind,
                                  const std::string& prefix);

// Several commands at once, one `done` after the last: the first error wins.
class Gather {
 public:
  explicit Gather(std::function<void(Result<void>)> done);
  // One more is under way; call what it returns when it has ended.
  std::function<void(Result<void>)> Add();
  // All were added. Without any, `done` comes at once.
  void Close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stowage::sim
