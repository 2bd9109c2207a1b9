#include <map>
#include <string>
#include <utility>

#include "kube/api/selector.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/translate_parts.h"

namespace stowage::providers {
namespace {

using kube::JsonNode;
using kube::JsonRef;
using kube::MutableJson;

constexpr std::string_view kOurPrefix = "stowage.dev/";

// Labels that say something about each node of the member, even where the cluster has them as well.
bool IsNodeLevelKey(std::string_view key) {
  return key == kube::kLabelOs || key == kube::kLabelArch || key == kube::kLabelZone ||
         key == kube::kLabelInstanceType || key == kube::kLabelHostname;
}

// What the virtual node answers for a key that is the cluster's; nullptr: no such label.
class VirtualLabels {
 public:
  explicit VirtualLabels(const TranslateOptions& options) : options_(options) {}

  // Is a term about `key` (with these values) a question to the virtual node, not to a member's
  // node?
  bool Asks(std::string_view key, JsonRef values) const {
    if (key.starts_with(kOurPrefix) || key == "type") return true;
    if (key == kube::kLabelHostname) return Contains(values, options_.node_name);
    return !IsNodeLevelKey(key) && options_.cluster_labels.contains(std::string(key));
  }

  bool Satisfies(JsonRef expression) const {
    const std::string key = expression["key"].string();
    kube::Requirement requirement{key, OpOf(expression["operator"].str()), {}};
    for (JsonRef value : expression["values"].elements()) {
      requirement.values.push_back(value.string());
    }
    std::string value;
    const bool present = Find(key, &value);
    const std::string_view view = value;
    return requirement.Matches(present ? &view : nullptr);
  }

  bool Has(std::string_view key, std::string_view wanted) const {
    std::string value;
    return Find(std::string(key), &value) && value == wanted;
  }

 private:
  static bool Contains(JsonRef values, std::string_view wanted) {
    for (JsonRef value : values.elements()) {
      if (value.str() == wanted) return true;
    }
    return false;
  }
  static kube::Requirement::Op OpOf(std::string_view name) {
    using Op = kube::Requirement::Op;
    if (name == "In") return Op::kIn;
    if (name == "NotIn") return Op::kNotIn;
    if (name == "DoesNotExist") return Op::kDoesNotExist;
    if (name == "Gt") return Op::kGt;
    if (name == "Lt") return Op::kLt;
    return Op::kExists;
  }
  bool Find(const std::string& key, std::string* value) const {
    if (key == kube::kLabelHostname) return *value = options_.node_name, true;
    if (auto it = options_.cluster_labels.find(key); it != options_.cluster_labels.end()) {
      return *value = it->second, true;
    }
    return key == "type" ? (*value = "virtual-kubelet", true) : false;
  }

