// RuleBook: compiles what pods say of one another into Rules and keeps them up to date, at the cost
// of what changed. However they came to be, the rules mean the same: only the numbers of counters
// differ, and counters may be left over that nobody reads any more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/node_kinds.h"
#include "scheduler/placement/rules.h"

namespace stowage::scheduler {

// A set of pods that somebody counts.
struct PodSet {
  enum class Kind { kMatched, kSpread, kOwners, kPort };
  Kind kind = Kind::kMatched;
  std::vector<PodMatcher> all;  // kMatched, kSpread: every one matches; kOwners: the term's
  std::string key;              // kOwners: pods with an anti-affinity term of this topology key
  HostPort port;                // kPort: pods with a port that conflicts
  auto operator<=>(const PodSet&) const = default;
};

class RuleBook {
 public:
  struct Nodes {  // of one cluster; both must outlive the book's use of them
    const ClusterView* view;
    const NodeKinds* kinds;
  };
  // Forgets all. To be called whenever clusters come or go, or the labels or taints of their nodes
  // or the namespaces change. `classes`: about so many will come.
  void Reset(std::vector<Nodes> clusters, Namespaces namespaces, size_t classes);
  // The bound pods of cluster `j` changed; none are known after Reset().
  void SetBound(size_t j);
  // A class, by a slot that stays its own until it is removed. Its count means nothing here.
  int32_t Add(const PodClass& k);
  void Remove(int32_t slot);
  // From now on class k is that of slots[k].
  void Order(std::vector<int32_t> slots);
  // One more class, after all others.
  void Append(int32_t slot);
  // So much of it is no longer of use that Reset() would pay.
  bool stale() const { return removed_ > 10'000 + 4 * (added_ - removed_); }

  const Rules& rules() const { return rules_; }

 private:
  struct Owned {  // an anti-affinity term: pods of `set` are kept away by those that `counter`
                  // counts
    int32_t set, counter;
  };
  struct Subject {  // pods with the same relations
    std::shared_ptr<const PodRelations> relations;
    bool terminating;
    int64_t uses = 0;  // classes and bound pods
    std::vector<int32_t> sets;
    std::vector<Owned> owned;
    bool changed = false;  // who keeps its pods away: its classes are to be finished again
  };
  struct Owner {
    int32_t counter;
    int64_t subjects;  // in use that have the term
  };
  struct Set {
    const PodSet* pods;
    std::vector<int32_t> counters;
    std::vector<Owner> owners;  // who excludes its pods
  };
  using LabelIndex = std::unordered_map<std::string, std::vector<int32_t>>;  // by key and value
  using PortIndex = std::map<std::pair<std::string, int32_t>, std::vector<int32_t>>;

  // rule_book.cc: who is in which set.
  int32_t SubjectOf(const std::shared_ptr<const PodRelations>& relations, bool terminating);
  void Use(int32_t subject, int64_t by);
  void FindSets(int32_t subject);
  void FindMembers(int32_t set);
  bool Contains(const PodSet& set, const Subject& subject) const;
  void Join(int32_t subject, int32_t set);
  int32_t SetOf(PodSet set);
  void OpenOwnTerms(int32_t subject);
  int32_t CounterOf(int32_t set, int32_t topology, int32_t presence = -1);

  // rule_terms.cc: what a class reads.
  int32_t TopologyOf(const std::string& key);
  int32_t PresenceOf(const PodClass& k, const SpreadConstraint& s);
  void ReadTerms(const PodClass& k, PodRules& rules);
  void FinishAll();
  void Finish(int32_t slot);
  bool ReadsNodes(const PodRules& rules) const;
  PodRules::Care CareFor(const PodRules& rules) const;

  Rules rules_;
  std::vector<Nodes> clusters_;
  Namespaces namespaces_;
  int64_t added_ = 0, removed_ = 0;  // slots

  std::vector<Subject> subjects_;
  std::unordered_map<const PodRelations*, int32_t> subject_of_[2];  // [terminating]
  LabelIndex subjects_by_label_;
  PortIndex subjects_by_port_;
  std::vector<int32_t> subject_of_slot_, free_slots_, unfinished_;
  std::vector<int32_t> changed_subjects_;

  std::map<PodSet, int32_t> set_numbers_;
  std::vector<Set> sets_;
  LabelIndex sets_by_label_;
  PortIndex sets_by_port_;
  std::vector<int32_t> other_sets_;  // that ask for no certain label

  std::map<std::string, int32_t> topology_numbers_;
  std::map<std::tuple<int32_t, int32_t, int32_t>, int32_t> counter_numbers_;
  std::map<std::tuple<int32_t, std::vector<std::string>, PodConstraints, bool, bool>, int32_t>
      presence_numbers_;
};

}  // namespace stowage::scheduler
