// InteriorPoint: prices of the capacities by a primal-dual interior point method for the linear
// relaxation, for instances with few capacities and classes of many items. There PriceSearch comes
// near the best bound only slowly: one class that moves to a small agent and back overloads it many
// times over, and agents that are as good as each other have to share what likes them all.
//
// The unknowns are the part of each class that each agent takes, and the prices. With the classes
// eliminated a step solves a dense system as large as there are capacities, whatever the number of
// classes. A class may be left out, at thirty times the mean cost; so there is always a solution.
// Floating point throughout: it steers. PriceSearch evaluates the prices exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/solvers/gap/instance.h"

namespace stowage::scheduler::gap {

class InteriorPoint {
 public:
  // Whether it pays: few capacities, several items a class.
  static bool Suits(const GapInstance& instance);

  // From how good prices.
  enum class From { kGuess, kSample };
  // `instance` must outlive this. `prices`: [agent][resource].
  InteriorPoint(const GapInstance& instance, const std::vector<double>& prices,
                From from = From::kGuess);

  // One Newton step; adds the work (units of 100 ns). False: the prices are the best there are, or
  // as good as the method can make them.
  bool Step(int64_t* work);

  // Where the method stands: [agent][resource], cost per unit of size, >= 0.
  std::vector<double> prices() const;

 private:
  struct Direction {
    std::vector<double> x, z;      // [column]
    std::vector<double> slack, p;  // [slot]
  };

  void AddColumns();
  void FindShares();
  void Start(const std::vector<double>& prices, double gap);
  void StartClass(int32_t k);
  void FindSlacks();
  void Assemble();
  void AssembleClass(int32_t k, double* shared);
  void TakeOffShared();
  void Factor();
  void SolveSystem(std::vector<double>* v) const;
  void FindDirection(const std::vector<double>& rx, const std::vector<double>& rs, Direction* d);
  double StepLength(const std::vector<double>& at, const std::vector<double>& by) const;
  double Mu(const Direction* d, double primal, double dual) const;
  void Move(const Direction& d, double primal, double dual);

  const GapInstance& g_;
  const int32_t s_;
  const size_t slots_;              // capacities, and those of being left out, which nothing uses
  double unit_;                     // of cost
  std::vector<double> price_unit_;  // [slot]: the cost per size that p = 1 means
  std::vector<double> share_;       // [agent]; the last: being left out

  std::vector<size_t> first_;                   // [class + 1]: its columns
  std::vector<int32_t> agent_;                  // [column]
  std::vector<double> cost_, use_;              // [column]; [column][resource]: of the whole class
  std::vector<double> x_, z_, theta_, h_, rx_;  // [column]
  std::vector<double> sum_theta_;               // [class]
  std::vector<double> slack_, p_, over_, rs_;   // [slot]
  std::vector<double> matrix_, diagonal_;       // lower triangle by rows; of its factor, inverted
  size_t stride_ = 0;                           // of its rows
  std::vector<double> shared_;                  // [class at hand][stride]
  std::vector<double> blocks_;                  // [slot][resource]: the matrix within an agent
  Direction affine_, step_;
  double mu_ = 0;
  int steps_ = 0;
};

}  // namespace stowage::scheduler::gap
