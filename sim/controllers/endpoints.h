// Endpoints of Services: EndpointSlices (at most 100 endpoints each) and the older Endpoints
// object.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/controllers/context.h"

namespace stowage::sim {

class EndpointsController {
 public:
  explicit EndpointsController(Context& context);
  void Start() { controller_.Start(); }
  bool idle() const {
    return controller_.queue().ready() == 0 && controller_.queue().working() == 0;
  }

 private:
  using Done = std::function<void(kube::Outcome)>;
  struct Backend {
    NamespacedName key;
    const PodInfo* pod;
  };
  // Backends whose named ports resolve alike share slices.
  using Groups = std::map<std::vector<int64_t>, std::vector<Backend>>;

  void Reconcile(const NamespacedName& key, Done done);
  Groups Collect(const kube::Object& service) const;
  std::vector<kube::Json> Slices(const kube::Object& service, const Groups& groups) const;
  kube::Json OldEndpoints(const kube::Object& service, const Groups& groups) const;
  void Write(const kube::Object& service, std::vector<kube::Json> slices, kube::Json endpoints,
             Done done);

  Context& context_;
  mutable kube::Controller<NamespacedName> controller_;
};

}  // namespace stowage::sim
