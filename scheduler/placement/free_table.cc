#include "scheduler/placement/free_table.h"

#include <algorithm>

namespace stowage::scheduler {

FreeTable::FreeTable(const ClusterBins& bins, size_t resources)
    : free_(resources), most_(resources, 0) {
  Refresh(bins);
}

void FreeTable::Grow(size_t rows) {
  takes_.resize(rows, kNobody);
  for (std::vector<int64_t>& column : free_) column.resize(rows, 0);
}

void FreeTable::Set(const ClusterBins& bins, size_t row) {
  const NodeGroup& g = bins.groups()[row];
  takes_[row] = g.count == 0 ? kNobody : (g.open ? ClusterBins::kStanding : g.pool);
  for (size_t r = 0; r < free_.size(); ++r) {
    free_[r][row] = AmountOf(g.free, r);
    if (takes_[row] == ClusterBins::kStanding) most_[r] = std::max(most_[r], free_[r][row]);
  }
  measured_ = false;
}

void FreeTable::Update(const ClusterBins& bins, size_t group) {
  const size_t before = rows();
  Grow(bins.groups().size());
  Set(bins, group);
  for (size_t row = before; row < rows(); ++row) Set(bins, row);
}

void FreeTable::Refresh(const ClusterBins& bins) {
  Grow(bins.groups().size());
  for (size_t row = 0; row < rows(); ++row) Set(bins, row);
}

bool FreeTable::MayFit(const Wants& wants) const {
  return std::all_of(wants.begin(), wants.end(),
                     [&](const Want& w) { return most_[w.resource] >= w.amount; });
}

void FreeTable::Measure() {
  if (measured_) return;
  measured_ = true;
  for (size_t r = 0; r < free_.size(); ++r) {
    const std::vector<int64_t>& column = free_[r];
    int64_t most = 0;
    for (size_t row = 0; row < column.size(); ++row) {
      if (takes_[row] == ClusterBins::kStanding) most = std::max(most, column[row]);
    }
    most_[r] = most;
  }
}

bool FreeTable::Has(const Wants& wants, size_t row) const {
  return std::all_of(wants.begin(), wants.end(),
                     [&](const Want& w) { return free_[w.resource][row] >= w.amount; });
}

size_t FreeTable::Next(const Wants& wants, int32_t pool, size_t from) const {
  const size_t end = rows();
  const int32_t* takes = takes_.data();
  if (wants.empty()) {
    return static_cast<size_t>(std::find(takes + std::min(from, end), takes + end, pool) - takes);
  }
  // Most rows fail by the first resource that is wanted.
  const int64_t* first = free_[wants[0].resource].data();
  const int64_t amount = wants[0].amount;
  for (size_t row = from; row < end; ++row) {
    if (first[row] >= amount && takes[row] == pool && Has(wants, row)) return row;
  }
  return end;
}

}  // namespace stowage::scheduler
