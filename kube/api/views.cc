#include "kube/api/views.h"

#include <algorithm>

#include "base/time/rfc3339.h"

namespace stowage::kube {
namespace {

std::vector<std::string> Names(JsonRef list) {
  std::vector<std::string> names;
  for (JsonRef e : list.elements()) names.push_back(e["name"].string());
  return names;
}

void Add(ResourceMap& to, const ResourceMap& what) {
  for (const auto& [name, amount] : what) {
    int64_t& sum = to[name];
    if (__builtin_add_overflow(sum, amount, &sum)) sum = INT64_MAX;
  }
}

void Raise(ResourceMap& to, const ResourceMap& what) {
  for (const auto& [name, amount] : what) {
    auto [it, fresh] = to.try_emplace(name, amount);
    if (!fresh) it->second = std::max(it->second, amount);
  }
}

ResourceMap ContainerRequests(JsonRef container) {
  ResourceMap requests = ReadResources(container["resources"]["limits"]);
  for (const auto& [name, amount] : ReadResources(container["resources"]["requests"])) {
    requests[name] = amount;
  }
  return requests;
}

// What an in-place resize has set aside already counts until the kubelet has let go of it.
ResourceMap Allocated(JsonRef container, JsonRef statuses) {
  ResourceMap requests = ContainerRequests(container);
  for (JsonRef status : statuses.elements()) {
    if (status["name"].str() != container["name"].str()) continue;
    Raise(requests, ReadResources(status["allocatedResources"]));
  }
  return requests;
}

std::string_view Or(std::string_view value, std::string_view otherwise) {
  return value.empty() ? otherwise : value;
}

}  // namespace

ResourceMap ReadResources(JsonRef quantities) {
  ResourceMap out;
  for (const auto& [name, value] : quantities.members()) {
    // A bare number is allowed where a quantity is.
    const auto quantity = Quantity::Parse(value.is_string() ? value.string() : value.Dump());
    if (quantity) out[std::string(name)] = ResourceAmount(name, *quantity);
  }
  return out;
}

std::optional<OwnerReference> GetControllerOf(const Object& object) {
  for (JsonRef owner : object.metadata()["ownerReferences"].elements()) {
    if (!owner["controller"].boolean()) continue;
    return OwnerReference{owner["apiVersion"].string(), owner["kind"].string(),
                          owner["name"].string(), owner["uid"].string()};
  }
  return std::nullopt;
}

bool Toleration::Tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect) return false;
  if (!key.empty() && key != taint.key) return false;
  if (op == "Exists") return true;
  // An empty key stands for every one only together with Exists; the API server sees to that.
  return (op.empty() || op == "Equal") && value == taint.value;
}

std::vector<Taint> ReadTaints(JsonRef taints) {
  std::vector<Taint> out;
  for (JsonRef t : taints.elements()) {
    out.push_back({t["key"].string(), t["value"].string(), t["effect"].string()});
  }
  return out;
}

std::vector<Toleration> ReadTolerations(JsonRef tolerations) {
  std::vector<Toleration> out;
  for (JsonRef t : tolerations.elements()) {
    Toleration one{t["key"].string(), std::string(Or(t["operator"].str(), "Equal")),
                   t["value"].string(), t["effect"].string(), std::nullopt};
    if (t["tolerationSeconds"].is_int()) one.seconds = t["tolerationSeconds"].i64();
    out.push_back(std::move(one));
  }
  return out;
}

std::string_view PodView::scheduler_name() const {
  return Or(Spec("schedulerName"), "default-scheduler");
}
std::string_view PodView::restart_policy() const { return Or(Spec("restartPolicy"), "Always"); }
std::string_view PodView::service_account() const {
  return Or(Spec("serviceAccountName"), "default");
}

std::optional<int64_t> PodView::deletion_grace_seconds() const {
  const JsonRef seconds = object_.metadata()["deletionGracePeriodSeconds"];
  if (!object_.deleting() || !seconds.is_int()) return std::nullopt;
  return seconds.i64();
}

int64_t PodView::termination_grace_seconds() const {
  return object_.spec()["terminationGracePeriodSeconds"].i64(30);
}

std::vector<std::string> PodView::container_names() const {
  return Names(object_.spec()["containers"]);
}
std::vector<std::string> PodView::init_container_names() const {
  return Names(object_.spec()["initContainers"]);
}
std::vector<std::string> PodView::scheduling_gates() const {
  return Names(object_.spec()["schedulingGates"]);
}
std::vector<Toleration> PodView::tolerations() const {
  return ReadTolerations(object_.spec()["tolerations"]);
}

JsonRef PodView::condition(std::string_view type) const {
  return FindCondition(object_.status()["conditions"], type);
}

ResourceMap PodView::requests() const {
  const JsonRef spec = object_.spec();
  ResourceMap total;
  for (JsonRef container : spec["containers"].elements()) {
    Add(total, Allocated(container, object_.status()["containerStatuses"]));
  }
  ResourceMap sidecars, starting;
  for (JsonRef container : spec["initContainers"].elements()) {
    ResourceMap needs = Allocated(container, object_.status()["initContainerStatuses"]);
    if (container["restartPolicy"].str() == "Always") {
      Add(total, needs);
      Add(sidecars, needs);
      needs = sidecars;
    } else {
      Add(needs, sidecars);
    }
    Raise(starting, needs);
  }
  Raise(total, starting);
  for (const auto& [name, amount] : ReadResources(spec["resources"]["requests"])) {
    total[name] = amount;
  }
  Add(total, ReadResources(spec["overhead"]));
  total["pods"] = 1;
  return total;
}

std::map<std::string, std::string> NodeView::labels() const {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : object_.metadata()["labels"].members()) {
    out.emplace(key, value.str());
  }
  return out;
}

JsonRef NodeView::condition(std::string_view type) const {
  return FindCondition(object_.status()["conditions"], type);
}

JsonRef FindCondition(JsonRef conditions, std::string_view type) {
  for (JsonRef c : conditions.elements()) {
    if (c["type"].str() == type) return c;
  }
  return {};
}

bool SetCondition(const JsonNode& conditions, const Condition& condition, WallTime now) {
  if (!conditions.ref().is_array()) conditions.Set(JsonArray{});
  size_t index = 0;
  for (JsonRef c : conditions.ref().elements()) {
    if (c["type"].str() == condition.type) break;
    ++index;
  }
  const JsonRef old = conditions.ref().At(index);
  const bool moved = old["status"].str() != condition.status;
  if (!moved && old["reason"].str() == condition.reason &&
      old["message"].str() == condition.message) {
    return false;
  }
  if (!old.exists()) conditions.Append(JsonObject{});
  const JsonNode at = conditions.At(index);
  at["type"] = condition.type;
  at["status"] = condition.status;
  if (moved) at["lastTransitionTime"] = FormatTime(now);
  at["reason"] = condition.reason;
  at["message"] = condition.message;
  return true;
}

}  // namespace stowage::kube
