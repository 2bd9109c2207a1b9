#include "app/solve/canonical.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <tuple>

#include "base/random/rng.h"

namespace stowage::app {
namespace {

using scheduler::BinType;
using scheduler::GapProblem;
using scheduler::GapShare;
using scheduler::GapSolution;
using scheduler::PackedBins;
using scheduler::PackingItem;
using scheduler::PackingProblem;
using scheduler::PackingSolution;

constexpr int kMaxRounds = 4;  // of colour refinement; two are enough for all but symmetric files

// Fast, and well mixed enough for millions of pairs: a product folded in two.
inline uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product =
      static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15ull) * (b ^ 0xe7037ed1a0b428dbull);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// What a pair says, whichever place it has in the file.
inline uint64_t PairSignature(const GapProblem& p, int32_t k, int32_t j) {
  uint64_t h = Mix(static_cast<uint64_t>(p.Cost(k, j)), 1);
  if (p.uniform) return h;
  const int64_t* sizes = p.Sizes(k, j);
  for (int32_t r = 0; r < p.resources; ++r) h = Mix(h, static_cast<uint64_t>(sizes[r]));
  return h;
}

size_t Distinct(std::vector<uint64_t> colours) {
  std::sort(colours.begin(), colours.end());
  return static_cast<size_t>(std::unique(colours.begin(), colours.end()) - colours.begin());
}

struct Colours {
  std::vector<uint64_t> classes, agents;
  size_t distinct() const { return Distinct(classes) + Distinct(agents); }
};

Colours FirstColours(const GapProblem& p) {
  Colours c{std::vector<uint64_t>(p.classes), std::vector<uint64_t>(p.agents)};
  for (int32_t k = 0; k < p.classes; ++k) {
    uint64_t h = Mix(static_cast<uint64_t>(p.counts[k]), 2);
    for (int32_t r = 0; p.uniform && r < p.resources; ++r) {
      h = Mix(h, static_cast<uint64_t>(p.Sizes(k, 0)[r]));
    }
    c.classes[k] = h;
  }
  for (int32_t j = 0; j < p.agents; ++j) {
    uint64_t h = 3;
    for (int32_t r = 0; r < p.resources; ++r) {
      h = Mix(h, static_cast<uint64_t>(p.Capacities(j)[r]));
    }
    c.agents[j] = h;
  }
  return c;
}

// Each agent takes in its column, then each class its row. Sums do not depend on the order.
void Refine(const GapProblem& p, Colours& c) {
  std::vector<uint64_t> columns(p.agents, 0);
  for (int32_t k = 0; k < p.classes; ++k) {
    for (int32_t j = 0; j < p.agents; ++j) {
      columns[j] += Mix(PairSignature(p, k, j), c.classes[k]);
    }
  }
  for (int32_t j = 0; j < p.agents; ++j) c.agents[j] = Mix(c.agents[j], columns[j]);
  for (int32_t k = 0; k < p.classes; ++k) {
    uint64_t row = 0;
    for (int32_t j = 0; j < p.agents; ++j) row += Mix(PairSignature(p, k, j), c.agents[j]);
    c.classes[k] = Mix(c.classes[k], row);
  }
}

std::vector<int32_t> ByColour(const std::vector<uint64_t>& colours) {
  std::vector<int32_t> order(colours.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return std::pair(colours[a], a) < std::pair(colours[b], b);
  });
  return order;
}

std::vector<int32_t> Inverse(const std::vector<int32_t>& order) {
  std::vector<int32_t> out(order.size());
  for (size_t i = 0; i < order.size(); ++i) out[order[i]] = static_cast<int32_t>(i);
  return out;
}

template <class Less>
std::vector<int32_t> Sorted(size_t n, Less less) {
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), less);
  return order;
}

GapSolution Renamed(const GapSolution& in, const std::vector<int32_t>& classes,
                    const std::vector<int32_t>& agents) {
  GapSolution out{.shares = in.shares, .cost = in.cost};
  for (GapShare& s : out.shares) s = {classes[s.k], agents[s.j], s.count};
  std::sort(out.shares.begin(), out.shares.end(), [](const GapShare& a, const GapShare& b) {
    return std::pair(a.k, a.j) < std::pair(b.k, b.j);
  });
  return out;
}

auto KeyOf(const PackedBins::Load& load) {
  return std::tuple(load.item, load.incarnation, load.per_bin);
}

bool LoadsLess(const std::vector<PackedBins::Load>& a, const std::vector<PackedBins::Load>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](auto& x, auto& y) { return KeyOf(x) < KeyOf(y); });
}

PackingSolution Renamed(const PackingSolution& in, const std::vector<int32_t>& types,
                        const std::vector<int32_t>& items) {
  PackingSolution out{.bins = in.bins, .cost = in.cost};
  for (PackedBins& bins : out.bins) {
    bins.type = types[bins.type];
    for (PackedBins::Load& load : bins.loads) load.item = items[load.item];
    std::sort(bins.loads.begin(), bins.loads.end(),
              [](auto& a, auto& b) { return KeyOf(a) < KeyOf(b); });
  }
  std::stable_sort(out.bins.begin(), out.bins.end(), [](const PackedBins& a, const PackedBins& b) {
    return a.type != b.type ? a.type < b.type : LoadsLess(a.loads, b.loads);
  });
  std::vector<PackedBins> merged;
  for (PackedBins& bins : out.bins) {
    if (!merged.empty() && merged.back().type == bins.type && merged.back().loads == bins.loads) {
      merged.back().count += bins.count;
    } else {
      merged.push_back(std::move(bins));
    }
  }
  out.bins = std::move(merged);
  return out;
}

