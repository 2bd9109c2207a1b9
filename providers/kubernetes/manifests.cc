#include "providers/kubernetes/manifests.h"

#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/base64.h"
#include "kube/api/well_known.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

using kube::JsonRef;
using kube::MutableJson;

MutableJson Shell(DependentKind kind, const kube::NamespacedName& name, std::string_view origin_ns,
                  const std::string& host_uid) {
  MutableJson object;
  object["apiVersion"] = "v1";
  object["kind"] = KindName(kind);
  object.Set({"metadata", "name"}, name.name);
  object.Set({"metadata", "namespace"}, name.ns);
  object.Set({"metadata", "labels", kube::kLabelHost}, host_uid);
  object.Set({"metadata", "labels", kLabelOriginNamespace}, origin_ns);
  object.Set({"metadata", "labels", kLabelManagedBy}, kube::kManager);
  return object;
}

// The API server fills a Secret's type in; a document that leaves it out means the same.
std::string_view TypeOf(JsonRef object) { return object["type"].str("Opaque"); }

}  // namespace

const kube::Resource& ResourceOf(DependentKind kind) {
  return kind == DependentKind::kSecret ? kube::kSecrets : kube::kConfigMaps;
}

std::string_view KindName(DependentKind kind) {
  return kind == DependentKind::kSecret ? "Secret" : "ConfigMap";
}

kube::Json CopyOf(DependentKind kind, const kube::Object& host, const kube::NamespacedName& name,
                  const std::string& host_uid) {
  MutableJson copy = Shell(kind, name, host.ns(), host_uid);
  for (const char* field : {"data", "binaryData", "immutable"}) {
    if (host[field].exists()) copy[field] = host[field];
  }
  if (kind == DependentKind::kSecret) {
    // That type makes the member's controllers look for an account of its own and fill the token
    // in.
    const std::string_view type = TypeOf(host.json());
    copy["type"] = type == kSecretTypeAccountToken ? std::string_view("Opaque") : type;
  }
  return std::move(copy).Freeze();
}

kube::Json TokenSecretManifest(const IssuedTokens& tokens, const PodRef& pod,
                               const kube::NamespacedName& name, const std::string& host_uid) {
  MutableJson secret = Shell(DependentKind::kSecret, name, pod.ns, host_uid);
  secret.Set({"metadata", "labels", kube::kLabelOriginUid}, pod.uid);
  secret.Set({"metadata", "annotations", kAnnotationRenewAt}, FormatTime(tokens.renew_at));
  secret["type"] = "Opaque";
  for (const auto& [key, token] : tokens.by_key) secret["data"][key] = kube::EncodeBase64(token);
  return std::move(secret).Freeze();
}

uint64_t ContentHash(JsonRef object) {
  MutableJson content;
  for (const char* field : {"data", "binaryData"}) {
    if (!object[field].empty()) content[field] = object[field];
  }
  if (object["immutable"].boolean()) content["immutable"] = true;
  if (object["kind"].str() == "Secret" || object["type"].exists()) content["type"] = TypeOf(object);
  return content.ref().Hash();
}

bool MustBeReplaced(JsonRef there, JsonRef wanted) {
  return there["immutable"].boolean() || TypeOf(there) != TypeOf(wanted);
}

}  // namespace stowage::providers
