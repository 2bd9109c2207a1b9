#include "sim/checkers/capacity_kept.h"

#include "sim/checkers/snapshot.h"

namespace stowage::sim {

void CapacityKept::OnHostPod(const kube::Object* before, const kube::Object* after) {
  const std::string uid(after ? after->uid() : before->uid());
  const bool counts = after && !NodeOf(*after).empty() && !IsFinished(*after);
  const auto known = bound_.find(uid);
  if (!counts) {
    if (known == bound_.end()) return;
    const Bound& gone = known->second;
    for (const auto& [name, amount] : gone.requests) {
      used_[gone.node][name] -= amount;
      if (gone.late) late_[gone.node][name] -= amount;
    }
    bound_.erase(known);
    return;
  }
  if (known != bound_.end()) return;
  const Bound bound{NodeOf(*after), kube::PodView(*after).requests(),
                    came_late != nullptr && came_late(uid)};
  bound_[uid] = bound;
  auto& used = used_[bound.node];
  for (const auto& [name, amount] : bound.requests) {
    used[name] += amount;
    if (bound.late) late_[bound.node][name] += amount;
    const auto limit = limits_.find(bound.node);
    if (limit == limits_.end() || !limit->second.contains(name)) continue;
    if (used[name] > limit->second.at(name) + late_[bound.node][name]) {
      findings_.Add("capacity", Describe(*after) + " was bound to " + bound.node + ": " +
                                    std::to_string(used[name]) + " " + name + " asked of " +
                                    std::to_string(limit->second.at(name)));
    }
  }
}

}  // namespace stowage::sim
