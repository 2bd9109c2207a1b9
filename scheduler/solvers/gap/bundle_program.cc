#include "scheduler/solvers/gap/bundle_program.h"

#include <algorithm>
#include <coin/ClpFactorization.hpp>
#include <coin/ClpSimplex.hpp>

namespace stowage::scheduler::gap {

struct BundleProgram::Library {
  ClpSimplex lp;
  bool fresh = true;  // columns were taken away, and none added
};

BundleProgram::BundleProgram(const Bundles& all, int32_t items, int32_t agents, BundleCuts* cuts,
                             double left_out, std::span<const int32_t> bundles, const Basis& basis)
    : all_(all), items_(items), agents_(agents), cuts_(cuts), library_(new Library) {
  ClpSimplex& lp = library_->lp;
  lp.setLogLevel(0);
  lp.resize(items + agents + cuts->size(), 0);
  for (int32_t r = 0; r < items + agents + cuts->size(); ++r) {
    lp.setRowBounds(r, r < items ? 1 : -COIN_DBL_MAX, 1);
  }
  // Dense parts would be factorised by whichever LAPACK the machine has.
  lp.factorization()->setDenseThreshold(0);
  lp.setPerturbation(100);  // off
  std::vector<int> starts(items + 1), rows(items);
  const std::vector<double> ones(items, 1), costs(items, left_out);
  for (int32_t k = 0; k < items; ++k) starts[k + 1] = k + 1, rows[k] = k;
  lp.addColumns(items, nullptr, nullptr, costs.data(), starts.data(), rows.data(), ones.data());
  Add(bundles);
  Start(basis);
  library_->fresh = true;
}

BundleProgram::~BundleProgram() = default;

void BundleProgram::Add(std::span<const int32_t> bundles) {
  std::vector<int> starts{0}, rows;
  std::vector<double> costs;
  for (int32_t f : bundles) {
    for (int16_t k : all_.Items(f)) rows.push_back(k);
    rows.push_back(items_ + all_.agent[f]);
    cuts_->Each(all_, f, [&](int32_t c) { rows.push_back(items_ + agents_ + c); });
    starts.push_back(static_cast<int>(rows.size()));
    costs.push_back(all_.cost[f]);
    bundles_.push_back(f);
  }
  const std::vector<double> ones(rows.size(), 1);
  library_->lp.addColumns(static_cast<int>(bundles.size()), nullptr, nullptr, costs.data(),
                          starts.data(), rows.data(), ones.data());
  library_->fresh = false;
  entries_ += static_cast<int64_t>(rows.size());
}

void BundleProgram::Start(const Basis& basis) {
  if (basis.rows.empty()) return;
  ClpSimplex& lp = library_->lp;
  // The dual simplex needs all of the basis: what is in it and may not be taken is fixed at 0.
  const std::vector<int32_t> open = bundles_;
  std::vector<int32_t> shut;
  for (size_t i = 0; i < basis.bundles.size(); ++i) {
    if (basis.columns[i] == ClpSimplex::basic &&
        !std::binary_search(open.begin(), open.end(), basis.bundles[i])) {
      shut.push_back(basis.bundles[i]);
    }
  }
  Add(shut);
  for (size_t place = open.size(); place < bundles_.size(); ++place) {
    lp.setColumnUpper(items_ + static_cast<int>(place), 0);
  }
  lp.createStatus();
  const auto status = [](uint8_t s) { return static_cast<ClpSimplex::Status>(s); };
  for (int32_t k = 0; k < items_; ++k) lp.setColumnStatus(k, status(basis.rows[k]));
  const size_t rows = std::min<size_t>(basis.rows.size() - items_, lp.numberRows());
  for (size_t r = 0; r < rows; ++r) {
    lp.setRowStatus(static_cast<int>(r), status(basis.rows[items_ + r]));
  }
  for (size_t place = 0; place < bundles_.size(); ++place) {
    const auto at = std::lower_bound(basis.bundles.begin(), basis.bundles.end(), bundles_[place]);
    const bool known = at != basis.bundles.end() && *at == bundles_[place];
    lp.setColumnStatus(
        items_ + static_cast<int>(place),
        known ? status(basis.columns[at - basis.bundles.begin()]) : ClpSimplex::atLowerBound);
  }
}

BundleProgram::Outcome BundleProgram::Solve(double limit) {
  ClpSimplex& lp = library_->lp;
  if (library_->fresh) {
    lp.setDualObjectiveLimit(limit);
    lp.dual(0, 1);
    lp.setDualObjectiveLimit(COIN_DBL_MAX);
  } else {
    lp.primal(0, 1);
  }
  work_ += 500 + static_cast<int64_t>(lp.numberIterations() + 5) *
                     (20 + lp.numberRows() / 4 + entries_ / 50);
  if (lp.status() == 0) return Outcome::kSolved;
  const bool past = library_->fresh && lp.status() == 1;
  library_->fresh = false;
  return past ? Outcome::kPast : Outcome::kFailed;
}

double BundleProgram::dual(int32_t row) const { return library_->lp.dualRowSolution()[row]; }

double BundleProgram::left_out() const {
  const double* levels = library_->lp.primalColumnSolution();
  double sum = 0;
  for (int32_t k = 0; k < items_; ++k) sum += levels[k];
  return sum;
}

double BundleProgram::level(size_t place) const {
  return library_->lp.primalColumnSolution()[items_ + static_cast<int>(place)];
}

BundleProgram::Basis BundleProgram::basis() const {
  Basis out;
  const ClpSimplex& lp = library_->lp;
  for (int32_t k = 0; k < items_; ++k) out.rows.push_back(lp.getColumnStatus(k));
  for (int32_t r = 0; r < lp.numberRows(); ++r) out.rows.push_back(lp.getRowStatus(r));
  std::vector<std::pair<int32_t, uint8_t>> columns;
  for (size_t place = 0; place < bundles_.size(); ++place) {
    columns.emplace_back(bundles_[place], lp.getColumnStatus(items_ + static_cast<int>(place)));
  }
  std::sort(columns.begin(), columns.end());
  for (const auto& [f, status] : columns) {
    out.bundles.push_back(f);
    out.columns.push_back(status);
  }
  return out;
}

int64_t BundleProgram::TakeWork() { return std::exchange(work_, 0); }

}  // namespace stowage::scheduler::gap
