#include "providers/kubernetes/names.h"

#include "kube/api/selector.h"
#include "kube/api/well_known.h"

namespace stowage::providers {
namespace {

constexpr std::string_view kTokenPrefix = "stowage-token-";

}  // namespace

Result<std::string> RemoteNamespace(const TranslateOptions& options, std::string_view ns) {
  if (ns.starts_with("kube-")) {
    return MakeError(ErrorCode::kInvalid, "namespace \"" + std::string(ns) +
                                              "\" is never mirrored to a member: pods of kube-* "
                                              "namespaces belong to their own cluster");
  }
  std::string name(ns);
  if (auto it = options.namespaces.explicit_names.find(name);
      it != options.namespaces.explicit_names.end()) {
    name = it->second;
  } else {
    name = options.namespaces.prefix + name;
  }
  if (name.starts_with("kube-")) {
    return MakeError(ErrorCode::kInvalid, "namespace \"" + std::string(ns) + "\" is mapped to \"" +
                                              name +
                                              "\", which belongs to the member itself; "
                                              "change the Cluster's namespace mapping");
  }
  if (auto valid = kube::ValidateDnsLabel(name); !valid) {
    return Err(WithContext(valid.error(), "namespace \"" + std::string(ns) + "\" is mapped to \"" +
                                              name + "\" in the member"));
  }
  return name;
}

std::string AnchorName(std::string_view host_uid) {
  return "stowage-anchor-" + std::string(host_uid.substr(0, 8));
}

std::string TokenSecretName(std::string_view pod_uid) {
  return std::string(kTokenPrefix) + std::string(pod_uid);
}

bool IsTokenSecretName(std::string_view name) { return name.starts_with(kTokenPrefix); }

std::string PodUidOfTokenSecret(std::string_view name) {
  return IsTokenSecretName(name) ? std::string(name.substr(kTokenPrefix.size())) : std::string();
}

bool IsOurs(kube::JsonRef metadata, std::string_view host_uid) {
  return !host_uid.empty() && metadata["labels"][kube::kLabelHost].str() == host_uid;
}

}  // namespace stowage::providers
