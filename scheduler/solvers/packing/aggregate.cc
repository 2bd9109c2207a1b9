#include "scheduler/solvers/packing/aggregate.h"

#include <algorithm>

#include "scheduler/solvers/packing/master.h"

namespace stowage::scheduler::packing {
namespace {

constexpr int kPivotsMax = 20'000;
constexpr double kAny = 1e301;

// Rows: a dimension each, in parts of all that is demanded; then an item with several choices each;
// then a limited type each.
class Aggregate {
 public:
  explicit Aggregate(const Core& core) : core_(core), total_(core.dimensions, 0.0) {
    for (const Core::Item& item : core.items) {
      for (int r = 0; r < core.dimensions; ++r) {
        total_[r] +=
            static_cast<double>(item.demand) * static_cast<double>(core.size(item.first)[r]);
      }
    }
    for (double& t : total_) t = std::max(t, 1.0);
  }

  std::vector<double> Values() {
    Master master(Rows());
    AddTypes(master);
    AddChoices(master);
    if (!master.Solve(kPivotsMax)) return std::vector<double>(core_.items.size(), 0.0);
    std::vector<double> values;
    for (const Core::Item& item : core_.items) {
      double least = -1;
      for (int32_t k = item.first; k < item.last; ++k) {
        double worth = 0;
        for (int r = 0; r < core_.dimensions; ++r) {
          worth += master.dual(r) / total_[r] * static_cast<double>(core_.size(k)[r]);
        }
        least = least < 0 ? worth : std::min(least, worth);
      }
      values.push_back(std::max(least, 0.0));
    }
    return values;
  }

 private:
  std::vector<Master::Row> Rows() const {
    std::vector<Master::Row> rows;
    for (const double total : total_) rows.push_back({total > 1 ? 1.0 : 0.0, kAny});
    for (const Core::Item& item : core_.items) {
      if (item.last - item.first > 1) rows.push_back({-kAny, static_cast<double>(item.demand)});
    }
    for (const Core::Type& type : core_.types) {
      if (type.limited) rows.push_back({-kAny, static_cast<double>(type.quantity)});
    }
    return rows;
  }
  void AddTypes(Master& master) const {
    int32_t row = core_.dimensions;
    for (const Core::Item& item : core_.items) row += item.last - item.first > 1;
    double costliest = 0;
    for (int32_t t = 0; t < static_cast<int32_t>(core_.types.size()); ++t) {
      const auto cost = static_cast<double>(core_.types[t].cost);
      costliest = std::max(costliest, cost);
      std::vector<Master::Entry> column;
      for (int r = 0; r < core_.dimensions; ++r) {
        column.push_back({r, static_cast<double>(core_.room(t)[r]) / total_[r]});
      }
      if (core_.types[t].limited) column.push_back({row++, 1.0});
      master.Add(cost, column);
    }
    // Where all types are limited there may be too little of everything.
    for (int r = 0; r < core_.dimensions; ++r) {
      const Master::Entry missing[] = {{r, 1.0}};
      master.Add(1e3 * (costliest + 1) * static_cast<double>(core_.items.size()), missing);
    }
  }
  void AddChoices(Master& master) const {
    int32_t row = core_.dimensions;
    for (const Core::Item& item : core_.items) {
      if (item.last - item.first <= 1) continue;
      for (int32_t k = item.first + 1; k < item.last; ++k) {
        std::vector<Master::Entry> column;
        for (int r = 0; r < core_.dimensions; ++r) {
          const auto saved = static_cast<double>(core_.size(item.first)[r] - core_.size(k)[r]);
          if (saved != 0) column.push_back({r, saved / total_[r]});
        }
        column.push_back({row, 1.0});
        master.Add(0, column);
      }
      ++row;
    }
  }

  const Core& core_;
  std::vector<double> total_;
};

}  // namespace

std::vector<double> AggregateValues(const Core& core) { return Aggregate(core).Values(); }

}  // namespace stowage::scheduler::packing
