#include <set>

#include "kube/api/selector.h"
#include "sim/apiserver/validate.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

void ValidateService(JsonRef spec, JsonRef old, Causes& causes) {
  const std::string_view type = spec["type"].str();
  if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer" &&
      type != "ExternalName") {
    NotSupported(causes, "spec.type", type,
                 {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
  }
  if (type == "ExternalName") {
    if (spec["externalName"].str().empty()) Required(causes, "spec.externalName");
  } else if (spec["ports"].empty() && spec["clusterIP"].str() != "None") {
    Required(causes, "spec.ports");
  }
  ValidateLabels(spec["selector"], "spec.selector", causes);
  std::set<std::string> names;
  size_t i = 0;
  for (JsonRef p : spec["ports"].elements()) {
    const std::string at = "spec.ports[" + std::to_string(i++) + "]";
    if (p["port"].i64() < 1 || p["port"].i64() > 65535) {
      InvalidValue(causes, at + ".port", p["port"], "must be between 1 and 65535, inclusive");
    }
    const std::string name = p["name"].string();
    if (name.empty() && spec["ports"].size() > 1) {
      Required(causes, at + ".name");
    } else if (!name.empty() && !names.insert(name).second) {
      DuplicateValue(causes, at + ".name", name);
    }
  }
  const std::string_view before = old["spec"]["clusterIP"].str();
  if (!before.empty() && type != "ExternalName" && spec["clusterIP"].str() != before) {
    InvalidValue(causes, "spec.clusterIPs[0]", spec["clusterIPs"], "may not change once set");
  }
}

// Immutable ConfigMaps and Secrets stay as they are.
void ValidateData(JsonRef object, JsonRef old, Causes& causes) {
  size_t bytes = 0;
  for (const char* field : {"data", "binaryData"}) {
    for (const auto& [key, value] : object[field].members()) {
      bytes += value.str().size();
      if (key.empty() ||
          key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_.") != std::string_view::npos) {
        InvalidText(causes, std::string(field) + "[" + std::string(key) + "]", key,
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
      }
    }
  }
  if (bytes > 1024 * 1024) {
    causes.push_back({"FieldValueTooLong", "Too long: may not be more than 1048576 bytes", "data"});
  }
  if (!old["immutable"].boolean()) return;
  if (!object["immutable"].boolean()) {
    ForbiddenField(causes, "immutable", "field is immutable when `immutable` is set");
  }
  for (const char* field : {"data", "binaryData"}) {
    if (!(object[field] == old[field])) {
      ForbiddenField(causes, field, "field is immutable when `immutable` is set");
    }
  }
}

void ValidateTaints(JsonRef spec, Causes& causes) {
  size_t i = 0;
  std::set<std::string> seen;
  for (JsonRef t : spec["taints"].elements()) {
    const std::string at = "spec.taints[" + std::to_string(i++) + "]";
    const std::string_view effect = t["effect"].str();
    if (auto ok = kube::ValidateLabelKey(t["key"].str()); !ok) {
      InvalidText(causes, at + ".key", t["key"].str(), ok.error().message);
    }
    if (effect != "NoSchedule" && effect != "PreferNoSchedule" && effect != "NoExecute") {
      NotSupported(causes, at + ".effect", effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
    }
    if (!seen.insert(t["key"].string() + ":" + std::string(effect)).second) {
      DuplicateValue(causes, at, t.Dump());
    }
  }
}

void ValidateBudget(JsonRef spec, Causes& causes) {
  if (spec["minAvailable"].exists() && spec["maxUnavailable"].exists()) {
    InvalidText(causes, "spec", "", "minAvailable and maxUnavailable cannot be both set");
  }
}

void ValidateRole(std::string_view storage, JsonRef object, JsonRef old, Causes& causes) {
  if (!storage.starts_with("rolebindings") && !storage.starts_with("clusterrolebindings")) return;
  if (object["roleRef"]["name"].str().empty()) Required(causes, "roleRef.name");
  if (old.exists() && !(object["roleRef"] == old["roleRef"])) {
    InvalidValue(causes, "roleRef", object["roleRef"], "cannot change roleRef");
  }
}

}  // namespace

void ValidateOther(std::string_view storage, JsonRef object, JsonRef old, Causes& causes) {
  const JsonRef spec = object["spec"];
  if (storage == "services") {
    ValidateService(spec, old, causes);
  } else if (storage == "configmaps" || storage == "secrets") {
    ValidateData(object, old, causes);
    if (storage == "secrets" && old.exists() && !(object["type"] == old["type"])) {
      Immutable(causes, "type", object["type"]);
    }
  } else if (storage == "nodes") {
    ValidateTaints(spec, causes);
  } else if (storage == "poddisruptionbudgets.policy") {
    ValidateBudget(spec, causes);
  } else if (storage == "priorityclasses.scheduling.k8s.io") {
    if (old.exists() && !(object["value"] == old["value"])) {
      ForbiddenField(causes, "value", "may not be changed in an update.");
    }
    if (object["value"].i64() > 1000000000 &&
        !object["metadata"]["name"].str().starts_with("system-")) {
      ForbiddenField(causes, "value",
                     "maximum allowed value of a user defined priority is 1000000000");
    }
  } else if (storage.ends_with(".rbac.authorization.k8s.io")) {
    ValidateRole(storage, object, old, causes);
  }
}

}  // namespace stowage::sim
