// The kubelet's streaming protocols (SPDY/3.1 and WebSocket v4/v5.channel.k8s.io) over a pod's
// PodIo.
#pragma once

#include <functional>
#include <memory>

#include "base/time/executor.h"
#include "kube/http/server/handler.h"
#include "sim/cluster/container_io.h"

namespace stowage::sim {

// `request`: as the API server got it (container=, command=, stdin=, stdout=, stderr=, tty= or
// ports= in its query, Upgrade in its headers). Each answers on `responder` exactly once: 101 and
// the protocol, or an error status. The process is started once the client has opened its streams,
// if `pod` still is there.
void ServeExec(Executor& executor, kube::ServerRequest request,
               std::shared_ptr<kube::Responder> responder, std::weak_ptr<PodIo> pod);
void ServeAttach(Executor& executor, kube::ServerRequest request,
                 std::shared_ptr<kube::Responder> responder, std::weak_ptr<PodIo> pod);
// Port-forward connects as clients ask for ports, long after the call: `connect` reaches the pod
// for as long as it lives, and fails with kUnavailable afterwards.
using PortConnector = std::function<Result<std::unique_ptr<PortSession>>(int port, PortSink sink)>;
void ServePortForward(Executor& executor, kube::ServerRequest request,
                      std::shared_ptr<kube::Responder> responder, PortConnector connect);

}  // namespace stowage::sim
