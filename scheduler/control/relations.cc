#include "scheduler/control/relations.h"

#include <algorithm>
#include <limits>
#include <set>

#include "scheduler/control/constraints.h"

namespace stowage::scheduler {
namespace {

using Op = LabelRequirement::Op;

constexpr const char* kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr const char* kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

auto Unknown(const char* where, std::string_view value) {
  return MakeError(ErrorCode::kInvalid,
                   std::string(where) + ": unknown value \"" + std::string(value) + "\"");
}

auto NoKey(const char* where) {
  return MakeError(ErrorCode::kInvalid, std::string(where) + ": topologyKey is missing");
}

std::vector<std::string> Strings(kube::JsonRef list) {
  std::vector<std::string> out;
  for (const kube::JsonRef s : list.elements()) out.push_back(s.string());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

int32_t Positive(kube::JsonRef number) {
  return static_cast<int32_t>(
      std::clamp<int64_t>(number.i64(1), 1, std::numeric_limits<int32_t>::max()));
}

Result<PodAffinityTerm> ParseTerm(kube::JsonRef term) {
  PodAffinityTerm out{.topology_key = term["topologyKey"].string(),
                      .namespaces = Strings(term["namespaces"]),
                      .match_label_keys = Strings(term["matchLabelKeys"]),
                      .mismatch_label_keys = Strings(term["mismatchLabelKeys"])};
  if (out.topology_key.empty()) return NoKey("podAffinity");
  ASSIGN_OR_RETURN(out.selector, ParseSelector(term["labelSelector"]));
  if (term["namespaceSelector"].is_object()) {
    ASSIGN_OR_RETURN(LabelSelector selector, ParseSelector(term["namespaceSelector"]));
    out.namespace_selector = std::move(selector);
  }
  return out;
}

Result<void> ParseTerms(kube::JsonRef affinity, int sign, std::vector<PodAffinityTerm>& required,
                        std::vector<WeightedAffinityTerm>& preferred) {
  for (const kube::JsonRef t : affinity[kRequired].elements()) {
    ASSIGN_OR_RETURN(PodAffinityTerm term, ParseTerm(t));
    required.push_back(std::move(term));
  }
  for (const kube::JsonRef t : affinity[kPreferred].elements()) {
    ASSIGN_OR_RETURN(PodAffinityTerm term, ParseTerm(t["podAffinityTerm"]));
    const auto weight = static_cast<int32_t>(std::clamp<int64_t>(t["weight"].i64(1), 1, 100));
    preferred.push_back({sign * weight, std::move(term)});
  }
  return {};
}

Result<bool> ParsePolicy(kube::JsonRef policy, bool fallback) {
  const std::string_view text = policy.str();
  if (text.empty()) return fallback;
  if (text == "Honor") return true;
  if (text == "Ignore") return false;
  return Unknown("topologySpreadConstraints policy", text);
}

Result<SpreadConstraint> ParseSpread(kube::JsonRef spread) {
  SpreadConstraint out{.topology_key = spread["topologyKey"].string(),
                       .max_skew = Positive(spread["maxSkew"]),
                       .match_label_keys = Strings(spread["matchLabelKeys"])};
  if (out.topology_key.empty()) return NoKey("topologySpreadConstraints");
  const std::string_view action = spread["whenUnsatisfiable"].str("DoNotSchedule");
  if (action != "DoNotSchedule" && action != "ScheduleAnyway") {
    return Unknown("whenUnsatisfiable", action);
  }
  out.hard = action == "DoNotSchedule";
  if (out.hard) out.min_domains = Positive(spread["minDomains"]);
  ASSIGN_OR_RETURN(out.selector, ParseSelector(spread["labelSelector"]));
  ASSIGN_OR_RETURN(out.honor_affinity, ParsePolicy(spread["nodeAffinityPolicy"], true));
  ASSIGN_OR_RETURN(out.honor_taints, ParsePolicy(spread["nodeTaintsPolicy"], false));
  return out;
}

// On the node's own network every port of a container is one of the node.
void AddPorts(kube::JsonRef container, bool host_network, std::vector<HostPort>& out) {
  for (const kube::JsonRef p : container["ports"].elements()) {
    int64_t port = p["hostPort"].i64();
    if (port == 0 && host_network) port = p["containerPort"].i64();
    if (port < 1 || port > 65535) continue;
    const std::string_view ip = p["hostIP"].str();
    out.push_back({.protocol = p["protocol"].string("TCP"),
                   .ip = std::string(ip.empty() ? "0.0.0.0" : ip),
                   .port = static_cast<int32_t>(port)});
  }
}

std::set<std::string_view> NamedKeys(const PodRelations& r) {
  std::set<std::string_view> keys;
  const auto add = [&](const LabelSelector& selector, const std::vector<std::string>& own) {
    for (const LabelRequirement& q : selector.all) keys.insert(q.key);
    keys.insert(own.begin(), own.end());
  };
  for (const auto* terms : {&r.affinity, &r.anti_affinity}) {
    for (const PodAffinityTerm& t : *terms) {
      add(t.selector, t.match_label_keys);
      add(t.selector, t.mismatch_label_keys);
    }
  }
  for (const WeightedAffinityTerm& w : r.preferred) {
    add(w.term.selector, w.term.match_label_keys);
    add(w.term.selector, w.term.mismatch_label_keys);
  }
  for (const SpreadConstraint& s : r.spread) add(s.selector, s.match_label_keys);
  return keys;
}

Result<void> ParseWishes(kube::JsonRef spec, PodRelations& out) {
  const kube::JsonRef affinity = spec["affinity"];
  RETURN_IF_ERROR(ParseTerms(affinity["podAffinity"], 1, out.affinity, out.preferred));
  RETURN_IF_ERROR(ParseTerms(affinity["podAntiAffinity"], -1, out.anti_affinity, out.preferred));
  for (const kube::JsonRef s : spec["topologySpreadConstraints"].elements()) {
    ASSIGN_OR_RETURN(SpreadConstraint constraint, ParseSpread(s));
    out.spread.push_back(std::move(constraint));
  }
  return {};
}

}  // namespace

bool IsOwnLabel(std::string_view key) {
  return key == "statefulset.kubernetes.io/pod-name" || key == "apps.kubernetes.io/pod-index" ||
         key == "batch.kubernetes.io/job-completion-index";
}

bool SelectsNamespaces(const PodRelations& relations) {
  const auto selects = [](const PodAffinityTerm& t) {
    return t.namespace_selector && !t.namespace_selector->all.empty();
  };
  return std::any_of(relations.affinity.begin(), relations.affinity.end(), selects) ||
         std::any_of(relations.anti_affinity.begin(), relations.anti_affinity.end(), selects) ||
         std::any_of(relations.preferred.begin(), relations.preferred.end(),
                     [&](const WeightedAffinityTerm& w) { return selects(w.term); });
}

Result<LabelSelector> ParseSelector(kube::JsonRef selector) {
  LabelSelector out;
  if (!selector.is_object()) {
    out.nothing = true;
    return out;
  }
  for (const auto& [key, value] : selector["matchLabels"].members()) {
    out.all.push_back({std::string(key), Op::kIn, {value.string()}});
  }
  for (const kube::JsonRef e : selector["matchExpressions"].elements()) {
    LabelRequirement r{.key = e["key"].string(), .values = Strings(e["values"])};
    const std::string_view op = e["operator"].str();
    if (op == "In") {
      r.op = Op::kIn;
    } else if (op == "NotIn") {
      r.op = Op::kNotIn;
    } else if (op == "Exists") {
      r.op = Op::kExists;
    } else if (op == "DoesNotExist") {
      r.op = Op::kDoesNotExist;
    } else {
      return Unknown("labelSelector operator", op);
    }
    out.all.push_back(std::move(r));
  }
  std::sort(out.all.begin(), out.all.end());
  return out;
}

Result<void> ParseRelations(const kube::Object& pod, PodRelations& out) {
  const kube::JsonRef spec = pod.spec();
  out.ns = pod.key().ns;
  out.labels = ParseLabels(pod.metadata()["labels"]);
  const bool host_network = spec["hostNetwork"].boolean();
  for (const kube::JsonRef c : spec["containers"].elements()) AddPorts(c, host_network, out.ports);
  for (const kube::JsonRef c : spec["initContainers"].elements()) {
    if (c["restartPolicy"].str() == "Always") AddPorts(c, host_network, out.ports);
  }
  std::sort(out.ports.begin(), out.ports.end());
  out.ports.erase(std::unique(out.ports.begin(), out.ports.end()), out.ports.end());
  PodRelations wishes;
  RETURN_IF_ERROR(ParseWishes(spec, wishes));
  out.affinity = std::move(wishes.affinity);
  out.anti_affinity = std::move(wishes.anti_affinity);
  out.preferred = std::move(wishes.preferred);
  out.spread = std::move(wishes.spread);
  const std::set<std::string_view> named = NamedKeys(out);
  std::erase_if(out.labels, [&](const auto& label) {
    return IsOwnLabel(label.first) && !named.contains(label.first);
  });
  return {};
}

}  // namespace stowage::scheduler
