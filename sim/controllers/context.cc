#include "sim/controllers/context.h"

#include <charconv>

#include "base/time/rfc3339.h"

namespace stowage::sim {
namespace {

WallTime TimeOr(kube::JsonRef text, WallTime fallback) {
  if (!text.is_string()) return fallback;
  return ParseTime(text.str()).value_or(fallback);
}

int64_t IntegerOr(std::string_view text, int64_t fallback) {
  int64_t n = fallback;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

void ReadSpec(kube::JsonRef spec, PodInfo& info) {
  info.node = spec["nodeName"].string();
  info.hostname = spec["hostname"].string();
  info.subdomain = spec["subdomain"].string();
  for (kube::JsonRef container : spec["containers"].elements()) {
    for (kube::JsonRef port : container["ports"].elements()) {
      if (port["name"].is_string()) info.ports[port["name"].string()] = port["containerPort"].i64();
    }
  }
}

std::optional<PodInfo> ReadPod(const kube::Object& pod) {
  PodInfo info;
  info.uid = pod.uid();
  info.version = pod.resource_version();
  for (const OwnerRef& owner : OwnersOf(pod)) {
    if (!owner.controller) continue;
    info.owner_uid = owner.uid;
    info.owner_kind = owner.kind;
    info.owner_name = owner.name;
  }
  for (auto [key, value] : pod.metadata()["labels"].members()) {
    info.labels.emplace(key, value.string());
  }
  info.created = TimeOr(pod.metadata()["creationTimestamp"], WallTime{});
  info.deleting = pod.deleting();
  for (kube::JsonRef f : pod.metadata()["finalizers"].elements())
    info.tracked |= f.str() == kJobFinalizer;
  info.stopped = info.deleting && pod.metadata()["deletionGracePeriodSeconds"].i64(-1) == 0;
  info.deletion_cost = IntegerOr(pod.annotation("controller.kubernetes.io/pod-deletion-cost"), 0);
  info.completion_index = IntegerOr(pod.annotation(kJobIndexAnnotation), -1);
  ReadSpec(pod.spec(), info);
  const kube::JsonRef status = pod.status();
  info.phase = status["phase"].string("Pending");
  info.ip = status["podIP"].string();
  for (kube::JsonRef c : status["conditions"].elements()) {
    if (c["type"].str() != "Ready") continue;
    info.ready = c["status"].str() == "True";
    info.ready_since = TimeOr(c["lastTransitionTime"], info.created);
  }
  for (kube::JsonRef c : status["containerStatuses"].elements())
    info.restarts += c["restartCount"].i64();
  return info;
}

std::optional<kube::Object> Whole(const kube::Object& object) {
  return kube::Object(kube::Json::Copy(object.json()));
}

kube::ReflectorOptions All(const kube::Resource& resource) { return {.resource = resource}; }

}  // namespace

std::vector<OwnerRef> OwnersOf(const kube::Object& object) {
  std::vector<OwnerRef> owners;
  for (kube::JsonRef o : object.metadata()["ownerReferences"].elements()) {
    owners.push_back({o["apiVersion"].string(), o["kind"].string(), o["name"].string(),
                      o["uid"].string(), o["controller"].boolean(),
                      o["blockOwnerDeletion"].boolean()});
  }
  return owners;
}

Context::Context(Executor& e, kube::Transport& transport, Rng r)
    : executor(e),
      rng(std::move(r)),
      client(transport),
      deployment_events(e, client, rng.Stream("deployment-events"), "deployment-controller", ""),
      replica_set_events(e, client, rng.Stream("replicaset-events"), "replicaset-controller", ""),
      job_events(e, client, rng.Stream("job-events"), "job-controller", ""),
      pods(e, client, rng.Stream("pods"), All(kube::kPods), ReadPod),
      replica_sets(MakeInformer(kube::kReplicaSets)),
      deployments(MakeInformer(kube::kDeployments)),
      jobs(MakeInformer(kube::kJobs)),
      services(MakeInformer(kube::kServices)),
      slices(MakeInformer(kube::kEndpointSlices)),
      endpoints(MakeInformer(kube::kEndpoints)),
      namespaces(MakeInformer(kube::kNamespaces)) {
  pods.AddHandler([this](const NamespacedName& key, const PodInfo* before, const PodInfo* after) {
    if (before) {
      auto& owners = by_owner_[key.ns];
      auto it = owners.find(before->owner_uid);
      if (it != owners.end()) {
        it->second.erase(key);
        if (it->second.empty()) owners.erase(it);
      }
    }
    if (after) by_owner_[key.ns][after->owner_uid].insert(key);
  });
}

std::unique_ptr<Context::ObjectInformer> Context::MakeInformer(const kube::Resource& resource) {
  return std::make_unique<ObjectInformer>(executor, client, rng.Stream(resource.plural),
                                          All(resource), Whole);
}

std::vector<std::pair<NamespacedName, const PodInfo*>> Context::PodsOf(
    const std::string& ns, const std::string& owner_uid) const {
  std::vector<std::pair<NamespacedName, const PodInfo*>> found;
  auto in_ns = by_owner_.find(ns);
  if (in_ns == by_owner_.end()) return found;
  auto owned = in_ns->second.find(owner_uid);
  if (owned == in_ns->second.end()) return found;
  for (const NamespacedName& key : owned->second) found.emplace_back(key, pods.Get(key));
  return found;
}

bool Context::synced() const {
  return pods.has_synced() && replica_sets->has_synced() && deployments->has_synced() &&
         jobs->has_synced() && services->has_synced() && slices->has_synced() &&
         endpoints->has_synced() && namespaces->has_synced();
}

void Context::Start() {
  pods.Start();
  for (auto* informer :
       {&replica_sets, &deployments, &jobs, &services, &slices, &endpoints, &namespaces}) {
    (*informer)->Start();
  }
}

void SetController(kube::MutableJson& object, std::string_view api_version, std::string_view kind,
                   const kube::Object& owner) {
  kube::JsonNode ref = object["metadata"]["ownerReferences"].Append(kube::JsonObject{});
  ref["apiVersion"] = api_version;
  ref["kind"] = kind;
  ref["name"] = owner.name();
  ref["uid"] = owner.uid();
  ref["controller"] = true;
  ref["blockOwnerDeletion"] = true;
}

void PutCondition(kube::MutableJson& object, std::string_view type, std::string_view status,
                  std::string_view reason, std::string_view message, WallTime now,
                  bool with_update_time) {
  const std::string stamp = FormatTime(now);
  kube::JsonNode list = object["status"]["conditions"];
  if (!list.ref().is_array()) list.Set(kube::JsonArray{});
  size_t at = 0;
  while (at < list.ref().size() && list.ref().At(at)["type"].str() != type) ++at;
  if (at == list.ref().size()) list.Append(kube::JsonObject{});
  kube::JsonNode c = list.At(at);
  const bool moved = c.ref()["status"].str() != status;
  const bool changed =
      moved || c.ref()["reason"].str() != reason || c.ref()["message"].str() != message;
  c["type"] = type;
  c["status"] = status;
  c["reason"] = reason;
  c["message"] = message;
  if (moved) c["lastTransitionTime"] = stamp;
  if (with_update_time && changed) c["lastUpdateTime"] = stamp;
}

kube::MutableJson PodFromTemplate(kube::JsonRef pod_template, const kube::Object& owner,
                                  std::string_view owner_api_version, std::string_view owner_kind,
                                  const std::string& prefix) {
  kube::MutableJson pod;
  pod["apiVersion"] = "v1";
  pod["kind"] = "Pod";
  pod.Set({"metadata", "generateName"}, prefix);
  pod.Set({"metadata", "namespace"}, owner.ns());
  const kube::JsonRef metadata = pod_template["metadata"];
  for (const char* part : {"labels", "annotations", "finalizers"}) {
    if (metadata[part].exists()) pod.Set({"metadata", part}, metadata[part]);
  }
  SetController(pod, owner_api_version, owner_kind, owner);
  pod["spec"] = pod_template["spec"];
  return pod;
}

struct Gather::State {
  int open = 1;  // one for Close()
  Result<void> result;
  std::function<void(Result<void>)> done;
  void End(Result<void> one) {
    if (!one && result) result = std::move(one);
    if (--open == 0) done(std::move(result));
  }
};

Gather::Gather(std::function<void(Result<void>)> done) : state_(std::make_shared<State>()) {
  state_->done = std::move(done);
}

std::function<void(Result<void>)> Gather::Add() {
  ++state_->open;
  return [state = state_](Result<void> one) { state->End(std::move(one)); };
}

void Gather::Close() { state_->End({}); }

}  // namespace stowage::sim
