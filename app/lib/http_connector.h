// MemberConnector over HTTP: the kubeconfig of a Cluster's Secret as a Transport.
#pragma once

#include <memory>
#include <string>

#include "app/manager/seams.h"
#include "base/time/executor.h"
#include "kube/http/client/http_transport.h"
#include "kube/http/client/kubeconfig.h"

namespace stowage::app {

class HttpConnector : public MemberConnector {
 public:
  HttpConnector(Executor& executor, kube::IoContext& io) : executor_(executor), io_(io) {}

  Result<std::unique_ptr<kube::Transport>> Connect(const std::string& cluster,
                                                   const std::string& kubeconfig) override {
    ASSIGN_OR_RETURN(kube::ClusterConfig config,
                     kube::ParseKubeconfig(kubeconfig, "", "", "kubeconfig of Cluster " + cluster));
    ASSIGN_OR_RETURN(std::unique_ptr<kube::HttpTransport> transport,
                     kube::HttpTransport::Create(executor_, io_, std::move(config)));
    return transport;
  }

 private:
  Executor& executor_;
  kube::IoContext& io_;
};

}  // namespace stowage::app
