// ConditionWriter: PodScheduled=False on pods that cannot be placed, as kube-scheduler sets it:
// people and autoscalers read it. A few at once; of several for one pod the latest counts.
#pragma once

#include <memory>
#include <string>

#include "base/time/executor.h"
#include "kube/client/client.h"

namespace stowage::scheduler {

class ConditionWriter {
 public:
  ConditionWriter(Executor& executor, kube::Client& client, int under_way_max);
  ~ConditionWriter();

  // Errors are dropped: the next verdict writes it again.
  void Unschedulable(const kube::NamespacedName& pod, const std::string& uid,
                     const std::string& message);
  // Nothing that waits is written any more.
  void Forget(const kube::NamespacedName& pod);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::scheduler
