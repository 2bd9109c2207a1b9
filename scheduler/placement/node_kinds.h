// NodeKinds: the nodes of a cluster by their labels and taints. What is asked of these alone is
// worked out once for each kind, since live nodes mostly differ only in what they have free.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/filters/filter.h"

namespace stowage::scheduler {

class NodeKinds {
 public:
  NodeKinds() = default;
  explicit NodeKinds(const ClusterView& view);

  size_t size() const { return examples_.size(); }
  // Kinds are numbered in the order in which shapes, then pools, first show them.
  const std::vector<int32_t>& of_shapes() const { return of_shapes_; }  // by ClusterView::shapes
  const std::vector<int32_t>& of_pools() const { return of_pools_; }    // by ClusterView::pools
  // A node of the kind. `view` has the nodes of which this was made.
  NodeView Example(const ClusterView& view, size_t kind) const;

 private:
  struct Place {
    int32_t shape, pool;  // one of them is -1
  };
  std::vector<int32_t> of_shapes_, of_pools_;
  std::vector<Place> examples_;
};

}  // namespace stowage::scheduler
