#include "app/solve/export_model.h"

#include <algorithm>

#include "app/solve/linear_model.h"
#include "app/solve/placement_model.h"

namespace stowage::app {
namespace {

using scheduler::BinType;
using scheduler::GapProblem;
using scheduler::PackingItem;
using scheduler::PackingProblem;

std::string N(int64_t n) { return std::to_string(n); }

int32_t AddColumn(LinearModel& m, std::string name, int64_t cost, int64_t upper) {
  m.columns.push_back({std::move(name), cost, upper});
  return static_cast<int32_t>(m.columns.size() - 1);
}

Result<LinearModel> ModelOf(const GapProblem& p) {
  RETURN_IF_ERROR(CheckSize(static_cast<__int128>(p.classes) * p.agents * (p.resources + 2)));
  LinearModel m;
  std::vector<LinearModel::Row> capacity;
  for (int32_t j = 0; j < p.agents; ++j) {
    for (int32_t r = 0; r < p.resources; ++r) {
      capacity.push_back({"capacity_" + N(j + 1) + "_" + N(r + 1),
                          LinearModel::Sense::kAtMost,
                          p.Capacities(j)[r],
                          {}});
    }
  }
  for (int32_t k = 0; k < p.classes; ++k) {
    LinearModel::Row row{"class_" + N(k + 1), LinearModel::Sense::kEqual, p.counts[k], {}};
    for (int32_t j = 0; j < p.agents; ++j) {
      if (p.Cost(k, j) == GapProblem::kForbidden) continue;
      const int32_t x = AddColumn(m, "x_" + N(k + 1) + "_" + N(j + 1), p.Cost(k, j), p.counts[k]);
      row.entries.push_back({x, 1});
      for (int32_t r = 0; r < p.resources; ++r) {
        const int64_t size = p.Sizes(k, j)[r];
        if (size != 0) capacity[j * p.resources + r].entries.push_back({x, size});
      }
    }
    m.rows.push_back(std::move(row));
  }
  for (auto& row : capacity) m.rows.push_back(std::move(row));
  return m;
}

bool Fits(const std::vector<int64_t>& sizes, const BinType& bin) {
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] > bin.capacity[d]) return false;
  }
  return true;
}

// Every bin that could be opened is a row of its own: an answer needs no more of a type than there
// are items.
class PackingModel {
 public:
  explicit PackingModel(const PackingProblem& p) : p_(p) {
    for (const PackingItem& item : p.items) items_ += item.demand;
  }

  Result<LinearModel> Make() {
    __int128 bins = 0, incarnations = 0;
    for (const BinType& bin : p_.bins) bins += MostOf(bin);
    for (const PackingItem& item : p_.items) incarnations += item.incarnations.size();
    RETURN_IF_ERROR(CheckSize(bins * (1 + incarnations) * (p_.dimensions + 2)));
    for (size_t i = 0; i < p_.items.size(); ++i) {
      m_.rows.push_back({"item_" + N(i + 1), LinearModel::Sense::kEqual, p_.items[i].demand, {}});
    }
    for (size_t t = 0; t < p_.bins.size(); ++t) {
      for (int64_t b = 0; b < MostOf(p_.bins[t]); ++b) {
        AddBin(p_.bins[t], N(t + 1) + "_" + N(b + 1));
      }
    }
    return std::move(m_);
  }

 private:
  int64_t MostOf(const BinType& bin) const {
    return bin.quantity == BinType::kAny ? items_ : std::min(bin.quantity, items_);
  }

  void AddBin(const BinType& bin, const std::string& name) {
    const int32_t open = AddColumn(m_, "open_" + name, bin.cost, 1);
    std::vector<LinearModel::Row> room;
    for (int32_t d = 0; d < p_.dimensions; ++d) {
      room.push_back({"room_" + name + "_" + N(d + 1),
                      LinearModel::Sense::kAtMost,
                      0,
                      {{open, -bin.capacity[d]}}});
    }
    for (size_t i = 0; i < p_.items.size(); ++i) {
      const PackingItem& item = p_.items[i];
      for (size_t n = 0; n < item.incarnations.size(); ++n) {
        const std::vector<int64_t>& sizes = item.incarnations[n];
        if (!Fits(sizes, bin)) continue;
        const std::string suffix = name + "_" + N(i + 1) + "_" + N(n + 1);
        const int32_t x = AddColumn(m_, "x_" + suffix, 0, item.demand);
        m_.rows[i].entries.push_back({x, 1});
        for (int32_t d = 0; d < p_.dimensions; ++d) {
          if (sizes[d] != 0) room[d].entries.push_back({x, sizes[d]});
        }
        // What takes no room needs an open bin all the same.
        if (std::all_of(sizes.begin(), sizes.end(), [](int64_t s) { return s == 0; })) {
          room.push_back(
              {"in_" + suffix, LinearModel::Sense::kAtMost, 0, {{x, 1}, {open, -item.demand}}});
        }
      }
    }
    for (auto& row : room) m_.rows.push_back(std::move(row));
  }

  const PackingProblem& p_;
  int64_t items_ = 0;
  LinearModel m_;
};

Result<LinearModel> ModelOf(const PackingProblem& p) { return PackingModel(p).Make(); }

Result<LinearModel> ModelOf(const scheduler::Problem& p) { return PlacementModelOf(p); }

}  // namespace

Result<std::string> ExportModel(const AnyProblem& problem, ModelFormat format) {
  ASSIGN_OR_RETURN(LinearModel model,
                   std::visit([](const auto& p) { return ModelOf(p); }, problem));
  // Formats need a column, even where nothing can be chosen.
  if (model.columns.empty()) AddColumn(model, "nothing", 0, 0);
  return format == ModelFormat::kLp ? WriteLp(model) : WriteMps(model);
}

}  // namespace stowage::app
