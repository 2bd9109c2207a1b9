// ForeignUntouched: objects of a member that are not ours stay as they were made.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kube/api/object.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/snapshot.h"

namespace stowage::sim {

class ForeignUntouched {
 public:
  // From a Recorder of the member. All that lacks our label is foreign, but for what the member's
  // own parts change: status, node name and the like.
  void OnObject(const std::string& member, const kube::Object* before, const kube::Object* after,
                Findings& findings);
  // Its owner deletes it.
  void Released(const std::string& member, const kube::NamespacedName& key) {
    released_[member + "/" + key.ToString()] = true;
  }

 private:
  std::map<std::string, bool> released_;
};

}  // namespace stowage::sim
