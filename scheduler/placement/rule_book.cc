#include "scheduler/placement/rule_book.h"

#include <algorithm>
#include <utility>

namespace stowage::scheduler {
namespace {

using Label = std::pair<const std::string, std::string>;

std::string KeyOf(const std::string& label, const std::string& value) {
  std::string key = label;
  key += '\0';
  key += value;
  return key;
}

// Most selectors ask for one label of certain values: their pods are found by it.
struct Wanted {
  enum class How { kLabel, kAnything, kNothing };
  How how = How::kAnything;
  std::string label;
  std::vector<std::string> values;
};

Wanted WantedBy(const PodSet& set) {
  for (const PodMatcher& m : set.all) {
    if (m.selector.nothing) return {Wanted::How::kNothing, "", {}};
    for (const LabelRequirement& r : m.selector.all) {
      if (r.op != LabelRequirement::Op::kIn) continue;
      std::vector<std::string> values = r.values;
      std::sort(values.begin(), values.end());
      values.erase(std::unique(values.begin(), values.end()), values.end());
      return {Wanted::How::kLabel, r.key, std::move(values)};
    }
  }
  return {};
}

}  // namespace

void RuleBook::Reset(std::vector<Nodes> clusters, Namespaces namespaces, size_t classes) {
  *this = RuleBook();
  clusters_ = std::move(clusters);
  namespaces_ = std::move(namespaces);
  size_t next = 0;
  int32_t kinds = 0;
  rules_.first_place_.clear();
  for (const Nodes& c : clusters_) {
    rules_.first_place_.push_back(next);
    rules_.shapes_.push_back(c.view->shapes.size());
    next += c.view->shapes.size() + c.view->pools.size();
    for (const auto* places : {&c.kinds->of_shapes(), &c.kinds->of_pools()}) {
      for (const int32_t kind : *places) rules_.kind_of_place_.push_back(kinds + kind);
    }
    kinds += static_cast<int32_t>(c.kinds->size());
  }
  rules_.first_place_.push_back(next);
  rules_.bound_subject_.resize(clusters_.size());
  // Room for as many again, so that those that come later are not held up by moving all others.
  subjects_.reserve(2 * classes);
  subject_of_[0].reserve(2 * classes);
  subjects_by_label_.reserve(4 * classes);
  sets_by_label_.reserve(4 * classes);
  rules_.slots_.reserve(2 * classes);
}

void RuleBook::SetBound(size_t j) {
  std::vector<int32_t> now;
  now.reserve(clusters_[j].view->bound.size());
  for (const BoundPods& b : clusters_[j].view->bound) {
    now.push_back(SubjectOf(b.relations, b.terminating));
    Use(now.back(), 1);
  }
  for (const int32_t subject : rules_.bound_subject_[j]) Use(subject, -1);
  rules_.bound_subject_[j] = std::move(now);
}

int32_t RuleBook::Add(const PodClass& k) {
  int32_t slot = static_cast<int32_t>(rules_.slots_.size());
  if (free_slots_.empty()) {
    rules_.slots_.emplace_back();
    subject_of_slot_.push_back(-1);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    rules_.slots_[slot] = {};
  }
  ++added_;
  const int32_t subject = SubjectOf(k.relations, false);
  subject_of_slot_[slot] = subject;
  Use(subject, 1);
  ReadTerms(k, rules_.slots_[slot]);
  unfinished_.push_back(slot);
  return slot;
}

void RuleBook::Remove(int32_t slot) {
  const int32_t subject = subject_of_slot_[slot];
  subject_of_slot_[slot] = -1;
  Use(subject, -1);
  free_slots_.push_back(slot);
  ++removed_;
}

void RuleBook::Order(std::vector<int32_t> slots) {
  FinishAll();
  rules_.slot_of_ = std::move(slots);
  rules_.class_subject_.clear();
  for (const int32_t slot : rules_.slot_of_) {
    rules_.class_subject_.push_back(subject_of_slot_[slot]);
  }
}

void RuleBook::Append(int32_t slot) {
  FinishAll();
  rules_.slot_of_.push_back(slot);
  rules_.class_subject_.push_back(subject_of_slot_[slot]);
}

int32_t RuleBook::SubjectOf(const std::shared_ptr<const PodRelations>& relations,
                            bool terminating) {
  const PodRelations* r = relations ? relations.get() : &NoRelations();
  const auto [it, added] = subject_of_[terminating].emplace(r, subjects_.size());
  if (!added) return it->second;
  const auto subject = it->second;
  // Kept, so that no other relations can come to have its address.
  subjects_.push_back(
      {relations ? relations : std::shared_ptr<const PodRelations>(std::shared_ptr<void>(), r),
       terminating,
       0,
       {},
       {}});
  rules_.raised_.emplace_back();
  for (const Label& label : r->labels) {
    subjects_by_label_[KeyOf(label.first, label.second)].push_back(subject);
  }
  for (const HostPort& p : r->ports) {
    std::vector<int32_t>& with = subjects_by_port_[{p.protocol, p.port}];
    if (with.empty() || with.back() != subject) with.push_back(subject);
  }
  FindSets(subject);
  OpenOwnTerms(subject);
  return subject;
}

// While nobody uses a term of its own, it keeps nobody away: others are finished without it.
void RuleBook::Use(int32_t subject, int64_t by) {
  Subject& of = subjects_[subject];
  for (const int32_t counter : rules_.raised_[subject]) rules_.users_[counter] += by;
  const bool before = of.uses > 0;
  of.uses += by;
  const bool after = of.uses > 0;
  if (before == after) return;
  for (const Owned& term : of.owned) {
    for (Owner& owner : sets_[term.set].owners) {
      if (owner.counter != term.counter) continue;
      const int64_t had = owner.subjects;
      owner.subjects += after ? 1 : -1;
      if (had > 0 && owner.subjects > 0) continue;
      for (const int32_t member : rules_.members_[term.set]) {
        if (!std::exchange(subjects_[member].changed, true)) changed_subjects_.push_back(member);
      }
    }
  }
}

bool RuleBook::Contains(const PodSet& set, const Subject& subject) const {
  const PodRelations& r = *subject.relations;
  switch (set.kind) {
    case PodSet::Kind::kPort:
      return std::any_of(r.ports.begin(), r.ports.end(),
                         [&](const HostPort& p) { return set.port.Conflicts(p); });
    case PodSet::Kind::kOwners:
      return false;  // those join it themselves
    case PodSet::Kind::kSpread:
      if (subject.terminating) return false;
      [[fallthrough]];
    case PodSet::Kind::kMatched:
      return std::all_of(set.all.begin(), set.all.end(),
                         [&](const PodMatcher& m) { return m.Matches(r, namespaces_); });
  }
  return false;
}

void RuleBook::Join(int32_t subject, int32_t set) {
  std::vector<int32_t>& in = subjects_[subject].sets;
  if (std::find(in.begin(), in.end(), set) != in.end()) return;
  in.push_back(set);
  rules_.members_[set].push_back(subject);
  for (const int32_t c : sets_[set].counters) rules_.users_[c] += subjects_[subject].uses;
  std::vector<int32_t>& raised = rules_.raised_[subject];
  raised.insert(raised.end(), sets_[set].counters.begin(), sets_[set].counters.end());
  std::sort(raised.begin(), raised.end());
}

void RuleBook::FindSets(int32_t subject) {
  const auto try_all = [&](const std::vector<int32_t>& sets) {
    for (const int32_t set : sets) {
      if (Contains(*sets_[set].pods, subjects_[subject])) Join(subject, set);
    }
  };
  const PodRelations& r = *subjects_[subject].relations;
  try_all(other_sets_);
  for (const Label& label : r.labels) {
    const auto it = sets_by_label_.find(KeyOf(label.first, label.second));
    if (it != sets_by_label_.end()) try_all(it->second);
  }
  for (const HostPort& p : r.ports) {
    const auto it = sets_by_port_.find({p.protocol, p.port});
    if (it != sets_by_port_.end()) try_all(it->second);
  }
}

// The same seen from a new set, which is entered where FindSets() will look for it.
void RuleBook::FindMembers(int32_t set) {
  const PodSet& s = *sets_[set].pods;
  const auto try_all = [&](const std::vector<int32_t>& subjects) {
    for (const int32_t subject : subjects) {
      if (Contains(s, subjects_[subject])) Join(subject, set);
    }
  };
  if (s.kind == PodSet::Kind::kOwners) return;
  if (s.kind == PodSet::Kind::kPort) {
    const std::pair key(s.port.protocol, s.port.port);
    sets_by_port_[key].push_back(set);
    return try_all(subjects_by_port_[key]);
  }
  const Wanted wanted = WantedBy(s);
  if (wanted.how == Wanted::How::kNothing) return;
  for (const std::string& value : wanted.values) {
    const std::string key = KeyOf(wanted.label, value);
    sets_by_label_[key].push_back(set);
    const auto it = subjects_by_label_.find(key);
    if (it != subjects_by_label_.end()) try_all(it->second);
  }
  if (wanted.how == Wanted::How::kLabel) return;
  other_sets_.push_back(set);
  for (int32_t subject = 0; subject < static_cast<int32_t>(subjects_.size()); ++subject) {
    if (Contains(s, subjects_[subject])) Join(subject, set);
  }
}

int32_t RuleBook::SetOf(PodSet set) {
  const auto [it, added] = set_numbers_.emplace(std::move(set), sets_.size());
  if (added) {
    sets_.push_back({&it->first, {}, {}});
    rules_.members_.emplace_back();
    FindMembers(it->second);
  }
  return it->second;
}

int32_t RuleBook::CounterOf(int32_t set, int32_t topology, int32_t presence) {
  const auto [it, added] =
      counter_numbers_.emplace(std::tuple(set, topology, presence), rules_.counters_.size());
  if (added) {
    rules_.counters_.push_back({topology, presence});
    rules_.users_.push_back(0);
    rules_.set_of_.push_back(set);
    sets_[set].counters.push_back(it->second);
    // The highest number so far: lists stay sorted.
    for (const int32_t member : rules_.members_[set]) {
      rules_.raised_[member].push_back(it->second);
      rules_.users_.back() += subjects_[member].uses;
    }
  }
  return it->second;
}

// Anti-affinity works both ways: who owns a term is counted, for those that it speaks of.
void RuleBook::OpenOwnTerms(int32_t subject) {
  const std::shared_ptr<const PodRelations> r = subjects_[subject].relations;
  for (const PodAffinityTerm& t : r->anti_affinity) {
    const PodMatcher matcher = MatcherOf(t, *r);
    const int32_t matched = SetOf({PodSet::Kind::kMatched, {matcher}, "", {}});
    const int32_t owners = SetOf({PodSet::Kind::kOwners, {matcher}, t.topology_key, {}});
    Join(subject, owners);
    const int32_t counter = CounterOf(owners, TopologyOf(t.topology_key));
    std::vector<Owner>& known = sets_[matched].owners;
    const auto same = [&](const auto& o) { return o.counter == counter; };
    if (std::none_of(known.begin(), known.end(), same)) known.push_back({counter, 0});
    std::vector<Owned>& owned = subjects_[subject].owned;
    const auto twice = [&](const Owned& o) { return o.set == matched && o.counter == counter; };
    if (std::none_of(owned.begin(), owned.end(), twice)) owned.push_back({matched, counter});
  }
}

}  // namespace stowage::scheduler
