#include "test/differential/draft.h"

#include <algorithm>
#include <utility>

namespace stowage::differential {
namespace {

using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;

void PutMap(JsonNode at, const Map& map) {
  at = JsonObject{};
  for (const auto& [key, value] : map) at[key] = value;
}

void PutList(JsonNode at, const std::vector<std::string>& list) {
  at = JsonArray{};
  for (const std::string& value : list) at.Append(value);
}

void PutExpressions(JsonNode at, const std::vector<Expression>& expressions) {
  at = JsonArray{};
  for (const Expression& e : expressions) {
    const JsonNode one = at.Append(JsonObject{});
    one["key"] = e.key;
    one["operator"] = e.op;
    if (!e.values.empty()) PutList(one["values"], e.values);
  }
}

void PutSelector(JsonNode at, const Selector& selector) {
  at = JsonObject{};
  if (!selector.labels.empty()) PutMap(at["matchLabels"], selector.labels);
  if (!selector.expressions.empty()) PutExpressions(at["matchExpressions"], selector.expressions);
}

void PutPeerTerm(JsonNode one, const PeerTerm& t) {
  one["topologyKey"] = t.key;
  if (!t.selector.absent) PutSelector(one["labelSelector"], t.selector);
  if (!t.namespaces.empty()) PutList(one["namespaces"], t.namespaces);
  if (t.namespace_selector) PutSelector(one["namespaceSelector"], *t.namespace_selector);
  if (!t.match_keys.empty()) PutList(one["matchLabelKeys"], t.match_keys);
  if (!t.mismatch_keys.empty()) PutList(one["mismatchLabelKeys"], t.mismatch_keys);
}

void PutPeerTerms(JsonNode at, const std::vector<PeerTerm>& terms) {
  at = JsonArray{};
  for (const PeerTerm& t : terms) PutPeerTerm(at.Append(JsonObject{}), t);
}

void PutNodeTerms(JsonNode at, const std::vector<NodeTerm>& terms) {
  at = JsonArray{};
  for (const NodeTerm& t : terms) {
    const JsonNode one = at.Append(JsonObject{});
    if (!t.labels.empty()) PutExpressions(one["matchExpressions"], t.labels);
    if (!t.fields.empty()) PutExpressions(one["matchFields"], t.fields);
  }
}

void PutSpread(JsonNode at, const std::vector<SpreadRule>& rules) {
  at = JsonArray{};
  for (const SpreadRule& r : rules) {
    const JsonNode one = at.Append(JsonObject{});
    one["topologyKey"] = r.key;
    one["maxSkew"] = r.max_skew;
    one["whenUnsatisfiable"] = r.soft ? "ScheduleAnyway" : "DoNotSchedule";
    if (r.min_domains > 0) one["minDomains"] = r.min_domains;
    if (!r.selector.absent) PutSelector(one["labelSelector"], r.selector);
    if (!r.match_keys.empty()) PutList(one["matchLabelKeys"], r.match_keys);
    if (!r.affinity_policy.empty()) one["nodeAffinityPolicy"] = r.affinity_policy;
    if (!r.taints_policy.empty()) one["nodeTaintsPolicy"] = r.taints_policy;
  }
}

// On the host's network the API server fills in hostPort.
void PutContainers(JsonNode at, const std::vector<Container>& containers, const std::string& prefix,
                   bool host_network) {
  at = JsonArray{};
  for (size_t i = 0; i < containers.size(); ++i) {
    const Container& c = containers[i];
    const JsonNode one = at.Append(JsonObject{});
    one["name"] = prefix + std::to_string(i);
    one["image"] = "none";
    if (!c.requests.empty()) PutMap(one["resources"]["requests"], c.requests);
    if (!c.limits.empty()) PutMap(one["resources"]["limits"], c.limits);
    if (c.sidecar) one["restartPolicy"] = "Always";
    for (const Port& p : c.ports) {
      const JsonNode port = one["ports"].Append(JsonObject{});
      port["containerPort"] = p.number;
      if (!host_network) port["hostPort"] = p.number;
      if (!p.protocol.empty()) port["protocol"] = p.protocol;
      if (!p.ip.empty()) port["hostIP"] = p.ip;
    }
  }
}

void PutTolerations(JsonNode at, const PodDraft& pod, const World& world) {
  at = JsonArray{};
  const JsonNode own = at.Append(JsonObject{});
  own["key"] = world.name;
  own["operator"] = "Exists";
  for (const Toleration& t : pod.tolerations) {
    const JsonNode one = at.Append(JsonObject{});
    if (!t.key.empty()) one["key"] = t.key;
    if (!t.op.empty()) one["operator"] = t.op;
    if (!t.value.empty()) one["value"] = t.value;
    if (!t.effect.empty()) one["effect"] = t.effect;
  }
}

void PutAffinity(JsonNode spec, const PodDraft& pod) {
  constexpr const char* kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
  constexpr const char* kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";
  if (!pod.node_terms.empty()) {
    PutNodeTerms(spec["affinity"]["nodeAffinity"][kRequired]["nodeSelectorTerms"], pod.node_terms);
  }
  if (!pod.affinity.empty()) {
    PutPeerTerms(spec["affinity"]["podAffinity"][kRequired], pod.affinity);
  }
  if (!pod.anti_affinity.empty()) {
    PutPeerTerms(spec["affinity"]["podAntiAffinity"][kRequired], pod.anti_affinity);
  }
  for (const PeerTerm& t : pod.avoided) {
    const JsonNode one = spec["affinity"]["podAntiAffinity"][kPreferred].Append(JsonObject{});
    one["weight"] = 50;
    PutPeerTerm(one["podAffinityTerm"], t);
  }
}

}  // namespace

bool World::AskedAlone() const {
  return std::any_of(incoming.begin(), incoming.end(), [](const PodDraft& pod) {
    return std::any_of(pod.tolerations.begin(), pod.tolerations.end(),
                       [](const Toleration& t) { return t.key.empty(); });
  });
}

kube::Json PodObject(const PodDraft& pod, const World& world) {
  kube::MutableJson json;
  json["apiVersion"] = "v1";
  json["kind"] = "Pod";
  json.Set({"metadata", "name"}, pod.name);
  json.Set({"metadata", "namespace"}, pod.ns);
  PutMap(json["metadata"]["labels"], pod.labels);
  json.Set({"metadata", "labels", kRole}, pod.node < 0 ? "incoming" : "bound");
  json.Set({"spec", "schedulerName"}, kScheduler);
  const JsonNode spec = json["spec"];
  if (pod.node >= 0) spec["nodeName"] = world.nodes[pod.node].name;
  PutContainers(spec["containers"], pod.containers, "c", pod.host_network);
  if (!pod.init.empty()) PutContainers(spec["initContainers"], pod.init, "i", pod.host_network);
  if (pod.host_network) spec["hostNetwork"] = true;
  if (!pod.runtime_class.empty()) spec["runtimeClassName"] = pod.runtime_class;
  if (!pod.node_selector.empty()) PutMap(spec["nodeSelector"], pod.node_selector);
  PutTolerations(spec["tolerations"], pod, world);
  PutAffinity(spec, pod);
  if (!pod.spread.empty()) PutSpread(spec["topologySpreadConstraints"], pod.spread);
  for (size_t i = 0; i < pod.claims.size(); ++i) {
    const JsonNode volume = spec["volumes"].Append(JsonObject{});
    volume["name"] = "v" + std::to_string(i);
    volume["persistentVolumeClaim"]["claimName"] = pod.claims[i];
  }
  return std::move(json).Freeze();
}

kube::Json NodeObject(const NodeDraft& node) {
  kube::MutableJson json;
  json["apiVersion"] = "v1";
  json["kind"] = "Node";
  json.Set({"metadata", "name"}, node.name);
  PutMap(json["metadata"]["labels"], node.labels);
  json.Set({"metadata", "labels", kRole}, "node");
  json["spec"] = JsonObject{};
  if (node.unschedulable) json["spec"]["unschedulable"] = true;
  for (const Taint& t : node.taints) {
    const JsonNode taint = json["spec"]["taints"].Append(JsonObject{});
    taint["key"] = t.key;
    if (!t.value.empty()) taint["value"] = t.value;
    taint["effect"] = t.effect;
  }
  PutMap(json["status"]["capacity"], node.allocatable);
  PutMap(json["status"]["allocatable"], node.allocatable);
  const JsonNode ready = json["status"]["conditions"].Append(JsonObject{});
  ready["type"] = "Ready";
  ready["status"] = "True";
  return std::move(json).Freeze();
}

kube::Json VolumeObject(const VolumeDraft& volume) {
  kube::MutableJson json;
  json["apiVersion"] = "v1";
  json["kind"] = "PersistentVolume";
  json.Set({"metadata", "name"}, volume.ns + "-" + volume.name);
  json.Set({"spec", "capacity", "storage"}, "1Gi");
  json["spec"]["accessModes"].Append("ReadWriteOnce");
  json.Set({"spec", "local", "path"}, "/none");
  PutNodeTerms(json["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"], volume.terms);
  json.Set({"spec", "claimRef", "namespace"}, volume.ns);
  json.Set({"spec", "claimRef", "name"}, volume.name);
  return std::move(json).Freeze();
}

kube::Json ClaimObject(const VolumeDraft& volume) {
  kube::MutableJson json;
  json["apiVersion"] = "v1";
  json["kind"] = "PersistentVolumeClaim";
  json.Set({"metadata", "name"}, volume.name);
  json.Set({"metadata", "namespace"}, volume.ns);
  json.Set({"metadata", "annotations", "pv.kubernetes.io/bind-completed"}, "yes");
  json["spec"]["accessModes"].Append("ReadWriteOnce");
  json.Set({"spec", "resources", "requests", "storage"}, "1Gi");
  json.Set({"spec", "storageClassName"}, "");
  json.Set({"spec", "volumeName"}, volume.ns + "-" + volume.name);
  return std::move(json).Freeze();
}

}  // namespace stowage::differential
