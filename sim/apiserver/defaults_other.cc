#include "sim/apiserver/defaults.h"

namespace stowage::sim {
namespace {

using kube::JsonNode;
using kube::MutableJson;

void DefaultService(JsonNode spec) {
  Default(spec, "type", "ClusterIP");
  Default(spec, "sessionAffinity", "None");
  Default(spec, "internalTrafficPolicy", "Cluster");
  const std::string type = spec.ref()["type"].string();
  if (type == "NodePort" || type == "LoadBalancer")
    Default(spec, "externalTrafficPolicy", "Cluster");
  if (type == "LoadBalancer") Default(spec, "allocateLoadBalancerNodePorts", true);
  if (type != "ExternalName") {
    if (!spec.ref()["ipFamilies"].exists()) {
      spec["ipFamilies"] = kube::JsonArray{};
      spec["ipFamilies"].Append("IPv4");
    }
    Default(spec, "ipFamilyPolicy", "SingleStack");
  }
  for (size_t i = 0; i < spec.ref()["ports"].size(); ++i) {
    JsonNode port = spec["ports"].At(i);
    Default(port, "protocol", "TCP");
    const int64_t number = port.ref()["port"].i64();
    Default(port, "targetPort", number);
  }
}

void DefaultClaim(JsonNode spec) { Default(spec, "volumeMode", "Filesystem"); }

void DefaultWebhooks(JsonNode object) {
  for (size_t i = 0; i < object.ref()["webhooks"].size(); ++i) {
    JsonNode w = object["webhooks"].At(i);
    Default(w, "failurePolicy", "Fail");
    Default(w, "matchPolicy", "Equivalent");
    Default(w, "namespaceSelector", kube::JsonObject{});
    Default(w, "objectSelector", kube::JsonObject{});
    Default(w, "timeoutSeconds", 10);
  }
}

}  // namespace

bool DefaultOther(std::string_view storage, MutableJson& object) {
  const auto root = [&] { return object.root(); };
  if (storage == "services") {
    DefaultService(object["spec"]);
    if (!object.ref()["status"]["loadBalancer"].exists()) {
      object.Set({"status", "loadBalancer"}, kube::JsonObject{});
    }
  } else if (storage == "namespaces") {
    object.Set({"metadata", "labels", "kubernetes.io/metadata.name"},
               object.ref()["metadata"]["name"]);
  } else if (storage == "secrets") {
    Default(root(), "type", "Opaque");
  } else if (storage == "persistentvolumeclaims") {
    DefaultClaim(object["spec"]);
  } else if (storage == "persistentvolumes") {
    Default(object["spec"], "persistentVolumeReclaimPolicy", "Retain");
    Default(object["spec"], "volumeMode", "Filesystem");
  } else if (storage == "storageclasses.storage.k8s.io") {
    Default(root(), "reclaimPolicy", "Delete");
    Default(root(), "volumeBindingMode", "Immediate");
  } else if (storage == "priorityclasses.scheduling.k8s.io") {
    Default(root(), "preemptionPolicy", "PreemptLowerPriority");
  } else if (storage == "networkpolicies.networking.k8s.io") {
    if (!object.ref()["spec"]["policyTypes"].exists()) {
      const bool egress = object.ref()["spec"]["egress"].exists();
      object["spec"]["policyTypes"].Append("Ingress");
      if (egress) object["spec"]["policyTypes"].Append("Egress");
    }
  } else if (storage == "horizontalpodautoscalers.autoscaling") {
    Default(object["spec"], "minReplicas", 1);
  } else if (storage.ends_with("webhookconfigurations.admissionregistration.k8s.io")) {
    DefaultWebhooks(root());
  } else if (storage == "endpointslices.discovery.k8s.io") {
    for (size_t i = 0; i < object.ref()["ports"].size(); ++i) {
      Default(object["ports"].At(i), "name", "");
      Default(object["ports"].At(i), "protocol", "TCP");
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace stowage::sim
