#include <set>

#include "kube/api/quantity.h"
#include "kube/api/selector.h"
#include "sim/apiserver/validate.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

std::string Index(const std::string& path, std::string_view list, size_t i) {
  return path + "." + std::string(list) + "[" + std::to_string(i) + "]";
}

void ValidateQuantities(JsonRef list, const std::string& path, Causes& causes) {
  for (const auto& [name, value] : list.members()) {
    const std::string text = value.is_string() ? value.string() : value.Dump();
    auto q = kube::Quantity::Parse(text);
    const std::string field = path + "[" + std::string(name) + "]";
    if (!q) {
      InvalidText(causes, path + "." + std::string(name), text,
                  "quantities must match the regular expression "
                  "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    } else if (*q < kube::Quantity()) {
      InvalidText(causes, field, text, "must be greater than or equal to 0");
    }
  }
}

void ValidateResources(JsonRef resources, const std::string& path, Causes& causes) {
  ValidateQuantities(resources["limits"], path + ".limits", causes);
  ValidateQuantities(resources["requests"], path + ".requests", causes);
  for (const auto& [name, request] : resources["requests"].members()) {
    const JsonRef limit = resources["limits"][name];
    if (!limit.exists()) continue;
    auto r = kube::Quantity::Parse(request.is_string() ? request.string() : request.Dump());
    auto l = kube::Quantity::Parse(limit.is_string() ? limit.string() : limit.Dump());
    if (r && l && *r > *l) {
      InvalidText(
          causes, path + ".requests", r->ToString(),
          "must be less than or equal to " + std::string(name) + " limit of " + l->ToString());
    }
  }
}

void ValidatePort(JsonRef value, const std::string& field, bool required, Causes& causes) {
  if (!value.exists()) {
    if (required) Required(causes, field);
    return;
  }
  if (value.i64() < 1 || value.i64() > 65535) {
    InvalidValue(causes, field, value, "must be between 1 and 65535, inclusive");
  }
}

void ValidatePorts(JsonRef container, const std::string& path, Causes& causes) {
  size_t i = 0;
  std::set<std::string> names;
  for (JsonRef p : container["ports"].elements()) {
    const std::string at = Index(path, "ports", i++);
    ValidatePort(p["containerPort"], at + ".containerPort", true, causes);
    if (p["hostPort"].i64() != 0) ValidatePort(p["hostPort"], at + ".hostPort", false, causes);
    const std::string_view protocol = p["protocol"].str("TCP");
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      NotSupported(causes, at + ".protocol", protocol, {"SCTP", "TCP", "UDP"});
    }
    const std::string name = p["name"].string();
    if (name.empty()) continue;
    if (name.size() > 15)
      InvalidText(causes, at + ".name", name, "must be no more than 15 characters");
    if (!names.insert(name).second) DuplicateValue(causes, at + ".name", name);
  }
}

void ValidateContainer(JsonRef c, const std::string& path, const std::set<std::string>& volumes,
                       Causes& causes) {
  const std::string_view name = c["name"].str();
  if (name.empty()) {
    Required(causes, path + ".name");
  } else if (auto ok = kube::ValidateDnsLabel(name); !ok) {
    InvalidText(causes, path + ".name", name, ok.error().message);
  }
  if (c["image"].str().empty()) Required(causes, path + ".image");
  const std::string_view policy = c["imagePullPolicy"].str("Always");
  if (policy != "Always" && policy != "IfNotPresent" && policy != "Never") {
    NotSupported(causes, path + ".imagePullPolicy", policy, {"Always", "IfNotPresent", "Never"});
  }
  ValidateResources(c["resources"], path + ".resources", causes);
  ValidatePorts(c, path, causes);
  size_t i = 0;
  std::set<std::string> mounts;
  for (JsonRef m : c["volumeMounts"].elements()) {
    const std::string at = Index(path, "volumeMounts", i++);
    if (!volumes.contains(m["name"].string())) {
      causes.push_back(
          {"FieldValueNotFound", "Not found: " + kube::QuoteJson(m["name"].str()), at + ".name"});
    }
    if (m["mountPath"].str().empty()) {
      Required(causes, at + ".mountPath");
    } else if (!mounts.insert(m["mountPath"].string()).second) {
      InvalidText(causes, at + ".mountPath", m["mountPath"].str(), "must be unique");
    }
  }
  i = 0;
  for (JsonRef e : c["env"].elements()) {
    const std::string at = Index(path, "env", i++);
    if (e["name"].str().empty()) Required(causes, at + ".name");
    if (!e["value"].str().empty() && e["valueFrom"].is_object()) {
      InvalidText(causes, at + ".valueFrom", "", "may not be specified when `value` is not empty");
    }
  }
}

std::set<std::string> ValidateVolumes(JsonRef spec, const std::string& path, Causes& causes) {
  std::set<std::string> names;
  size_t i = 0;
  for (JsonRef v : spec["volumes"].elements()) {
    const std::string at = Index(path, "volumes", i++);
    const std::string name = v["name"].string();
    if (name.empty()) {
      Required(causes, at + ".name");
    } else if (auto ok = kube::ValidateDnsLabel(name); !ok) {
      InvalidText(causes, at + ".name", name, ok.error().message);
    }
    if (!name.empty() && !names.insert(name).second) DuplicateValue(causes, at + ".name", name);
    if (v.size() > 2) ForbiddenField(causes, at, "may not specify more than 1 volume type");
  }
  return names;
}

