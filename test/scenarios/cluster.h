// Cluster: an API server with all that is behind it, in virtual time: a host (nodes elsewhere) or a
// member (nodes, scheduler and kubelets of its own).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kube/client/client.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/checkers/snapshot.h"
#include "sim/cluster/member.h"
#include "sim/controllers/controller_manager.h"
#include "sim/engine/sim_executor.h"

namespace stowage::scenarios {

class Cluster {
 public:
  Cluster(sim::SimExecutor& executor, Rng rng, std::string name);
  ~Cluster();

  void AddMember(sim::MemberOptions options);

  const std::string& name() const { return name_; }
  sim::ApiServer& server() { return server_; }
  sim::DirectTransport& transport() { return transport_; }
  kube::Client& client() { return client_; }
  sim::Member* member() { return member_.get(); }

  // Each runs the world until the answer is there; time does not move. The process ends where a
  // world cannot be set up.
  void Create(const kube::Resource& resource, const std::string& ns, const std::string& json);
  void CreateYaml(const kube::Resource& resource, const std::string& yaml);
  std::vector<kube::Object> List(const kube::Resource& resource);
  sim::ClusterSnapshot Snapshot();

 private:
  sim::SimExecutor& executor_;
  Rng rng_;
  const std::string name_;
  sim::ApiServer server_;
  sim::DirectTransport transport_;
  kube::Client client_;
  sim::ControllerManager controllers_;
  std::unique_ptr<sim::Member> member_;
};

}  // namespace stowage::scenarios
