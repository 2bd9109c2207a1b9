// Views: what many parts read from pods and nodes. A view borrows its Object and is cheap to make;
// keep the Object (or what was read), not the view.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/types.h"
#include "kube/api/object.h"
#include "kube/api/quantity.h"

namespace stowage::kube {

// Amounts by resource name, in the integers of ResourceAmount(): milli for "cpu", whole units else.
using ResourceMap = std::map<std::string, int64_t>;

// {"cpu": "100m", "memory": "1Gi"} -> integers. Quantities that cannot be read are left out.
ResourceMap ReadResources(JsonRef quantities);

struct OwnerReference {
  std::string api_version, kind, name, uid;
  bool operator==(const OwnerReference&) const = default;
};
// The owner with controller=true: what makes the object anew when it is gone.
std::optional<OwnerReference> GetControllerOf(const Object& object);

struct Taint {
  std::string key, value, effect;  // "NoSchedule", "PreferNoSchedule", "NoExecute"
  auto operator<=>(const Taint&) const = default;
};

struct Toleration {
  std::string key, op, value, effect;  // op "Equal" if it was left out
  std::optional<int64_t> seconds;      // how long a NoExecute taint is tolerated; nullopt: for ever
  // Kubernetes' rules: an empty effect means every one; an empty key with Exists every taint.
  bool Tolerates(const Taint& taint) const;
  auto operator<=>(const Toleration&) const = default;
};

std::vector<Taint> ReadTaints(JsonRef taints);
std::vector<Toleration> ReadTolerations(JsonRef tolerations);

class PodView {
 public:
  explicit PodView(const Object& object) : object_(object) {}
  const Object& object() const { return object_; }

  std::string_view node_name() const { return Spec("nodeName"); }
  std::string_view scheduler_name() const;  // "default-scheduler" if unset
  std::string_view restart_policy() const;  // "Always" if unset
  std::string_view priority_class_name() const { return Spec("priorityClassName"); }
  std::string_view service_account() const;  // "default" if unset
  std::string_view phase() const { return object_.status()["phase"].str(); }
  bool terminated() const { return phase() == "Succeeded" || phase() == "Failed"; }
  bool host_network() const { return object_.spec()["hostNetwork"].boolean(); }
  int64_t priority() const { return object_.spec()["priority"].i64(0); }
  // Of a deletion under way, else nullopt.
  std::optional<int64_t> deletion_grace_seconds() const;
  int64_t termination_grace_seconds() const;  // of the spec; 30 if unset

  std::vector<std::string> container_names() const;  // without init and ephemeral ones
  std::vector<std::string> init_container_names() const;
  std::vector<std::string> scheduling_gates() const;
  std::vector<Toleration> tolerations() const;
  JsonRef node_selector() const { return object_.spec()["nodeSelector"]; }
  JsonRef affinity() const { return object_.spec()["affinity"]; }
  JsonRef condition(std::string_view type) const;  // missing if there is none
  bool ready() const { return condition("Ready")["status"].str() == "True"; }

  // What the scheduler sets aside for the pod, and "pods": 1. Containers and sidecars (init
  // containers with restartPolicy Always) run side by side; each other init container runs alone
  // with the sidecars before it; requests of the pod as a whole replace the sum; overhead is added.
  // A limit without a request counts as the request, as the API server's defaulting does.
  ResourceMap requests() const;

 private:
  std::string_view Spec(const char* field) const { return object_.spec()[field].str(); }
  const Object& object_;
};

class NodeView {
 public:
  explicit NodeView(const Object& object) : object_(object) {}
  const Object& object() const { return object_; }

  ResourceMap allocatable() const { return ReadResources(object_.status()["allocatable"]); }
  ResourceMap capacity() const { return ReadResources(object_.status()["capacity"]); }
  std::vector<Taint> taints() const { return ReadTaints(object_.spec()["taints"]); }
  std::map<std::string, std::string> labels() const;
  bool unschedulable() const { return object_.spec()["unschedulable"].boolean(); }
  JsonRef condition(std::string_view type) const;
  bool ready() const { return condition("Ready")["status"].str() == "True"; }

 private:
  const Object& object_;
};

// One entry of a status.conditions.
struct Condition {
  std::string type, status, reason, message;  // status: "True", "False", "Unknown"
};

JsonRef FindCondition(JsonRef conditions, std::string_view type);  // missing if there is none

// Sets the condition in `conditions` (made an array if it is none), leaving the others as they are;
// lastTransitionTime moves only when the status changes. True if anything changed. Fields that the
// entry has besides (lastHeartbeatTime, observedGeneration) are kept.
bool SetCondition(const JsonNode& conditions, const Condition& condition, WallTime now);

}  // namespace stowage::kube
