#include "sim/apiserver/crd.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

constexpr char kCrds[] = "customresourcedefinitions.apiextensions.k8s.io";

void AppendCondition(kube::JsonNode conditions, std::string_view type, std::string_view reason,
                     std::string_view message, const std::string& now) {
  kube::MutableJson c;
  c["type"] = type;
  c["status"] = "True";
  c["lastTransitionTime"] = now;
  c["reason"] = reason;
  c["message"] = message;
  conditions.Append(c.ref());
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

void PrepareCrd(kube::MutableJson& crd) {
  const std::string kind = crd.ref().Find({"spec", "names", "kind"}).string();
  if (crd.ref().Find({"spec", "names", "singular"}).str().empty()) {
    crd.Set({"spec", "names", "singular"}, Lower(kind));
  }
  if (crd.ref().Find({"spec", "names", "listKind"}).str().empty()) {
    crd.Set({"spec", "names", "listKind"}, kind + "List");
  }
  if (!crd.ref().Find({"spec", "conversion"}).exists()) {
    crd.Set({"spec", "conversion", "strategy"}, "None");
  }
}

Causes ValidateCrd(JsonRef crd, JsonRef old) {
  Causes causes;
  const JsonRef spec = crd["spec"], names = spec["names"];
  for (const char* field : {"plural", "kind"}) {
    if (names[field].str().empty()) Required(causes, std::string("spec.names.") + field);
  }
  if (spec["group"].str().empty()) Required(causes, "spec.group");
  const std::string expected = names["plural"].string() + "." + spec["group"].string();
  if (crd["metadata"]["name"].str() != expected) {
    InvalidValue(causes, "metadata.name", crd["metadata"]["name"],
                 "must be spec.names.plural+\".\"+spec.group");
  }
  const std::string_view scope = spec["scope"].str();
  if (scope != "Namespaced" && scope != "Cluster") {
    NotSupported(causes, "spec.scope", scope, {"Cluster", "Namespaced"});
  }
  int stored = 0;
  SchemaRegistry scratch;
  size_t i = 0;
  for (JsonRef v : spec["versions"].elements()) {
    stored += v["storage"].boolean();
    const std::string path = "spec.versions[" + std::to_string(i++) + "]";
    const JsonRef schema = v.Find({"schema", "openAPIV3Schema"});
    if (!schema.exists()) {
      Required(causes, path + ".schema.openAPIV3Schema", "schemas are required");
    } else if (auto ok = scratch.AddCustom(spec["group"].str(), v["name"].str(),
                                           names["kind"].str(), schema);
               !ok) {
      causes.push_back({"FieldValueInvalid", "Invalid value: " + ok.error().message,
                        path + ".schema.openAPIV3Schema"});
    }
  }
  if (spec["versions"].empty()) Required(causes, "spec.versions");
  if (stored != 1) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: must have exactly one version marked as storage version",
                      "spec.versions"});
  }
  if (spec["conversion"]["strategy"].str() != "None") {
    NotSupported(causes, "spec.conversion.strategy", spec["conversion"]["strategy"].str(),
                 {"None"});
  }
  if (old.exists()) {
    for (const char* field : {"group", "scope"}) {
      if (!(spec[field] == old["spec"][field])) {
        Immutable(causes, std::string("spec.") + field, spec[field]);
      }
    }
    for (const char* field : {"plural", "kind"}) {
      if (!(names[field] == old.Find({"spec", "names", field}))) {
        Immutable(causes, std::string("spec.names.") + field, names[field]);
      }
    }
  }
  return causes;
}

void CrdChanged(Core& core, const EntryPtr& entry) {
  const JsonRef spec = entry->json()["spec"];
  core.resources.AddCustom(entry->json());
  const std::string now = core.Timestamp();
  EditObject(core, kCrds, entry->key(), [&](kube::MutableJson& crd) {
    crd.Set({"status", "acceptedNames"}, spec["names"]);
    crd.Set({"status", "storedVersions"}, kube::JsonArray{});
    for (JsonRef v : spec["versions"].elements()) {
      if (v["storage"].boolean()) crd["status"]["storedVersions"].Append(v["name"]);
    }
    if (crd.ref()["status"]["conditions"].size() > 0) return;
    crd.Set({"status", "conditions"}, kube::JsonArray{});
    AppendCondition(crd["status"]["conditions"], "NamesAccepted", "NoConflicts",
                    "no conflicts found", now);
    AppendCondition(crd["status"]["conditions"], "Established", "InitialNamesAccepted",
                    "the initial names have been accepted", now);
  });
}

void CrdDeleted(Core& core, const EntryPtr& entry) {
  const JsonRef spec = entry->json()["spec"];
  const std::string group = spec["group"].string();
  const std::string plural = spec["names"]["plural"].string();
  const std::string storage = plural + "." + group;
  std::vector<kube::NamespacedName> keys;
  for (const auto& [key, object] : core.store.collection(storage).objects) keys.push_back(key);
  for (const auto& key : keys) core.store.Delete(storage, key);
  core.watches.EndResource(storage);
  core.resources.RemoveCustom(group, plural);
}

}  // namespace stowage::sim
