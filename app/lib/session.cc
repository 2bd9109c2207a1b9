#include "app/lib/session.h"

namespace stowage::app {

Session::Session() : io_(std::make_unique<kube::IoContext>(1)) {}

Session::~Session() { connections_.clear(); }

Result<kube::Client*> Session::Connect(const std::string& kubeconfig, const std::string& context) {
  ASSIGN_OR_RETURN(kube::ClusterConfig config, kube::LoadKubeconfig(kubeconfig, context));
  return Connect(std::move(config));
}

Result<kube::Client*> Session::Connect(kube::ClusterConfig config) {
  Connection c;
  ASSIGN_OR_RETURN(c.transport, kube::HttpTransport::Create(executor_, *io_, std::move(config)));
  c.client = std::make_unique<kube::Client>(*c.transport);
  connections_.push_back(std::move(c));
  return connections_.back().client.get();
}

void Session::Sleep(Duration d) {
  bool over = false;
  executor_.RunAfter(d, [&] {
    over = true;
    executor_.Stop();
  });
  while (!over) executor_.Run();
}

}  // namespace stowage::app
