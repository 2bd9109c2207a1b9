#include "test/scenarios/process.h"

#include <utility>

namespace stowage::scenarios {

Process::Process(Executor& executor, Rng rng, std::string name, bool leader_election, Dial dial)
    : name_(std::move(name)), dial_(std::move(dial)), host_(dial_(name_, "host")) {
  app::ManagerOptions options;
  options.identity = name_;
  options.leader_election = leader_election;
  // In half of the lives pods are placed between rounds wherever that is possible.
  if (rng.Stream("fast lane").Chance(0.5)) options.scheduler.fast_lane_from = 0;
  manager_ = std::make_unique<app::Manager>(app::Manager::Deps{executor, *host_, *this, *this},
                                            std::move(rng), options);
  manager_->Start();
}

Result<std::unique_ptr<kube::Transport>> Process::Connect(const std::string& cluster,
                                                          const std::string& kubeconfig) {
  auto link = dial_(name_, kubeconfig);
  if (!link) return MakeError(ErrorCode::kInvalid, "no way to cluster " + cluster);
  return std::unique_ptr<kube::Transport>(std::move(link));
}

Result<app::Endpoint> Process::Open(const std::string&, kube::Handler&) {
  return app::Endpoint{"10.0.0.1", 10250};
}

}  // namespace stowage::scenarios
