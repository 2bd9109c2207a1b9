// What belongs to a namespace's life: its default ServiceAccount and root CA, and emptying it when
// it is deleted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/controllers/context.h"
#include "sim/controllers/discovery.h"

namespace stowage::sim {

class NamespaceController {
 public:
  NamespaceController(Context& context, Discovery& discovery, std::string ca_pem);
  void Start();
  bool idle() const {
    return controller_.queue().ready() == 0 && controller_.queue().working() == 0;
  }

 private:
  using Done = std::function<void(kube::Outcome)>;
  void Reconcile(const NamespacedName& key, Done done);
  void EnsureDefaults(const std::string& ns, Done done);
  void Empty(const kube::Object& ns, Done done);
  void CountLeft(const kube::Object& ns, Done done);
  void Finalize(const kube::Object& ns, Done done);

  Context& context_;
  Discovery& discovery_;
  std::string ca_pem_;
  std::unique_ptr<Context::ObjectInformer> accounts_;
  mutable kube::Controller<NamespacedName> controller_;
};

}  // namespace stowage::sim