  const TranslateOptions& options_;
};

void TranslateNodeSelector(JsonNode spec, const VirtualLabels& labels) {
  if (!spec.Has("nodeSelector")) return;
  MutableJson kept;
  for (const auto& [key, value] : spec.ref()["nodeSelector"].members()) {
    const bool ours = key.starts_with(kOurPrefix);
    const bool satisfied =
        labels.Has(key, value.str()) && (!IsNodeLevelKey(key) || key == kube::kLabelHostname);
    if (!ours && !satisfied) kept[key] = value;
  }
  if (kept.ref().empty()) {
    spec.Remove("nodeSelector");
  } else {
    spec["nodeSelector"] = kept.ref();
  }
}

enum class TermFate { kOtherCluster, kNothingLeft, kKept };

// The node-level part of a NodeSelectorTerm, into `out`.
TermFate StripTerm(JsonRef term, const VirtualLabels& labels, bool judge, MutableJson& out) {
  out = MutableJson(term);
  out.Remove({"matchExpressions"});
  out.Remove({"matchFields"});
  for (JsonRef expression : term["matchExpressions"].elements()) {
    if (!labels.Asks(expression["key"].str(), expression["values"])) {
      out["matchExpressions"].Append(expression);
    } else if (judge && !labels.Satisfies(expression)) {
      return TermFate::kOtherCluster;
    }
  }
  for (JsonRef field : term["matchFields"].elements()) {
    // The only field there is is metadata.name: the name of a node of the host, never the member's.
    MutableJson as_hostname(field);
    as_hostname["key"] = kube::kLabelHostname;
    if (judge && !labels.Satisfies(as_hostname.ref())) return TermFate::kOtherCluster;
  }
  return out.ref().empty() ? TermFate::kNothingLeft : TermFate::kKept;
}

// Terms are alternatives: those of other clusters go; one that placement satisfied whole satisfies
// all. If none is about this cluster (somebody bound the pod by hand), only the questions go.
void TranslateRequiredTerms(JsonNode node_affinity, const VirtualLabels& labels) {
  constexpr const char* kField = "requiredDuringSchedulingIgnoredDuringExecution";
  const JsonRef terms = node_affinity.ref()[kField]["nodeSelectorTerms"];
  if (terms.empty()) return;
  for (const bool judge : {true, false}) {
    MutableJson kept;
    kept["terms"] = kube::JsonArray{};
    bool satisfied = false;
    for (JsonRef term : terms.elements()) {
      MutableJson stripped;
      const TermFate fate = StripTerm(term, labels, judge, stripped);
      satisfied = satisfied || fate == TermFate::kNothingLeft;
      if (fate == TermFate::kKept) kept["terms"].Append(stripped.ref());
    }
    if (satisfied) {
      node_affinity.Remove(kField);
      return;
    }
    if (!kept.ref()["terms"].empty()) {
      node_affinity[kField]["nodeSelectorTerms"] = kept.ref()["terms"];
      return;
    }
  }
}

void TranslatePreferredTerms(JsonNode node_affinity, const VirtualLabels& labels) {
  constexpr const char* kField = "preferredDuringSchedulingIgnoredDuringExecution";
  if (node_affinity.ref()[kField].empty()) return;
  MutableJson kept;
  kept["terms"] = kube::JsonArray{};
  for (JsonRef preferred : node_affinity.ref()[kField].elements()) {
    MutableJson stripped;
    if (StripTerm(preferred["preference"], labels, true, stripped) != TermFate::kKept) continue;
    MutableJson item(preferred);
    item["preference"] = stripped.ref();
    kept["terms"].Append(item.ref());
  }
  if (kept.ref()["terms"].empty()) {
    node_affinity.Remove(kField);
  } else {
    node_affinity[kField] = kept.ref()["terms"];
  }
}

// Names of namespaces inside a PodAffinityTerm are the host's; in the member they may differ.
Result<void> MapNamespaces(JsonNode term, const TranslateOptions& options) {
  if (term.ref()["namespaces"].empty()) return {};
  MutableJson mapped;
  mapped["ns"] = kube::JsonArray{};
  for (JsonRef ns : term.ref()["namespaces"].elements()) {
    // A namespace that is never mirrored has none of the host's pods in the member.
    if (auto remote = RemoteNamespace(options, ns.str())) mapped["ns"].Append(*remote);
  }
  if (mapped.ref()["ns"].empty()) {
    return MakeError(ErrorCode::kInvalid,
                     "pod affinity: none of the term's namespaces exists in a member");
  }
  term["namespaces"] = mapped.ref()["ns"];
  return {};
}

// `list`: of PodAffinityTerms, or of weighted ones.
Result<void> TranslatePodTerms(JsonNode affinity, const char* kind, const char* list,
                               const TranslateOptions& options) {
  const JsonRef terms = affinity.ref()[kind][list];
  if (terms.empty()) return {};
  MutableJson kept;
  kept["terms"] = kube::JsonArray{};
  for (JsonRef item : terms.elements()) {
    const bool weighted = item["podAffinityTerm"].exists();
    const JsonRef term = weighted ? item["podAffinityTerm"] : item;
    if (term["topologyKey"].str().starts_with(kOurPrefix)) continue;
    MutableJson copy(item);
    RETURN_IF_ERROR(MapNamespaces(weighted ? copy["podAffinityTerm"] : copy.root(), options));
    kept["terms"].Append(copy.ref());
  }
  if (kept.ref()["terms"].empty()) {
    affinity[kind].Remove(list);
  } else {
    affinity[kind][list] = kept.ref()["terms"];
  }
  return {};
}

Result<void> TranslateAffinity(JsonNode spec, const VirtualLabels& labels,
                               const TranslateOptions& options) {
  if (!spec.ref()["affinity"].is_object()) return {};
  const JsonNode affinity = spec["affinity"];
  if (affinity.ref()["nodeAffinity"].is_object()) {
    TranslateRequiredTerms(affinity["nodeAffinity"], labels);
    TranslatePreferredTerms(affinity["nodeAffinity"], labels);
  }
  for (const char* kind : {"podAffinity", "podAntiAffinity"}) {
    for (const char* list : {"requiredDuringSchedulingIgnoredDuringExecution",
                             "preferredDuringSchedulingIgnoredDuringExecution"}) {
      RETURN_IF_ERROR(TranslatePodTerms(affinity, kind, list, options));
    }
  }
  for (const char* kind : {"nodeAffinity", "podAffinity", "podAntiAffinity"}) {
    if (affinity.Has(kind) && affinity.ref()[kind].empty()) affinity.Remove(kind);
  }
  if (affinity.ref().empty()) spec.Remove("affinity");
  return {};
}

void TranslateSpread(JsonNode spec) {
  if (spec.ref()["topologySpreadConstraints"].empty()) return;
  MutableJson kept;
  kept["all"] = kube::JsonArray{};
  for (JsonRef constraint : spec.ref()["topologySpreadConstraints"].elements()) {
    if (!constraint["topologyKey"].str().starts_with(kOurPrefix)) kept["all"].Append(constraint);
  }
  if (kept.ref()["all"].empty()) {
    spec.Remove("topologySpreadConstraints");
  } else {
    spec["topologySpreadConstraints"] = kept.ref()["all"];
  }
}

// Tolerations of our taints, and those without a limit for a virtual node that is not ready, are
// about the virtual node. Were the latter passed on, the member would never evict from a dead node.
bool IsClusterLevelToleration(JsonRef toleration) {
  const std::string_view key = toleration["key"].str();
  if (key == kube::kTaintProvider || key.starts_with(kOurPrefix)) return true;
  return (key == kube::kTaintNotReady || key == kube::kTaintUnreachable) &&
         !toleration["tolerationSeconds"].is_number();
}

void TranslateTolerations(JsonNode spec) {
  if (spec.ref()["tolerations"].empty()) return;
  MutableJson kept;
  kept["all"] = kube::JsonArray{};
  for (JsonRef toleration : spec.ref()["tolerations"].elements()) {
    if (!IsClusterLevelToleration(toleration)) kept["all"].Append(toleration);
  }
  if (kept.ref()["all"].empty()) {
    spec.Remove("tolerations");
  } else {
    spec["tolerations"] = kept.ref()["all"];
  }
}

}  // namespace

Result<void> TranslatePlacement(JsonNode spec, const TranslateOptions& options) {
  const VirtualLabels labels(options);
  TranslateNodeSelector(spec, labels);
  TranslateSpread(spec);
  TranslateTolerations(spec);
  return TranslateAffinity(spec, labels, options);
}

}  // namespace stowage::providers
