// Repair: takes over a solution of a problem into what the problem has become.
//
// Pods that nobody asks for any more leave: those that pay most first, those of classes with rules
// in the order in which they came, the last first, so that the bind order of the others still
// holds. All others stay where they are; what is missing is for the packer to place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scheduler/placement/solver.h"
#include "scheduler/solvers/lagrangian/tables.h"

namespace stowage::scheduler::lagrangian {

// What a solution was of.
struct Past {
  std::vector<PodClass> classes;  // in the order of their Instance
  std::vector<char> may_leave;  // by class: no rule of others holds only because its pods are there
  bool domains_asked = false;   // some rule asks for a number of domains: all nodes must stay
  void Remember(const Instance& instance);
};

// How the classes of an instance differ from those of the past.
struct Difference {
  std::vector<int32_t> to;    // by past class: what it is now; -1: gone, or of another kind
  std::vector<char> changed;  // by class: more than its count, or new
  bool same_list = false;     // the same classes in the same order
  bool counts_only = false;   // that, and none changed but in its count
};
Difference Compare(const Past& past, const Instance& instance);

class Repair {
 public:
  // All must outlive it. `prices` as Tables::prices().
  Repair(const Instance& instance, const Rooms& rooms, const Tables& tables,
         const std::vector<double>& prices, const Past& past, const Difference& difference);

  // Takes from `solution` what does not stay. False: too much changed, or pods are gone that others
  // need; `solution` is as it was. O(pods that leave, and all loads).
  bool TakeOver(Solution& solution);

 private:
  struct Spot {  // pods of one load
    int32_t k;   // past class
    double key;  // of one class, the least leave first
    int64_t step;
    int32_t j;
    int32_t group;
    int64_t pods;
  };
  bool CountLeaving(const Solution& solution);
  std::vector<Spot> FindSpots(const Solution& solution) const;
  void Leave(Solution& solution, std::vector<Spot> spots);
  void Renumber(Solution& solution);

  const Instance& instance_;
  const Rooms& rooms_;
  const Tables& t_;
  const std::vector<double>& prices_;
  const Past& past_;
  const Difference& difference_;
  std::vector<int64_t> leaving_;  // by past class: pods
};

}  // namespace stowage::scheduler::lagrangian
