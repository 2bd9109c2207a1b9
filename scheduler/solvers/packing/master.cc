#include "scheduler/solvers/packing/master.h"

#include <coin/ClpFactorization.hpp>
#include <coin/ClpSimplex.hpp>

namespace stowage::scheduler::packing {

struct Master::Library {
  ClpSimplex lp;
  int64_t work = 0;
  int64_t entries = 0;
  bool rows_changed = false;
};

Master::Master(const std::vector<Row>& rows) : library_(std::make_unique<Library>()) {
  ClpSimplex& lp = library_->lp;
  lp.setLogLevel(0);
  lp.resize(static_cast<int>(rows.size()), 0);
  for (int r = 0; r < static_cast<int>(rows.size()); ++r) {
    SetRow(r, rows[r]);
  }
  // Dense parts would be factorised by whichever LAPACK the machine has.
  lp.factorization()->setDenseThreshold(0);
  lp.setPerturbation(100);  // off
}

Master::~Master() = default;

void Master::Add(double cost, std::span<const Entry> column) {
  std::vector<int> rows;
  std::vector<double> values;
  for (const Entry& e : column) {
    rows.push_back(e.row);
    values.push_back(e.value);
  }
  library_->lp.addColumn(static_cast<int>(rows.size()), rows.data(), values.data(), 0, COIN_DBL_MAX,
                         cost);
  library_->entries += static_cast<int64_t>(rows.size());
}

void Master::SetRow(int32_t row, Row bounds) {
  library_->lp.setRowBounds(row, bounds.least < -1e300 ? -COIN_DBL_MAX : bounds.least,
                            bounds.most > 1e300 ? COIN_DBL_MAX : bounds.most);
  library_->rows_changed = true;
}

bool Master::Solve(int pivots) {
  ClpSimplex& lp = library_->lp;
  lp.setMaximumIterations(pivots);
  const int before = lp.numberIterations();
  if (library_->rows_changed) {
    lp.dual(0, 1);
  } else {
    lp.primal(0, 1);
  }
  const int used =
      lp.numberIterations() > before ? lp.numberIterations() - before : lp.numberIterations();
  library_->work +=
      20'000 + static_cast<int64_t>(used + 5) *
                   (2'000 + 25 * static_cast<int64_t>(lp.numberRows()) + 2 * library_->entries);
  if (lp.status() != 0) return false;
  library_->rows_changed = false;
  return true;
}

double Master::cost() const { return library_->lp.objectiveValue(); }
double Master::dual(int32_t row) const { return library_->lp.dualRowSolution()[row]; }
double Master::level(int32_t column) const { return library_->lp.primalColumnSolution()[column]; }
int32_t Master::columns() const { return library_->lp.numberColumns(); }
int64_t Master::work() const { return library_->work; }

}  // namespace stowage::scheduler::packing
