// The rules of a pod: selectors, affinity and tolerations in Kubernetes' fields; latency and data.
#include <optional>

#include "app/solve/model_fields.h"
#include "kube/api/quantity.h"

namespace stowage::app {
namespace {

using scheduler::LabelRequirement;
using scheduler::LatencySource;
using scheduler::NodeSelectorTerm;
using scheduler::PodConstraints;
using scheduler::PreferredTerm;
using scheduler::Taint;
using scheduler::Toleration;

constexpr int64_t kMebi = int64_t{1} << 20;
constexpr int64_t kWholeShare = 1'000'000;  // in millionths

struct OpName {
  std::string_view name;
  LabelRequirement::Op op;
  size_t values_min, values_max;
};
constexpr OpName kOps[] = {{"In", LabelRequirement::Op::kIn, 1, SIZE_MAX},
                           {"NotIn", LabelRequirement::Op::kNotIn, 1, SIZE_MAX},
                           {"Exists", LabelRequirement::Op::kExists, 0, 0},
                           {"DoesNotExist", LabelRequirement::Op::kDoesNotExist, 0, 0},
                           {"Gt", LabelRequirement::Op::kGt, 1, 1},
                           {"Lt", LabelRequirement::Op::kLt, 1, 1}};

LabelRequirement ReadRequirement(Complaints& complaints, const Value& value,
                                 const std::string& what) {
  FieldReader in(complaints, value, what, {"key", "operator", "values"});
  LabelRequirement out{.key = in.RequireText("key", "topology.kubernetes.io/zone")};
  const std::string name = in.RequireText("operator", "In");
  out.values = ReadTexts(in, "values");
  for (const OpName& op : kOps) {
    if (op.name != name) continue;
    out.op = op.op;
    if (out.values.size() < op.values_min || out.values.size() > op.values_max) {
      complaints.Add(value.at, what + ": expected " +
                                   (op.values_max == 0   ? "no values"
                                    : op.values_max == 1 ? "one value"
                                                         : "at least one value") +
                                   " with " + name + ", found " +
                                   std::to_string(out.values.size()));
    }
    return out;
  }
  complaints.Add(value.at, in.NameOf("operator") +
                               ": expected In, NotIn, Exists, DoesNotExist, Gt or Lt, found " +
                               Quoted(name));
  return out;
}

NodeSelectorTerm ReadTerm(Complaints& complaints, const Value& value, const std::string& what) {
  FieldReader in(complaints, value, what, {"matchExpressions", "matchFields"});
  return {ReadRequirements(in, "matchExpressions"), ReadRequirements(in, "matchFields")};
}

void ReadAffinity(FieldReader& pod, PodConstraints& out) {
  constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
  constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";
  Complaints& complaints = pod.complaints();
  FieldReader all(complaints, MapOrNothing(pod, "affinity"), pod.NameOf("affinity"),
                  {"nodeAffinity", "podAffinity", "podAntiAffinity"});
  FieldReader in(complaints, MapOrNothing(all, "nodeAffinity"), "nodeAffinity",
                 {kRequired, kPreferred});
  if (const Value* required = in.Find(kRequired)) {
    FieldReader terms(complaints, *required, std::string(kRequired), {"nodeSelectorTerms"});
    out.required = ReadTerms(terms, "nodeSelectorTerms");
  }
  for (const Value& p : in.List(kPreferred)) {
    FieldReader preferred(complaints, p, std::string(kPreferred), {"weight", "preference"});
    preferred.Require("weight", "10");
    PreferredTerm term{.weight = static_cast<int32_t>(preferred.Int("weight", 1, 1, 100))};
    if (const Value* preference = preferred.Require("preference", "{matchExpressions: [...]}")) {
      term.term = ReadTerm(complaints, *preference, "preference");
    }
    out.preferred.push_back(std::move(term));
  }
}

Toleration ReadToleration(Complaints& complaints, const Value& value, const std::string& what) {
  FieldReader in(complaints, value, what, {"key", "operator", "value", "effect"});
  Toleration out{.key = in.Text("key"), .value = in.Text("value")};
  const std::string op = in.Text("operator"), effect = in.Text("effect");
  out.exists = op == "Exists";
  if (!op.empty() && op != "Exists" && op != "Equal") {
    complaints.Add(value.at,
                   in.NameOf("operator") + ": expected Exists or Equal, found " + Quoted(op));
  }
  if (out.key.empty() && !out.exists) {
    complaints.Add(value.at, what + ": a toleration without a key needs the operator Exists");
  }
  if (effect == "NoSchedule") {
    out.effects = {Taint::Effect::kNoSchedule};
  } else if (effect == "PreferNoSchedule") {
    out.effects = {Taint::Effect::kPreferNoSchedule};
  } else if (effect == "NoExecute") {
    out.effects = {Taint::Effect::kNoExecute};
  } else if (!effect.empty()) {
    complaints.Add(value.at, in.NameOf("effect") +
                                 ": expected NoSchedule, PreferNoSchedule or NoExecute, found " +
                                 Quoted(effect));
  }
  return out;
}

void ReadLatency(FieldReader& pod, PodConstraints& out) {
  const Value* latency = pod.Find("latency");
  if (latency == nullptr) return;
  FieldReader in(pod.complaints(), *latency, pod.NameOf("latency"),
                 {"sources", "costPerMillisecond", "maximumMilliseconds"});
  for (const Value& value : in.List("sources")) {
    FieldReader source(pod.complaints(), value, in.NameOf("sources"), {"region", "share"});
    out.latency_sources.push_back(
        {.region = source.RequireText("region", "eu-west-1"),
         .weight_ppm = ReadDecimal(source, "share", 6, kWholeShare, kWholeShare)});
  }
  out.cost_per_ms = ReadPrice(in, "costPerMillisecond");
  if (in.Find("maximumMilliseconds") != nullptr) {
    out.latency_us_max = ReadDecimal(in, "maximumMilliseconds", 3, 0, scheduler::kMaxLatencyUs);
  }
}

void ReadData(FieldReader& pod, PodConstraints& out) {
  const Value* data = pod.Find("data");
  if (data == nullptr) return;
  FieldReader in(pod.complaints(), *data, pod.NameOf("data"), {"region", "perHour"});
  out.data_region = in.Text("region");
  const Value* volume = in.Find("perHour");
  if (volume == nullptr) return;
  const int64_t bytes = ReadQuantity(pod.complaints(), *volume, in.NameOf("perHour"), "memory", 0,
                                     scheduler::kMaxAmount);
  if (bytes % kMebi != 0) {
    pod.complaints().Add(volume->at,
                         in.NameOf("perHour") +
                             ": expected whole mebibytes, such as 512Mi or 2Gi, found " +
                             Quoted(volume->text));
  }
  out.data_mib_per_hour = bytes / kMebi;
}

void ReadOnce(FieldReader& pod, PodConstraints& out) {
  const Value* once = pod.Find("once");
  if (once == nullptr) return;
  FieldReader in(pod.complaints(), *once, pod.NameOf("once"),
                 {"restart", "waitingHour", "home", "moving", "runSeconds"});
  out.once = {.restart = ReadPrice(in, "restart"),
              .waiting = ReadPrice(in, "waitingHour"),
              .home = in.Text("home"),
              .moving = ReadPrice(in, "moving"),
              .run_seconds = in.Int("runSeconds", out.once.run_seconds, 1, scheduler::kMaxSeconds)};
}

void ReadPlaces(FieldReader& pod, PodConstraints& out) {
  FieldReader residency(pod.complaints(), MapOrNothing(pod, "residency"), pod.NameOf("residency"),
                        {"allowedRegions", "deniedRegions"});
  out.allowed_regions = ReadTexts(residency, "allowedRegions");
  out.denied_regions = ReadTexts(residency, "deniedRegions");
  for (const Value& value : pod.List("volumes")) {
    FieldReader volume(pod.complaints(), value, pod.NameOf("volumes"), {"nodeSelectorTerms"});
    volume.Require("nodeSelectorTerms", "[{matchExpressions: [...]}]");
    out.volumes.push_back(ReadTerms(volume, "nodeSelectorTerms"));
  }
}

}  // namespace

std::vector<LabelRequirement> ReadRequirements(FieldReader& in, std::string_view field) {
  std::vector<LabelRequirement> out;
  for (const Value& r : in.List(field)) {
    out.push_back(ReadRequirement(in.complaints(), r, in.NameOf(field)));
  }
  return out;
}

std::vector<NodeSelectorTerm> ReadTerms(FieldReader& in, std::string_view field) {
  std::vector<NodeSelectorTerm> out;
  for (const Value& t : in.List(field)) {
    out.push_back(ReadTerm(in.complaints(), t, std::string(field)));
  }
  return out;
}

PodConstraints ReadConstraints(FieldReader& in) {
  PodConstraints out;
  out.node_selector = ReadLabels(in, "nodeSelector");
  ReadAffinity(in, out);
  for (const Value& value : in.List("tolerations")) {
    out.tolerations.push_back(ReadToleration(in.complaints(), value, in.NameOf("tolerations")));
  }
  ReadLatency(in, out);
  ReadData(in, out);
  ReadOnce(in, out);
  ReadPlaces(in, out);
  return out;
}

}  // namespace stowage::app
