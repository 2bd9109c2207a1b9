#include "providers/kubernetes/options.h"

#include <set>

#include "kube/api/selector.h"
#include "providers/kubernetes/cidr.h"

namespace stowage::providers {

Result<void> ValidateOptions(const MemberOptions& options) {
  const TranslateOptions& t = options.translate;
  const std::string where = "Cluster \"" + options.cluster + "\"";
  if (t.host_uid.empty() || t.node_name.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     where + ": the UID of the host and the virtual node's name must be known");
  }
  for (const std::string& value : {t.host_uid, t.node_name}) {
    if (auto valid = kube::ValidateLabelValue(value); !valid) {
      return Err(WithContext(valid.error(), where + ": \"" + value + "\" is used as a label"));
    }
  }
  std::set<std::string> targets;
  for (const auto& [host, member] : t.namespaces.explicit_names) {
    if (!targets.insert(member).second) {
      return MakeError(ErrorCode::kInvalid, where + ": two namespaces are mapped to \"" + member +
                                                "\"; the mapping must be one to one");
    }
  }
  if (t.pod_network == PodNetwork::kMapped && t.cidrs.empty()) {
    return MakeError(ErrorCode::kInvalid, where + ": podNetwork \"mapped\" needs a CIDR map");
  }
  if (auto cidrs = CidrMap::Parse(t.cidrs); !cidrs) return Err(WithContext(cidrs.error(), where));
  return {};
}

}  // namespace stowage::providers
