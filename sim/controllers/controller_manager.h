// ControllerManager: the controllers that a user expects behind `kubectl apply`, for an embedded
// API server: ReplicaSet, Deployment, Job, EndpointSlice (and Endpoints), Namespace, garbage
// collection, and the default ServiceAccount of each namespace. Ordinary clients of the API, on the
// Executor.
#pragma once

#include <memory>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/transport.h"

namespace stowage::sim {

struct ControllerOptions {
  std::string ca_certificate_pem;  // published in each namespace as ConfigMap kube-root-ca.crt
};

class ControllerManager {
 public:
  // `executor` and `transport` (as system:masters) must outlive it.
  ControllerManager(Executor& executor, kube::Transport& transport, Rng rng,
                    ControllerOptions options = {});
  ~ControllerManager();

  void Start();
  // True when no controller has anything to do now (delayed checks apart).
  bool idle() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stowage::sim
