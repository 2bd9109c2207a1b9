// NodeController: the virtual nodes of this process. One view of their Node objects is shared; each
// has its own probes, Lease and back-off, so that one member that fails never harms another.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "kube/controller/controller.h"
#include "kube/controller/event_recorder.h"
#include "providers/api/provider.h"
#include "vkubelet/node/options.h"
#include "vkubelet/node/virtual_node.h"

namespace stowage::vkubelet {

class NodeController {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    Rng rng;
  };
  explicit NodeController(Deps deps);  // all must outlive it
  ~NodeController();

  void Start();

  // Registers a Node for the member and keeps it; before or after Start(). `provider` and
  // `capacity` (may be nullptr) stay until RemoveNode() or the end. A name that is there is
  // replaced.
  void AddNode(VirtualNodeOptions options, providers::Provider& provider,
               providers::CapacityProvider* capacity, NodeHooks hooks = {});
  // Stops keeping the Node; `delete_object` removes it from the host, too (`stowage leave`).
  void RemoveNode(const std::string& name, bool delete_object);

  // Something about the node may have changed: capacity.
  void Enqueue(const std::string& name) { controller_.Enqueue(name); }
  // From the sweep (vkubelet/pod): shown as condition SweepHeld and an event.
  void SetSweepHeld(const std::string& name, std::optional<std::string> why);
  int64_t SweepAllowance(const std::string& name) const;

  Reachability reachability(const std::string& name) const;  // kNotProbed for names not known
  // The Node as last seen; nullptr: none. Valid until the next task.
  const kube::Object* Find(const std::string& name) const { return informer_.Get({"", name}); }

 private:
  void Reconcile(const std::string& name, kube::Controller<std::string>::Done done);

  Deps deps_;
  kube::EventRecorder events_;
  std::map<std::string, std::unique_ptr<VirtualNode>> nodes_;
  kube::Informer<kube::Object> informer_;
  kube::Controller<std::string> controller_;
};

}  // namespace stowage::vkubelet
