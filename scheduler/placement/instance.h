// Instance: a Problem in canonical order with everything that solvers ask about worked out once:
// which nodes admit which pods, what a pod costs where, and the room that bound pods leave.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/bins.h"
#include "scheduler/placement/costs/cost_term.h"
#include "scheduler/placement/filters/filter.h"
#include "scheduler/placement/node_kinds.h"
#include "scheduler/placement/rule_book.h"

namespace stowage::scheduler {

class Parallel;
class Work;

struct SolveOptions {
  // What one point of preferred node affinity (1 to 100) is worth an hour. It steers the choice and
  // is no part of cost or bound.
  Money preference_point{100'000};
  // nullptr: everything by the calling thread. Never changes the answer.
  Parallel* parallel = nullptr;
};

// What constraints say about one cluster.
struct Verdict {
  std::optional<Refusal> refusal;  // no node of the cluster admits such pods
  Admission admission;
  int64_t preference = 0;  // the best weight among the nodes that admit it
  Money cluster_cost;      // ClusterCost of one such pod, rounded up: constraints alone decide it
};

class Instance {
 public:
  explicit Instance(SolveOptions options) : options_(options) {}

  // Takes over what changed. What did not is kept prepared: both calls cost what changed, and a
  // few nanoseconds for each class.
  void Apply(ProblemDelta delta);

  // Works out what is missing until `work` is over. True: all is prepared.
  bool Prepare(Work& work);

  // One more class, prepared at once, with no pods: for whoever places pods between solves. Comes
  // after all others, whatever its priority and key; the next Apply() drops it. Only when prepared.
  // O(kinds of nodes in the fleet).
  size_t AddLate(PodClass k);
  // The place of a class in classes(), late ones included. Only when prepared.
  std::optional<size_t> PlaceOf(const std::string& key) const;

  // Below: only when prepared. Classes by (priority descending, key), clusters by name.
  const std::vector<const PodClass*>& classes() const { return classes_; }
  const std::vector<const ClusterView*>& clusters() const { return clusters_; }
  const Verdict& VerdictOf(size_t k, size_t j) const;
  // Classes with equal constraints have equal numbers, and equal verdicts.
  size_t ConstraintsOf(size_t k) const { return class_constraints_[k]; }
  const ClusterBins& Base(size_t j) const { return *bases_[j]; }  // bound pods packed
  // Another one whenever anything of the cluster has changed that placements may hang on, or what
  // is true of all clusters (links, prices of carbon ...); never one that it had before.
  uint64_t StampOf(size_t j) const { return entries_[j]->stamp; }
  const Amounts& DemandOf(size_t k, size_t j) const {
    return classes_[k]->DemandIn(clusters_[j]->name);
  }
  // Latency, egress, moving: the same on all nodes of the cluster.
  Money ClusterCost(size_t k, size_t j, int64_t pods, Rounding rounding) const;
  // What depends on the nodes, but for the price of those that are opened. `where`: kStanding,
  // OpenOf() a pool for its nodes that are open already, or a pool whose nodes are opened.
  Money RoomCost(size_t k, size_t j, int32_t where, int64_t pods, Rounding rounding) const;
  // Both.
  Money PodCost(size_t k, size_t j, int32_t where, int64_t pods, Rounding rounding) const;
  CostInput InputOf(size_t k, size_t j, int32_t where = ClusterBins::kStanding) const;
  // Of a node that is opened, an hour.
  Money NodeHour(size_t j, int32_t pool) const {
    return BilledNodeHour(clusters_[j]->pools[pool], problem_.horizon_seconds);
  }
  // Some node has devices of which pods take parts.
  bool HasDevices() const;
  Money carbon_per_tonne() const { return problem_.carbon_per_tonne; }
  int64_t horizon_seconds() const { return problem_.horizon_seconds; }

  struct Tier {
    int32_t priority;
    size_t begin, end;  // classes
    int64_t pods;
  };
  const std::vector<Tier>& tiers() const { return tiers_; }
  const SolveOptions& options() const { return options_; }
  const ResourceTable& resources() const { return problem_.resources; }
  const LatencyTable& latency() const { return latency_; }
  const Rules& rules() const { return book_.rules(); }
  const std::vector<Quota>& quotas() const { return problem_.quotas; }  // by name
  const std::vector<Gang>& gangs() const { return problem_.gangs; }     // by name
  // The gang of the class; nullptr: none. A gang that nobody declared asks for nothing.
  const Gang* GangOf(size_t k) const;
  const std::map<std::string, int64_t>& budgets() const { return problem_.budgets; }
  // All of it, as another instance can take it over.
  ProblemDelta Copy() const;

 private:
  struct ClassEntry {
    PodClass k;
    size_t constraints;  // their number
    int32_t slot = -1;   // in the book of rules; -1: not entered yet
    size_t place = 0;    // in classes()
  };
  struct ClusterEntry {
    ClusterView view;
    NodeKinds kinds;
    std::optional<ClusterBins> base;
    uint64_t stamp = 0;                              // see StampOf()
    bool bound_changed = true;                       // since the book of rules was told
    std::vector<std::unique_ptr<Verdict>> verdicts;  // by number of constraints
  };
  size_t Number(const std::shared_ptr<const PodConstraints>& constraints);
  void SetClass(PodClass k);
  void RemoveClass(const std::string& key);
  void SetCluster(ClusterView view);
  void SetFleet(ProblemDelta& delta);
  void StampAll();
  void ForgetVerdicts(ClusterEntry& entry);
  void DropUnusedConstraints();
  void Order();
  void OrderClasses();
  void CountTiers();
  void UpdateRules();
  void DropLate();
  const Verdict& Judge(ClusterEntry& entry, size_t constraints);
  void Pack(ClusterEntry& entry, Work& work);

  SolveOptions options_;
  struct {
    ResourceTable resources;
    std::map<std::string, ClassEntry> classes;
    std::map<std::string, ClusterEntry> clusters;
    std::vector<RegionLink> links;
    Namespaces namespaces;
    std::vector<Quota> quotas;
    std::vector<Gang> gangs;
    std::map<std::string, int64_t> budgets;  // what they allow
    Money carbon_per_tonne;
    int64_t horizon_seconds = Problem().horizon_seconds;
  } problem_;
  LatencyTable latency_;
  struct ByValue {
    bool operator()(const std::shared_ptr<const PodConstraints>& a,
                    const std::shared_ptr<const PodConstraints>& b) const {
      return a != b && *a < *b;
    }
  };
  std::map<std::shared_ptr<const PodConstraints>, size_t, ByValue> constraint_numbers_;
  std::vector<const PodConstraints*> constraints_;
  std::vector<char> judged_;  // by number of constraints: all clusters have their verdict

  uint64_t stamps_ = 0;  // given so far
  bool ordered_ = false;
  bool classes_moved_ = true, clusters_moved_ = true;  // came, went, or are ordered otherwise
  bool constraints_moved_ = true;                      // classes have others, or other numbers
  bool rules_changed_ = true;                          // of some class
  bool rules_outdated_ = true;                         // to be compiled from nothing
  size_t prepared_clusters_ = 0, prepared_classes_ = 0;
  std::map<std::string, ClassEntry> late_;
  std::vector<ClassEntry*> class_entries_;  // without late ones
  std::vector<const PodClass*> classes_;
  std::vector<size_t> class_constraints_;
  std::vector<const ClusterView*> clusters_;
  std::vector<ClusterEntry*> entries_;
  std::vector<const ClusterBins*> bases_;
  std::vector<Tier> tiers_;
  RuleBook book_;
};

}  // namespace stowage::scheduler