// Text in a fixed form, hashed at the end.
class Words {
 public:
  void Add(int64_t n) { text_ += std::to_string(n) + " "; }
  void Add(const std::string& s) {
    Add(static_cast<int64_t>(s.size()));
    text_ += s + " ";
  }
  uint64_t Hash() const { return StableHash(text_); }

 private:
  std::string text_;
};

}  // namespace

GapOrder CanonicalOrder(const GapProblem& problem) {
  Colours colours = FirstColours(problem);
  const size_t all = colours.classes.size() + colours.agents.size();
  size_t before = colours.distinct();
  for (int round = 0; round < kMaxRounds; ++round) {
    Refine(problem, colours);
    const size_t now = colours.distinct();
    // One round more would tell nothing new.
    if (now == all || (round > 0 && now == before)) break;
    before = now;
  }
  return {ByColour(colours.classes), ByColour(colours.agents)};
}

PackingOrder CanonicalOrder(const PackingProblem& problem) {
  const auto type = [&](int32_t t) {
    const BinType& b = problem.bins[t];
    return std::tie(b.capacity, b.cost, b.quantity);
  };
  const auto item = [&](int32_t i) {
    const PackingItem& x = problem.items[i];
    return std::tie(x.incarnations, x.demand);
  };
  return {Sorted(problem.bins.size(), [&](int32_t a, int32_t b) { return type(a) < type(b); }),
          Sorted(problem.items.size(), [&](int32_t a, int32_t b) { return item(a) < item(b); })};
}

GapProblem InOrder(const GapProblem& p, const GapOrder& order) {
  GapProblem out{
      .classes = p.classes, .agents = p.agents, .resources = p.resources, .uniform = p.uniform};
  out.counts.reserve(p.counts.size());
  out.costs.reserve(p.costs.size());
  out.sizes.reserve(p.sizes.size());
  out.capacities.reserve(p.capacities.size());
  const auto append = [&](const int64_t* numbers, std::vector<int64_t>& to) {
    to.insert(to.end(), numbers, numbers + p.resources);
  };
  for (const int32_t k : order.classes) {
    out.counts.push_back(p.counts[k]);
    if (p.uniform) append(p.Sizes(k, 0), out.sizes);
    for (const int32_t j : order.agents) {
      out.costs.push_back(p.Cost(k, j));
      if (!p.uniform) append(p.Sizes(k, j), out.sizes);
    }
  }
  for (const int32_t j : order.agents) append(p.Capacities(j), out.capacities);
  return out;
}

PackingProblem InOrder(const PackingProblem& p, const PackingOrder& order) {
  PackingProblem out{.dimensions = p.dimensions};
  for (const int32_t t : order.types) out.bins.push_back(p.bins[t]);
  for (const int32_t i : order.items) out.items.push_back(p.items[i]);
  return out;
}

GapSolution InFile(const GapSolution& canonical, const GapOrder& order) {
  return Renamed(canonical, order.classes, order.agents);
}

GapSolution InCanonical(const GapSolution& in_file, const GapOrder& order) {
  return Renamed(in_file, Inverse(order.classes), Inverse(order.agents));
}

PackingSolution InFile(const PackingSolution& canonical, const PackingOrder& order) {
  return Renamed(canonical, order.types, order.items);
}

PackingSolution InCanonical(const PackingSolution& in_file, const PackingOrder& order) {
  return Renamed(in_file, Inverse(order.types), Inverse(order.items));
}

uint64_t HashOf(const GapSolution& canonical) {
  Words words;
  words.Add(canonical.cost);
  for (const GapShare& s : canonical.shares) {
    words.Add(s.k);
    words.Add(s.j);
    words.Add(s.count);
  }
  return words.Hash();
}

uint64_t HashOf(const PackingSolution& canonical) {
  Words words;
  words.Add(canonical.cost);
  for (const PackedBins& bins : canonical.bins) {
    words.Add(bins.type);
    words.Add(bins.count);
    words.Add(static_cast<int64_t>(bins.loads.size()));
    for (const PackedBins::Load& load : bins.loads) {
      words.Add(load.item);
      words.Add(load.incarnation);
      words.Add(load.per_bin);
    }
  }
  return words.Hash();
}

uint64_t HashOf(const scheduler::Placement& placement, scheduler::Money cost) {
  std::map<std::pair<std::string, std::string>, int64_t> pods;  // (class, cluster)
  for (const scheduler::ClassPlacement& k : placement.classes) {
    for (const scheduler::Assignment& a : k.assignments) pods[{k.key, a.cluster}] += a.count;
  }
  Words words;
  words.Add(cost.nano);
  for (const auto& [where, count] : pods) {
    words.Add(where.first);
    words.Add(where.second);
    words.Add(count);
  }
  return words.Hash();
}

}  // namespace stowage::app
