// The disruption controller: how many pods of a PodDisruptionBudget may be evicted now. The
// eviction subresource decides by what stands here, so without it a budget would hold a drain for
// ever.
#pragma once

#include <memory>

#include "sim/controllers/context.h"

namespace stowage::sim {

class DisruptionController {
 public:
  explicit DisruptionController(Context& context);
  void Start();
  bool idle() const {
    return controller_.queue().ready() == 0 && controller_.queue().working() == 0;
  }

 private:
  using Done = std::function<void(kube::Outcome)>;
  struct Counts {
    int64_t pods = 0, healthy = 0, expected = 0;
  };

  void OnPod(const NamespacedName& key, const PodInfo* before, const PodInfo* after);
  void Reconcile(const NamespacedName& key, Done done);
  // `evicted`: pods that were allowed to go and may still be seen.
  Counts Count(const kube::Object& budget, const std::set<std::string>& evicted) const;

  Context& context_;
  std::unique_ptr<Context::ObjectInformer> budgets_;
  mutable kube::Controller<NamespacedName> controller_;
};

}  // namespace stowage::sim
