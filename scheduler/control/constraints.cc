#include "scheduler/control/constraints.h"

#include <algorithm>
#include <optional>
#include <string>

#include "kube/api/selector.h"
#include "kube/api/well_known.h"

namespace stowage::scheduler {
namespace {

using Op = LabelRequirement::Op;

std::optional<Taint::Effect> ParseEffect(std::string_view effect) {
  if (effect == "NoSchedule") return Taint::Effect::kNoSchedule;
  if (effect == "PreferNoSchedule") return Taint::Effect::kPreferNoSchedule;
  if (effect == "NoExecute") return Taint::Effect::kNoExecute;
  return std::nullopt;
}

Result<Op> ParseOp(std::string_view op) {
  if (op == "In") return Op::kIn;
  if (op == "NotIn") return Op::kNotIn;
  if (op == "Exists") return Op::kExists;
  if (op == "DoesNotExist") return Op::kDoesNotExist;
  if (op == "Gt") return Op::kGt;
  if (op == "Lt") return Op::kLt;
  return MakeError(ErrorCode::kInvalid, "node affinity: unknown operator " + std::string(op));
}

Result<std::vector<LabelRequirement>> ParseRequirements(kube::JsonRef list) {
  std::vector<LabelRequirement> out;
  for (const kube::JsonRef r : list.elements()) {
    LabelRequirement requirement{.key = r["key"].string()};
    ASSIGN_OR_RETURN(requirement.op, ParseOp(r["operator"].str()));
    for (const kube::JsonRef v : r["values"].elements()) requirement.values.push_back(v.string());
    std::sort(requirement.values.begin(), requirement.values.end());
    out.push_back(std::move(requirement));
  }
  return out;
}

// Kubernetes passes over a term with a value that no label can have, whatever the operator.
bool CanBeLabels(const std::vector<LabelRequirement>& requirements) {
  return std::all_of(requirements.begin(), requirements.end(), [](const LabelRequirement& r) {
    return std::all_of(r.values.begin(), r.values.end(), [](const std::string& value) {
      return kube::ValidateLabelValue(value).has_value();
    });
  });
}

Result<NodeSelectorTerm> ParseTerm(kube::JsonRef term) {
  NodeSelectorTerm out;
  ASSIGN_OR_RETURN(out.labels, ParseRequirements(term["matchExpressions"]));
  if (!CanBeLabels(out.labels)) return NodeSelectorTerm();  // matches nothing
  ASSIGN_OR_RETURN(out.fields, ParseRequirements(term["matchFields"]));
  return out;
}

Result<void> ParseAffinity(kube::JsonRef affinity, PodConstraints& out) {
  const kube::JsonRef required = affinity["requiredDuringSchedulingIgnoredDuringExecution"];
  if (required.is_object()) {
    ASSIGN_OR_RETURN(out.required, ParseTerms(required["nodeSelectorTerms"]));
  }
  for (const kube::JsonRef p :
       affinity["preferredDuringSchedulingIgnoredDuringExecution"].elements()) {
    PreferredTerm preferred{
        .weight = static_cast<int32_t>(std::clamp<int64_t>(p["weight"].i64(1), 1, 100))};
    ASSIGN_OR_RETURN(preferred.term, ParseTerm(p["preference"]));
    out.preferred.push_back(std::move(preferred));
  }
  return {};
}

}  // namespace

Result<std::vector<NodeSelectorTerm>> ParseTerms(kube::JsonRef terms) {
  std::vector<NodeSelectorTerm> out;
  for (const kube::JsonRef t : terms.elements()) {
    ASSIGN_OR_RETURN(NodeSelectorTerm term, ParseTerm(t));
    out.push_back(std::move(term));
  }
  return out;
}

Labels ParseLabels(kube::JsonRef labels) {
  Labels out;
  for (const auto& [key, value] : labels.members()) out.emplace(key, value.str());
  return out;
}

std::vector<Taint> ParseTaints(kube::JsonRef taints) {
  std::vector<Taint> out;
  for (const kube::JsonRef t : taints.elements()) {
    if (const auto effect = ParseEffect(t["effect"].str())) {
      out.push_back({t["key"].string(), t["value"].string(), *effect});
    }
  }
  return out;
}

Result<void> ParseConstraints(kube::JsonRef spec, PodConstraints& out) {
  out.node_selector = ParseLabels(spec["nodeSelector"]);
  for (const kube::JsonRef t : spec["tolerations"].elements()) {
    Toleration toleration{.key = t["key"].string(),
                          .exists = t["operator"].str() == "Exists",
                          .value = t["value"].string()};
    if (const std::string_view effect = t["effect"].str(); !effect.empty()) {
      const auto known = ParseEffect(effect);
      if (!known) continue;
      toleration.effects.push_back(*known);
    }
    out.tolerations.push_back(std::move(toleration));
  }
  out.tolerations.push_back({.key = std::string(kube::kTaintProvider), .exists = true});
  std::sort(out.tolerations.begin(), out.tolerations.end());
  return ParseAffinity(spec["affinity"]["nodeAffinity"], out);
}

}  // namespace stowage::scheduler
