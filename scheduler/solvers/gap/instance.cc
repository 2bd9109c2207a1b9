#include "scheduler/solvers/gap/instance.h"

#include <algorithm>
#include <numeric>

namespace stowage::scheduler::gap {
namespace {

// An even mix: what it is given in sequence, order included.
uint64_t Mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9e3779b97f4a7c15ull;
  return h ^ (h >> 29);
}

struct Orders {
  std::vector<int32_t> classes, agents;
};

uint64_t PairHash(const GapProblem& p, int32_t k, int32_t j) {
  uint64_t h = Mix(0x51ed270b, static_cast<uint64_t>(p.Cost(k, j)));
  if (p.uniform) return h;
  for (int32_t r = 0; r < p.resources; ++r) h = Mix(h, static_cast<uint64_t>(p.Sizes(k, j)[r]));
  return h;
}

std::vector<int32_t> Sorted(const std::vector<uint64_t>& keys) {
  std::vector<int32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return keys[a] < keys[b]; });
  return order;
}

// Keys that see the content but not the order: a pair adds a term to the sum of its class and to
// that of its agent. The second round lets a class see which agents its costs belong to.
Orders ContentOrder(const GapProblem& p) {
  std::vector<uint64_t> own_class(p.classes), own_agent(p.agents);
  for (int32_t k = 0; k < p.classes; ++k) {
    uint64_t h = Mix(0x2545f491, static_cast<uint64_t>(p.counts[k]));
    for (int32_t r = 0; p.uniform && r < p.resources; ++r) {
      h = Mix(h, static_cast<uint64_t>(p.sizes[static_cast<size_t>(k) * p.resources + r]));
    }
    own_class[k] = h;
  }
  for (int32_t j = 0; j < p.agents; ++j) {
    uint64_t h = 0x1b873593;
    for (int32_t r = 0; r < p.resources; ++r) h = Mix(h, static_cast<uint64_t>(p.Capacities(j)[r]));
    own_agent[j] = h;
  }
  std::vector<uint64_t> by_class, by_agent;
  for (int round = 0; round < 2; ++round) {
    by_class.assign(p.classes, 0), by_agent.assign(p.agents, 0);
    for (int32_t k = 0; k < p.classes; ++k) {
      for (int32_t j = 0; j < p.agents; ++j) {
        const uint64_t pair = PairHash(p, k, j);
        by_class[k] += Mix(pair, own_agent[j]);
        by_agent[j] += Mix(pair, own_class[k]);
      }
    }
    for (int32_t k = 0; k < p.classes; ++k) own_class[k] = Mix(own_class[k], by_class[k]);
    for (int32_t j = 0; j < p.agents; ++j) own_agent[j] = Mix(own_agent[j], by_agent[j]);
  }
  return {Sorted(own_class), Sorted(own_agent)};
}

// Without resources: with one that nobody needs.
void CopyInOrder(const GapProblem& p, GapInstance* out) {
  const size_t m = out->agents, s = out->resources, given = p.resources;
  out->costs.resize(out->classes * m);
  out->sizes.resize(out->classes * (out->uniform ? 1 : m) * s);
  out->capacities.resize(m * s);
  for (size_t j = 0; j < m; ++j) {
    std::copy_n(p.Capacities(out->agent_at[j]), given, out->capacities.data() + j * s);
  }
  for (size_t k = 0; k < out->class_at.size(); ++k) {
    const int32_t from = out->class_at[k];
    if (out->uniform) std::copy_n(p.Sizes(from, 0), given, out->sizes.data() + k * s);
    for (size_t j = 0; j < m; ++j) {
      out->costs[k * m + j] = p.Cost(from, out->agent_at[j]);
      if (!out->uniform) {
        std::copy_n(p.Sizes(from, out->agent_at[j]), given, out->sizes.data() + (k * m + j) * s);
      }
    }
  }
}

// Capacities are rounded down to the common divisor of the sizes: nothing can use the rest.
void DivideOut(GapInstance* g) {
  const size_t s = g->resources;
  for (size_t r = 0; r < s; ++r) {
    int64_t divisor = 0;
    for (size_t at = r; at < g->sizes.size() && divisor != 1; at += s) {
      divisor = std::gcd(divisor, g->sizes[at]);
    }
    if (divisor <= 1) continue;
    for (size_t at = r; at < g->sizes.size(); at += s) g->sizes[at] /= divisor;
    for (size_t at = r; at < g->capacities.size(); at += s) g->capacities[at] /= divisor;
  }
}

void ForbidWhatCannotFit(GapInstance* g) {
  for (int32_t k = 0; k < g->classes; ++k) {
    bool fits_somewhere = false;
    for (int32_t j = 0; j < g->agents; ++j) {
      for (int32_t r = 0; r < g->resources; ++r) {
        if (g->Sizes(k, j)[r] <= g->Capacities(j)[r]) continue;
        g->costs[static_cast<size_t>(k) * g->agents + j] = GapProblem::kForbidden;
      }
      fits_somewhere |= g->Allowed(k, j);
    }
    if (!fits_somewhere) g->hopeless = true;
  }
}

// Even if each item took the least it can anywhere.
bool MoreDemandThanCapacity(const GapInstance& g) {
  for (int32_t r = 0; r < g.resources; ++r) {
    __int128 demand = 0, capacity = 0;
    for (int32_t k = 0; k < g.classes; ++k) {
      int64_t least = -1;
      for (int32_t j = 0; j < g.agents; ++j) {
        if (!g.Allowed(k, j)) continue;
        const int64_t size = g.Sizes(k, j)[r];
        if (least < 0 || size < least) least = size;
      }
      demand += static_cast<__int128>(g.counts[k]) * std::max<int64_t>(least, 0);
    }
    for (int32_t j = 0; j < g.agents; ++j) capacity += g.Capacities(j)[r];
    if (demand > capacity) return true;
  }
  return false;
}

}  // namespace

GapInstance::GapInstance(const GapProblem& problem)
    : agents(problem.agents), resources(std::max(1, problem.resources)), uniform(problem.uniform) {
  const Orders orders = ContentOrder(problem);
  agent_at = orders.agents;
  for (int32_t k : orders.classes) {
    if (problem.counts[k] == 0) continue;
    class_at.push_back(k);
    counts.push_back(problem.counts[k]);
    items += problem.counts[k];
  }
  classes = static_cast<int32_t>(class_at.size());
  CopyInOrder(problem, this);
  DivideOut(this);
  ForbidWhatCannotFit(this);
  if (!hopeless) hopeless = MoreDemandThanCapacity(*this);
}

GapInstance::GapInstance(const GapInstance& whole, const std::vector<int32_t>& part_classes,
                         const std::vector<int32_t>& part_agents)
    : classes(static_cast<int32_t>(part_classes.size())),
      agents(static_cast<int32_t>(part_agents.size())),
      resources(whole.resources),
      uniform(whole.uniform),
      class_at(part_classes),
      agent_at(part_agents) {
  for (int32_t k : part_classes) {
    counts.push_back(whole.counts[k]), items += whole.counts[k];
    if (uniform) sizes.insert(sizes.end(), whole.Sizes(k, 0), whole.Sizes(k, 0) + resources);
    for (int32_t j : part_agents) {
      costs.push_back(whole.Cost(k, j));
      if (!uniform) sizes.insert(sizes.end(), whole.Sizes(k, j), whole.Sizes(k, j) + resources);
    }
  }
  for (int32_t j : part_agents) {
    capacities.insert(capacities.end(), whole.Capacities(j), whole.Capacities(j) + resources);
  }
}

}  // namespace stowage::scheduler::gap
