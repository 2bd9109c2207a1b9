#include "providers/kubernetes/translate.h"

#include <array>
#include <set>
#include <utility>

#include "base/random/rng.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"
#include "providers/kubernetes/translate_parts.h"

namespace stowage::providers {
namespace {

using kube::JsonNode;
using kube::JsonRef;
using kube::MutableJson;

constexpr std::string_view kOurPrefix = "stowage.dev/";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

std::string UidText(uint64_t hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = kDigits[(hash >> (60 - 4 * i)) & 15];
  return text;
}

// The author's labels or annotations: all but ours and kubectl's note to itself.
MutableJson Passed(JsonRef map) {
  MutableJson kept;
  for (const auto& [key, value] : map.members()) {
    if (!key.starts_with(kOurPrefix) && key != kLastApplied) kept[key] = value;
  }
  return kept;
}

void TranslateMetadata(const kube::Object& host, const TranslateOptions& options,
                       TranslatedPod& out) {
  const JsonNode metadata = out.pod["metadata"];
  for (const char* field : {"ownerReferences", "finalizers", "uid", "resourceVersion", "generation",
                            "generateName", "selfLink", "managedFields", "creationTimestamp",
                            "deletionTimestamp", "deletionGracePeriodSeconds", "clusterName"}) {
    metadata.Remove(field);
  }
  metadata["namespace"] = out.ns;
  metadata["labels"] = Passed(host.metadata()["labels"]).ref();
  metadata["labels"][kube::kLabelHost] = options.host_uid;
  metadata["labels"][kube::kLabelNode] = options.node_name;
  metadata["labels"][kube::kLabelOriginUid] = host.uid();
  metadata["labels"][kLabelOriginNamespace] = host.ns();
  metadata["annotations"] = Passed(host.metadata()["annotations"]).ref();
}

std::string MapClass(const std::map<std::string, std::string>& map, std::string_view name,
                     std::string_view otherwise) {
  auto it = map.find(std::string(name));
  return it == map.end() ? std::string(otherwise) : it->second;
}

void TranslateClasses(JsonNode spec, const TranslateOptions& options) {
  for (const char* field : {"priority", "preemptionPolicy", "overhead"}) spec.Remove(field);
  if (spec.Has("priorityClassName")) {
    const std::string name =
        MapClass(options.priority_classes, spec.ref()["priorityClassName"].str(), "");
    spec["priorityClassName"] = name;
    if (name.empty()) spec.Remove("priorityClassName");
  }
  if (spec.Has("runtimeClassName")) {
    const std::string before = spec.ref()["runtimeClassName"].string();
    const std::string name = MapClass(options.runtime_classes, before, before);
    spec["runtimeClassName"] = name;
    if (name.empty()) spec.Remove("runtimeClassName");
  }
}

// What UpdatePod can bring to a copy: its hash tells whether there is anything to bring.
std::string MutableHash(JsonRef pod, JsonRef ephemeral) {
  MutableJson part;
  part["labels"] = pod["metadata"]["labels"];
  part["annotations"] = Passed(pod["metadata"]["annotations"]).ref();
  for (const char* list : {"initContainers", "containers"}) {
    part[list] = kube::JsonArray{};
    for (JsonRef container : pod["spec"][list].elements()) part[list].Append(container["image"]);
  }
  if (pod["spec"]["tolerations"].exists()) part["tolerations"] = pod["spec"]["tolerations"];
  if (pod["spec"]["activeDeadlineSeconds"].exists()) {
    part["deadline"] = pod["spec"]["activeDeadlineSeconds"];
  }
  if (!ephemeral.empty()) part["ephemeral"] = ephemeral;
  return UidText(part.ref().Hash());
}

// Names of what we set, so that what others add in the member can be told from it later.
std::string AppliedText(JsonRef pod, JsonRef ephemeral) {
  MutableJson applied;
  for (const char* map : {"labels", "annotations"}) {
    applied[map] = kube::JsonArray{};
    for (const auto& [key, value] : pod["metadata"][map].members()) {
      if (!key.starts_with(kOurPrefix)) applied[map].Append(key);
    }
  }
  applied["containers"] = kube::JsonArray{};
  for (JsonRef list : {pod["spec"]["initContainers"], pod["spec"]["containers"], ephemeral}) {
    for (JsonRef container : list.elements()) applied["containers"].Append(container["name"]);
  }
  return applied.ref().Dump();
}

void Annotate(TranslatedPod& out, JsonRef ephemeral) {
  const std::string hash = MutableHash(out.pod.ref(), ephemeral);
  const std::string applied = AppliedText(out.pod.ref(), ephemeral);
  const JsonNode annotations = out.pod["metadata"]["annotations"];
  annotations[kAnnotationSpecHash] = hash;
  annotations[kAnnotationApplied] = applied;
  std::string notes;
  for (const std::string& note : out.notes) notes += (notes.empty() ? "" : " ") + note;
  if (!notes.empty()) annotations[kAnnotationNotes] = notes;
}

std::vector<Reference> NeedsOf(JsonRef spec, Accounts accounts) {
  std::vector<Reference> needs;
  for (Reference& reference : FindReferences(spec)) {
    if (reference.kind == DependentKind::kSecret && IsTokenSecretName(reference.name)) continue;
    // The member makes its own root CA in every namespace.
    if (accounts == Accounts::kMember && reference.kind == DependentKind::kConfigMap &&
        reference.name == kHostRootCa) {
      continue;
    }
    reference.name = HostObjectName(reference.kind, reference.name, accounts);
    needs.push_back(std::move(reference));
  }
  return needs;
}

}  // namespace

std::string RemoteObjectName(DependentKind kind, std::string_view host_name, Accounts accounts) {
  const bool root_ca = kind == DependentKind::kConfigMap && host_name == kHostRootCa;
  return std::string(root_ca && accounts == Accounts::kHost ? kMemberRootCa : host_name);
}

std::string HostObjectName(DependentKind kind, std::string_view remote_name, Accounts accounts) {
  const bool root_ca = kind == DependentKind::kConfigMap && remote_name == kMemberRootCa;
  return std::string(root_ca && accounts == Accounts::kHost ? kHostRootCa : remote_name);
}

Result<TranslatedPod> TranslatePod(const kube::Object& host, const TranslateOptions& options) {
  if (host.name().empty() || host.uid().empty() || !host.spec().is_object()) {
    return MakeError(ErrorCode::kInvalid,
                     "not a pod of an API server: it has no name, UID or spec");
  }
  TranslatedPod out;
  ASSIGN_OR_RETURN(out.ns, RemoteNamespace(options, host.ns()));
  out.name = std::string(host.name());
  out.pod = MutableJson(host.json());
  out.pod.Remove({"status"});
  out.pod["apiVersion"] = "v1";
  out.pod["kind"] = "Pod";
  TranslateMetadata(host, options, out);
  for (const char* field :
       {"nodeName", "schedulerName", "schedulingGates", "readinessGates", "ephemeralContainers"}) {
    out.pod.Remove({"spec", field});
  }
  TranslateClasses(out.pod["spec"], options);
  if (auto placement = TranslatePlacement(out.pod["spec"], options); !placement) {
    return Err(placement.error());
  }
  TranslateAccount(out.pod["spec"], host.uid(), options, out);
  out.needs = NeedsOf(out.pod.ref()["spec"], options.accounts);
  Annotate(out, JsonRef());
  return out;
}

kube::Json WithAnchor(TranslatedPod&& translated, const std::string& host_uid,
                      const std::string& anchor_uid) {
  MutableJson owner;
  owner["apiVersion"] = "v1";
  owner["kind"] = "ConfigMap";
  owner["name"] = AnchorName(host_uid);
  owner["uid"] = anchor_uid;
  owner["controller"] = true;
  owner["blockOwnerDeletion"] = false;
  translated.pod["metadata"]["ownerReferences"].Append(owner.ref());
  return std::move(translated.pod).Freeze();
}

namespace {

// Sets what is wanted and differs; takes away what we set once and is wanted no more.
void PlanMap(JsonRef wanted, JsonRef there, JsonRef applied_before, JsonNode patch) {
  for (const auto& [key, value] : wanted.members()) {
    if (!(there[key] == value)) patch[key] = value;
  }
  for (JsonRef key : applied_before.elements()) {
    if (!wanted[key.str()].exists() && there[key.str()].exists()) patch[key.str()] = nullptr;
  }
}

JsonRef FindNamed(JsonRef list, std::string_view name) {
  for (JsonRef item : list.elements()) {
    if (item["name"].str() == name) return item;
  }
  return {};
}

void PlanImages(JsonRef wanted, JsonRef there, const char* list, MutableJson& patch) {
  for (JsonRef container : wanted[list].elements()) {
    const JsonRef now = FindNamed(there[list], container["name"].str());
    if (!now.exists() || now["image"] == container["image"]) continue;
    MutableJson change;
    change["name"] = container["name"];
    change["image"] = container["image"];
    patch["spec"][list].Append(change.ref());
  }
}

// Kubernetes lets tolerations only be added, and the list is replaced as a whole.
void PlanTolerations(JsonRef wanted, JsonRef there, MutableJson& patch) {
  MutableJson all;
  all["all"] = there.is_array() ? kube::JsonValue(there) : kube::JsonValue(kube::JsonArray{});
  bool added = false;
  for (JsonRef toleration : wanted.elements()) {
    bool present = false;
    for (JsonRef now : there.elements()) present = present || now == toleration;
    if (present) continue;
    added = true;
    all["all"].Append(toleration);
  }
  if (added) patch.Set({"spec", "tolerations"}, all.ref()["all"]);
}

}  // namespace

Result<PodUpdate> PlanUpdate(const kube::Object& host, const kube::Object& remote,
                             const TranslateOptions& options) {
  ASSIGN_OR_RETURN(TranslatedPod wanted, TranslatePod(host, options));
  const JsonRef ephemeral = host.spec()["ephemeralContainers"];
  Annotate(wanted, ephemeral);
  const JsonRef metadata = wanted.pod.ref()["metadata"];
  const JsonRef spec = wanted.pod.ref()["spec"];
  PodUpdate update;
  if (metadata["annotations"][kAnnotationSpecHash].str() ==
      remote.annotation(kAnnotationSpecHash)) {
    return update;
  }
  auto applied = kube::Json::Parse(remote.annotation(kAnnotationApplied));
  const JsonRef before = applied ? JsonRef(*applied) : JsonRef();
  MutableJson patch;
  patch.Set({"metadata", "uid"}, remote.uid());
  PlanMap(metadata["labels"], remote.metadata()["labels"], before["labels"],
          patch["metadata"]["labels"]);
  PlanMap(metadata["annotations"], remote.metadata()["annotations"], before["annotations"],
          patch["metadata"]["annotations"]);
  if (patch.ref()["metadata"]["labels"].is_null()) patch.Remove({"metadata", "labels"});
  for (const char* list : {"initContainers", "containers"}) {
    PlanImages(spec, remote.spec(), list, patch);
  }
  PlanTolerations(spec["tolerations"], remote.spec()["tolerations"], patch);
  const JsonRef deadline = spec["activeDeadlineSeconds"];
  if (deadline.exists() && !(deadline == remote.spec()["activeDeadlineSeconds"])) {
    patch.Set({"spec", "activeDeadlineSeconds"}, deadline);
  }
  update.patch = std::move(patch).Freeze();

  MutableJson debug;
  for (JsonRef container : ephemeral.elements()) {
    if (FindNamed(remote.spec()["ephemeralContainers"], container["name"].str()).exists()) continue;
    debug["spec"]["ephemeralContainers"].Append(container);
  }
  if (debug.ref()["spec"].exists()) {
    debug.Set({"metadata", "uid"}, remote.uid());
    update.ephemeral = std::move(debug).Freeze();
  }
  return update;
}

}  // namespace stowage::providers
