#include <map>

#include "base/time/rfc3339.h"
#include "kube/api/selector.h"
#include "sim/apiserver/filter.h"
#include "sim/apiserver/tables.h"
#include "sim/apiserver/tables_pods.h"

namespace stowage::sim {
namespace {

using kube::JsonNode;
using kube::JsonRef;

std::string Age(JsonRef o, WallTime now) {
  return AgeText(o["metadata"]["creationTimestamp"], now);
}

std::string Or(std::string text, std::string fallback = "<none>") {
  return text.empty() ? std::move(fallback) : std::move(text);
}

constexpr int kShown = 3;  // of a Service's addresses

std::string Number(int64_t n) { return std::to_string(n); }

std::string SelectorText(JsonRef selector) {
  if (!selector.exists()) return "<none>";
  const bool structured = selector["matchLabels"].exists() || selector["matchExpressions"].exists();
  if (!structured) return Or(kube::LabelSelector::FromMap(selector).ToString());
  auto parsed = kube::LabelSelector::FromJson(selector);
  return parsed ? Or(parsed->ToString()) : "<invalid>";
}

void Images(JsonRef pod_spec, JsonNode row) {
  std::string names, images;
  for (JsonRef c : pod_spec["containers"].elements()) {
    names += (names.empty() ? "" : ",") + c["name"].string();
    images += (images.empty() ? "" : ",") + c["image"].string();
  }
  row.Append(names);
  row.Append(images);
}

std::string NodeAddress(JsonRef node, std::string_view type) {
  for (JsonRef a : node["status"]["addresses"].elements()) {
    if (a["type"].str() == type) return a["address"].string();
  }
  return "<none>";
}

void NodeCells(JsonRef node, WallTime now, JsonNode row) {
  std::string status = "Unknown";
  for (JsonRef c : node["status"]["conditions"].elements()) {
    if (c["type"].str() == "Ready") status = c["status"].str() == "True" ? "Ready" : "NotReady";
  }
  if (node["spec"]["unschedulable"].boolean()) status += ",SchedulingDisabled";
  std::string roles;
  constexpr std::string_view kRole = "node-role.kubernetes.io/";
  std::map<std::string, bool> sorted;
  for (const auto& [key, value] : node["metadata"]["labels"].members()) {
    if (key.starts_with(kRole) && key.size() > kRole.size())
      sorted[std::string(key.substr(kRole.size()))];
    if (key == "kubernetes.io/role" && !value.str().empty()) sorted[value.string()];
  }
  for (const auto& [role, unused] : sorted) roles += (roles.empty() ? "" : ",") + role;
  const JsonRef info = node["status"]["nodeInfo"];
  row.Append(status);
  row.Append(Or(roles));
  row.Append(Age(node, now));
  row.Append(info["kubeletVersion"].str());
  row.Append(NodeAddress(node, "InternalIP"));
  row.Append(NodeAddress(node, "ExternalIP"));
  row.Append(Or(info["osImage"].string(), "<unknown>"));
  row.Append(Or(info["kernelVersion"].string(), "<unknown>"));
  row.Append(Or(info["containerRuntimeVersion"].string(), "<unknown>"));
}

void DeploymentCells(JsonRef o, WallTime now, JsonNode row) {
  const JsonRef status = o["status"];
  row.Append(Number(status["readyReplicas"].i64()) + "/" + Number(o["spec"]["replicas"].i64()));
  row.Append(status["updatedReplicas"].i64());
  row.Append(status["availableReplicas"].i64());
  row.Append(Age(o, now));
  Images(o["spec"]["template"]["spec"], row);
  row.Append(SelectorText(o["spec"]["selector"]));
}

void ReplicaSetCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["spec"]["replicas"].i64());
  row.Append(o["status"]["replicas"].i64());
  row.Append(o["status"]["readyReplicas"].i64());
  row.Append(Age(o, now));
  Images(o["spec"]["template"]["spec"], row);
  row.Append(SelectorText(o["spec"]["selector"]));
}

void StatefulSetCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(Number(o["status"]["readyReplicas"].i64()) + "/" +
             Number(o["spec"]["replicas"].i64()));
  row.Append(Age(o, now));
  Images(o["spec"]["template"]["spec"], row);
}

void DaemonSetCells(JsonRef o, WallTime now, JsonNode row) {
  const JsonRef s = o["status"];
  for (const char* field : {"desiredNumberScheduled", "currentNumberScheduled", "numberReady",
                            "updatedNumberScheduled", "numberAvailable"}) {
    row.Append(s[field].i64());
  }
  row.Append(SelectorText(o["spec"]["template"]["spec"]["nodeSelector"]));
  row.Append(Age(o, now));
  Images(o["spec"]["template"]["spec"], row);
  row.Append(SelectorText(o["spec"]["selector"]));
}

std::string JobStatus(JsonRef job) {
  const auto has = [&](std::string_view type) {
    for (JsonRef c : job["status"]["conditions"].elements()) {
      if (c["type"].str() == type && c["status"].str() == "True") return true;
    }
    return false;
  };
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (job["metadata"]["deletionTimestamp"].is_string()) return "Terminating";
  if (has("Suspended")) return "Suspended";
  if (has("FailureTarget")) return "FailureTarget";
  if (has("SuccessCriteriaMet")) return "SuccessCriteriaMet";
  return "Running";
}

void JobCells(JsonRef o, WallTime now, JsonNode row) {
  const JsonRef spec = o["spec"], status = o["status"];
  const std::string done = Number(status["succeeded"].i64());
  row.Append(JobStatus(o));
  if (spec["completions"].is_int()) {
    row.Append(done + "/" + Number(spec["completions"].i64()));
  } else if (spec["parallelism"].i64() > 1) {
    row.Append(done + "/1 of " + Number(spec["parallelism"].i64()));
  } else {
    row.Append(done + "/1");
  }
  auto start = ParseTime(status["startTime"].str());
  auto end = ParseTime(status["completionTime"].str());
  row.Append(!start ? std::string() : HumanDuration((end ? *end : now) - *start));
  row.Append(Age(o, now));
  Images(spec["template"]["spec"], row);
  row.Append(SelectorText(spec["selector"]));
}

void CronJobCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["spec"]["schedule"].str());
  row.Append(Or(o["spec"]["timeZone"].string()));
  row.Append(o["spec"]["suspend"].boolean() ? "True" : "False");
  row.Append(static_cast<int64_t>(o["status"]["active"].size()));
  const JsonRef last = o["status"]["lastScheduleTime"];
  row.Append(last.is_string() ? AgeText(last, now) : std::string("<none>"));
  row.Append(Age(o, now));
  Images(o["spec"]["jobTemplate"]["spec"]["template"]["spec"], row);
  row.Append(SelectorText(o["spec"]["jobTemplate"]["spec"]["selector"]));
}

std::string ServicePorts(JsonRef spec) {
  std::string out;
  for (JsonRef p : spec["ports"].elements()) {
    out += (out.empty() ? "" : ",") + Number(p["port"].i64());
    if (p["nodePort"].i64() > 0) out += ":" + Number(p["nodePort"].i64());
    out += "/" + p["protocol"].string();
  }
  return Or(out);
}

void ServiceCells(JsonRef o, WallTime now, JsonNode row) {
  const JsonRef spec = o["spec"];
  const std::string type = spec["type"].string();
  row.Append(type);
  row.Append(Or(spec["clusterIP"].string()));
  std::string external;
  for (JsonRef i : o["status"]["loadBalancer"]["ingress"].elements()) {
    const std::string at = Or(i["ip"].string(), i["hostname"].string());
    external += (external.empty() ? "" : ",") + at;
  }
  for (JsonRef i : spec["externalIPs"].elements()) {
    external += (external.empty() ? "" : ",") + i.string();
  }
  if (type == "ExternalName") external = spec["externalName"].string();
  row.Append(Or(external, type == "LoadBalancer" ? "<pending>" : "<none>"));
  row.Append(ServicePorts(spec));
  row.Append(Age(o, now));
  row.Append(SelectorText(spec["selector"]));
}

void NamespaceCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["status"]["phase"].str());
  row.Append(Age(o, now));
}

// Core events, also as they come from the newer API with eventTime and series.
void EventCells(JsonRef o, WallTime now, JsonNode row) {
  JsonRef first = o["firstTimestamp"], last = o["lastTimestamp"];
  if (!first.is_string()) first = o["eventTime"];
  if (o["series"]["lastObservedTime"].is_string()) last = o["series"]["lastObservedTime"];
  if (!last.is_string()) last = first;
  JsonRef about = o["involvedObject"];
  if (!about.exists()) about = o["regarding"];
  std::string kind = about["kind"].string();
  for (char& c : kind) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string source = o["source"]["component"].string(o["reportingComponent"].str());
  if (!o["source"]["host"].str().empty()) source += ", " + o["source"]["host"].string();
  const int64_t count = o["series"]["count"].i64(o["count"].i64(1));
  row.Append(AgeText(last, now));
  row.Append(o["type"].str());
  row.Append(o["reason"].str());
  row.Append(kind + "/" + about["name"].string());
  row.Append(about["fieldPath"].str());
  row.Append(source);
  row.Append(o["message"].str(o["note"].str()));
  row.Append(AgeText(first, now));
  row.Append(count);
  row.Append(o["metadata"]["name"].str());
}

void ConfigMapCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(static_cast<int64_t>(o["data"].size() + o["binaryData"].size()));
  row.Append(Age(o, now));
}

void SecretCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["type"].str());
  row.Append(static_cast<int64_t>(o["data"].size()));
  row.Append(Age(o, now));
}

void ServiceAccountCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(static_cast<int64_t>(o["secrets"].size()));
  row.Append(Age(o, now));
}

void LeaseCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["spec"]["holderIdentity"].str());
  row.Append(Age(o, now));
}

void SliceCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["addressType"].str());
  std::string ports, addresses;
  for (JsonRef p : o["ports"].elements()) {
    ports += (ports.empty() ? "" : ",") + (p["port"].is_int() ? Number(p["port"].i64()) : "*");
  }
  int count = 0;
  for (JsonRef e : o["endpoints"].elements()) {
    for (JsonRef a : e["addresses"].elements()) {
      if (++count <= kShown) addresses += (addresses.empty() ? "" : ",") + a.string();
    }
  }
  if (count > kShown) addresses += " + " + Number(count - kShown) + " more...";
  row.Append(Or(ports, "<unset>"));
  row.Append(Or(addresses, "<unset>"));
  row.Append(Age(o, now));
}

void CrdCells(JsonRef o, WallTime, JsonNode row) { row.Append(o["metadata"]["creationTimestamp"]); }

void PriorityCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["value"].i64());
  row.Append(o["globalDefault"].boolean());
  row.Append(Age(o, now));
  row.Append(o["preemptionPolicy"].str());
}

void BudgetCells(JsonRef o, WallTime now, JsonNode row) {
  for (const char* field : {"minAvailable", "maxUnavailable"}) {
    row.Append(Or(FieldText(o["spec"], field), "N/A"));
  }
  row.Append(o["status"]["disruptionsAllowed"].i64());
  row.Append(Age(o, now));
}

void IngressCells(JsonRef o, WallTime now, JsonNode row) {
  std::string hosts, addresses;
  for (JsonRef rule : o["spec"]["rules"].elements()) {
    if (!rule["host"].str().empty()) hosts += (hosts.empty() ? "" : ",") + rule["host"].string();
  }
  for (JsonRef i : o["status"]["loadBalancer"]["ingress"].elements()) {
    addresses += (addresses.empty() ? "" : ",") + i["ip"].string(i["hostname"].str());
  }
  row.Append(Or(o["spec"]["ingressClassName"].string()));
  row.Append(Or(hosts, "*"));
  row.Append(addresses);
  row.Append(o["spec"]["tls"].empty() ? "80" : "80, 443");
  row.Append(Age(o, now));
}

