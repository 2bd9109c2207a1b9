#include "base/random/rng.h"
#include "sim/apiserver/strategy.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;
using kube::MutableJson;

constexpr char kPriorityClasses[] = "priorityclasses.scheduling.k8s.io";
constexpr char kTokenMount[] = "/var/run/secrets/kubernetes.io/serviceaccount";

// NamespaceLifecycle.
ApiResult<void> AdmitNamespace(Core& core, const WriteContext& ctx) {
  const ResourceInfo& r = *ctx.resource;
  if (!r.namespaced) return {};
  const EntryPtr ns = core.store.Get("namespaces", {"", ctx.ns});
  if (!ns) return NotFound(*core.resources.Find("", "v1", "namespaces"), ctx.ns);
  if (!ns->json()["metadata"]["deletionTimestamp"].is_string()) return {};
  ApiFailure f = Forbidden(
      r, ctx.name,
      "unable to create new content in namespace " + ctx.ns + " because it is being terminated");
  f.value().causes.push_back({"NamespaceTerminating",
                              "namespace " + ctx.ns + " is being terminated",
                              "metadata.namespace"});
  return f;
}

void AddToken(Core& core, MutableJson& pod) {
  for (JsonRef v : pod.ref()["spec"]["volumes"].elements()) {
    if (v["name"].str().starts_with("kube-api-access-")) return;
  }
  const std::string name = "kube-api-access-" + core.rng.Name(5);
  static const kube::Json kSources = *kube::Json::Parse(
      R"([{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
          {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
          {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1",
            "fieldPath":"metadata.namespace"}}]}}])");
  bool mounted = false;
  for (const char* list : {"containers", "initContainers"}) {
    const size_t n = pod.ref()["spec"][list].size();
    for (size_t i = 0; i < n; ++i) {
      bool taken = false;
      for (JsonRef m : pod.ref()["spec"][list].At(i)["volumeMounts"].elements()) {
        taken |= m["mountPath"].str() == kTokenMount;
      }
      if (taken) continue;
      MutableJson mount;
      mount["name"] = name;
      mount["readOnly"] = true;
      mount["mountPath"] = kTokenMount;
      pod["spec"][list].At(i)["volumeMounts"].Append(mount.ref());
      mounted = true;
    }
  }
  if (!mounted) return;
  MutableJson volume;
  volume["name"] = name;
  volume.Set({"projected", "sources"}, kSources);
  volume.Set({"projected", "defaultMode"}, 420);
  pod["spec"]["volumes"].Append(volume.ref());
}

// ServiceAccount.
ApiResult<void> AdmitServiceAccount(Core& core, const WriteContext& ctx, MutableJson& pod) {
  if (pod.ref()["metadata"]["annotations"]["kubernetes.io/config.mirror"].exists()) return {};
  std::string name = pod.ref()["spec"]["serviceAccountName"].string();
  if (name.empty()) name = pod.ref()["spec"]["serviceAccount"].string("default");
  pod.Set({"spec", "serviceAccountName"}, name);
  pod.Set({"spec", "serviceAccount"}, name);
  const EntryPtr account = core.store.Get("serviceaccounts", {ctx.ns, name});
  if (!account) {
    return Forbidden(*ctx.resource, ctx.name,
                     "error looking up service account " + ctx.ns + "/" + name +
                         ": serviceaccount \"" + name + "\" not found");
  }
  if (pod.ref()["spec"]["imagePullSecrets"].empty() &&
      !account->json()["imagePullSecrets"].empty()) {
    pod.Set({"spec", "imagePullSecrets"}, account->json()["imagePullSecrets"]);
  }
  const JsonRef says = pod.ref()["spec"]["automountServiceAccountToken"];
  const bool mount = says.is_bool() ? says.boolean()
                                    : account->json()["automountServiceAccountToken"].boolean(true);
  if (mount) AddToken(core, pod);
  return {};
}

