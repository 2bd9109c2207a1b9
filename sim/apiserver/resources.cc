#include "sim/apiserver/resources.h"

#include <algorithm>

#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

constexpr int kStatus = 1, kScale = 2, kGeneration = 4, kCluster = 8, kCreateOnly = 16;

struct BuiltIn {
  std::string_view group, version, kind, plural;
  int flags;
  std::string_view short_names, categories, subresources;
  std::string_view storage_version;  // where it is not its own group and version
};

constexpr BuiltIn kBuiltIns[] = {
    {"", "v1", "Binding", "bindings", kCreateOnly, "", "", ""},
    {"", "v1", "ConfigMap", "configmaps", 0, "cm", "", ""},
    {"", "v1", "Endpoints", "endpoints", 0, "ep", "", ""},
    {"", "v1", "Event", "events", 0, "ev", "", ""},
    {"", "v1", "LimitRange", "limitranges", 0, "limits", "", ""},
    {"", "v1", "Namespace", "namespaces", kStatus | kCluster, "ns", "", "finalize"},
    {"", "v1", "Node", "nodes", kStatus | kCluster, "no", "", "proxy"},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", kStatus, "pvc", "", ""},
    {"", "v1", "PersistentVolume", "persistentvolumes", kStatus | kCluster, "pv", "", ""},
    {"", "v1", "Pod", "pods", kStatus, "po", "all",
     "attach binding ephemeralcontainers eviction exec log portforward proxy"},
    {"", "v1", "PodTemplate", "podtemplates", 0, "", "", ""},
    {"", "v1", "ReplicationController", "replicationcontrollers", kStatus | kScale | kGeneration,
     "rc", "all", ""},
    {"", "v1", "ResourceQuota", "resourcequotas", kStatus, "quota", "", ""},
    {"", "v1", "Secret", "secrets", 0, "", "", ""},
    {"", "v1", "ServiceAccount", "serviceaccounts", 0, "sa", "", "token"},
    {"", "v1", "Service", "services", kStatus, "svc", "all", "proxy"},
    {"admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration",
     "mutatingwebhookconfigurations", kGeneration | kCluster, "", "api-extensions", ""},
    {"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration",
     "validatingwebhookconfigurations", kGeneration | kCluster, "", "api-extensions", ""},
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
     kStatus | kGeneration | kCluster, "crd crds", "api-extensions", ""},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", 0, "", "", ""},
    {"apps", "v1", "DaemonSet", "daemonsets", kStatus | kGeneration, "ds", "all", ""},
    {"apps", "v1", "Deployment", "deployments", kStatus | kScale | kGeneration, "deploy", "all",
     ""},
    {"apps", "v1", "ReplicaSet", "replicasets", kStatus | kScale | kGeneration, "rs", "all", ""},
    {"apps", "v1", "StatefulSet", "statefulsets", kStatus | kScale | kGeneration, "sts", "all", ""},
    {"authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews",
     kCluster | kCreateOnly, "", "", ""},
    {"authentication.k8s.io", "v1", "TokenReview", "tokenreviews", kCluster | kCreateOnly, "", "",
     ""},
    {"authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews",
     kCreateOnly, "", "", ""},
    {"authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews",
     kCluster | kCreateOnly, "", "", ""},
    {"authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews",
     kCluster | kCreateOnly, "", "", ""},
    {"authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews",
     kCluster | kCreateOnly, "", "", ""},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", kStatus, "hpa",
     "all", ""},
    {"autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", kStatus, "hpa",
     "all", "", "autoscaling/v2"},
    {"batch", "v1", "CronJob", "cronjobs", kStatus | kGeneration, "cj", "all", ""},
    {"batch", "v1", "Job", "jobs", kStatus | kGeneration, "", "all", ""},
    {"batch", "v1beta1", "CronJob", "cronjobs", kStatus | kGeneration, "cj", "all", "", "batch/v1"},
    {"certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests",
     kStatus | kCluster, "csr", "", "approval"},
    {"coordination.k8s.io", "v1", "Lease", "leases", 0, "", "", ""},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", kGeneration, "", "", ""},
    {"events.k8s.io", "v1", "Event", "events", 0, "ev", "", "", "v1"},
    {"networking.k8s.io", "v1", "IngressClass", "ingressclasses", kGeneration | kCluster, "", "",
     ""},
    {"networking.k8s.io", "v1", "Ingress", "ingresses", kStatus | kGeneration, "ing", "", ""},
    {"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", kGeneration, "netpol", "", ""},
    {"node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", kCluster, "", "", ""},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", kStatus | kGeneration, "pdb",
     "", ""},
    {"policy", "v1beta1", "PodDisruptionBudget", "poddisruptionbudgets", kStatus | kGeneration,
     "pdb", "", "", "policy/v1"},
    {"rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", kCluster, "",
     "", ""},
    {"rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", kCluster, "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", 0, "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "Role", "roles", 0, "", "", ""},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", kGeneration | kCluster, "pc",
     "", ""},
    {"storage.k8s.io", "v1", "CSIDriver", "csidrivers", kCluster, "", "", ""},
    {"storage.k8s.io", "v1", "CSINode", "csinodes", kCluster, "", "", ""},
    {"storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities", 0, "", "", ""},
    {"storage.k8s.io", "v1", "StorageClass", "storageclasses", kCluster, "sc", "", ""},
    {"storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", kStatus | kCluster, "", "",
     ""},
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

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> Strings(kube::JsonRef list) {
  std::vector<std::string> out;
  for (kube::JsonRef e : list.elements()) out.push_back(e.string());
  return out;
}

