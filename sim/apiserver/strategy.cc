#include "sim/apiserver/strategy.h"

#include <algorithm>

#include "sim/apiserver/crd.h"
#include "sim/apiserver/services.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;
using kube::MutableJson;

// Kinds whose creator says the status as well.
bool StatusAtCreation(const ResourceInfo& r) { return r.storage == "nodes"; }

std::string_view QosOf(JsonRef spec) {
  bool any = false, guaranteed = true;
  for (const char* list : {"containers", "initContainers"}) {
    for (JsonRef c : spec[list].elements()) {
      const JsonRef requests = c["resources"]["requests"], limits = c["resources"]["limits"];
      for (const char* name : {"cpu", "memory"}) {
        const JsonRef limit = limits[name], request = requests[name];
        any |= limit.exists() || request.exists();
        if (!limit.exists() || (request.exists() && !(request == limit))) guaranteed = false;
      }
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

void StartStatus(const ResourceInfo& r, MutableJson& object) {
  if (r.storage == "pods") {
    object.Remove({"status"});
    object.Set({"status", "phase"}, "Pending");
    object.Set({"status", "qosClass"}, QosOf(object.ref()["spec"]));
  } else if (r.storage == "namespaces") {
    object.Remove({"status"});
    object.Set({"status", "phase"}, "Active");
    object.Remove({"spec"});
    object["spec"]["finalizers"].Append("kubernetes");
  } else if (r.storage == "persistentvolumeclaims" || r.storage == "persistentvolumes") {
    object.Remove({"status"});
    object.Set({"status", "phase"}, "Pending");
  } else if (r.status && !StatusAtCreation(r)) {
    object.Remove({"status"});
    if (!r.custom) object["status"] = kube::JsonObject{};
  }
}

// stringData is the writable form of data.
void MergeStringData(MutableJson& secret) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const kube::Json plain = kube::Json::Copy(secret.ref()["stringData"]);
  for (const auto& [key, value] : plain.members()) {
    std::string out;
    uint32_t bits = 0;
    int have = 0;
    for (unsigned char c : value.str()) {
      bits = bits << 8 | c;
      for (have += 8; have >= 6; have -= 6) out += kAlphabet[bits >> (have - 6) & 63];
    }
    if (have > 0) out += kAlphabet[bits << (6 - have) & 63];
    while (out.size() % 4) out += '=';
    secret.Set({"data", key}, out);
  }
  secret.Remove({"stringData"});
}

bool Finished(JsonRef pod) {
  const std::string_view phase = pod["status"]["phase"].str();
  return phase == "Succeeded" || phase == "Failed";
}

// The labels that tie a Job's pods to it; its name is not enough, since names are used again.
void LabelJob(MutableJson& job) {
  if (job.ref()["spec"]["manualSelector"].boolean()) return;
  const std::string uid = job.ref()["metadata"]["uid"].string();
  const std::string name = job.ref()["metadata"]["name"].string();
  for (const auto& [key, value] :
       {std::pair<std::string_view, const std::string&>{"controller-uid", uid},
        {"job-name", name},
        {"batch.kubernetes.io/controller-uid", uid},
        {"batch.kubernetes.io/job-name", name}}) {
    job.Set({"spec", "template", "metadata", "labels", key}, value);
  }
  job.Set({"spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"}, uid);
}

}  // namespace

ApiResult<void> PrepareForCreate(Core& core, const WriteContext& ctx, MutableJson& object) {
  const ResourceInfo& r = *ctx.resource;
  StartStatus(r, object);
  if (r.storage == "secrets") MergeStringData(object);
  if (r.storage == "jobs.batch") LabelJob(object);
  if (r.storage == "services") {
    if (auto ok = AllocateClusterIp(core, ctx, {}, object); !ok) return ok;
  }
  if (r.storage == "customresourcedefinitions.apiextensions.k8s.io") PrepareCrd(object);
  return {};
}

ApiResult<void> PrepareForUpdate(Core& core, const WriteContext& ctx, JsonRef old,
                                 MutableJson& object) {
  const ResourceInfo& r = *ctx.resource;
  if (r.status && ctx.subresource == "status") {
    // Only the status counts, and (as in Kubernetes) the metadata for most kinds.
    const kube::Json sent = std::move(object).Freeze();
    object = MutableJson(old);
    if (sent["status"].exists()) {
      object["status"] = sent["status"];
    } else {
      object.Remove({"status"});
    }
    for (const char* field : {"labels", "annotations", "finalizers", "managedFields"}) {
      if (r.storage == "pods" && std::string_view(field) != "managedFields") continue;
      if (r.custom && std::string_view(field) != "managedFields") continue;
      const JsonRef value = sent["metadata"][field];
      if (value.exists()) {
        object.Set({"metadata", field}, value);
      } else {
        object.Remove({"metadata", field});
      }
    }
    if (r.storage == "pods" && !object.ref()["status"]["qosClass"].exists()) {
      object.Set({"status", "qosClass"}, QosOf(object.ref()["spec"]));
    }
    return {};
  }
  if (r.status) {
    if (old["status"].exists()) {
      object["status"] = old["status"];
    } else {
      object.Remove({"status"});
    }
  }
  if (r.storage == "secrets") MergeStringData(object);
  if (r.storage == "namespaces" && ctx.subresource.empty()) object["spec"] = old["spec"];
  if (r.storage == "services") {
    if (auto ok = AllocateClusterIp(core, ctx, old, object); !ok) return ok;
  }
  if (r.storage == "customresourcedefinitions.apiextensions.k8s.io") PrepareCrd(object);
  return {};
}

int64_t GraceSeconds(const ResourceInfo& r, JsonRef object, const std::optional<int64_t>& asked) {
  if (r.storage != "pods") return 0;
  if (object["spec"]["nodeName"].str().empty() || Finished(object)) return 0;
  return asked ? *asked : object["spec"]["terminationGracePeriodSeconds"].i64(30);
}

void AfterCreate(Core& core, const ResourceInfo& r, const EntryPtr& entry) {
  if (r.storage == "namespaces") StartNamespace(core, entry->key().name);
  if (r.storage == "customresourcedefinitions.apiextensions.k8s.io") CrdChanged(core, entry);
}

void AfterUpdate(Core& core, const ResourceInfo& r, const EntryPtr& old, const EntryPtr& entry) {
  if (r.storage == "customresourcedefinitions.apiextensions.k8s.io" &&
      !(old->json()["spec"] == entry->json()["spec"])) {
    CrdChanged(core, entry);
  }
}

void AfterDelete(Core& core, const ResourceInfo& r, const EntryPtr& entry) {
  if (r.storage == "customresourcedefinitions.apiextensions.k8s.io") CrdDeleted(core, entry);
  // Kubernetes' controllers put these back; here the server does it itself.
  if ((r.storage == "serviceaccounts" && entry->key().name == "default") ||
      (r.storage == "configmaps" && entry->key().name == "kube-root-ca.crt")) {
    StartNamespace(core, entry->key().ns);
  }
}

}  // namespace stowage::sim
