// What the scheduler keeps of a pod: its identity, where it is, and its class.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/types.h"
#include "kube/api/object.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// What makes pods alike: everything that filters and costs read. Shared by all pods of the class.
struct ClassSpec {
  std::string key;  // the same for the same values, in every process
  int32_t priority = 0;
  Amounts demand;
  std::shared_ptr<const PodConstraints> constraints;
  std::shared_ptr<const PodRelations> relations;
  // The gang: label scheduling.x-k8s.io/pod-group, with its namespace; "" none. How many of it must
  // run at once, and whether in one cluster, as label and annotation of the pods say.
  std::string gang;
  int64_t gang_min = 1;
  bool gang_in_one_cluster = false;
  bool may_preempt = true;
  std::string invalid;  // why such pods can never be placed; "" if they may
  // Of pods whose volumes pin them: the class that they have by their own specs.
  std::shared_ptr<const ClassSpec> own;
  // Pods that are placed elsewhere may make room for them.
  bool WaitsForPods() const { return !relations->affinity.empty() || !relations->spread.empty(); }
};
using ClassPtr = std::shared_ptr<const ClassSpec>;

// The class of its pods by their own specs.
inline const ClassPtr& OwnOf(const ClassPtr& spec) { return spec->own ? spec->own : spec; }

// Turns pod specs into classes, each once.
class ClassBook {
 public:
  ClassPtr ClassOf(const kube::Object& pod);
  // The class for pods of `own` whose volumes can be attached there only; `own` itself if anywhere.
  ClassPtr WithVolumes(const ClassPtr& own, std::vector<std::vector<NodeSelectorTerm>> volumes);
  ResourceTable& resources() { return resources_; }
  size_t size() const { return by_text_.size(); }
  // Some pod selects namespaces by their labels.
  bool selects_namespaces() const { return selects_namespaces_; }

 private:
  ClassPtr Known(const std::string& text) const;
  void Name(ClassSpec& made, std::string text);
  void DropUnused();
  ResourceTable resources_;
  std::map<std::string, std::weak_ptr<const ClassSpec>, std::less<>> by_text_;
  std::map<std::string, std::string> text_of_key_;
  size_t drop_at_ = 1024;
  bool selects_namespaces_ = false;
};

struct SchedulerPod {
  std::string uid;
  std::string node;  // "" while not bound
  WallTime created{};
  ClassPtr spec;
  std::vector<std::string> claims;  // PersistentVolumeClaims that it mounts, sorted
  bool ours = false;                // it names our scheduler
  bool gated = false;               // spec.schedulingGates is not empty
  bool deleting = false;
  uint64_t reported = 0;  // hash of the message of its PodScheduled=False condition; 0: none

  // It wants a place from us now.
  bool waits() const { return node.empty() && ours && !gated && !deleting; }
};

// nullopt: it takes no room (it has finished) and wants none from us.
std::optional<SchedulerPod> ProjectPod(const kube::Object& pod, std::string_view scheduler_name,
                                       ClassBook& book);

}  // namespace stowage::scheduler
