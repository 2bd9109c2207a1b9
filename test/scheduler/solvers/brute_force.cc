#include "test/scheduler/solvers/brute_force.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace stowage::scheduler {
namespace {

struct Node {
  const ClusterView* cluster;
  const Labels* labels;
  const std::vector<Taint>* taints;
  Amounts free;
  Money open_cost;  // of pools
  bool pool = false;
  int pods = 0;
};

class Enumeration {
 public:
  explicit Enumeration(const Problem& problem) : problem_(problem) {
    for (const ClusterView& c : problem.clusters) {
      for (const NodeShape& s : c.shapes) {
        for (int64_t i = 0; i < s.count; ++i)
          nodes_.push_back({&c, &s.labels, &s.taints, s.free, {}});
      }
      for (const ElasticPool& p : c.pools) {
        for (int64_t i = 0; i < p.nodes_max; ++i) {
          nodes_.push_back({&c, &p.labels, &p.taints, p.allocatable, p.node_hour, true});
        }
      }
    }
    std::set<int32_t, std::greater<>> tiers;
    for (const PodClass& k : problem.classes) tiers.insert(k.priority);
    for (const int32_t t : tiers) tier_[t] = tier_.size();
    for (const PodClass& k : problem.classes) {
      for (int64_t i = 0; i < k.count; ++i) pods_.push_back(&k);
    }
    placed_.assign(tier_.size(), 0);
  }

  Optimum Run() {
    Try(0, 0);
    return best_;
  }

 private:
  bool Admits(const PodClass& k, const Node& n) const {
    for (const auto& [key, value] : k.constraints->node_selector) {
      const auto own = n.labels->find(key);
      const auto shared = n.cluster->labels.find(key);
      if (own != n.labels->end() ? own->second != value
                                 : shared == n.cluster->labels.end() || shared->second != value) {
        return false;
      }
    }
    for (const Taint& t : *n.taints) {
      if (!Tolerated(k.constraints->tolerations, t)) return false;
    }
    for (size_t r = 0; r < k.demand.size(); ++r) {
      if (k.demand[r] > AmountOf(n.free, r)) return false;
    }
    return true;
  }

  void Try(size_t i, size_t first_node) {
    if (i == pods_.size()) return Judge();
    const PodClass& k = *pods_[i];
    const size_t tier = tier_.at(k.priority);
    // Pods of one class are alike: they go to nodes in order.
    const bool alike_next = i + 1 < pods_.size() && pods_[i + 1] == &k;
    for (size_t n = first_node; n < nodes_.size(); ++n) {
      Node& node = nodes_[n];
      if (!Admits(k, node)) continue;
      for (size_t r = 0; r < k.demand.size(); ++r) node.free[r] -= k.demand[r];
      ++node.pods;
      ++placed_[tier];
      if (!node.pool) ++charged_[{&k, node.cluster}];
      Try(i + 1, alike_next ? n : 0);
      if (!node.pool) --charged_[{&k, node.cluster}];
      --placed_[tier];
      --node.pods;
      for (size_t r = 0; r < k.demand.size(); ++r) node.free[r] += k.demand[r];
    }
    Try(i + 1, alike_next ? nodes_.size() : 0);  // this pod, and those like it, nowhere
  }

  void Judge() {
    Money cost;
    for (const Node& n : nodes_) {
      if (n.pods > 0) cost += n.open_cost;
    }
    for (const auto& [where, count] : charged_) {
      for (const ResourcePrice& r : where.second->charge_back) {
        cost.nano +=
            MulDivCeil(r.price.nano, AmountOf(where.first->demand, r.resource), count, r.unit);
      }
    }
    if (!any_ || placed_ > best_.placed || (placed_ == best_.placed && cost < best_.cost)) {
      best_ = {placed_, cost};
      any_ = true;
    }
  }

  const Problem& problem_;
  std::vector<Node> nodes_;
  std::map<int32_t, size_t> tier_;
  std::vector<const PodClass*> pods_;
  std::vector<int64_t> placed_;
  std::map<std::pair<const PodClass*, const ClusterView*>, int64_t> charged_;
  bool any_ = false;
  Optimum best_;
};

}  // namespace

Optimum BruteForce(const Problem& problem) { return Enumeration(problem).Run(); }

}  // namespace stowage::scheduler
