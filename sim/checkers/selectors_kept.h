// SelectorsKept: a pod is bound only to a cluster that its node selector allows.
#pragma once

#include "kube/api/object.h"
#include "sim/checkers/findings.h"

namespace stowage::sim {

class SelectorsKept {
 public:
  explicit SelectorsKept(Findings& findings) : findings_(findings) {}

  // From a Recorder of the host. Of a selector only the cluster's label is judged.
  void OnHostPod(const kube::Object* before, const kube::Object* after);

 private:
  Findings& findings_;
};

}  // namespace stowage::sim
