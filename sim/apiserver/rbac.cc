#include "sim/apiserver/auth.h"

namespace stowage::sim {
namespace {

constexpr char kRoles[] = "roles.rbac.authorization.k8s.io";
constexpr char kRoleBindings[] = "rolebindings.rbac.authorization.k8s.io";
constexpr char kClusterRoles[] = "clusterroles.rbac.authorization.k8s.io";
constexpr char kClusterRoleBindings[] = "clusterrolebindings.rbac.authorization.k8s.io";

bool Contains(kube::JsonRef list, std::string_view value) {
  for (kube::JsonRef e : list.elements()) {
    if (e.str() == "*" || e.str() == value) return true;
  }
  return false;
}

bool SubjectMatches(kube::JsonRef subject, const UserInfo& user, std::string_view binding_ns) {
  const std::string_view kind = subject["kind"].str(), name = subject["name"].str();
  if (kind == "User") return user.name == name;
  if (kind == "Group") return user.InGroup(name);
  if (kind != "ServiceAccount") return false;
  const std::string ns = subject["namespace"].string(binding_ns);
  return user.name == "system:serviceaccount:" + ns + ":" + std::string(name);
}

bool ResourceMatches(kube::JsonRef resources, const AccessAttributes& a) {
  const std::string whole = a.subresource.empty() ? a.resource : a.resource + "/" + a.subresource;
  for (kube::JsonRef e : resources.elements()) {
    const std::string_view r = e.str();
    if (r == "*" || r == whole) return true;
    if (!a.subresource.empty() && r == "*/" + a.subresource) return true;
  }
  return false;
}

bool PathMatches(kube::JsonRef urls, std::string_view path) {
  for (kube::JsonRef e : urls.elements()) {
    const std::string_view u = e.str();
    if (u == "*" || u == path) return true;
    if (u.ends_with("*") && path.starts_with(u.substr(0, u.size() - 1))) return true;
  }
  return false;
}

bool RuleAllows(kube::JsonRef rule, const AccessAttributes& a) {
  if (!Contains(rule["verbs"], a.verb)) return false;
  if (!a.path.empty()) return PathMatches(rule["nonResourceURLs"], a.path);
  if (!Contains(rule["apiGroups"], a.group) || !ResourceMatches(rule["resources"], a)) return false;
  const kube::JsonRef names = rule["resourceNames"];
  if (names.empty()) return true;
  for (kube::JsonRef n : names.elements()) {
    if (n.str() == a.name) return true;
  }
  return false;
}

// Calls `rule` for every rule that a binding gives to `user`, until it returns true.
bool AnyRule(Core& core, const UserInfo& user, std::string_view ns,
             const std::function<bool(kube::JsonRef)>& rule) {
  const auto try_binding = [&](const EntryPtr& binding, std::string_view binding_ns) {
    const kube::JsonRef json = binding->json();
    bool subject = false;
    for (kube::JsonRef s : json["subjects"].elements()) {
      subject |= SubjectMatches(s, user, binding_ns);
    }
    if (!subject) return false;
    const kube::JsonRef ref = json["roleRef"];
    const bool cluster = ref["kind"].str() == "ClusterRole";
    const EntryPtr role =
        core.store.Get(cluster ? kClusterRoles : kRoles,
                       {cluster ? std::string() : std::string(binding_ns), ref["name"].string()});
    if (!role) return false;
    for (kube::JsonRef r : role->json()["rules"].elements()) {
      if (rule(r)) return true;
    }
    return false;
  };
  for (const auto& [key, binding] : core.store.collection(kClusterRoleBindings).objects) {
    if (try_binding(binding, "")) return true;
  }
  if (ns.empty()) return false;
  for (const auto& [key, binding] : core.store.collection(kRoleBindings).objects) {
    if (key.ns == ns && try_binding(binding, key.ns)) return true;
  }
  return false;
}

}  // namespace

bool Allowed(Core& core, const AccessAttributes& a) {
  if (a.user.InGroup("system:masters")) return true;
  return AnyRule(core, a.user, a.ns, [&](kube::JsonRef rule) { return RuleAllows(rule, a); });
}

std::vector<kube::Json> RulesFor(Core& core, const UserInfo& user, std::string_view ns) {
  std::vector<kube::Json> out;
  AnyRule(core, user, ns, [&](kube::JsonRef rule) {
    out.push_back(kube::Json::Copy(rule));
    return false;
  });
  return out;
}

}  // namespace stowage::sim
