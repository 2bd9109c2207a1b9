#include "sim/controllers/controller_manager.h"

#include "sim/controllers/context.h"
#include "sim/controllers/deployment.h"
#include "sim/controllers/discovery.h"
#include "sim/controllers/disruption.h"
#include "sim/controllers/endpoints.h"
#include "sim/controllers/garbage_collector.h"
#include "sim/controllers/job.h"
#include "sim/controllers/namespaces.h"
#include "sim/controllers/replica_set.h"

namespace stowage::sim {

struct ControllerManager::Impl {
  Impl(Executor& executor, kube::Transport& transport, Rng rng, ControllerOptions options)
      : context(executor, transport, std::move(rng)),
        discovery(context),
        replica_sets(context),
        deployments(context),
        jobs(context),
        endpoints(context),
        disruption(context),
        namespaces(context, discovery, std::move(options.ca_certificate_pem)),
        garbage(context, discovery) {}

  Context context;
  Discovery discovery;
  ReplicaSetController replica_sets;
  DeploymentController deployments;
  JobController jobs;
  EndpointsController endpoints;
  DisruptionController disruption;
  NamespaceController namespaces;
  GarbageCollector garbage;
};

ControllerManager::ControllerManager(Executor& executor, kube::Transport& transport, Rng rng,
                                     ControllerOptions options)
    : impl_(std::make_unique<Impl>(executor, transport, std::move(rng), std::move(options))) {}

ControllerManager::~ControllerManager() = default;

void ControllerManager::Start() {
  impl_->discovery.Start();
  impl_->context.Start();
  impl_->replica_sets.Start();
  impl_->deployments.Start();
  impl_->jobs.Start();
  impl_->endpoints.Start();
  impl_->disruption.Start();
  impl_->namespaces.Start();
  impl_->garbage.Start();
}

bool ControllerManager::idle() const {
  return impl_->replica_sets.idle() && impl_->deployments.idle() && impl_->jobs.idle() &&
         impl_->endpoints.idle() && impl_->disruption.idle() && impl_->namespaces.idle() &&
         impl_->garbage.idle();
}

}  // namespace stowage::sim
