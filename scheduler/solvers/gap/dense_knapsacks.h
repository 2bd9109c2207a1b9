// DenseKnapsacks: for given rewards of the items, the best packing of every agent by dynamic
// programming over its capacity, and what it costs an agent to do otherwise with one item. For
// instances with one resource whose capacities are small numbers. All in integers.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/gap/residual.h"

namespace stowage::scheduler::gap {

class DenseKnapsacks {
 public:
  // Whether the numbers are small enough: one resource, single items, at most some million cells.
  static bool Suits(const GapInstance& instance);

  explicit DenseKnapsacks(const GapInstance& instance);  // suits; must outlive this

  int shift() const { return shift_; }                  // 2^shift() is one unit of cost
  int32_t most_reward() const { return most_reward_; }  // of one item

  // Takes over which pairs are open. Before the first Pack, and whenever they change.
  void Load(const Residual& residual);
  // L(rewards): at least the sum of the rewards of free items less what the agents earn, and what
  // the placed ones cost; in fixed point. `rewards` are per item, in [0, most_reward()]. The
  // packings are then in taken().
  int64_t Pack(const std::vector<int32_t>& rewards);
  // [item]: by how many agents it is taken; those of free items only.
  const std::vector<int32_t>& taken() const { return taken_; }
  // The agent that took the item last, where taken() is not 0.
  const std::vector<int32_t>& taker() const { return taker_; }

  // For every open pair: how much less the agent earns when it must leave the item (where its best
  // packing takes it) or must take it (where it does not).
  void FindDeviations(const std::vector<int32_t>& rewards);
  int32_t deviation(int32_t k, int32_t j) const { return deviation_[Cell(k, j)]; }
  bool takes(int32_t k, int32_t j) const { return takes_[Cell(k, j)] != 0; }

  int64_t cells() const { return cells_; }  // of tables filled so far: the work

 private:
  struct Item {
    int32_t k, profit, size;
  };

  void List(int32_t j, const std::vector<int32_t>& rewards);
  int32_t Fill(int32_t j);
  void FindTaken();
  size_t Cell(int32_t k, int32_t j) const { return static_cast<size_t>(j) * g_.classes + k; }
  void Deviate(int32_t j, const std::vector<int32_t>& rewards);
  int32_t* Row(size_t i) { return rows_.data() + i * stride_; }

  const GapInstance& g_;
  const Residual* residual_ = nullptr;
  int shift_ = 0;
  int32_t most_reward_ = 0;
  std::vector<std::vector<int32_t>> open_;  // [agent]: its open items
  std::vector<int32_t> taken_, taker_;
  std::vector<Item> items_;  // those that pay, of the agent at hand
  std::vector<uint8_t> in_;  // [item of items_]
  bool all_fit_ = false;
  int32_t room_ = 0;
  size_t stride_ = 0;
  std::vector<int32_t> rows_;  // [item of items_ + 1][capacity + 1]: the best of those before it
  std::vector<int32_t> rest_;  // the best of those after it, with the capacity counted down
  std::vector<int32_t> deviation_;  // [agent][item], as is
  std::vector<uint8_t> takes_;
  int64_t cells_ = 0;
};

}  // namespace stowage::scheduler::gap