// "10.0.0.1:80,10.0.0.2:80 + 3 more..."
void EndpointsCells(JsonRef o, WallTime now, JsonNode row) {
  std::string text;
  int count = 0;
  for (JsonRef subset : o["subsets"].elements()) {
    for (JsonRef address : subset["addresses"].elements()) {
      for (JsonRef port : subset["ports"].elements()) {
        if (++count > kShown) continue;
        text +=
            (text.empty() ? "" : ",") + address["ip"].string() + ":" + Number(port["port"].i64());
      }
    }
  }
  if (count > kShown) text += " + " + Number(count - kShown) + " more...";
  row.Append(Or(text));
  row.Append(Age(o, now));
}

void RoleCells(JsonRef o, WallTime, JsonNode row) {
  row.Append(o["metadata"]["creationTimestamp"].str());
}

void RoleBindingCells(JsonRef o, WallTime now, JsonNode row) {
  row.Append(o["roleRef"]["kind"].string() + "/" + o["roleRef"]["name"].string());
  row.Append(Age(o, now));
}

// "cpu: <unknown>/50%": nothing measures, so the first half is what Kubernetes shows without
// metrics.
std::string MetricTarget(JsonRef metric) {
  const std::string type = metric["type"].string();
  if (type != "Resource") return "<unknown>/" + type;
  const JsonRef target = metric["resource"]["target"];
  const std::string name = metric["resource"]["name"].string() + ": <unknown>/";
  if (target["averageUtilization"].is_int())
    return name + Number(target["averageUtilization"].i64()) + "%";
  return name + target["averageValue"].string(target["value"].str());
}

void AutoscalerCells(JsonRef o, WallTime now, JsonNode row) {
  const JsonRef spec = o["spec"];
  std::string targets;
  for (JsonRef metric : spec["metrics"].elements()) {
    targets += (targets.empty() ? "" : ", ") + MetricTarget(metric);
  }
  row.Append(spec["scaleTargetRef"]["kind"].string() + "/" +
             spec["scaleTargetRef"]["name"].string());
  row.Append(Or(targets));
  row.Append(Number(spec["minReplicas"].i64(1)));
  row.Append(Number(spec["maxReplicas"].i64()));
  row.Append(o["status"]["currentReplicas"].i64());
  row.Append(Age(o, now));
}

TableColumn Text(const char* name, int priority = 0) {
  return {name, "string", "", name, priority};
}
TableColumn Int(const char* name, int priority = 0) {
  return {name, "integer", "", name, priority};
}

