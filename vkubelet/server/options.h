// What the application decides about the kubelet endpoint of one virtual node, and where it gets
// what it answers from.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/api/json.h"
#include "providers/api/provider.h"

namespace stowage::vkubelet {

struct KubeletServerOptions {
  std::string node;  // for messages
  // Of client certificates. Both empty: any certificate that the server's client CA signed.
  std::vector<std::string> allowed_common_names;   // "kube-apiserver-kubelet-client"
  std::vector<std::string> allowed_organizations;  // "system:masters"
};

// The pods of this node, as the host has them.
struct NodePods {
  // nullopt: no such pod on this node. From memory.
  std::function<std::optional<providers::PodRef>(const std::string& ns, const std::string& name)>
      find;
  // A v1 PodList: all pods bound to the node, or (`running_only`) those that run in the member.
  std::function<void(bool running_only, Callback<Result<kube::Json>>)> list;
};

// Usage of this node's pods, from members that can say. Either may be empty.
struct NodeStats {
  std::function<void(Callback<Result<kube::Json>>)> summary;     // v1alpha1 Summary
  std::function<void(Callback<Result<std::string>>)> resources;  // Prometheus text
};

}  // namespace stowage::vkubelet