void ValidateTolerations(JsonRef spec, const std::string& path, Causes& causes) {
  size_t i = 0;
  for (JsonRef t : spec["tolerations"].elements()) {
    const std::string at = Index(path, "tolerations", i++);
    const std::string_view op = t["operator"].str("Equal"), effect = t["effect"].str();
    if (t["key"].str().empty() && op != "Exists") {
      InvalidText(causes, at + ".operator", op,
                  "operator must be Exists when `key` is empty, which means \"match all values and "
                  "all keys\"");
    }
    if (!effect.empty() && effect != "NoSchedule" && effect != "PreferNoSchedule" &&
        effect != "NoExecute") {
      NotSupported(causes, at + ".effect", effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
    }
    if (t["tolerationSeconds"].exists() && effect != "NoExecute") {
      InvalidText(causes, at + ".effect", effect,
                  "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
  }
}

// What of a pod may change once it exists: the same with those parts taken out.
kube::Json Fixed(JsonRef spec) {
  kube::MutableJson s(spec);
  for (const char* list : {"containers", "initContainers"}) {
    for (size_t i = 0; i < s.ref()[list].size(); ++i) s[list].At(i)["image"] = "";
  }
  for (const char* field : {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds",
                            "ephemeralContainers", "schedulingGates", "serviceAccount"}) {
    s.Remove({"spec", field});
    s.root().Remove(field);
  }
  return std::move(s).Freeze();
}

// Gates may only go, and while they are there the node selection may be narrowed.
bool Gated(JsonRef old) { return !old["spec"]["schedulingGates"].empty(); }

void ValidatePodUpdate(JsonRef pod, JsonRef old, Causes& causes) {
  const JsonRef spec = pod["spec"], before = old["spec"];
  std::set<std::string> gates;
  for (JsonRef g : before["schedulingGates"].elements()) gates.insert(g["name"].string());
  for (JsonRef g : spec["schedulingGates"].elements()) {
    if (!gates.contains(g["name"].string())) {
      ForbiddenField(
          causes, "spec.schedulingGates",
          "only deletion is allowed, but found new scheduling gate '" + g["name"].string() + "'");
    }
  }
  for (JsonRef t : before["tolerations"].elements()) {
    bool kept = false;
    for (JsonRef n : spec["tolerations"].elements()) {
      kept |= n == t || (n["key"] == t["key"] && n["effect"] == t["effect"]);
    }
    if (!kept) {
      ForbiddenField(causes, "spec.tolerations",
                     "existing toleration can not be modified except its "
                     "tolerationSeconds");
      break;
    }
  }
  kube::MutableJson now(Fixed(spec)), then(Fixed(before));
  if (Gated(old)) {
    for (const char* field : {"nodeSelector", "affinity"}) {
      now.root().Remove(field);
      then.root().Remove(field);
    }
  }
  if (!(now.ref() == then.ref())) {
    ForbiddenField(causes, "spec",
                   "pod updates may not change fields other than `spec.containers[*].image`,"
                   "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
                   "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
                   "(allow it to be set to 1 if it was previously negative)");
  }
}

}  // namespace

void ValidatePodSpec(JsonRef spec, const std::string& path, Causes& causes) {
  const std::set<std::string> volumes = ValidateVolumes(spec, path, causes);
  if (spec["containers"].empty()) Required(causes, path + ".containers");
  std::set<std::string> names;
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"}) {
    size_t i = 0;
    for (JsonRef c : spec[list].elements()) {
      const std::string at = Index(path, list, i++);
      ValidateContainer(c, at, volumes, causes);
      const std::string name = c["name"].string();
      if (!name.empty() && !names.insert(name).second) DuplicateValue(causes, at + ".name", name);
    }
  }
  const std::string_view restart = spec["restartPolicy"].str();
  if (restart != "Always" && restart != "OnFailure" && restart != "Never") {
    NotSupported(causes, path + ".restartPolicy", restart, {"Always", "OnFailure", "Never"});
  }
  const std::string_view dns = spec["dnsPolicy"].str();
  if (dns != "ClusterFirst" && dns != "ClusterFirstWithHostNet" && dns != "Default" &&
      dns != "None") {
    NotSupported(causes, path + ".dnsPolicy", dns,
                 {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"});
  }
  if (spec["terminationGracePeriodSeconds"].i64() < 0) {
    InvalidValue(causes, path + ".terminationGracePeriodSeconds",
                 spec["terminationGracePeriodSeconds"], "must be greater than or equal to 0");
  }
  if (const JsonRef d = spec["activeDeadlineSeconds"]; d.exists() && d.i64() < 1) {
    InvalidValue(causes, path + ".activeDeadlineSeconds", d,
                 "must be between 1 and 2147483647, inclusive");
  }
  ValidateTolerations(spec, path, causes);
  ValidateLabels(spec["nodeSelector"], path + ".nodeSelector", causes);
}

void ValidatePod(JsonRef pod, JsonRef old, Causes& causes) {
  if (old.exists()) {
    if (!(pod["spec"] == old["spec"])) ValidatePodUpdate(pod, old, causes);
    return;
  }
  ValidatePodSpec(pod["spec"], "spec", causes);
  if (!pod["spec"]["nodeName"].str().empty() && !pod["spec"]["schedulingGates"].empty()) {
    ForbiddenField(causes, "spec.nodeName",
                   "cannot be set until all schedulingGates have been cleared");
  }
}

}  // namespace stowage::sim
