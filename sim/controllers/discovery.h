// Which collections the API server serves now: the built-in ones and those of CRDs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/controllers/context.h"

namespace stowage::sim {

struct ServedResource {
  kube::Resource resource;
  std::string kind;
};

class Discovery {
 public:
  explicit Discovery(Context& context);
  void Start();

  // Collections that can be listed, watched and deleted, one version each. Fresh from the server.
  void Resources(std::function<void(Result<std::vector<ServedResource>>)> done);
  // Runs when a CRD came or went.
  void OnChange(std::function<void()> f) { on_change_.push_back(std::move(f)); }
  bool has_synced() const { return crds_->has_synced(); }

 private:
  void GroupVersions(std::function<void(Result<std::vector<std::string>>)> done);

  Context& context_;
  std::unique_ptr<Context::ObjectInformer> crds_;
  std::vector<std::function<void()>> on_change_;
};

}  // namespace stowage::sim
