// KubeletServer: the kubelet's HTTPS API of one virtual node, which the host's API server calls for
// logs, exec, attach and port-forward.
//
// Only clients with a verified certificate; only pods of this node. The connection is handed to the
// member byte for byte: heads, upgrades and refusals come back as the member gave them, and the
// bytes are spliced in the adapter and never pass the Executor.
#pragma once

#include <memory>
#include <string>

#include "kube/client/transport.h"
#include "kube/http/server/handler.h"
#include "providers/api/provider.h"
#include "vkubelet/server/kubelet_path.h"
#include "vkubelet/server/options.h"

namespace stowage::vkubelet {

class KubeletServer : public kube::Handler {
 public:
  // `streams` must outlive it; nullptr: the member has no streams, and each is answered with 501.
  KubeletServer(KubeletServerOptions options, providers::StreamProvider* streams, NodePods pods,
                NodeStats stats = {});
  ~KubeletServer() override { *alive_ = false; }

  void Handle(kube::ServerRequest request, std::shared_ptr<kube::Responder> responder) override;

 private:
  using ResponderPtr = std::shared_ptr<kube::Responder>;

  bool Authorize(const kube::PeerIdentity& peer, const ResponderPtr& responder) const;
  bool HandleNode(const std::string& path, const ResponderPtr& responder);
  void HandlePod(const kube::ServerRequest& request, const ResponderPtr& responder);

  KubeletServerOptions options_;
  providers::StreamProvider* streams_;
  NodePods pods_;
  NodeStats stats_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The request's headers that the member needs for the stream; credentials stay here.
std::vector<std::pair<std::string, std::string>> StreamHeaders(const kube::Headers& headers);

}  // namespace stowage::vkubelet
