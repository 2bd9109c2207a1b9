#include "test/scheduler/control/fake_host.h"

#include <utility>

namespace stowage::scheduler {
namespace {

constexpr std::string_view kPodsPath = "/api/v1/pods";
const std::map<std::string, std::string_view> kPaths = {
    {"Pod", kPodsPath},
    {"Node", "/api/v1/nodes"},
    {"Namespace", "/api/v1/namespaces"},
    {"PersistentVolumeClaim", "/api/v1/persistentvolumeclaims"},
    {"PersistentVolume", "/api/v1/persistentvolumes"},
    {"StorageClass", "/apis/storage.k8s.io/v1/storageclasses"}};

// "/api/v1/namespaces/NS/pods/NAME/..." -> {NS, NAME, rest}
struct PodPath {
  std::string ns, name, rest;
};
PodPath Split(const std::string& path) {
  PodPath out;
  const std::string prefix = "/api/v1/namespaces/";
  const size_t ns_end = path.find('/', prefix.size());
  out.ns = path.substr(prefix.size(), ns_end - prefix.size());
  std::string tail = path.substr(ns_end + 1);
  if (!tail.starts_with("pods/")) return {out.ns, "", tail};
  tail = tail.substr(5);
  const size_t slash = tail.find('/');
  out.name = tail.substr(0, slash);
  if (slash != std::string::npos) out.rest = tail.substr(slash + 1);
  return out;
}

kube::Response ListOf(const std::map<kube::NamespacedName, kube::Object>& objects,
                      uint64_t version) {
  std::vector<kube::Json> items;
  for (const auto& [key, object] : objects) items.push_back(object.json());
  return test::ListResponse(items, std::to_string(version));
}

}  // namespace

FakeHost::FakeHost(Executor& executor) : transport_(executor), client_(transport_) {
  for (const auto& [kind, path] : kPaths) {
    transport_.On("GET", std::string(path),
                  [this, kind = kind](const auto&) { return ListOf(objects_[kind], version_); });
  }
  transport_.On("GET", "/api/v1/namespaces/", [this](const auto& r) { return GetPod(r); });
  transport_.On("POST", "/api/v1/namespaces/", [this](const auto& r) { return Post(r); });
  transport_.On("PATCH", "/api/v1/namespaces/", [this](const auto& r) { return Patch(r); });
}

kube::Json FakeHost::Stamp(const kube::Object& object) {
  kube::MutableJson doc(object.json());
  doc.Set({"metadata", "resourceVersion"}, std::to_string(++version_));
  return std::move(doc).Freeze();
}

void FakeHost::Put(const kube::Object& object) {
  const std::string kind(object.kind());
  Objects& objects = objects_[kind];
  const bool known = objects.contains(object.key());
  const kube::Json stamped = Stamp(object);
  objects.insert_or_assign(object.key(), kube::Object(stamped));
  if (mute_watches) return;
  transport_.Feed(kPaths.at(kind),
                  known ? kube::WatchEvent::Type::kModified : kube::WatchEvent::Type::kAdded,
                  stamped);
}

void FakeHost::Delete(const std::string& kind, const kube::NamespacedName& key) {
  const auto gone = objects_[kind].extract(key);
  if (gone.empty()) return;
  transport_.Feed(kPaths.at(kind), kube::WatchEvent::Type::kDeleted, Stamp(gone.mapped()));
}

void FakeHost::TellAll() {
  for (const auto& [key, pod] : pods_) {
    transport_.Feed(kPodsPath, kube::WatchEvent::Type::kModified, pod.json());
  }
}

kube::Object FakeHost::Get(const std::string& kind, const kube::NamespacedName& key) const {
  const auto of_kind = objects_.find(kind);
  if (of_kind == objects_.end()) return {};
  const auto it = of_kind->second.find(key);
  return it == of_kind->second.end() ? kube::Object() : it->second;
}

kube::Object FakeHost::Pod(const std::string& ns, const std::string& name) const {
  return Get("Pod", {ns, name});
}

// Conditions of pods are noted, annotations of claims are taken over.
Result<kube::Response> FakeHost::Patch(const test::SeenRequest& request) {
  const kube::Json body = request.Json();
  const kube::JsonRef condition = body["status"]["conditions"].At(0);
  if (condition["type"].str() == "PodScheduled")
    conditions.push_back(condition["message"].string());
  constexpr std::string_view kClaims = "persistentvolumeclaims/";
  const std::string rest = Split(request.Path()).rest;
  if (!rest.starts_with(kClaims)) return test::JsonResponse(200, "{}");
  const kube::NamespacedName key{Split(request.Path()).ns, rest.substr(kClaims.size())};
  const kube::Object claim = Get("PersistentVolumeClaim", key);
  if (!claim.exists()) return test::StatusResponse(404, "NotFound", "not found");
  if (claim.resource_version() != body["metadata"]["resourceVersion"].str()) {
    return test::StatusResponse(409, "Conflict", "the object has been modified");
  }
  kube::MutableJson doc(claim.json());
  for (const auto& [name, value] : body["metadata"]["annotations"].members()) {
    doc.Set({"metadata", "annotations", name}, value);
  }
  Put(kube::Object(std::move(doc).Freeze()));
  return test::JsonResponse(200, Get("PersistentVolumeClaim", key).json().Dump());
}

size_t FakeHost::BoundTo(const std::string& node) const {
  size_t n = 0;
  for (const auto& [key, pod] : pods_) n += pod.spec()["nodeName"].str() == node;
  return n;
}

size_t FakeHost::Bound() const { return pods_.size() - BoundTo(""); }

Result<kube::Response> FakeHost::GetPod(const test::SeenRequest& request) const {
  const PodPath path = Split(request.Path());
  const kube::Object pod = Pod(path.ns, path.name);
  if (!pod.exists()) return test::StatusResponse(404, "NotFound", "not found");
  return test::JsonResponse(200, pod.json().Dump());
}

Result<kube::Response> FakeHost::Post(const test::SeenRequest& request) {
  const PodPath path = Split(request.Path());
  const kube::Json body = request.Json();
  if (path.rest == "binding") {
    if (on_binding) {
      if (auto answer = on_binding(path.name)) return std::move(*answer);
    }
    return Bind(path.ns, path.name, body);
  }
  events.push_back(
      {body["involvedObject"]["name"].string(), body["reason"].string(), body["message"].string()});
  return test::JsonResponse(201, "{}");
}

Result<kube::Response> FakeHost::Bind(const std::string& ns, const std::string& name,
                                      const kube::Json& binding) {
  const kube::Object pod = Pod(ns, name);
  if (!pod.exists()) return test::StatusResponse(404, "NotFound", "not found");
  const std::string_view uid = binding["metadata"]["uid"].str();
  if (!uid.empty() && uid != pod.uid()) {
    return test::StatusResponse(409, "Conflict", "precondition failed: UID");
  }
  if (!pod.spec()["nodeName"].str().empty()) {
    return test::StatusResponse(409, "Conflict", "pod is already assigned to a node");
  }
  kube::MutableJson doc(pod.json());
  doc.Set({"spec", "nodeName"}, binding["target"]["name"].str());
  for (const auto& [key, value] : binding["metadata"]["annotations"].members()) {
    doc.Set({"metadata", "annotations", key}, value);
  }
  ++bindings;
  ++bindings_by_uid[std::string(pod.uid())];
  Put(kube::Object(std::move(doc).Freeze()));
  return test::JsonResponse(201, "{}");
}

}  // namespace stowage::scheduler
