// Fleet: what is known of the clusters, and who takes room in them. Every pod counts once: when it
// is assumed to be in a cluster, or when the watch says so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kube/api/object.h"
#include "scheduler/control/capacity_source.h"
#include "scheduler/control/config.h"
#include "scheduler/control/pod_class.h"
#include "scheduler/model/problem.h"

namespace stowage::scheduler {

// What the scheduler keeps of a virtual node.
struct SchedulerNode {
  std::string cluster;  // label stowage.dev/cluster
  Labels labels;
  std::vector<Taint> taints;  // with those that its Ready condition stands for
  bool unschedulable = false;
  std::map<std::string, int64_t> allocatable;
  bool operator==(const SchedulerNode&) const = default;
};

// nullopt: not one of ours, or being deleted.
std::optional<SchedulerNode> ProjectNode(const kube::Object& node);

class Fleet {
 public:
  Fleet(CapacitySource& capacity, ClassBook& book) : capacity_(capacity), book_(book) {}

  // Each says whether more pods may fit, or be allowed, than before.
  bool SetNode(const std::string& name, const SchedulerNode& node);
  void RemoveNode(const std::string& name);
  bool Vacate(const std::string& uid);  // the pod takes no room any more, for whatever reason
  void SetConfig(FleetConfig config);
  void SetNamespace(const std::string& name, const Labels* labels);  // nullptr: it is gone
  void CapacityChanged(const std::string& cluster);

  // The pod takes room on the node (which need not be known), and nowhere else. `terminating`: it
  // is on its way out.
  void Occupy(const std::string& uid, const std::string& node, ClassPtr spec,
              bool terminating = false);

  bool HasNode(const std::string& name) const { return nodes_.contains(name); }
  const std::string& ClusterOf(const std::string& node) const;  // `node` itself if not known
  size_t nodes() const { return nodes_.size(); }
  size_t occupants() const { return occupants_.size(); }
  const PlacementDefaults& defaults() const { return config_.defaults; }

  // What became of room since the last TakeChanges().
  struct Move {
    std::string node;
    ClassPtr spec;
    int64_t pods;  // +1: one came, -1: one left
    bool terminating;
  };
  const std::vector<Move>& moves() const { return moves_; }
  // More than pods changed since then: clusters, prices, namespaces; or more moves than are kept.
  bool reshaped() const { return reshaped_; }

  // Adds all that changed since the last call to `delta`.
  void TakeChanges(ProblemDelta& delta);
  // All is told again with the next TakeChanges, for a session that starts anew.
  void TellAll();

 private:
  // By key of the class, and whether they are on their way out.
  using Counts = std::map<std::pair<std::string, bool>, std::pair<ClassPtr, int64_t>>;
  struct Occupant {
    std::string node;
    ClassPtr spec;
    bool terminating;
  };
  std::vector<Quota> Quotas();
  ClusterView ViewOf(const std::string& name, const SchedulerNode& node);
  void AddShapes(const SchedulerNode& node, ClusterView& view);
  void AddPrices(const ClusterConfig& config, ClusterView& view);
  void AddPools(const ClusterConfig& config, ClusterView& view);
  void Count(const Occupant& occupant, int64_t by);

  CapacitySource& capacity_;
  ClassBook& book_;
  FleetConfig config_;
  std::map<std::string, SchedulerNode> nodes_;
  std::map<std::string, Counts> pods_;         // by node
  std::map<std::string, Occupant> occupants_;  // by UID
  std::set<std::string> dirty_;
  std::set<std::string> removed_;
  std::vector<Move> moves_;
  bool reshaped_ = false;
  bool links_changed_ = false;
  Namespaces namespaces_;
  bool namespaces_changed_ = false;
};

}  // namespace stowage::scheduler
