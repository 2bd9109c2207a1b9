// Solver: searches for a placement of an Instance. Pure: the same instance, options and sequence of
// steps give the same answer everywhere. Wall time exists only in the shell that calls Step().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/placement/bins.h"
#include "scheduler/placement/instance.h"
#include "scheduler/placement/prices.h"

namespace stowage::scheduler {

class Rooms;

// A budget of iterations: one is about the look at one group of nodes (100 ns).
class Work {
 public:
  explicit Work(int64_t iterations) : left_(iterations) {}
  void Spend(int64_t n) { left_ -= n; }
  bool over() const { return left_ <= 0; }
  int64_t left() const { return left_; }

 private:
  int64_t left_;
};

// `count` pods of class `k` (place in Instance::classes()) in cluster `j`.
struct Share {
  int32_t k;
  int32_t j;
  int64_t count;
};

struct Solution {
  std::vector<Share> shares;      // each (k, j) at most once, sorted
  std::vector<ClusterBins> bins;  // by cluster
  std::vector<int64_t> placed;    // by tier
  Money cost;
};

// More pods tier by tier, then the lower cost.
bool Better(const Solution& a, const Solution& b);

// Every pod of every tier has a place.
bool AllPlaced(const Instance& instance, const Solution& solution);

// The shares that loads on nodes sum up to; and by tier how many pods they are.
std::vector<Share> SharesOf(const std::vector<ClusterBins>& bins);
std::vector<int64_t> PlacedOf(const Instance& instance, const std::vector<Share>& shares);

// No rule asks where pods of the class are, and none of its own where others are; it has no
// preferences, and is of no gang. Its pods may be moved wherever filters of single pods let them.
bool MovesFreely(const Instance& instance, size_t k);

// Some rule asks for a number of domains: nodes that were bought may have to stay.
bool DomainsAsked(const Instance& instance);

// Those to be placed, of all tiers.
int64_t PodsOf(const Instance& instance);

// Groups of nodes times classes: what a look at all of them takes.
int64_t PairsOf(const Instance& instance);

// The bill of `shares` and of the nodes bought in `bins`.
Money Bill(const Instance& instance, const std::vector<Share>& shares,
           const std::vector<ClusterBins>& bins);

// What a search has proven by itself, of whatever placements there are.
struct Proof {
  std::vector<int64_t> placed_max;   // by tier, as TierResult
  Money lower_bound;                 // for placements with as many pods by tier as the best has
  std::vector<std::string> relaxed;  // as Incumbent
};

class Search {
 public:
  virtual ~Search() = default;
  // Whose search it is, where the solver that started it leaves it to others; "": its own.
  virtual std::string_view solver() const { return {}; }
  // Goes on until `work` is over (by at most one class x clusters). True: nothing more to try.
  virtual bool Step(Work& work) = 0;
  // The best so far; nullptr before the first. Every one is feasible.
  virtual const Solution* best() const = 0;
  // What room is worth, for a bound and for whoever places pods later; nullptr: not known (yet).
  virtual const ShadowPrices* prices() const { return nullptr; }
  // The rooms that prices() are of, if it has them at hand.
  virtual const Rooms* rooms() const { return nullptr; }
  // The instance has changed and is prepared again: goes on from the best so far where little is
  // another, and moves few pods that need not. False: it cannot; start a new one.
  virtual bool Resume() { return false; }
  // Searches from nothing after a Resume() whose answer is not good enough; that stays the best
  // until a better one is found. False: it cannot, or has.
  virtual bool Restart() { return false; }
  // All pods that it can place have a place; what it still looks for is which nodes to buy.
  virtual bool buying() const { return false; }
  // So far; nullopt: nothing but what the engine's bounds say.
  virtual std::optional<Proof> proof() const { return std::nullopt; }
};

class Solver {
 public:
  virtual ~Solver() = default;
  virtual std::string_view name() const = 0;
  // `instance` must be prepared, and must outlive the search unchanged.
  virtual std::unique_ptr<Search> Start(const Instance& instance,
                                        const SolveOptions& options) const = 0;
};

}  // namespace stowage::scheduler
