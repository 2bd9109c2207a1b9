// NodeProxy: the way from an embedded API server to real kubelet endpoints, those that Node objects
// name.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kube/api/object.h"
#include "kube/client/transport.h"
#include "sim/apiserver/kubelet_connector.h"

namespace stowage::sim {

// Where a Node says that its kubelet listens: InternalIP and daemonEndpoints.
struct KubeletEndpoint {
  std::string host;
  int64_t port = 0;
  std::string ToString() const;
};
// kNotFound: the Node names no address or no port.
Result<KubeletEndpoint> EndpointOf(const kube::Object& node);

// The kubelet's path and query for a request on a pod, in its own words: containerLogs, exec,
// attach, portForward; stdin=true becomes input=1 and so on. `container` where the request names
// none.
std::string KubeletTarget(const kube::Object& pod, std::string_view verb, std::string_view target);

// Heads and bytes pass both ways as they are.
class NodeProxy : public KubeletConnector {
 public:
  // A Transport to the kubelet of `node`; kept as long as the stream lives.
  using Dial = std::function<Result<std::shared_ptr<kube::Transport>>(const kube::Object& node)>;
  // The Node of that name; an Object that does not exist if there is none.
  using FindNode = std::function<kube::Object(std::string_view name)>;

  NodeProxy(FindNode find, Dial dial) : find_(std::move(find)), dial_(std::move(dial)) {}

  void Connect(const kube::Object& pod, const std::string& verb, kube::ServerRequest request,
               std::shared_ptr<kube::Responder> responder) override;

  // nodes/NAME/proxy/PATH: `path` with its query as the kubelet should see it.
  void ConnectNode(const kube::Object& node, std::string path, kube::ServerRequest request,
                   std::shared_ptr<kube::Responder> responder);

 private:
  FindNode find_;
  Dial dial_;
};

}  // namespace stowage::sim
