#include "scheduler/placement/node_kinds.h"

#include <map>
#include <tuple>

namespace stowage::scheduler {
namespace {

struct Looks {
  const Labels& labels;
  const std::vector<Taint>& taints;
  bool operator<(const Looks& o) const {
    return std::tie(labels, taints) < std::tie(o.labels, o.taints);
  }
};

}  // namespace

NodeKinds::NodeKinds(const ClusterView& view) {
  std::map<Looks, int32_t> known;
  const auto number = [&](const Labels& labels, const std::vector<Taint>& taints, Place place) {
    const auto [it, added] = known.emplace(Looks{labels, taints}, examples_.size());
    if (added) examples_.push_back(place);
    return it->second;
  };
  for (const NodeShape& s : view.shapes) {
    of_shapes_.push_back(number(s.labels, s.taints, {static_cast<int32_t>(of_shapes_.size()), -1}));
  }
  for (const ElasticPool& p : view.pools) {
    of_pools_.push_back(number(p.labels, p.taints, {-1, static_cast<int32_t>(of_pools_.size())}));
  }
}

NodeView NodeKinds::Example(const ClusterView& view, size_t kind) const {
  const Place& place = examples_[kind];
  if (place.shape >= 0) {
    const NodeShape& s = view.shapes[place.shape];
    return {view, s.labels, s.taints};
  }
  const ElasticPool& p = view.pools[place.pool];
  return {view, p.labels, p.taints};
}

}  // namespace stowage::scheduler
