// What a pod wants of other pods: affinity, topology spread and host ports, in Kubernetes' fields.
#include "app/solve/model_fields.h"

namespace stowage::app {
namespace {

using scheduler::HostPort;
using scheduler::LabelRequirement;
using scheduler::LabelSelector;
using scheduler::PodAffinityTerm;
using scheduler::PodRelations;
using scheduler::SpreadConstraint;
using scheduler::WeightedAffinityTerm;

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

// An absent selector matches no pod, an empty one every pod.
LabelSelector ReadSelector(FieldReader& owner, std::string_view field) {
  const Value* value = owner.Find(field);
  if (value == nullptr) return {.nothing = true};
  FieldReader in(owner.complaints(), *value, owner.NameOf(field),
                 {"matchLabels", "matchExpressions"});
  LabelSelector out;
  for (const auto& [key, label] : ReadLabels(in, "matchLabels")) {
    out.all.push_back({.key = key, .op = LabelRequirement::Op::kIn, .values = {label}});
  }
  for (LabelRequirement& r : ReadRequirements(in, "matchExpressions")) {
    if (r.op == LabelRequirement::Op::kGt || r.op == LabelRequirement::Op::kLt) {
      owner.complaints().Add(
          value->at, in.NameOf("matchExpressions") +
                         ": expected In, NotIn, Exists or DoesNotExist, found Gt or Lt, which only "
                         "node affinity knows");
    }
    out.all.push_back(std::move(r));
  }
  return out;
}

PodAffinityTerm ReadTerm(Complaints& complaints, const Value& value, const std::string& what) {
  FieldReader in(complaints, value, what,
                 {"topologyKey", "labelSelector", "namespaces", "namespaceSelector",
                  "matchLabelKeys", "mismatchLabelKeys"});
  PodAffinityTerm out{.topology_key = in.RequireText("topologyKey", "topology.kubernetes.io/zone"),
                      .selector = ReadSelector(in, "labelSelector"),
                      .namespaces = ReadTexts(in, "namespaces"),
                      .match_label_keys = ReadTexts(in, "matchLabelKeys"),
                      .mismatch_label_keys = ReadTexts(in, "mismatchLabelKeys")};
  if (in.Find("namespaceSelector") != nullptr) {
    out.namespace_selector = ReadSelector(in, "namespaceSelector");
  }
  return out;
}

// podAffinity (sign 1) or podAntiAffinity (sign -1).
void ReadAffinity(FieldReader& affinity, const std::string& kind, int sign,
                  std::vector<PodAffinityTerm>& required, PodRelations& out) {
  Complaints& complaints = affinity.complaints();
  FieldReader in(complaints, MapOrNothing(affinity, kind), kind, {kRequired, kPreferred});
  for (const Value& t : in.List(kRequired)) required.push_back(ReadTerm(complaints, t, kind));
  for (const Value& t : in.List(kPreferred)) {
    FieldReader weighted(complaints, t, kind, {"weight", "podAffinityTerm"});
    weighted.Require("weight", "10");
    WeightedAffinityTerm term{.weight =
                                  sign * static_cast<int32_t>(weighted.Int("weight", 1, 1, 100))};
    if (const Value* inner = weighted.Require("podAffinityTerm", "{topologyKey: ...}")) {
      term.term = ReadTerm(complaints, *inner, kind);
    }
    out.preferred.push_back(std::move(term));
  }
}

SpreadConstraint ReadSpread(Complaints& complaints, const Value& value, const std::string& what) {
  FieldReader in(complaints, value, what,
                 {"maxSkew", "topologyKey", "whenUnsatisfiable", "minDomains", "labelSelector",
                  "matchLabelKeys", "nodeAffinityPolicy", "nodeTaintsPolicy"});
  in.Require("maxSkew", "1");
  SpreadConstraint out{
      .topology_key = in.RequireText("topologyKey", "topology.kubernetes.io/zone"),
      .max_skew = static_cast<int32_t>(in.Int("maxSkew", 1, 1, INT32_MAX)),
      .hard = ReadEither(in, "whenUnsatisfiable", "DoNotSchedule", "ScheduleAnyway", true),
      .min_domains = static_cast<int32_t>(in.Int("minDomains", 1, 1, INT32_MAX)),
      .selector = ReadSelector(in, "labelSelector"),
      .match_label_keys = ReadTexts(in, "matchLabelKeys"),
      .honor_affinity = ReadEither(in, "nodeAffinityPolicy", "Honor", "Ignore", true),
      .honor_taints = ReadEither(in, "nodeTaintsPolicy", "Honor", "Ignore", false)};
  if (!out.hard && out.min_domains > 1) {
    complaints.Add(value.at, in.NameOf("minDomains") + ": goes with DoNotSchedule only; remove it");
  }
  return out;
}

HostPort ReadPort(Complaints& complaints, const Value& value, const std::string& what) {
  FieldReader in(complaints, value, what, {"hostPort", "protocol", "hostIP"});
  in.Require("hostPort", "8080");
  HostPort out{.port = static_cast<int32_t>(in.Int("hostPort", 1, 1, 65535))};
  if (in.Find("hostIP") != nullptr) out.ip = in.RequireText("hostIP", "10.0.0.1");
  const std::string protocol = in.Text("protocol");
  if (protocol == "UDP" || protocol == "SCTP") {
    out.protocol = protocol;
  } else if (!protocol.empty() && protocol != "TCP") {
    complaints.Add(
        value.at, in.NameOf("protocol") + ": expected TCP, UDP or SCTP, found " + Quoted(protocol));
  }
  return out;
}

}  // namespace

PodRelations ReadRelations(FieldReader& in) {
  Complaints& complaints = in.complaints();
  PodRelations out{.ns = in.Text("namespace"), .labels = ReadLabels(in, "labels")};
  FieldReader affinity(complaints, MapOrNothing(in, "affinity"), in.NameOf("affinity"),
                       {"nodeAffinity", "podAffinity", "podAntiAffinity"});
  ReadAffinity(affinity, "podAffinity", 1, out.affinity, out);
  ReadAffinity(affinity, "podAntiAffinity", -1, out.anti_affinity, out);
  for (const Value& v : in.List("topologySpreadConstraints")) {
    out.spread.push_back(ReadSpread(complaints, v, in.NameOf("topologySpreadConstraints")));
  }
  for (const Value& v : in.List("hostPorts")) {
    out.ports.push_back(ReadPort(complaints, v, in.NameOf("hostPorts")));
  }
  return out;
}

}  // namespace stowage::app
