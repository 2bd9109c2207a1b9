// CapacityKept: what is bound to a virtual node never asks for more than its member has.
#pragma once

#include <map>
#include <string>

#include "kube/api/object.h"
#include "kube/api/views.h"
#include "sim/checkers/findings.h"

namespace stowage::sim {

class CapacityKept {
 public:
  explicit CapacityKept(Findings& findings) : findings_(findings) {}

  // What the member's nodes have at best for pods of the host.
  void SetLimit(const std::string& node, kube::ResourceMap limit) { limits_[node] = limit; }
  void OnHostPod(const kube::Object* before, const kube::Object* after);

 private:
  struct Bound {
    std::string node;
    kube::ResourceMap requests;
  };
  Findings& findings_;
  std::map<std::string, kube::ResourceMap> limits_, used_;  // by node
  std::map<std::string, Bound> bound_;                      // by UID; not finished
};

}  // namespace stowage::sim
