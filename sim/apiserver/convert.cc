#include "sim/apiserver/convert.h"

#include <string_view>
#include <utility>

namespace stowage::sim {
namespace {

// events.k8s.io/v1 and the names that core/v1, the stored form, has for the same.
constexpr std::pair<std::string_view, std::string_view> kEventFields[] = {
    {"regarding", "involvedObject"},
    {"note", "message"},
    {"deprecatedSource", "source"},
    {"deprecatedFirstTimestamp", "firstTimestamp"},
    {"deprecatedLastTimestamp", "lastTimestamp"},
    {"deprecatedCount", "count"},
    {"reportingController", "reportingComponent"},
};

bool IsEvent(const ResourceInfo& r) { return r.group == "events.k8s.io"; }

kube::MutableJson RenameEventFields(kube::JsonRef event, bool to_core) {
  kube::MutableJson out;
  for (const auto& [key, value] : event.members()) {
    std::string_view name = key;
    for (const auto& [events, core] : kEventFields) {
      if (key == (to_core ? events : core)) name = to_core ? core : events;
    }
    out[name] = value;
  }
  return out;
}

bool IsOldAutoscaler(const ResourceInfo& r) {
  return r.group == "autoscaling" && r.version == "v1";
}

// Where autoscaling/v1 carries what it has no field for.
constexpr const char* kMetricsNote = "autoscaling.alpha.kubernetes.io/metrics";
constexpr const char* kBehaviorNote = "autoscaling.alpha.kubernetes.io/behavior";

bool IsCpuUtilization(kube::JsonRef metric) {
  const kube::JsonRef resource = metric["resource"];
  return metric["type"].str() == "Resource" && resource["name"].str() == "cpu" &&
         resource["target"]["averageUtilization"].is_int();
}

kube::MutableJson AutoscalerToV1(kube::JsonRef stored) {
  kube::MutableJson out(stored), others;
  others["metrics"] = kube::JsonArray{};
  for (kube::JsonRef metric : stored["spec"]["metrics"].elements()) {
    if (IsCpuUtilization(metric) && !out.ref()["spec"]["targetCPUUtilizationPercentage"].exists()) {
      out.Set({"spec", "targetCPUUtilizationPercentage"},
              metric["resource"]["target"]["averageUtilization"]);
    } else {
      others["metrics"].Append(metric);
    }
  }
  if (others.ref()["metrics"].size() > 0) {
    out.Set({"metadata", "annotations", kMetricsNote}, others.ref()["metrics"].Dump());
  }
  const kube::JsonRef behavior = stored["spec"]["behavior"];
  if (behavior.exists()) out.Set({"metadata", "annotations", kBehaviorNote}, behavior.Dump());
  out.Remove({"spec", "metrics"});
  out.Remove({"spec", "behavior"});
  out.Remove({"status", "currentMetrics"});
  out.Remove({"status", "conditions"});
  return out;
}

kube::MutableJson AutoscalerFromV1(kube::JsonRef sent) {
  kube::MutableJson out(sent);
  out.Remove({"spec", "targetCPUUtilizationPercentage"});
  const kube::JsonRef percent = sent["spec"]["targetCPUUtilizationPercentage"];
  if (percent.is_int()) {
    kube::JsonNode metric = out["spec"]["metrics"].Append(kube::JsonObject{});
    metric["type"] = "Resource";
    metric["resource"]["name"] = "cpu";
    metric["resource"]["target"]["type"] = "Utilization";
    metric["resource"]["target"]["averageUtilization"] = percent;
  }
  const kube::JsonRef notes = sent["metadata"]["annotations"];
  if (auto metrics = kube::Json::Parse(notes[kMetricsNote].str()); metrics) {
    for (kube::JsonRef metric : kube::JsonRef(*metrics).elements())
      out["spec"]["metrics"].Append(metric);
    out.Remove({"metadata", "annotations", kMetricsNote});
  }
  if (auto behavior = kube::Json::Parse(notes[kBehaviorNote].str()); behavior) {
    out.Set({"spec", "behavior"}, kube::JsonRef(*behavior));
    out.Remove({"metadata", "annotations", kBehaviorNote});
  }
  return out;
}

kube::MutableJson InVersion(const ResourceInfo& r, kube::JsonRef stored) {
  if (IsEvent(r)) return RenameEventFields(stored, false);
  return IsOldAutoscaler(r) ? AutoscalerToV1(stored) : kube::MutableJson(stored);
}

kube::MutableJson AsStored(const ResourceInfo& r, kube::JsonRef sent) {
  if (IsEvent(r)) return RenameEventFields(sent, true);
  return IsOldAutoscaler(r) ? AutoscalerFromV1(sent) : kube::MutableJson(sent);
}

}  // namespace

kube::Json ToVersion(const ResourceInfo& r, const kube::Json& stored) {
  if (r.GroupVersion() == r.storage_version) return stored;
  kube::MutableJson out = InVersion(r, stored);
  out["apiVersion"] = r.GroupVersion();
  return std::move(out).Freeze();
}

kube::MutableJson FromVersion(const ResourceInfo& r, kube::JsonRef sent) {
  kube::MutableJson out = AsStored(r, sent);
  out["apiVersion"] = r.storage_version;
  out["kind"] = r.kind;
  return out;
}

kube::Json PartialMetadata(kube::JsonRef object, const Representation& representation) {
  kube::MutableJson out;
  out["kind"] = "PartialObjectMetadata";
  out["apiVersion"] = "meta.k8s.io/" + representation.meta_version;
  out["metadata"] = object["metadata"];
  return std::move(out).Freeze();
}

}  // namespace stowage::sim
