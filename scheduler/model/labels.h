// Labels, selectors, taints and tolerations with Kubernetes' meaning.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::scheduler {

using Labels = std::map<std::string, std::string, std::less<>>;

// The labels of a member's nodes: a shape's own win over those of its cluster.
struct LabelView {
  const Labels* cluster = nullptr;
  const Labels* shape = nullptr;
  const std::string* Find(std::string_view key) const;  // nullptr: absent
};

// v1.NodeSelectorRequirement. An absent label satisfies NotIn and DoesNotExist only.
struct LabelRequirement {
  enum class Op { kIn, kNotIn, kExists, kDoesNotExist, kGt, kLt };
  std::string key;
  Op op = Op::kIn;
  std::vector<std::string> values;
  bool Matches(const std::string* value) const;  // nullptr: absent
  auto operator<=>(const LabelRequirement&) const = default;
};

// v1.NodeSelectorTerm: all must hold; a term without requirements matches nothing. `fields` knows
// metadata.name, the name of the node in the host.
struct NodeSelectorTerm {
  std::vector<LabelRequirement> labels;
  std::vector<LabelRequirement> fields;
  bool Matches(const LabelView& view, const std::string& node_name) const;
  auto operator<=>(const NodeSelectorTerm&) const = default;
};

struct PreferredTerm {
  int32_t weight = 1;  // 1 to 100
  NodeSelectorTerm term;
  auto operator<=>(const PreferredTerm&) const = default;
};

struct Taint {
  enum class Effect { kNoSchedule, kPreferNoSchedule, kNoExecute };
  std::string key;
  std::string value;
  Effect effect = Effect::kNoSchedule;
  auto operator<=>(const Taint&) const = default;
};

struct Toleration {
  std::string key;      // "" with kExists tolerates every key
  bool exists = false;  // operator Exists; else Equal
  std::string value;
  std::vector<Taint::Effect> effects;  // empty: all
  bool Tolerates(const Taint& taint) const;
  auto operator<=>(const Toleration&) const = default;
};

bool Tolerated(const std::vector<Toleration>& tolerations, const Taint& taint);
// The first taint (in order) that keeps the pod away for good; nullptr: none.
const Taint* FindUntolerated(const std::vector<Toleration>& tolerations,
                             const std::vector<Taint>& taints);

}  // namespace stowage::scheduler
