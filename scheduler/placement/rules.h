// Rules: what pods say of one another, compiled for solvers.
//
// Every selector that somebody cares about becomes a counter: how many pods it matches, by domain.
// A class of pods then is a list of counters that it reads (its rules) and one of counters that it
// raises. Problems without such wishes have no counters. Made by a RuleBook.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/bins.h"

namespace stowage::scheduler {

// What one class has to observe.
struct PodRules {
  struct Spread {
    int32_t counter;
    int64_t max_skew, min_domains;
    bool self;  // it raises the counter itself
  };
  struct Exclusion {  // no pod of the counter may be in the same domain
    enum class Why { kPorts, kOwn, kExisting };
    int32_t counter;
    bool self;
    Why why;
  };
  struct Preference {
    int32_t counter;
    int64_t weight;
    bool self;
  };
  std::vector<Spread> spread, soft_spread;
  std::vector<Exclusion> exclusions;
  std::vector<int32_t> affinity;  // a pod of each must be in the same domain ...
  bool affinity_self = false;     // ... but for the first of them all
  std::vector<Preference> preferences;

  // How much care placing takes: none; a limit on each node; pod by pod, as counts move.
  enum class Care { kNone, kPerNode, kEach };
  Care care = Care::kNone;
  int64_t per_node_most = kMaxPods;  // no node ever takes more of the class
  bool of_nodes = false;             // some counter is of single nodes
};

class Rules {
 public:
  static constexpr int32_t kHost = -1;     // the topology of single nodes
  static constexpr int32_t kNowhere = -1;  // no domain

  struct Counter {
    int32_t topology = kHost;
    int32_t presence = -1;  // of spread: which nodes count, and so which domains there are
  };
  struct Presence {
    int32_t topology = kHost;
    std::vector<char> places;  // by place
  };
  struct Topology {
    std::string key;
    std::vector<int32_t> domain;  // by place
    int32_t domains = 0;
    bool OfCluster(size_t first, size_t last) const;  // all these places are one domain
  };

  bool empty() const { return counters_.empty(); }
  // Classes in the order of their Instance.
  const PodRules& Of(size_t k) const { return slots_[slot_of_[k]]; }

  // A place is a shape or a pool of a cluster.
  size_t PlaceOf(size_t j, const NodeGroup& g) const {
    return first_place_[j] + (g.pool >= 0 ? shapes_[j] + g.pool : g.shape);
  }
  size_t FirstPlace(size_t j) const { return first_place_[j]; }
  size_t places() const { return first_place_.back(); }
  // Places of one cluster with equal labels and taints: one kind, numbered over the fleet.
  int32_t KindOf(size_t place) const { return kind_of_place_[place]; }

  const std::vector<Counter>& counters() const { return counters_; }
  const std::vector<Presence>& presences() const { return presences_; }
  const Topology& topology(int32_t t) const { return topologies_[t]; }
  // The counters that a load (class, or ~place in ClusterView::bound) raises, sorted.
  const std::vector<int32_t>& RaisedBy(size_t j, int32_t load) const {
    return raised_[SubjectOf(j, load)];
  }
  // Loads with equal relations are one subject.
  int32_t SubjectOf(size_t j, int32_t load) const {
    return load >= 0 ? class_subject_[load] : bound_subject_[j][~load];
  }
  // The subjects that raise the counter.
  const std::vector<int32_t>& RaisersOf(int32_t counter) const {
    return members_[set_of_[counter]];
  }
  // Classes, and entries of ClusterView::bound, that raise the counter.
  int64_t UsersOf(int32_t counter) const { return users_[counter]; }

 private:
  friend class RuleBook;  // makes and changes them
  std::vector<Counter> counters_;
  std::vector<Presence> presences_;
  std::vector<Topology> topologies_;
  std::vector<size_t> first_place_{0}, shapes_;
  std::vector<int32_t> kind_of_place_;
  std::vector<PodRules> slots_;
  std::vector<int32_t> slot_of_, class_subject_;  // by class
  std::vector<std::vector<int32_t>> bound_subject_;
  std::vector<std::vector<int32_t>> raised_;   // by subject
  std::vector<int64_t> users_;                 // by counter
  std::vector<int32_t> set_of_;                // by counter
  std::vector<std::vector<int32_t>> members_;  // subjects, by set
};

}  // namespace stowage::scheduler
