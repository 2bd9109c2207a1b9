#include "sim/apiserver/pods.h"

#include <algorithm>

#include "kube/api/selector.h"
#include "sim/apiserver/kubelet_connector.h"
#include "sim/apiserver/rest.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

constexpr char kBudgets[] = "poddisruptionbudgets.policy";

kube::Json Success(int code) {
  kube::MutableJson j;
  j["kind"] = "Status";
  j["apiVersion"] = "v1";
  j["metadata"] = kube::JsonObject{};
  j["status"] = "Success";
  j["code"] = code;
  return std::move(j).Freeze();
}

ApiResult<void> CheckBinding(const Call& call, JsonRef pod, JsonRef binding) {
  const ResourceInfo& r = *call.resource;
  const std::string& name = call.info.name;
  const auto conflict = [&](const std::string& why) { return Conflict(r, name, why); };
  const std::string_view uid = binding["metadata"]["uid"].str();
  if (!uid.empty() && uid != pod["metadata"]["uid"].str()) {
    return conflict("Precondition failed: UID in precondition: " + std::string(uid) +
                    ", UID in object meta: " + pod["metadata"]["uid"].string());
  }
  const std::string_view version = binding["metadata"]["resourceVersion"].str();
  if (!version.empty() && version != pod["metadata"]["resourceVersion"].str()) {
    return Modified(r, name);
  }
  if (pod["metadata"]["deletionTimestamp"].is_string()) {
    return conflict("pod " + name + " is being deleted, cannot be assigned to a host");
  }
  if (!pod["spec"]["nodeName"].str().empty()) {
    return conflict("pod " + name + " is already assigned to node \"" +
                    pod["spec"]["nodeName"].string() + "\"");
  }
  if (!pod["spec"]["schedulingGates"].empty()) {
    return conflict("pod " + name + " has non-empty .spec.schedulingGates");
  }
  const std::string_view kind = binding["target"]["kind"].str("Node");
  if (!kind.empty() && kind != "Node") {
    return Invalid({.kind = "Binding", .plural = "bindings"}, name,
                   {{"FieldValueNotSupported",
                     "Unsupported value: \"" + std::string(kind) + "\": supported values: \"Node\"",
                     "target.kind"}});
  }
  if (binding["target"]["name"].str().empty()) {
    return Invalid({.kind = "Binding", .plural = "bindings"}, name,
                   {{"FieldValueRequired", "Required value", "target.name"}});
  }
  return {};
}

void SetScheduled(kube::MutableJson& pod, const std::string& now) {
  kube::MutableJson condition;
  condition["type"] = "PodScheduled";
  condition["status"] = "True";
  condition["lastProbeTime"] = nullptr;
  condition["lastTransitionTime"] = now;
  const JsonRef conditions = pod.ref()["status"]["conditions"];
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (conditions.At(i)["type"].str() != "PodScheduled") continue;
    pod["status"]["conditions"].At(i) = condition.ref();
    return;
  }
  pod["status"]["conditions"].Append(condition.ref());
}

struct BudgetCheck {
  EntryPtr budget;  // the one to charge; nullptr: none protects the pod
};

bool Ready(JsonRef pod) {
  for (JsonRef c : pod["status"]["conditions"].elements()) {
    if (c["type"].str() == "Ready") return c["status"].str() == "True";
  }
  return false;
}

ApiResult<BudgetCheck> CheckBudgets(Core& core, const EntryPtr& pod) {
  std::vector<EntryPtr> found;
  for (const auto& [key, entry] : core.store.collection(kBudgets).objects) {
    if (key.ns != pod->key().ns) continue;
    auto selector = kube::LabelSelector::FromJson(entry->json()["spec"]["selector"]);
    if (selector && selector->Matches(pod->json()["metadata"]["labels"])) found.push_back(entry);
  }
  if (found.empty()) return BudgetCheck{};
  if (found.size() > 1) {
    return InternalError(
        "This pod has more than one PodDisruptionBudget, which the eviction "
        "subresource does not support.");
  }
  const JsonRef budget = found[0]->json();
  const JsonRef status = budget["status"];
  const bool always = budget["spec"]["unhealthyPodEvictionPolicy"].str() == "AlwaysAllow";
  const bool healthy = status["currentHealthy"].i64() >= status["desiredHealthy"].i64() &&
                       status["desiredHealthy"].i64() > 0;
  if (!Ready(pod->json()) && (always || healthy)) return BudgetCheck{};
  const bool current = status["observedGeneration"].i64() >= budget["metadata"]["generation"].i64();
  if (current && status["disruptionsAllowed"].i64() > 0) return BudgetCheck{found[0]};
  ApiError e;
  e.code = 429;
  e.reason = "TooManyRequests";
  e.message = "Cannot evict pod as it would violate the pod's disruption budget.";
  const std::string name = found[0]->key().name;
  e.causes.push_back(
      {"DisruptionBudget",
       current ? "The disruption budget " + name + " needs " +
                     std::to_string(status["desiredHealthy"].i64()) + " healthy pods and has " +
                     std::to_string(status["currentHealthy"].i64()) + " currently"
               : "The disruption budget " + name + " is still being processed by the server.",
       ""});
  if (!current) e.retry_after_seconds = 10;
  return ApiFailure(std::move(e));
}

bool NeedsBudget(JsonRef pod) {
  const std::string_view phase = pod["status"]["phase"].str();
  return phase != "Succeeded" && phase != "Failed" && phase != "Pending" &&
         !pod["metadata"]["deletionTimestamp"].is_string();
}

