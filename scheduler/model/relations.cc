#include "scheduler/model/relations.h"

#include <algorithm>

namespace stowage::scheduler {
namespace {

using Op = LabelRequirement::Op;

const std::string* Find(const Labels& labels, const std::string& key) {
  const auto it = labels.find(key);
  return it == labels.end() ? nullptr : &it->second;
}

void AddOwnLabels(const std::vector<std::string>& keys, Op op, const Labels& labels,
                  LabelSelector& selector) {
  for (const std::string& key : keys) {
    if (const std::string* value = Find(labels, key)) selector.all.push_back({key, op, {*value}});
  }
}

void Normalise(LabelSelector& selector) {
  std::sort(selector.all.begin(), selector.all.end());
  selector.all.erase(std::unique(selector.all.begin(), selector.all.end()), selector.all.end());
}

}  // namespace

bool LabelSelector::Matches(const Labels& labels) const {
  return !nothing && std::all_of(all.begin(), all.end(), [&](const LabelRequirement& r) {
    return r.Matches(Find(labels, r.key));
  });
}

bool HostPort::Conflicts(const HostPort& other) const {
  constexpr std::string_view kAny = "0.0.0.0";
  return port == other.port && protocol == other.protocol &&
         (ip == other.ip || ip == kAny || other.ip == kAny);
}

bool PodMatcher::Matches(const PodRelations& pod, const Namespaces& known) const {
  if (!selector.Matches(pod.labels)) return false;
  if (std::binary_search(namespaces.begin(), namespaces.end(), pod.ns)) return true;
  if (!namespace_selector) return false;
  static const Labels none;
  const auto it = known.find(pod.ns);
  return namespace_selector->Matches(it == known.end() ? none : it->second);
}

PodMatcher MatcherOf(const PodAffinityTerm& term, const PodRelations& owner) {
  PodMatcher m{term.namespaces, term.namespace_selector, term.selector};
  if (m.namespaces.empty() && !m.namespace_selector) m.namespaces.push_back(owner.ns);
  std::sort(m.namespaces.begin(), m.namespaces.end());
  AddOwnLabels(term.match_label_keys, Op::kIn, owner.labels, m.selector);
  AddOwnLabels(term.mismatch_label_keys, Op::kNotIn, owner.labels, m.selector);
  Normalise(m.selector);
  return m;
}

PodMatcher MatcherOf(const SpreadConstraint& constraint, const PodRelations& owner) {
  PodMatcher m{{owner.ns}, std::nullopt, constraint.selector};
  AddOwnLabels(constraint.match_label_keys, Op::kIn, owner.labels, m.selector);
  Normalise(m.selector);
  return m;
}

const PodRelations& NoRelations() {
  static const PodRelations none;
  return none;
}

}  // namespace stowage::scheduler
