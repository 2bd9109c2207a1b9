// Past: what a solution was of, and how what is asked differs now.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/placement/solver.h"

namespace stowage::scheduler::lagrangian {

struct Past {
  std::vector<PodClass> classes;  // in the order of their Instance
  std::vector<char> may_leave;  // by class: no rule of others holds only because its pods are there
  bool domains_asked = false;   // some rule asks for a number of domains: all nodes must stay
  struct Cluster {
    std::string name;
    uint64_t stamp;  // see Instance::StampOf()
  };
  std::vector<Cluster> clusters;  // by name
  std::vector<Quota> quotas;
  std::vector<Gang> gangs;
  size_t resources = 0;
  std::vector<int64_t> left;  // by class: pods that found no place
  void Remember(const Instance& instance, const Solution& solution);
};

struct Difference {
  std::vector<int32_t> to;    // by past class: what it is now; -1: gone, or of another kind
  std::vector<char> changed;  // by class: more than its count, or new
  bool same_list = false;     // the same classes in the same order
  bool counts_only = false;   // that, and nothing changed but counts
  // Clusters, quotas or gangs are others than they were.
  bool fleet = false;
  std::vector<int32_t> was;           // by cluster: place in Past::clusters; -1: it is new
  std::vector<char> cluster_changed;  // by cluster, new ones included
  int64_t clusters_touched = 0;       // those, and others that are gone
};
Difference Compare(const Past& past, const Instance& instance);

// Where a larger part of all pods leaves or comes, all are placed anew.
inline constexpr int64_t kPartMost = 5;
// What classes and clusters alone say: little enough is another for the solution to be of use.
bool Alike(const Past& past, const Difference& difference, const Instance& instance);

// By class as it is now: pods that had no place before.
std::vector<int64_t> LeftBefore(const Past& past, const Difference& difference);

}  // namespace stowage::scheduler::lagrangian