// What a pod that leaves by eviction says about it.
void MarkDisrupted(Core& core, const kube::NamespacedName& key) {
  EditObject(core, "pods", key, [&](kube::MutableJson& pod) {
    kube::MutableJson c;
    c["type"] = "DisruptionTarget";
    c["status"] = "True";
    c["lastProbeTime"] = nullptr;
    c["lastTransitionTime"] = core.Timestamp();
    c["reason"] = "EvictionByEvictionAPI";
    c["message"] = "Eviction API: evicting";
    for (JsonRef e : pod.ref()["status"]["conditions"].elements()) {
      if (e["type"].str() == "DisruptionTarget") return;
    }
    pod["status"]["conditions"].Append(c.ref());
  });
}

}  // namespace

void ServeBinding(Core& core, Call& call) {
  if (call.info.verb != "create") return ReplyError(core, call, MethodNotAllowed().value());
  auto body = ReadAnyBody(call.request);
  if (!body) return ReplyError(core, call, body.error());
  auto pod = FindObject(core, call);
  if (!pod) return ReplyError(core, call, pod.error());
  auto ok = CheckBinding(call, (*pod)->json(), *body);
  if (!ok) return ReplyError(core, call, ok.error());
  if (call.info.target.Param("dryRun") == "All") return ReplyJson(core, call, 201, Success(201));
  EditObject(core, "pods", (*pod)->key(), [&](kube::MutableJson& object) {
    object.Set({"spec", "nodeName"}, (*body)["target"]["name"]);
    for (const auto& [key, value] : (*body)["metadata"]["annotations"].members()) {
      object.Set({"metadata", "annotations", key}, value);
    }
    for (const auto& [key, value] : (*body)["metadata"]["labels"].members()) {
      object.Set({"metadata", "labels", key}, value);
    }
    SetScheduled(object, core.Timestamp());
  });
  ReplyJson(core, call, 201, Success(201));
}

void ServeEviction(Core& core, Call& call) {
  if (call.info.verb != "create") return ReplyError(core, call, MethodNotAllowed().value());
  auto body = ReadAnyBody(call.request);
  if (!body) return ReplyError(core, call, body.error());
  auto pod = FindObject(core, call);
  if (!pod) return ReplyError(core, call, pod.error());
  auto request = ReadDeleteRequest((*body)["deleteOptions"], call.info.target);
  if (!request) return ReplyError(core, call, request.error());
  EntryPtr charged;
  if (NeedsBudget((*pod)->json())) {
    auto check = CheckBudgets(core, *pod);
    if (!check) return ReplyError(core, call, check.error());
    charged = check->budget;
  }
  if (request->dry_run) return ReplyJson(core, call, 201, Success(201));
  auto result = [&]() -> ApiResult<DeleteResult> {
    const EntryPtr live = core.store.Get("pods", (*pod)->key());
    return DeleteObject(core, *call.resource, live, *request);
  }();
  if (!result) return ReplyError(core, call, result.error());
  if (!result->gone) MarkDisrupted(core, (*pod)->key());
  if (charged) {
    EditObject(core, kBudgets, charged->key(), [&](kube::MutableJson& b) {
      const int64_t left = b.ref()["status"]["disruptionsAllowed"].i64() - 1;
      b.Set({"status", "disruptionsAllowed"}, std::max<int64_t>(0, left));
      b.Set({"status", "disruptedPods", (*pod)->key().name}, core.Timestamp());
    });
  }
  ReplyJson(core, call, 201, Success(201));
}

void ServeEphemeralContainers(Core& core, Call& call) {
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  if (call.info.verb == "get") return ReplyObject(core, call, 200, *existing);
  if (call.info.verb == "patch") return ServePatch(core, call);
  if (call.info.verb != "update") return ReplyError(core, call, MethodNotAllowed().value());
  auto body = ReadBody(call, *call.resource);
  if (!body) return ReplyError(core, call, body.error());
  auto entry = UpdateObject(core, MakeWriteContext(call), *existing, *body);
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 200, *entry);
}

void ServePodStream(Core& core, Call& call) {
  auto pod = FindObject(core, call);
  if (!pod) return ReplyError(core, call, pod.error());
  const JsonRef json = (*pod)->json();
  const std::string container(call.info.target.Param("container"));
  if (call.info.subresource != "portforward") {
    std::string names;
    bool known = false;
    for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
      for (JsonRef c : json["spec"][list].elements()) {
        known |= c["name"].str() == container;
        if (std::string_view(list) == "containers") {
          names += (names.empty() ? "" : " ") + c["name"].string();
        }
      }
    }
    if (container.empty() && json["spec"]["containers"].size() > 1) {
      return ReplyError(core, call,
                        BadRequest("a container name must be specified for pod " + call.info.name +
                                   ", choose one of: [" + names + "]")
                            .value());
    }
    if (!container.empty() && !known) {
      return ReplyError(
          core, call,
          BadRequest("container " + container + " is not valid for pod " + call.info.name).value());
    }
  }
  if (json["spec"]["nodeName"].str().empty()) {
    if (call.info.subresource == "log") {
      return ReplyText(core, call, 200, "text/plain",
                       "");  // as Kubernetes: nothing has been said yet
    }
    return ReplyError(
        core, call, BadRequest("pod " + call.info.name + " does not have a host assigned").value());
  }
  if (!core.connector) {
    return ReplyError(core, call,
                      ServiceUnavailable("this server has no way to the kubelet of node " +
                                         json["spec"]["nodeName"].string())
                          .value());
  }
  core.connector->Connect(kube::Object((*pod)->json()), call.info.subresource,
                          std::move(call.request), call.responder);
}

}  // namespace stowage::sim
