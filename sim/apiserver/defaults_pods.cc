#include "kube/api/quantity.h"
#include "sim/apiserver/defaults.h"
#include "sim/apiserver/strategy.h"

namespace stowage::sim {
namespace {

using kube::JsonNode;
using kube::JsonRef;

// ":latest" and no tag mean Always.
std::string_view PullPolicy(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return "IfNotPresent";
  const size_t slash = image.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
  const size_t colon = last.find(':');
  if (colon == std::string_view::npos || last.substr(colon + 1) == "latest") return "Always";
  return "IfNotPresent";
}

void DefaultProbe(JsonNode container, const char* name) {
  if (!container.ref()[name].is_object()) return;
  Default(container[name], "timeoutSeconds", 1);
  Default(container[name], "periodSeconds", 10);
  Default(container[name], "successThreshold", 1);
  Default(container[name], "failureThreshold", 3);
  if (container.ref()[name]["httpGet"].is_object()) {
    Default(container[name]["httpGet"], "path", "/");
    Default(container[name]["httpGet"], "scheme", "HTTP");
  }
  if (container.ref()[name]["grpc"].is_object()) Default(container[name]["grpc"], "service", "");
}

// A limit is a request, too; amounts are written as Kubernetes writes them.
void DefaultResources(JsonNode container) {
  for (const char* list : {"limits", "requests"}) {
    std::vector<std::pair<std::string, std::string>> changed;
    for (const auto& [name, value] : container.ref()["resources"][list].members()) {
      auto q = kube::Quantity::Parse(value.is_string() ? value.string() : value.Dump());
      if (q && !(value.is_string() && value.str() == q->ToString())) {
        changed.emplace_back(std::string(name), q->ToString());
      }
    }
    for (const auto& [name, text] : changed) container["resources"][list][name] = text;
  }
  if (!container.ref()["resources"]["limits"].is_object()) return;
  const kube::Json limits = kube::Json::Copy(container.ref()["resources"]["limits"]);
  for (const auto& [name, value] : limits.members()) {
    Default(container["resources"]["requests"], name, value);
  }
}

void DefaultContainer(JsonNode c, bool ephemeral) {
  Default(c, "imagePullPolicy", PullPolicy(c.ref()["image"].str()));
  Default(c, "terminationMessagePath", "/dev/termination-log");
  Default(c, "terminationMessagePolicy", "File");
  if (!ephemeral) Default(c, "resources", kube::JsonObject{});
  if (c.ref()["resources"].exists()) DefaultResources(c);
  for (size_t i = 0; i < c.ref()["ports"].size(); ++i) Default(c["ports"].At(i), "protocol", "TCP");
  for (size_t i = 0; i < c.ref()["env"].size(); ++i) {
    if (c.ref()["env"].At(i).Find({"valueFrom", "fieldRef"}).is_object()) {
      Default(c["env"].At(i)["valueFrom"]["fieldRef"], "apiVersion", "v1");
    }
  }
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"})
    DefaultProbe(c, probe);
  for (const char* hook : {"postStart", "preStop"}) {
    if (!c.ref()["lifecycle"][hook]["httpGet"].is_object()) continue;
    Default(c["lifecycle"][hook]["httpGet"], "path", "/");
    Default(c["lifecycle"][hook]["httpGet"], "scheme", "HTTP");
  }
}

void DefaultProjected(JsonNode projected) {
  Default(projected, "defaultMode", 420);
  for (size_t i = 0; i < projected.ref()["sources"].size(); ++i) {
    JsonNode source = projected["sources"].At(i);
    if (source.ref()["serviceAccountToken"].is_object()) {
      Default(source["serviceAccountToken"], "expirationSeconds", 3600);
    }
    for (size_t k = 0; k < source.ref()["downwardAPI"]["items"].size(); ++k) {
      if (source.ref()["downwardAPI"]["items"].At(k)["fieldRef"].is_object()) {
        Default(source["downwardAPI"]["items"].At(k)["fieldRef"], "apiVersion", "v1");
      }
    }
  }
}

void DefaultVolume(JsonNode v) {
  for (const char* kind : {"configMap", "secret", "downwardAPI"}) {
    if (v.ref()[kind].is_object()) Default(v[kind], "defaultMode", 420);
  }
  if (v.ref()["projected"].is_object()) DefaultProjected(v["projected"]);
  if (v.ref()["hostPath"].is_object()) Default(v["hostPath"], "type", "");
  for (size_t k = 0; k < v.ref()["downwardAPI"]["items"].size(); ++k) {
    if (v.ref()["downwardAPI"]["items"].At(k)["fieldRef"].is_object()) {
      Default(v["downwardAPI"]["items"].At(k)["fieldRef"], "apiVersion", "v1");
    }
  }
  // A volume that names no source is an emptyDir.
  if (v.ref().size() == 1 && v.ref()["name"].exists()) v["emptyDir"] = kube::JsonObject{};
}

}  // namespace

void Default(JsonNode object, std::string_view key, kube::JsonValue value) {
  const JsonRef now = object.ref()[key];
  if (!now.exists() || now.is_null()) object[key] = std::move(value);
}

void DefaultPodSpec(JsonNode spec) {
  Default(spec, "restartPolicy", "Always");
  Default(spec, "terminationGracePeriodSeconds", 30);
  Default(spec, "dnsPolicy", "ClusterFirst");
  Default(spec, "securityContext", kube::JsonObject{});
  Default(spec, "schedulerName", "default-scheduler");
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
    for (size_t i = 0; i < spec.ref()[list].size(); ++i) {
      DefaultContainer(spec[list].At(i), std::string_view(list) == "ephemeralContainers");
    }
  }
  for (size_t i = 0; i < spec.ref()["volumes"].size(); ++i) DefaultVolume(spec["volumes"].At(i));
  if (spec.ref()["hostNetwork"].boolean()) {
    for (size_t i = 0; i < spec.ref()["containers"].size(); ++i) {
      for (size_t k = 0; k < spec.ref()["containers"].At(i)["ports"].size(); ++k) {
        const int64_t port = spec.ref()["containers"].At(i)["ports"].At(k)["containerPort"].i64();
        Default(spec["containers"].At(i)["ports"].At(k), "hostPort", port);
      }
    }
  }
  const JsonRef name = spec.ref()["serviceAccountName"];
  if (name.is_string() && !name.str().empty()) {
    const std::string account = name.string();
    Default(spec, "serviceAccount", account);
  }
}

void DefaultMetadataOfTemplate(JsonNode pod_template) {
  if (!pod_template.ref()["metadata"]["creationTimestamp"].exists()) {
    pod_template["metadata"]["creationTimestamp"] = nullptr;
  }
}

void ApplyDefaults(const ResourceInfo& r, kube::MutableJson& object) {
  if (r.custom) return;
  if (r.storage == "pods") {
    DefaultPodSpec(object["spec"]);
    Default(object["spec"], "enableServiceLinks", true);
    return;
  }
  if (!DefaultWorkload(r.storage, object)) DefaultOther(r.storage, object);
}

}  // namespace stowage::sim
