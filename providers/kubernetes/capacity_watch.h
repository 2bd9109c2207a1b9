// CapacityWatch: the member's nodes and its pods that are not ours, from watches. Our own pods are
// not even asked for, so that capacity does not move when they start.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/random/rng.h"
#include "kube/cache/informer.h"
#include "providers/kubernetes/capacity.h"
#include "providers/kubernetes/options.h"

namespace stowage::providers {

class CapacityWatch {
 public:
  // `changed` comes at most every 100 ms, in a task of its own.
  CapacityWatch(Executor& executor, kube::Client& member, const MemberOptions& options, Rng rng,
                std::function<void()> changed);
  ~CapacityWatch();

  void Start();
  Result<Capacity> Get() const;

 private:
  struct ForeignPod {
    std::string node;
    Amounts requests;
    bool operator==(const ForeignPod&) const = default;
  };
  void AddUse(const ForeignPod& pod, int64_t sign);
  void Touch();
  bool forbidden() const;

  Executor& executor_;
  const MemberOptions& options_;
  std::function<void()> changed_;
  std::map<std::string, Amounts> foreign_;  // by node: the sum of its foreign pods
  mutable std::optional<Capacity> computed_;
  bool told_soon_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  mutable kube::Informer<NodeFacts> nodes_;  // reflector() is not const
  mutable kube::Informer<ForeignPod> pods_;
};

}  // namespace stowage::providers