// Priority.
ApiResult<void> AdmitPriority(Core& core, const WriteContext& ctx, MutableJson& pod) {
  std::string name = pod.ref()["spec"]["priorityClassName"].string();
  const auto& classes = core.store.collection(kPriorityClasses).objects;
  EntryPtr chosen;
  if (name.empty()) {
    for (const auto& [key, c] : classes) {
      if (!c->json()["globalDefault"].boolean()) continue;
      if (!chosen || c->json()["value"].i64() < chosen->json()["value"].i64()) chosen = c;
    }
    if (chosen) pod.Set({"spec", "priorityClassName"}, chosen->key().name);
  } else {
    chosen = core.store.Get(kPriorityClasses, {"", name});
    if (!chosen) {
      return Forbidden(*ctx.resource, ctx.name,
                       "no PriorityClass with name " + name + " was found");
    }
  }
  const int64_t value = chosen ? chosen->json()["value"].i64() : 0;
  const JsonRef given = pod.ref()["spec"]["priority"];
  if (given.is_int() && given.i64() != value) {
    return Forbidden(
        *ctx.resource, ctx.name,
        "the integer value of priority (" + std::to_string(given.i64()) +
            ") must not be provided in pod spec; priority admission controller computed " +
            std::to_string(value) + " from the given PriorityClass name");
  }
  pod.Set({"spec", "priority"}, value);
  if (!pod.ref()["spec"]["preemptionPolicy"].exists()) {
    const std::string policy =
        chosen ? chosen->json()["preemptionPolicy"].string("PreemptLowerPriority")
               : "PreemptLowerPriority";
    pod.Set({"spec", "preemptionPolicy"}, policy);
  }
  return {};
}

// DefaultTolerationSeconds.
void AddTolerations(MutableJson& pod) {
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    bool tolerated = false;
    for (JsonRef t : pod.ref()["spec"]["tolerations"].elements()) {
      const std::string_view effect = t["effect"].str(), k = t["key"].str();
      tolerated |= (k == key || k.empty()) && (effect.empty() || effect == "NoExecute");
    }
    if (tolerated) continue;
    MutableJson t;
    t["key"] = key;
    t["operator"] = "Exists";
    t["effect"] = "NoExecute";
    t["tolerationSeconds"] = 300;
    pod["spec"]["tolerations"].Append(t.ref());
  }
}

// RuntimeClass: the overhead and the scheduling of the class.
ApiResult<void> AdmitRuntimeClass(Core& core, const WriteContext& ctx, MutableJson& pod) {
  const std::string name = pod.ref()["spec"]["runtimeClassName"].string();
  if (name.empty()) return {};
  const EntryPtr c = core.store.Get("runtimeclasses.node.k8s.io", {"", name});
  if (!c) {
    return Forbidden(*ctx.resource, ctx.name,
                     "pod rejected: RuntimeClass \"" + name + "\" not found");
  }
  if (const JsonRef overhead = c->json().Find({"overhead", "podFixed"}); overhead.exists()) {
    pod.Set({"spec", "overhead"}, overhead);
  }
  for (const auto& [key, value] : c->json().Find({"scheduling", "nodeSelector"}).members()) {
    pod.Set({"spec", "nodeSelector", key}, value);
  }
  return {};
}

}  // namespace

ApiResult<void> Admit(Core& core, const WriteContext& ctx, MutableJson& object) {
  const bool create = !object.ref()["metadata"]["resourceVersion"].exists();
  if (!create) return {};
  if (auto ok = AdmitNamespace(core, ctx); !ok) return ok;
  if (ctx.resource->storage != "pods") return {};
  if (auto ok = AdmitServiceAccount(core, ctx, object); !ok) return ok;
  if (auto ok = AdmitPriority(core, ctx, object); !ok) return ok;
  if (auto ok = AdmitRuntimeClass(core, ctx, object); !ok) return ok;
  AddTolerations(object);
  // Where no kube-scheduler runs, pods that ask for it would wait for ever.
  if (!core.options.default_scheduler.empty() &&
      object.ref()["spec"]["schedulerName"].str() == "default-scheduler") {
    object.Set({"spec", "schedulerName"}, core.options.default_scheduler);
  }
  return {};
}

}  // namespace stowage::sim
