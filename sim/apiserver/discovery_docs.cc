#include "sim/apiserver/discovery_docs.h"

#include <algorithm>
#include <vector>

namespace stowage::sim {
namespace {

struct Subresource {
  std::string_view resource, name, group, version, kind, verbs;
};

// Sub-resources that speak another kind, or other verbs, than their object.
constexpr Subresource kSubresources[] = {
    {"", "status", "", "", "", "get patch update"},
    {"", "scale", "autoscaling", "v1", "Scale", "get patch update"},
    {"namespaces", "finalize", "", "v1", "Namespace", "update"},
    {"nodes", "proxy", "", "v1", "NodeProxyOptions", "create delete get patch update"},
    {"pods", "attach", "", "v1", "PodAttachOptions", "create get"},
    {"pods", "binding", "", "v1", "Binding", "create"},
    {"pods", "ephemeralcontainers", "", "v1", "Pod", "get patch update"},
    {"pods", "eviction", "policy", "v1", "Eviction", "create"},
    {"pods", "exec", "", "v1", "PodExecOptions", "create get"},
    {"pods", "log", "", "v1", "Pod", "get"},
    {"pods", "portforward", "", "v1", "PodPortForwardOptions", "create get"},
    {"pods", "proxy", "", "v1", "PodProxyOptions", "create delete get patch update"},
    {"services", "proxy", "", "v1", "ServiceProxyOptions", "create delete get patch update"},
    {"serviceaccounts", "token", "authentication.k8s.io", "v1", "TokenRequest", "create"},
    {"certificatesigningrequests", "approval", "", "", "", "get patch update"},
};

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::vector<const Subresource*> SubresourcesOf(const ResourceInfo& r) {
  std::vector<const Subresource*> out;
  for (const Subresource& s : kSubresources) {
    if ((s.resource.empty() || s.resource == r.plural) && r.Has(s.name)) out.push_back(&s);
  }
  return out;
}

void AppendAll(kube::JsonNode at, const std::vector<std::string>& texts) {
  at.Set(kube::JsonArray{});
  for (const std::string& t : texts) at.Append(t);
}

std::vector<std::string> Groups(const Resources& resources) {
  std::vector<std::string> out;
  for (const auto& r : resources.all()) {
    if (!r->group.empty() && std::find(out.begin(), out.end(), r->group) == out.end()) {
      out.push_back(r->group);
    }
  }
  return out;
}

std::vector<std::string> Versions(const Resources& resources, const std::string& group) {
  std::vector<std::string> out;
  for (const auto& r : resources.all()) {
    if (r->group == group && std::find(out.begin(), out.end(), r->version) == out.end()) {
      out.push_back(r->version);
    }
  }
  return out;
}

kube::MutableJson GroupBody(const Resources& resources, const std::string& group) {
  kube::MutableJson j;
  j["name"] = group;
  j["versions"] = kube::JsonArray{};
  for (const std::string& v : Versions(resources, group)) {
    kube::MutableJson version;
    version["groupVersion"] = group + "/" + v;
    version["version"] = v;
    j["versions"].Append(version.ref());
    if (!j.ref()["preferredVersion"].exists()) j["preferredVersion"] = version.ref();
  }
  return j;
}

kube::Json ResponseKind(std::string_view group, std::string_view version, std::string_view kind) {
  kube::MutableJson j;
  j["group"] = group;
  j["version"] = version;
  j["kind"] = kind;
  return std::move(j).Freeze();
}

kube::Json AggregatedResource(const ResourceInfo& r) {
  kube::MutableJson j;
  j["resource"] = r.plural;
  j["responseKind"] = ResponseKind(r.group, r.version, r.kind);
  j["scope"] = r.namespaced ? "Namespaced" : "Cluster";
  j["singularResource"] = r.singular;
  AppendAll(j["verbs"], r.Verbs());
  if (!r.short_names.empty()) AppendAll(j["shortNames"], r.short_names);
  if (!r.categories.empty()) AppendAll(j["categories"], r.categories);
  for (const Subresource* s : SubresourcesOf(r)) {
    kube::MutableJson sub;
    sub["subresource"] = s->name;
    sub["responseKind"] = s->kind.empty() ? ResponseKind(r.group, r.version, r.kind)
                                          : ResponseKind(s->group, s->version, s->kind);
    AppendAll(sub["verbs"], Words(s->verbs));
    j["subresources"].Append(sub.ref());
  }
  return std::move(j).Freeze();
}

}  // namespace

kube::Json GroupListDocument(const Resources& resources) {
  kube::MutableJson j;
  j["kind"] = "APIGroupList";
  j["apiVersion"] = "v1";
  j["groups"] = kube::JsonArray{};
  for (const std::string& g : Groups(resources)) j["groups"].Append(GroupBody(resources, g).ref());
  return std::move(j).Freeze();
}

kube::Json GroupDocument(const Resources& resources, const std::string& group) {
  if (Versions(resources, group).empty()) return {};
  kube::MutableJson j = GroupBody(resources, group);
  j["kind"] = "APIGroup";
  j["apiVersion"] = "v1";
  return std::move(j).Freeze();
}

kube::Json ResourceListDocument(const Resources& resources, const std::string& group,
                                const std::string& version) {
  kube::MutableJson j;
  j["kind"] = "APIResourceList";
  j["apiVersion"] = "v1";
  j["groupVersion"] = group.empty() ? version : group + "/" + version;
  j["resources"] = kube::JsonArray{};
  for (const auto& r : resources.all()) {
    if (r->group != group || r->version != version) continue;
    kube::MutableJson e;
    e["name"] = r->plural;
    e["singularName"] = r->singular;
    e["namespaced"] = r->namespaced;
    e["kind"] = r->kind;
    AppendAll(e["verbs"], r->Verbs());
    if (!r->short_names.empty()) AppendAll(e["shortNames"], r->short_names);
    if (!r->categories.empty()) AppendAll(e["categories"], r->categories);
    j["resources"].Append(e.ref());
    for (const Subresource* s : SubresourcesOf(*r)) {
      kube::MutableJson sub;
      sub["name"] = r->plural + "/" + std::string(s->name);
      sub["singularName"] = "";
      sub["namespaced"] = r->namespaced;
      if (!s->kind.empty() && (s->group != r->group || s->version != r->version)) {
        sub["group"] = s->group;
        sub["version"] = s->version;
      }
      sub["kind"] = s->kind.empty() ? std::string_view(r->kind) : s->kind;
      AppendAll(sub["verbs"], Words(s->verbs));
      j["resources"].Append(sub.ref());
    }
  }
  if (j.ref()["resources"].empty()) return {};
  return std::move(j).Freeze();
}

kube::Json AggregatedDocument(const Resources& resources, bool core_group,
                              const std::string& version) {
  kube::MutableJson list;
  list["kind"] = "APIGroupDiscoveryList";
  list["apiVersion"] = "apidiscovery.k8s.io/" + version;
  list["metadata"] = kube::JsonObject{};
  list["items"] = kube::JsonArray{};
  std::vector<std::string> groups = {""};
  if (!core_group) groups = Groups(resources);
  for (const std::string& g : groups) {
    kube::MutableJson item;
    item.Set({"metadata", "creationTimestamp"}, nullptr);
    if (!g.empty()) item.Set({"metadata", "name"}, g);
    for (const std::string& v : Versions(resources, g)) {
      kube::MutableJson one;
      one["version"] = v;
      one["freshness"] = "Current";
      one["resources"] = kube::JsonArray{};
      for (const auto& r : resources.all()) {
        if (r->group == g && r->version == v) one["resources"].Append(AggregatedResource(*r));
      }
      item["versions"].Append(one.ref());
    }
    list["items"].Append(item.ref());
  }
  return std::move(list).Freeze();
}

}  // namespace stowage::sim
