// NodeLease: keeps a Node's Lease in kube-node-lease fresh. It says that this kubelet is alive, and
// nothing about the member: that is the node's Ready condition.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/client.h"

namespace stowage::vkubelet {

class NodeLease {
 public:
  struct Options {
    std::string node;
    Duration duration = Seconds(40);
    Duration renewal = Seconds(10);  // also how long one write may take
  };
  // `node_uid`: of the Node object, for the ownerReference; "" while it is not known.
  NodeLease(Executor& executor, kube::Client& client, Rng rng, Options options,
            std::function<std::string()> node_uid);
  ~NodeLease();

  void Start();
  uint64_t renewals() const { return renewals_; }

 private:
  void Renew();
  kube::Json Body() const;
  void Patch(uint64_t attempt);
  void Create(uint64_t attempt);
  void Finish(uint64_t attempt, const std::optional<Error>& error);
  void Next(Duration delay);

  Executor& executor_;
  kube::Client& client_;
  Rng rng_;
  Options options_;
  std::function<std::string()> node_uid_;
  uint64_t attempt_ = 0;  // answers to older ones come too late
  uint64_t finished_ = 0;
  int failures_ = 0;
  uint64_t renewals_ = 0;
  TimerId timer_ = TimerId::kNone;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::vkubelet
