#include "sim/checkers/selectors_kept.h"

#include "kube/api/well_known.h"
#include "sim/checkers/snapshot.h"

namespace stowage::sim {

void SelectorsKept::OnHostPod(const kube::Object* before, const kube::Object* after) {
  if (!after || NodeOf(*after).empty() || (before && !NodeOf(*before).empty())) return;
  const std::string wants = after->spec()["nodeSelector"][kube::kLabelCluster].string();
  if (wants.empty() || wants == NodeOf(*after)) return;
  findings_.Add("selectors", Describe(*after) + " was bound to " + NodeOf(*after) +
                                 ", but its selector asks for " + wants);
}

}  // namespace stowage::sim
