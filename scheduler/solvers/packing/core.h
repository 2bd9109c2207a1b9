// Core: a PackingProblem as its solver wants it. Items that are alike are one, choices
// (incarnations) and bin types that can never be of use are gone, sizes are divided by what they
// have in common, and all stands in an order that does not depend on that of the input.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/solvers/packing/problem.h"

namespace stowage::scheduler::packing {

// `count` items that take `choice` of their sizes.
struct Load {
  int32_t choice;
  int64_t count;
  auto operator<=>(const Load&) const = default;
};
using Loads = std::vector<Load>;  // of one bin; sorted by choice, counts > 0

// Sorts by choice and adds equal ones up.
void Merge(Loads& loads);

// `count` bins of one type that are filled alike.
struct Bins {
  int32_t type;
  int64_t count;
  Loads loads;
};

class Core {
 public:
  struct Item {
    int64_t demand = 0;
    int32_t first = 0, last = 0;  // its choices: [first, last)
  };
  struct Type {
    int64_t cost = 0;
    int64_t quantity = 0;  // never more than could be needed
    bool limited = false;  // whether `quantity` can bind
  };
  // `problem` must be valid and outlive this.
  explicit Core(const PackingProblem& problem);

  // The same with less of each item and type; indices stay, also of items of which none is left.
  Core With(std::span<const int64_t> left, std::span<const int64_t> quota) const;

  int dimensions = 0;
  std::vector<Item> items;       // demand > 0, each choice with some size; sorted
  std::vector<Type> types;       // sorted by room, cost
  std::vector<int32_t> item_of;  // [choice]
  // Units of value in one unit of cost; a power of two. Values of what fills a bin stay near 2^46
  // where the costs allow it.
  int64_t scale = 1;

  std::span<const int64_t> size(int32_t choice) const {
    return {sizes_.data() + static_cast<size_t>(choice) * dimensions,
            static_cast<size_t>(dimensions)};
  }
  std::span<const int64_t> room(int32_t type) const {
    return {rooms_.data() + static_cast<size_t>(type) * dimensions,
            static_cast<size_t>(dimensions)};
  }
  // How many of one choice an empty bin of a type holds; at most the demand.
  int32_t fit(int32_t type, int32_t choice) const {
    return fits_[static_cast<size_t>(type) * item_of.size() + choice];
  }
  int32_t choices() const { return static_cast<int32_t>(item_of.size()); }
  // What one item costs on a bin of the type, times `scale`.
  int64_t toll(int32_t type, int32_t item) const {
    return tolls_.empty() ? 0 : tolls_[static_cast<size_t>(type) * items.size() + item];
  }
  bool has_tolls() const { return !tolls_.empty(); }
  int64_t highest_toll(int32_t item) const;  // of the types that hold it
  // Of what is on one bin; and of the bin with it.
  int64_t TollsOf(int32_t type, const Loads& loads) const;
  int64_t CostOf(int32_t type, const Loads& loads) const {
    return types[type].cost + TollsOf(type, loads);
  }

  // An item of the problem that fits into no type of bin; -1: none. Proves infeasibility.
  int32_t misfit() const { return misfit_; }
  // Items without any size want one bin, whatever it is, where nothing else is opened.
  bool needs_any_bin() const { return items.empty() && !sizeless_.empty(); }

  // Those bins of a solution of the problem whose types are worth having, in terms of the core.
  std::vector<Bins> Read(const PackingSolution& solution) const;
  // In the problem's own terms; `bins` place every item and need no merging.
  PackingSolution Translate(const std::vector<Bins>& bins) const;

 private:
  struct Member {  // an item of the problem
    int32_t item;
    int64_t demand;
    std::vector<int32_t> incarnations;  // by choice of the merged item
  };
  class Dealer;
  void AddSizeless(PackingSolution& solution) const;
  void ReadItems();
  void ReadTypes();
  void ReadSizes(const std::vector<std::vector<std::vector<int64_t>>>& merged);
  void Reduce();     // sizes by their common divisors; room to what can be filled
  void DropTypes();  // those that another one replaces always
  void CountFits();
  void AddTolls();
  bool Replaces(int32_t a, int32_t b) const;
  void Keep(const std::vector<int32_t>& types);

  const PackingProblem& problem_;
  std::vector<std::vector<Member>> members_;  // [item]
  std::vector<Member> sizeless_;
  std::vector<int32_t> original_type_;
  std::vector<int64_t> sizes_, rooms_, tolls_;
  std::vector<int32_t> fits_;
  int32_t misfit_ = -1;
  bool any_terms_ = false;
};

}  // namespace stowage::scheduler::packing
