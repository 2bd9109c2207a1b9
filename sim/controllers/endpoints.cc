#include "sim/controllers/endpoints.h"

#include <algorithm>

namespace stowage::sim {
namespace {

constexpr size_t kPerSlice = 100;
constexpr const char* kServiceName = "kubernetes.io/service-name";
constexpr const char* kManagedBy = "endpointslice.kubernetes.io/managed-by";
constexpr const char* kManagerName = "endpointslice-controller.k8s.io";

void AppendPorts(kube::JsonNode list, const kube::Object& service,
                 const std::vector<int64_t>& numbers) {
  list.Set(kube::JsonArray{});
  size_t i = 0;
  for (kube::JsonRef port : service.spec()["ports"].elements()) {
    const int64_t number = numbers[i++];
    if (number <= 0) continue;  // no container has a port of that name
    kube::JsonNode p = list.Append(kube::JsonObject{});
    p["name"] = port["name"].str();
    p["protocol"] = port["protocol"].str("TCP");
    p["port"] = number;
  }
}

void SetTarget(kube::JsonNode target, const NamespacedName& key, const PodInfo& pod) {
  target["kind"] = "Pod";
  target["name"] = key.name;
  target["namespace"] = key.ns;
  target["uid"] = pod.uid;
}

}  // namespace

EndpointsController::EndpointsController(Context& context)
    : context_(context),
      controller_(
          context.executor, context.rng.Stream("endpoints"), {.name = "endpoints"},
          [this](const NamespacedName& key, Done done) { Reconcile(key, std::move(done)); }) {
  context_.services->AddHandler([this](const NamespacedName& key, const kube::Object*,
                                       const kube::Object*) { controller_.Enqueue(key); });
  context_.slices->AddHandler(
      [this](const NamespacedName& key, const kube::Object* before, const kube::Object* after) {
        const kube::Object& slice = after ? *after : *before;
        if (slice.label(kManagedBy) == kManagerName) {
          controller_.Enqueue({key.ns, std::string(slice.label(kServiceName))});
        }
      });
  context_.pods.AddHandler(
      [this](const NamespacedName& key, const PodInfo* before, const PodInfo* after) {
        for (const auto& [service_key, service] : context_.services->items()) {
          if (service_key.ns != key.ns) continue;
          const auto selector = kube::LabelSelector::FromMap(service.spec()["selector"]);
          if (selector.everything()) continue;
          if ((before && selector.Matches(before->labels)) ||
              (after && selector.Matches(after->labels))) {
            controller_.Enqueue(service_key);
          }
        }
      });
}

EndpointsController::Groups EndpointsController::Collect(const kube::Object& service) const {
  Groups groups;
  const auto selector = kube::LabelSelector::FromMap(service.spec()["selector"]);
  const std::string ns(service.ns());
  const auto& pods = context_.pods.items();
  for (auto it = pods.lower_bound({ns, ""}); it != pods.end() && it->first.ns == ns; ++it) {
    const PodInfo& pod = it->second;
    if (pod.ip.empty() || pod.finished() || !selector.Matches(pod.labels)) continue;
    std::vector<int64_t> numbers;
    for (kube::JsonRef port : service.spec()["ports"].elements()) {
      const kube::JsonRef target = port["targetPort"];
      int64_t number = target.i64(port["port"].i64());
      if (target.is_string()) {
        auto named = pod.ports.find(target.string());
        number = named == pod.ports.end() ? 0 : named->second;
      }
      numbers.push_back(number);
    }
    groups[numbers].push_back({it->first, &pod});
  }
  return groups;
}

std::vector<kube::Json> EndpointsController::Slices(const kube::Object& service,
                                                    const Groups& groups) const {
  std::vector<kube::Json> slices;
  const bool publish_unready = service.spec()["publishNotReadyAddresses"].boolean();
  const auto begin = [&](const std::vector<int64_t>& numbers) {
    kube::MutableJson slice;
    slice["apiVersion"] = "discovery.k8s.io/v1";
    slice["kind"] = "EndpointSlice";
    slice.Set({"metadata", "name"},
              std::string(service.name()) + "-" + std::to_string(slices.size()));
    slice.Set({"metadata", "namespace"}, service.ns());
    for (auto [k, v] : service.metadata()["labels"].members()) slice["metadata"]["labels"][k] = v;
    slice.Set({"metadata", "labels", kServiceName}, service.name());
    slice.Set({"metadata", "labels", kManagedBy}, kManagerName);
    SetController(slice, "v1", "Service", service);
    slice["addressType"] = "IPv4";
    slice["endpoints"].Set(kube::JsonArray{});
    AppendPorts(slice["ports"], service, numbers);
    return slice;
  };
  for (const auto& [numbers, backends] : groups) {
    for (size_t at = 0; at < backends.size(); at += kPerSlice) {
      kube::MutableJson slice = begin(numbers);
      for (size_t i = at; i < std::min(at + kPerSlice, backends.size()); ++i) {
        const PodInfo& pod = *backends[i].pod;
        kube::JsonNode endpoint = slice["endpoints"].Append(kube::JsonObject{});
        endpoint["addresses"].Append(pod.ip);
        endpoint["conditions"]["ready"] = publish_unready || (pod.ready && !pod.deleting);
        endpoint["conditions"]["serving"] = pod.ready;
        endpoint["conditions"]["terminating"] = pod.deleting;
        if (!pod.hostname.empty() && pod.subdomain == service.name())
          endpoint["hostname"] = pod.hostname;
        endpoint["nodeName"] = pod.node;
        SetTarget(endpoint["targetRef"], backends[i].key, pod);
      }
      slices.push_back(std::move(slice).Freeze());
    }
  }
  if (slices.empty()) {
    std::vector<int64_t> numbers;
    for (kube::JsonRef port : service.spec()["ports"].elements()) {
      numbers.push_back(port["targetPort"].i64(port["port"].i64()));
    }
    slices.push_back(begin(numbers).Snapshot());
  }
  return slices;
}

kube::Json EndpointsController::OldEndpoints(const kube::Object& service,
                                             const Groups& groups) const {
  kube::MutableJson out;
  out["apiVersion"] = "v1";
  out["kind"] = "Endpoints";
  out.Set({"metadata", "name"}, service.name());
  out.Set({"metadata", "namespace"}, service.ns());
  for (auto [k, v] : service.metadata()["labels"].members()) out["metadata"]["labels"][k] = v;
  const bool publish_unready = service.spec()["publishNotReadyAddresses"].boolean();
  for (const auto& [numbers, backends] : groups) {
    kube::MutableJson subset;
    for (const Backend& backend : backends) {
      const bool ready = publish_unready || (backend.pod->ready && !backend.pod->deleting);
      kube::JsonNode address =
          subset[ready ? "addresses" : "notReadyAddresses"].Append(kube::JsonObject{});
      address["ip"] = backend.pod->ip;
      address["nodeName"] = backend.pod->node;
      SetTarget(address["targetRef"], backend.key, *backend.pod);
    }
    AppendPorts(subset["ports"], service, numbers);
    out["subsets"].Append(subset.ref());
  }
  return std::move(out).Freeze();
}

void EndpointsController::Reconcile(const NamespacedName& key, Done done) {
  if (!context_.synced()) return done(kube::Outcome::Again(Milliseconds(50)));
  const kube::Object* found = context_.services->Get(key);
  if (!found || found->deleting()) return done(kube::Outcome::Ok());  // its slices go with it
  const kube::Object service = *found;
  // Without a selector somebody else keeps the endpoints.
  if (service.spec()["selector"].empty()) return done(kube::Outcome::Ok());
  const Groups groups = Collect(service);
  Write(service, Slices(service, groups), OldEndpoints(service, groups), std::move(done));
}

void EndpointsController::Write(const kube::Object& service, std::vector<kube::Json> slices,
                                kube::Json endpoints, Done done) {
  const std::string ns(service.ns());
  Gather gather(
      [done](Result<void> r) { done(r ? kube::Outcome::Ok() : kube::Outcome::Fail(r.error())); });
  // Written only if it says something else than what is there.
  const auto put = [&](const kube::Resource& resource, const kube::Object* live,
                       const kube::Json& wanted, std::initializer_list<const char*> parts) {
    const std::string name = wanted["metadata"]["name"].string();
    const auto settle = [one = gather.Add()](Result<kube::Object> r) {
      const bool raced = !r && (r.error().code == ErrorCode::kNotFound);
      one(r || raced ? Result<void>{} : Err(r.error()));
    };
    if (!live) return context_.client.Create(resource, ns, wanted, settle);
    bool same = live->metadata()["labels"] == wanted["metadata"]["labels"];
    for (const char* part : parts) same &= (*live)[part] == wanted[part];
    if (same) return settle(*live);
    kube::MutableJson next(wanted);
    next.Set({"metadata", "resourceVersion"}, live->resource_version());
    context_.client.Update(resource, ns, name, std::move(next).Freeze(), settle);
  };
  put(kube::kEndpoints, context_.endpoints->Get(service.key()), endpoints, {"subsets"});
  for (const kube::Json& slice : slices) {
    put(kube::kEndpointSlices, context_.slices->Get({ns, slice["metadata"]["name"].string()}),
        slice, {"endpoints", "ports"});
  }
  for (const auto& [key, live] : context_.slices->items()) {
    const bool ours = key.ns == ns && live.label(kServiceName) == service.name() &&
                      live.label(kManagedBy) == kManagerName;
    const bool wanted = std::any_of(
        slices.begin(), slices.end(),
        [&key = key](const kube::Json& s) { return s["metadata"]["name"].str() == key.name; });
    if (!ours || wanted) continue;
    context_.client.Delete(kube::kEndpointSlices, ns, key.name, {},
                           [one = gather.Add()](Result<kube::Object>) { one({}); });
  }
  gather.Close();
}

}  // namespace stowage::sim