ResourceInfo FromBuiltIn(const BuiltIn& b) {
  ResourceInfo r;
  r.group = b.group;
  r.version = b.version;
  r.kind = b.kind;
  r.plural = b.plural;
  r.singular = Lower(b.kind);
  r.namespaced = !(b.flags & kCluster);
  r.short_names = Words(b.short_names);
  r.categories = Words(b.categories);
  r.storage_version = b.storage_version.empty() ? r.GroupVersion() : std::string(b.storage_version);
  r.storage = r.storage_version == "v1" ? r.plural : r.GroupResource();
  r.stored = !(b.flags & kCreateOnly);
  r.status = b.flags & kStatus;
  r.scale = b.flags & kScale;
  r.generation = b.flags & kGeneration;
  r.subresources = Words(b.subresources);
  return r;
}

std::string_view WithoutDot(std::string_view path) {
  return path.starts_with('.') ? path.substr(1) : path;
}

}  // namespace

bool ResourceInfo::Has(std::string_view sub) const {
  if (sub == "status") return status;
  if (sub == "scale") return scale;
  return std::find(subresources.begin(), subresources.end(), sub) != subresources.end();
}

std::vector<std::string> ResourceInfo::Verbs() const {
  if (!stored) return {"create"};
  return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
}

Resources::Resources(SchemaRegistry& schemas) : schemas_(schemas) {
  for (const BuiltIn& b : kBuiltIns) Add(FromBuiltIn(b));
}

const ResourceInfo* Resources::Find(std::string_view group, std::string_view version,
                                    std::string_view plural) const {
  std::string path;
  path.reserve(group.size() + version.size() + plural.size() + 2);
  path.append(group).append("/").append(version).append("/").append(plural);
  auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : it->second;
}

const ResourceInfo* Resources::FindKind(std::string_view group, std::string_view kind) const {
  for (const auto& r : all_) {
    if (r->group == group && r->kind == kind) return r.get();
  }
  return nullptr;
}

void Resources::Add(ResourceInfo info) {
  info.type = schemas_.Find(info.group, info.version, info.kind);
  auto shared = std::make_shared<const ResourceInfo>(std::move(info));
  by_path_[shared->group + "/" + shared->version + "/" + shared->plural] = shared.get();
  all_.push_back(std::move(shared));
  ++generation_;
}

void Resources::Drop(std::string_view group, std::string_view plural) {
  for (const auto& r : all_) {
    if (r->group != group || r->plural != plural) continue;
    by_path_.erase(r->group + "/" + r->version + "/" + r->plural);
    if (r->custom) schemas_.RemoveCustom(r->group, r->version, r->kind);
    retired_.push_back(r);
  }
  std::erase_if(all_, [&](const auto& r) { return r->group == group && r->plural == plural; });
  ++generation_;
}

void Resources::AddCustom(kube::JsonRef crd) {
  const kube::JsonRef spec = crd["spec"], names = spec["names"];
  Drop(spec["group"].str(), names["plural"].str());
  std::string storage_version;
  for (kube::JsonRef v : spec["versions"].elements()) {
    if (v["storage"].boolean()) storage_version = v["name"].string();
  }
  for (kube::JsonRef v : spec["versions"].elements()) {
    if (!v["served"].boolean()) continue;
    ResourceInfo r;
    r.custom = true;
    r.group = spec["group"].string();
    r.version = v["name"].string();
    r.kind = names["kind"].string();
    r.plural = names["plural"].string();
    r.singular = names["singular"].string();
    if (r.singular.empty()) r.singular = Lower(r.kind);
    r.namespaced = spec["scope"].str() == "Namespaced";
    r.short_names = Strings(names["shortNames"]);
    r.categories = Strings(names["categories"]);
    r.storage = r.GroupResource();
    r.storage_version = r.group + "/" + storage_version;
    r.generation = true;
    r.status = v.Find({"subresources", "status"}).exists();
    if (const kube::JsonRef scale = v.Find({"subresources", "scale"}); scale.exists()) {
      r.scale = true;
      r.scale_spec_path = WithoutDot(scale["specReplicasPath"].str());
      r.scale_status_path = WithoutDot(scale["statusReplicasPath"].str());
      r.scale_selector_path = WithoutDot(scale["labelSelectorPath"].str());
    }
    for (kube::JsonRef c : v["additionalPrinterColumns"].elements()) {
      r.columns.push_back({c["name"].string(), c["type"].string(), c["format"].string(),
                           c["description"].string(), c["jsonPath"].string(), c["priority"].i64()});
    }
    if (r.columns.empty()) {
      r.columns.push_back({"Age", "date", "", "", ".metadata.creationTimestamp", 0});
    }
    for (kube::JsonRef f : v["selectableFields"].elements()) {
      r.selectable_fields.emplace_back(WithoutDot(f["jsonPath"].str()));
    }
    // A schema that cannot be taken over was refused when the CRD was written; one from an older
    // database is served without its schema rather than not at all.
    (void)schemas_.AddCustom(r.group, r.version, r.kind, v.Find({"schema", "openAPIV3Schema"}));
    Add(std::move(r));
  }
}

void Resources::RemoveCustom(std::string_view group, std::string_view plural) {
  Drop(group, plural);
}

std::vector<ServedKind> Resources::Served() const {
  std::vector<ServedKind> out;
  for (const auto& r : all_) {
    out.push_back({r->group, r->version, r->kind, r->plural, r->namespaced, r->Verbs()});
  }
  return out;
}

}  // namespace stowage::sim
