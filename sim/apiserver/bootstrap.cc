#include "sim/apiserver/bootstrap.h"

#include "base/log/log.h"
#include "sim/apiserver/writes.h"

namespace stowage::sim {
namespace {

void Ensure(Core& core, std::string_view group, std::string_view version, std::string_view plural,
            std::string_view ns, const std::string& json) {
  const ResourceInfo* r = core.resources.Find(group, version, plural);
  auto object = kube::Json::Parse(json);
  if (!r || !object) return;
  const std::string name = (*object)["metadata"]["name"].string();
  if (core.store.Get(r->storage, {std::string(ns), name})) return;
  WriteContext ctx;
  ctx.resource = r;
  ctx.ns = ns;
  ctx.name = name;
  ctx.user = {"system:apiserver", "", {"system:masters"}};
  ctx.manager = "kube-apiserver";
  ctx.validation = "Ignore";
  auto made = CreateObject(core, ctx, *object);
  if (!made) {
    LogError("an object of the cluster's beginning could not be made",
             {{"object", std::string(plural) + "/" + name}, {"error", made.error().message}});
  }
}

std::string Named(std::string_view name, std::string_view rest) {
  return "{\"metadata\":{\"name\":\"" + std::string(name) + "\"}" +
         (rest.empty() ? "" : "," + std::string(rest)) + "}";
}

// "10.96.0.0/16" -> "10.96.0.1"
std::string FirstAddress(const std::string& cidr) {
  const std::string base = cidr.substr(0, cidr.find('/'));
  const size_t dot = base.rfind('.');
  return dot == std::string::npos ? "10.96.0.1" : base.substr(0, dot) + ".1";
}

void EnsureRoles(Core& core) {
  const auto role = [&](std::string_view name, std::string_view rules) {
    Ensure(core, "rbac.authorization.k8s.io", "v1", "clusterroles", "",
           Named(name, "\"rules\":" + std::string(rules)));
  };
  role(
      "cluster-admin",
      R"([{"apiGroups":["*"],"resources":["*"],"verbs":["*"]},{"nonResourceURLs":["*"],"verbs":["*"]}])");
  role("admin", R"([{"apiGroups":["","apps","batch","autoscaling","policy","networking.k8s.io",
    "discovery.k8s.io","events.k8s.io","rbac.authorization.k8s.io"],"resources":["*"],"verbs":["*"]}])");
  role("edit", R"([{"apiGroups":["","apps","batch","autoscaling","policy","networking.k8s.io"],
    "resources":["*"],"verbs":["create","delete","deletecollection","get","list","patch","update","watch"]}])");
  role("view", R"([{"apiGroups":["","apps","batch","autoscaling","policy","networking.k8s.io",
    "discovery.k8s.io"],"resources":["configmaps","endpoints","events","persistentvolumeclaims","pods",
    "pods/log","pods/status","replicationcontrollers","serviceaccounts","services","namespaces","daemonsets",
    "deployments","replicasets","statefulsets","cronjobs","jobs","horizontalpodautoscalers",
    "poddisruptionbudgets","ingresses","networkpolicies","endpointslices"],"verbs":["get","list","watch"]}])");
  role("system:discovery",
       R"([{"nonResourceURLs":["/api","/api/*","/apis","/apis/*","/healthz","/livez",
    "/openapi","/openapi/*","/readyz","/version","/version/"],"verbs":["get"]}])");
  role("system:public-info-viewer",
       R"([{"nonResourceURLs":["/healthz","/livez","/readyz","/version",
    "/version/"],"verbs":["get"]}])");
  role("system:basic-user",
       R"([{"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews",
    "selfsubjectrulesreviews"],"verbs":["create"]},{"apiGroups":["authentication.k8s.io"],"resources":[
    "selfsubjectreviews"],"verbs":["create"]}])");
  const auto bind = [&](std::string_view name, std::string_view role_name,
                        std::initializer_list<std::string_view> groups) {
    std::string subjects;
    for (std::string_view g : groups) {
      subjects += (subjects.empty() ? "" : ",") +
                  (R"({"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":")" +
                   std::string(g) + "\"}");
    }
    Ensure(
        core, "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "",
        Named(name,
              R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":")" +
                  std::string(role_name) + "\"},\"subjects\":[" + subjects + "]"));
  };
  bind("cluster-admin", "cluster-admin", {"system:masters"});
  bind("system:discovery", "system:discovery", {"system:authenticated"});
  bind("system:basic-user", "system:basic-user", {"system:authenticated"});
  bind("system:public-info-viewer", "system:public-info-viewer",
       {"system:authenticated", "system:unauthenticated"});
}

}  // namespace

void Bootstrap(Core& core) {
  if (auto loaded = core.store.Load(); !loaded) {
    LogError("the database could not be read whole",
             {{"server", core.options.name}, {"error", loaded.error()}});
  }
  core.watches.Changed("", core.store.version());
  // A server that starts again must not give out the UIDs of its former life.
  if (core.store.version() > 0) core.rng = core.rng.Stream(std::to_string(core.store.version()));
  for (const auto& [key, crd] :
       core.store.collection("customresourcedefinitions.apiextensions.k8s.io").objects) {
    core.resources.AddCustom(crd->json());
  }
  // Before the namespaces, so that their service accounts find what they need.
  for (const auto& [name, value] : {std::pair{"system-cluster-critical", 2000000000},
                                    std::pair{"system-node-critical", 2000001000}}) {
    Ensure(core, "scheduling.k8s.io", "v1", "priorityclasses", "",
           Named(name, "\"value\":" + std::to_string(value) +
                           ",\"description\":\"Used for system critical pods.\""));
  }
  for (const char* ns : {"kube-system", "kube-public", "kube-node-lease", "default"}) {
    Ensure(core, "", "v1", "namespaces", "", Named(ns, ""));
  }
  EnsureRoles(core);
  Ensure(
      core, "", "v1", "services", "default",
      R"({"metadata":{"name":"kubernetes","labels":{"component":"apiserver","provider":"kubernetes"}},
             "spec":{"type":"ClusterIP","clusterIP":")" +
          FirstAddress(core.options.service_cidr) +
          R"(","ports":[{"name":"https","port":443,"targetPort":6443,"protocol":"TCP"}]}})");
  const EntryPtr system = core.store.Get("namespaces", {"", "kube-system"});
  if (system) core.cluster_uid = system->json()["metadata"]["uid"].string();
}

}  // namespace stowage::sim
