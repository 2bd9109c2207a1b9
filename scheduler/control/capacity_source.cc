#include "scheduler/control/capacity_source.h"

#include <utility>

namespace stowage::scheduler {

Result<std::vector<MemberShape>> CapacityBoard::Shapes(const std::string& cluster) const {
  const auto it = entries_.find(cluster);
  if (it == entries_.end()) {
    return MakeError(ErrorCode::kNotFound, "cluster " + cluster + " tells no node shapes");
  }
  if (!it->second.known) {
    return MakeError(ErrorCode::kUnavailable,
                     "the node shapes of cluster " + cluster + " are not known yet");
  }
  return it->second.shapes;
}

void CapacityBoard::SetListener(std::function<void(const std::string&)> changed) {
  changed_ = std::move(changed);
}

void CapacityBoard::Expect(const std::string& cluster) { entries_.try_emplace(cluster); }

void CapacityBoard::Set(const std::string& cluster, std::vector<MemberShape> shapes) {
  Entry& entry = entries_[cluster];
  if (entry.known && entry.shapes == shapes) return;
  entry = {true, std::move(shapes)};
  if (changed_) changed_(cluster);
}

void CapacityBoard::Remove(const std::string& cluster) {
  if (entries_.erase(cluster) > 0 && changed_) changed_(cluster);
}

}  // namespace stowage::scheduler
