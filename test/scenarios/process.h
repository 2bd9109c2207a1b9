// Process: one run of `stowage run`, without sockets: the production manager over faulty links. It
// is killed by destroying it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/manager/manager.h"
#include "test/scenarios/link.h"

namespace stowage::scenarios {

class Process : private app::MemberConnector, private app::KubeletEndpoints {
 public:
  // A link to the server of that name ("host", or the text of a member's kubeconfig); nullptr:
  // there is none.
  using Dial =
      std::function<std::unique_ptr<Link>(const std::string& process, const std::string& server)>;
  Process(Executor& executor, Rng rng, std::string name, bool leader_election, Dial dial);

  const std::string& name() const { return name_; }
  const app::Manager& manager() const { return *manager_; }

 private:
  Result<std::unique_ptr<kube::Transport>> Connect(const std::string& cluster,
                                                   const std::string& kubeconfig) override;
  Result<app::Endpoint> Open(const std::string& node, kube::Handler& handler) override;
  void Close(const std::string& node) override { (void)node; }

  const std::string name_;
  Dial dial_;
  std::unique_ptr<Link> host_;
  std::unique_ptr<app::Manager> manager_;
};

}  // namespace stowage::scenarios
