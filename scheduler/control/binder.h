// Binder: POST pods/binding for pods whose place was decided, many at once, and what became of it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "scheduler/control/volumes.h"

namespace stowage::scheduler {

struct Binding {
  kube::NamespacedName pod;
  std::string uid;
  std::string node;
  kube::Json annotations;  // of the Binding's metadata; the API server copies them to the pod
  // Of the pod's namespace: they are marked with the node first. One that has changed since is not,
  // and then the pod is not bound: kRefused.
  std::vector<ClaimToMark> claims;
};

class Binder {
 public:
  enum class Outcome {
    kBound,         // to our node: by this call, or by an earlier one of which nothing was heard
    kBoundByOther,  // by somebody else, to our node or another
    kGone,          // the pod, or that UID of it, does not exist any more
    kRefused,       // it is not bound, and this call will not bind it any more: see the error
  };
  // `error` is set for kRefused. `node`: where the pod is, for the first two.
  using Done =
      std::function<void(const Binding&, Outcome, const std::string& node, const Error* error)>;

  // `client` must outlive it; `done` is not called after it is destroyed.
  Binder(Executor& executor, kube::Client& client, int under_way_max, Done done);
  ~Binder();

  void Add(Binding binding);
  // Asks the API server where the pod is, and tells as if a binding had ended. kRefused: not bound.
  void Look(Binding binding);
  size_t waiting() const;  // and under way

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::scheduler
