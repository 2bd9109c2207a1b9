#include "sim/apiserver/tables_pods.h"

#include "base/time/rfc3339.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

std::string InitStatus(JsonRef pod, bool& initializing) {
  const JsonRef specs = pod["spec"]["initContainers"];
  size_t i = 0;
  for (JsonRef c : pod["status"]["initContainerStatuses"].elements()) {
    const size_t index = i++;
    const JsonRef state = c["state"];
    if (state["terminated"].is_object() && state["terminated"]["exitCode"].i64() == 0) continue;
    if (specs.At(index)["restartPolicy"].str() == "Always" && c["started"].boolean()) continue;
    initializing = true;
    if (const JsonRef t = state["terminated"]; t.is_object()) {
      if (!t["reason"].str().empty()) return "Init:" + t["reason"].string();
      if (t["signal"].i64() != 0) return "Init:Signal:" + std::to_string(t["signal"].i64());
      return "Init:ExitCode:" + std::to_string(t["exitCode"].i64());
    }
    const std::string waiting = state["waiting"]["reason"].string();
    if (!waiting.empty() && waiting != "PodInitializing") return "Init:" + waiting;
    return "Init:" + std::to_string(index) + "/" + std::to_string(specs.size());
  }
  return "";
}

std::string ContainerStatus(JsonRef pod, std::string reason) {
  bool running = false;
  // From the last to the first, so that the first container's trouble is what is told.
  const JsonRef statuses = pod["status"]["containerStatuses"];
  for (size_t i = statuses.size(); i-- > 0;) {
    const JsonRef c = statuses.At(i), state = c["state"];
    const std::string waiting = state["waiting"]["reason"].string();
    const JsonRef t = state["terminated"];
    if (!waiting.empty()) {
      reason = waiting;
    } else if (t.is_object() && !t["reason"].str().empty()) {
      reason = t["reason"].string();
    } else if (t.is_object()) {
      reason = t["signal"].i64() != 0 ? "Signal:" + std::to_string(t["signal"].i64())
                                      : "ExitCode:" + std::to_string(t["exitCode"].i64());
    } else if (c["ready"].boolean() && state["running"].is_object()) {
      running = true;
    }
  }
  if (reason == "Completed" && running) {
    for (JsonRef c : pod["status"]["conditions"].elements()) {
      if (c["type"].str() == "Ready" && c["status"].str() == "True") return "Running";
    }
    return "NotReady";
  }
  return reason;
}

std::string Restarts(JsonRef pod, bool initializing, WallTime now) {
  int64_t count = 0;
  std::optional<WallTime> last;
  const auto add = [&](JsonRef statuses) {
    for (JsonRef c : statuses.elements()) {
      count += c["restartCount"].i64();
      auto t = ParseTime(c.Find({"lastState", "terminated", "finishedAt"}).str());
      if (t && (!last || *t > *last)) last = *t;
    }
  };
  add(pod["status"][initializing ? "initContainerStatuses" : "containerStatuses"]);
  if (count == 0 || !last) return std::to_string(count);
  return std::to_string(count) + " (" + HumanDuration(std::max(Duration(0), now - *last)) + " ago)";
}

}  // namespace

std::string PodStatusText(JsonRef pod) {
  std::string reason = pod["status"]["reason"].string();
  if (reason.empty()) reason = pod["status"]["phase"].string();
  if (!pod["spec"]["schedulingGates"].empty()) {
    for (JsonRef c : pod["status"]["conditions"].elements()) {
      if (c["type"].str() == "PodScheduled" && c["reason"].str() == "SchedulingGated") {
        reason = "SchedulingGated";
      }
    }
  }
  bool initializing = false;
  const std::string init = InitStatus(pod, initializing);
  reason = initializing ? init : ContainerStatus(pod, reason);
  if (pod["metadata"]["deletionTimestamp"].is_string()) {
    const std::string_view phase = pod["status"]["phase"].str();
    if (pod["status"]["reason"].str() == "NodeLost") return "Unknown";
    if (phase != "Failed" && phase != "Succeeded") return "Terminating";
  }
  return reason;
}

void PodCells(JsonRef pod, WallTime now, kube::JsonNode row) {
  int64_t ready = 0;
  for (JsonRef c : pod["status"]["containerStatuses"].elements()) {
    ready += c["ready"].boolean() && c["state"]["running"].is_object();
  }
  bool initializing = false;
  InitStatus(pod, initializing);
  row.Append(std::to_string(ready) + "/" + std::to_string(pod["spec"]["containers"].size()));
  row.Append(PodStatusText(pod));
  row.Append(Restarts(pod, initializing, now));
  row.Append(AgeText(pod["metadata"]["creationTimestamp"], now));
  row.Append(pod["status"]["podIP"].str("<none>"));
  const std::string_view node = pod["spec"]["nodeName"].str();
  row.Append(node.empty() ? "<none>" : node);
  const std::string_view nominated = pod["status"]["nominatedNodeName"].str();
  row.Append(nominated.empty() ? "<none>" : nominated);
  const JsonRef gates = pod["spec"]["readinessGates"];
  if (gates.empty()) {
    row.Append("<none>");
    return;
  }
  int64_t met = 0;
  for (JsonRef g : gates.elements()) {
    for (JsonRef c : pod["status"]["conditions"].elements()) {
      met += c["type"] == g["conditionType"] && c["status"].str() == "True";
    }
  }
  row.Append(std::to_string(met) + "/" + std::to_string(gates.size()));
}

}  // namespace stowage::sim
