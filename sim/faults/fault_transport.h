// FaultTransport: a Transport that misbehaves by plan, in front of another one.
//
// What a caller sees is always within the contract of Transport: errors of the right kind, answers
// at most once and from the executor, events in order and none twice.
#pragma once

#include <memory>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/client/transport.h"
#include "sim/faults/fault_plan.h"

namespace stowage::sim {

class FaultTransport : public kube::Transport {
 public:
  // All but `plan` must outlive it, and `inner` also the requests that are on their way when it is
  // destroyed: they arrive, as packets do whose sender died. Callbacks under way do not come.
  FaultTransport(Executor& executor, kube::Transport& inner, Rng rng, FaultPlan plan,
                 FaultCounts& counts);
  ~FaultTransport() override;

  void Send(kube::Request request, Callback<Result<kube::Response>> done) override;
  kube::WatchHandle Watch(kube::WatchRequest request, kube::WatchSink& sink) override;
  void Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) override;

  // From now on (what is under way takes its course).
  void SetPlan(FaultPlan plan);
  // All open watches end at once, as when a server goes away.
  void BreakWatches();
  // Nothing gets through either way until it is set back: open watches stay silent, requests and
  // answers are lost.
  void SetPartitioned(bool partitioned);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::sim
