// FreeTable: what the groups of nodes of one cluster have free, in columns by resource, so that all
// of them are looked at in a fraction of a microsecond. Follows a ClusterBins; rows are its groups.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/placement/bins.h"

namespace stowage::scheduler {

class FreeTable {
 public:
  // One resource of a demand.
  struct Want {
    size_t resource;
    int64_t amount;  // > 0
  };
  using Wants = std::vector<Want>;

  FreeTable(const ClusterBins& bins, size_t resources);

  // The group changed, and groups may have been added.
  void Update(const ClusterBins& bins, size_t group);
  // Groups may be gone, or stand elsewhere.
  void Refresh(const ClusterBins& bins);

  // False: no open node has room. True: some may have.
  bool MayFit(const Wants& wants) const;
  // Makes MayFit() as sharp as it can be.
  void Measure();

  // The first row from `from` on whose nodes are open (kStanding), or could be opened as those of
  // `pool`, and have room for one pod; rows(): none.
  size_t Next(const Wants& wants, int32_t pool, size_t from) const;
  // Each node of the row has at least that much free of all that is wanted.
  bool Has(const Wants& wants, size_t row) const;
  size_t rows() const { return takes_.size(); }

 private:
  static constexpr int32_t kNobody = INT32_MIN;
  void Set(const ClusterBins& bins, size_t row);
  void Grow(size_t rows);

  std::vector<std::vector<int64_t>> free_;  // by resource and row
  std::vector<int32_t> takes_;              // by row: kStanding or a pool; kNobody
  Amounts most_;                            // no open node has more
  bool measured_ = false;
};

}  // namespace stowage::scheduler
