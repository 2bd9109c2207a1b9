#include "scheduler/solvers/gap/residual.h"

namespace stowage::scheduler::gap {

Residual::Residual(const GapInstance& instance)
    : g_(instance),
      open_(static_cast<size_t>(g_.agents) * g_.classes, 0),
      open_agents_(g_.classes, 0),
      placed_(g_.classes, -1),
      room_(g_.capacities),
      free_items_(g_.classes) {
  for (int32_t k = 0; k < g_.classes; ++k) {
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!g_.Allowed(k, j)) continue;
      open_[Cell(k, j)] = 1, ++open_agents_[k];
    }
  }
}

void Residual::Shut(int32_t k, int32_t j) {
  open_[Cell(k, j)] = 0;
  trail_.push_back({k, j, false});
  if (--open_agents_[k] <= 1) forced_.push_back(k);
}

bool Residual::Close(int32_t k, int32_t j) {
  if (!Open(k, j)) return placed_[k] >= 0 || open_agents_[k] > 0;
  Shut(k, j);
  return PlaceForced();
}

// The pair leaves the open ones together with the item's others.
bool Residual::PlaceOne(int32_t k, int32_t j) {
  placed_[k] = j, --free_items_;
  cost_ += g_.Cost(k, j);
  room_[j] -= g_.Sizes(k, j)[0];
  trail_.push_back({k, j, true});
  for (int32_t o = 0; o < g_.agents; ++o) {
    if (Open(k, o)) Shut(k, o);
  }
  for (int32_t i = 0; i < g_.classes; ++i) {
    if (Open(i, j) && g_.Sizes(i, j)[0] > room_[j]) Shut(i, j);
  }
  return room_[j] >= 0;
}

bool Residual::PlaceForced() {
  bool possible = true;
  while (!forced_.empty()) {
    const int32_t k = forced_.back();
    forced_.pop_back();
    if (!possible || placed_[k] >= 0) continue;
    int32_t only = -1;
    for (int32_t j = 0; j < g_.agents && only < 0; ++j) {
      if (Open(k, j)) only = j;
    }
    if (only < 0) {
      possible = false;
    } else if (open_agents_[k] == 1) {
      possible = PlaceOne(k, only);
    }
  }
  return possible;
}

bool Residual::Place(int32_t k, int32_t j) {
  const bool fits = PlaceOne(k, j);
  return PlaceForced() && fits;
}

void Residual::UndoTo(size_t mark) {
  while (trail_.size() > mark) {
    const Change change = trail_.back();
    trail_.pop_back();
    if (change.place) {
      placed_[change.k] = -1, ++free_items_;
      cost_ -= g_.Cost(change.k, change.j);
      room_[change.j] += g_.Sizes(change.k, change.j)[0];
    } else {
      open_[Cell(change.k, change.j)] = 1, ++open_agents_[change.k];
    }
  }
}

}  // namespace stowage::scheduler::gap
