// CapacityKept: what is bound to a virtual node never asks for more than its member has, but for
// bindings that come late: a process sent them and died, and its successor, which cannot know of
// them, may give the same room away.
#pragma once

#include <functional>
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
  // Whether the binding of the pod with that UID was sent by a process that is dead by now.
  std::function<bool(const std::string& uid)> came_late;

 private:
  struct Bound {
    std::string node;
    kube::ResourceMap requests;
    bool late;
  };
  Findings& findings_;
  std::map<std::string, kube::ResourceMap> limits_, used_, late_;  // by node
  std::map<std::string, Bound> bound_;                             // by UID; not finished
};

}  // namespace stowage::sim