// lint: long-function: one table, a row a kind
std::map<std::string_view, TablePrinter> MakePrinters() {
  const TableColumn names = Text("Containers", 1), images = Text("Images", 1),
                    selector = Text("Selector", 1);
  return {
      {"pods",
       {{Text("Ready"), Text("Status"), Text("Restarts"), Text("Age"), Text("IP", 1),
         Text("Node", 1), Text("Nominated Node", 1), Text("Readiness Gates", 1)},
        PodCells}},
      {"nodes",
       {{Text("Status"), Text("Roles"), Text("Age"), Text("Version"), Text("Internal-IP", 1),
         Text("External-IP", 1), Text("OS-Image", 1), Text("Kernel-Version", 1),
         Text("Container-Runtime", 1)},
        NodeCells}},
      {"deployments.apps",
       {{Text("Ready"), Int("Up-to-date"), Int("Available"), Text("Age"), names, images, selector},
        DeploymentCells}},
      {"replicasets.apps",
       {{Int("Desired"), Int("Current"), Int("Ready"), Text("Age"), names, images, selector},
        ReplicaSetCells}},
      {"replicationcontrollers",
       {{Int("Desired"), Int("Current"), Int("Ready"), Text("Age"), names, images, selector},
        ReplicaSetCells}},
      {"statefulsets.apps", {{Text("Ready"), Text("Age"), names, images}, StatefulSetCells}},
      {"daemonsets.apps",
       {{Int("Desired"), Int("Current"), Int("Ready"), Int("Up-to-date"), Int("Available"),
         Text("Node Selector"), Text("Age"), names, images, selector},
        DaemonSetCells}},
      {"jobs.batch",
       {{Text("Status"), Text("Completions"), Text("Duration"), Text("Age"), names, images,
         selector},
        JobCells}},
      {"cronjobs.batch",
       {{Text("Schedule"), Text("Timezone"), Text("Suspend"), Int("Active"), Text("Last Schedule"),
         Text("Age"), names, images, selector},
        CronJobCells}},
      {"services",
       {{Text("Type"), Text("Cluster-IP"), Text("External-IP"), Text("Port(s)"), Text("Age"),
         selector},
        ServiceCells}},
      {"namespaces", {{Text("Status"), Text("Age")}, NamespaceCells}},
      {"configmaps", {{Int("Data"), Text("Age")}, ConfigMapCells}},
      {"secrets", {{Text("Type"), Int("Data"), Text("Age")}, SecretCells}},
      {"serviceaccounts", {{Int("Secrets"), Text("Age")}, ServiceAccountCells}},
      {"leases.coordination.k8s.io", {{Text("Holder"), Text("Age")}, LeaseCells}},
      {"endpointslices.discovery.k8s.io",
       {{Text("AddressType"), Text("Ports"), Text("Endpoints"), Text("Age")}, SliceCells}},
      {"customresourcedefinitions.apiextensions.k8s.io",
       {{{"Created At", "date", "", "", 0}}, CrdCells}},
      {"priorityclasses.scheduling.k8s.io",
       {{Int("Value"),
         {"Global-Default", "boolean", "", "", 0},
         Text("Age"),
         Text("PreemptionPolicy")},
        PriorityCells}},
      {"poddisruptionbudgets.policy",
       {{Text("Min Available"), Text("Max Unavailable"), Int("Allowed Disruptions"), Text("Age")},
        BudgetCells}},
      {"events",
       {{Text("Last Seen"),
         Text("Type"),
         Text("Reason"),
         Text("Object"),
         Text("Subobject", 1),
         Text("Source", 1),
         Text("Message"),
         Text("First Seen", 1),
         Int("Count", 1),
         {"Name", "string", "name", "Name", 1}},
        EventCells,
        /*name_first=*/false}},
      {"ingresses.networking.k8s.io",
       {{Text("Class"), Text("Hosts"), Text("Address"), Text("Ports"), Text("Age")}, IngressCells}},
      {"endpoints", {{Text("Endpoints"), Text("Age")}, EndpointsCells}},
      {"roles.rbac.authorization.k8s.io", {{{"Created At", "date", "", "", 0}}, RoleCells}},
      {"clusterroles.rbac.authorization.k8s.io", {{{"Created At", "date", "", "", 0}}, RoleCells}},
      {"rolebindings.rbac.authorization.k8s.io", {{Text("Role"), Text("Age")}, RoleBindingCells}},
      {"clusterrolebindings.rbac.authorization.k8s.io",
       {{Text("Role"), Text("Age")}, RoleBindingCells}},
      {"horizontalpodautoscalers.autoscaling",
       {{Text("Reference"), Text("Targets"), Text("MinPods"), Text("MaxPods"), Int("Replicas"),
         Text("Age")},
        AutoscalerCells}},
  };
}

}  // namespace

const TablePrinter* FindPrinter(std::string_view storage) {
  static const std::map<std::string_view, TablePrinter> kPrinters = MakePrinters();
  auto it = kPrinters.find(storage);
  return it == kPrinters.end() ? nullptr : &it->second;
}

}  // namespace stowage::sim
