#include "scheduler/solvers/packing/master.h"

#include <coin/ClpFactorization.hpp>
#include <coin/ClpSimplex.hpp>

namespace stowage::scheduler::packing {

struct Master::Library {
  ClpSimplex lp;
  int64_t work = 0;
  int64_t entries = 0;
  bool rows_changed = false;
  // Columns that the library does not have yet: each time it takes some it copies all it has.
  std::vector<int> starts{0}, rows;
  std::vector<double> values, costs;

  void Flush() {
    if (costs.empty()) return;
    lp.addColumns(static_cast<int>(costs.size()), nullptr, nullptr, costs.data(), starts.data(),
                  rows.data(), values.data());
    starts.assign(1, 0);
    rows.clear();
    values.clear();
    costs.clear();
  }
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
  for (const Entry& e : column) {
    library_->rows.push_back(e.row);
    library_->values.push_back(e.value);
  }
  library_->starts.push_back(static_cast<int>(library_->rows.size()));
  library_->costs.push_back(cost);
  library_->entries += static_cast<int64_t>(column.size());
}

void Master::SetRow(int32_t row, Row bounds) {
  library_->lp.setRowBounds(row, bounds.least < -1e300 ? -COIN_DBL_MAX : bounds.least,
                            bounds.most > 1e300 ? COIN_DBL_MAX : bounds.most);
  library_->rows_changed = true;
}

bool Master::Solve(int pivots) {
  ClpSimplex& lp = library_->lp;
  library_->Flush();
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
double Master::level(int32_t column) const {
  return column < library_->lp.numberColumns() ? library_->lp.primalColumnSolution()[column] : 0;
}
int32_t Master::columns() const {
  return library_->lp.numberColumns() + static_cast<int32_t>(library_->costs.size());
}
int64_t Master::work() const { return library_->work; }

}  // namespace stowage::scheduler::packing
