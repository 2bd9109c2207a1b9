#include "scheduler/placement/preemption.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "scheduler/placement/filters/peer_filter.h"
#include "scheduler/placement/quotas.h"

namespace stowage::scheduler {
namespace {

class Proposer {
 public:
  Proposer(const Instance& instance, const Solution& solution, size_t k)
      : instance_(instance),
        solution_(solution),
        k_(k),
        rules_(instance.rules().Of(k)),
        priority_(instance.classes()[k]->priority),
        state_(instance.rules(), instance.clusters(), solution.bins),
        quotas_(instance) {
    for (const Share& s : solution.shares) quotas_.Use(s.k, s.j, s.count);
  }

  std::optional<Preemption> Run() {
    std::optional<Preemption> best;
    for (size_t j = 0; j < instance_.clusters().size(); ++j) {
      if (instance_.VerdictOf(k_, j).refusal || quotas_.Room(k_, j) == 0) continue;
      for (const NodeGroup& g : solution_.bins[j].groups()) {
        if (!g.open || g.count == 0 || !Admits(instance_.VerdictOf(k_, j).admission, g)) continue;
        std::optional<Preemption> here = Try(j, g);
        if (here && (!best || Rank(*here) < Rank(*best))) best = std::move(here);
      }
    }
    return best;
  }

 private:
  static std::tuple<int64_t, int32_t, int64_t, int64_t> Rank(const Preemption& p) {
    return {p.violations, p.highest, p.priorities, p.pods};
  }

  // One node of the group: all that may go goes, then comes back as far as the pod still fits.
  std::optional<Preemption> Try(size_t j, const NodeGroup& group) {
    NodeGroup node = group;
    node.count = 1;
    std::map<size_t, int64_t> gone;
    for (const NodeGroup::Load& load : group.loads) {
      if (load.id < 0 && Bound(j, ~load.id).priority < priority_) gone[~load.id] += load.per_node;
    }
    if (gone.empty()) return std::nullopt;
    for (const auto& [bound, count] : gone) Move(j, node, bound, count);
    std::optional<Preemption> out;
    if (Fits(j, node, group, gone)) {
      Reprieve(j, node, group, gone);
      out = Describe(j, node, gone);
    }
    for (const auto& [bound, count] : gone) Move(j, node, bound, -count);
    return out;
  }

  const BoundPods& Bound(size_t j, size_t bound) const {
    return instance_.clusters()[j]->bound[bound];
  }

  // `count` bound pods leave the node (negative: come back).
  void Move(size_t j, NodeGroup& node, size_t bound, int64_t count) {
    const Amounts& demand = Bound(j, bound).demand;
    if (node.free.size() < demand.size()) node.free.resize(demand.size(), 0);
    for (size_t r = 0; r < demand.size(); ++r) node.free[r] += demand[r] * count;
    node.loads.push_back({~static_cast<int32_t>(bound), -count, 0, {}});
    state_.Evict(bound, j, {node.shape, node.pool, count});
  }

  // The devices of a node of the group without those that go.
  Devices DevicesWithout(size_t j, const NodeGroup& group, std::map<size_t, int64_t> gone) const {
    Devices out = group.devices;
    for (const NodeGroup::Load& load : group.loads) {
      const auto it = load.id < 0 && !load.on.empty() ? gone.find(~load.id) : gone.end();
      if (it == gone.end()) continue;
      std::vector<int64_t> on = load.on;
      for (int64_t n = load.per_node; n > 0 && it->second > 0; --n, --it->second) {
        out.GiveBack(Bound(j, it->first).demand, on);
      }
    }
    return out;
  }

  bool Fits(size_t j, NodeGroup& node, const NodeGroup& group,
            const std::map<size_t, int64_t>& gone) const {
    if (!group.devices.empty()) node.devices = DevicesWithout(j, group, gone);
    return PodsPerNode(node, instance_.DemandOf(k_, j)) > 0 &&
           !AllowanceAt(rules_, state_, {j, node}).none();
  }

  // Those whose budget would be broken come back first, then by priority, as many as the pod
  // leaves room for.
  void Reprieve(size_t j, NodeGroup& node, const NodeGroup& group,
                std::map<size_t, int64_t>& gone) {
    std::vector<size_t> order;
    for (const auto& [bound, count] : gone) order.push_back(bound);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const bool x = Violations({{a, gone.at(a)}}, j) > 0, y = Violations({{b, gone.at(b)}}, j) > 0;
      if (x != y) return x;
      const BoundPods &p = Bound(j, a), &q = Bound(j, b);
      return std::tuple(-int64_t{p.priority}, a) < std::tuple(-int64_t{q.priority}, b);
    });
    for (const size_t bound : order) {
      while (gone[bound] > 0) {
        Move(j, node, bound, -1);
        --gone[bound];
        if (Fits(j, node, group, gone)) continue;
        Move(j, node, bound, 1);
        ++gone[bound];
        break;
      }
    }
    std::erase_if(gone, [](const auto& entry) { return entry.second == 0; });
  }

  int64_t Violations(const std::map<size_t, int64_t>& gone, size_t j) const {
    std::map<std::string, int64_t> evicted;
    for (const auto& [bound, count] : gone) {
      for (const std::string& budget : Bound(j, bound).budgets) evicted[budget] += count;
    }
    int64_t sum = 0;
    for (const auto& [budget, count] : evicted) {
      const auto it = instance_.budgets().find(budget);
      if (it != instance_.budgets().end()) sum += std::max<int64_t>(0, count - it->second);
    }
    return sum;
  }

  std::optional<Preemption> Describe(size_t j, const NodeGroup& node,
                                     const std::map<size_t, int64_t>& gone) const {
    if (gone.empty()) return std::nullopt;  // it fits without
    Preemption out{
        .cluster = instance_.clusters()[j]->name, .shape = node.shape, .pool = node.pool};
    out.violations = Violations(gone, j);
    out.highest = std::numeric_limits<int32_t>::min();
    for (const auto& [bound, count] : gone) {
      const int32_t priority = Bound(j, bound).priority;
      out.victims.push_back({bound, count});
      out.pods += count;
      out.highest = std::max(out.highest, priority);
      out.priorities += priority * count;
    }
    return out;
  }

  const Instance& instance_;
  const Solution& solution_;
  const size_t k_;
  const PodRules& rules_;
  const int32_t priority_;
  PodState state_;
  QuotaState quotas_;
};

}  // namespace

std::optional<Preemption> ProposePreemption(const Instance& instance, const Solution& solution,
                                            size_t k) {
  if (!instance.classes()[k]->may_preempt) return std::nullopt;
  return Proposer(instance, solution, k).Run();
}

}  // namespace stowage::scheduler
