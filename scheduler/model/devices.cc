#include "scheduler/model/devices.h"

#include <algorithm>
#include <numeric>

#include "scheduler/model/limits.h"

namespace stowage::scheduler {

int64_t Devices::Sum(size_t resource) const {
  int64_t sum = 0;
  for (size_t i = 0; i < resources.size(); ++i) {
    if (resources[i] != resource) continue;
    for (const std::vector<int64_t>& device : free) sum += device[i];
  }
  return sum;
}

bool Devices::Concern(const Amounts& demand) const {
  return std::any_of(resources.begin(), resources.end(),
                     [&](size_t r) { return AmountOf(demand, r) > 0; });
}

// Pods of which the device can carry a part each.
int64_t Devices::SlotsOf(size_t device, const Amounts& demand) const {
  int64_t slots = kMaxPods;
  for (size_t i = 0; i < resources.size(); ++i) {
    const int64_t part = PartOf(demand, resources[i]);
    if (part > 0) slots = std::min(slots, free[device][i] / part);
  }
  return slots;
}

// n pods of c devices each find their places if and only if the devices have n * c slots, no more
// than n of one device counted.
int64_t Devices::Fit(const Amounts& demand) const {
  if (!Concern(demand)) return kMaxPods;
  std::vector<int64_t> slots;
  int64_t sum = 0;
  for (size_t d = 0; d < free.size(); ++d) {
    slots.push_back(SlotsOf(d, demand));
    sum += slots.back();
  }
  if (demand.devices == 1) return sum;
  int64_t low = 0, high = sum / demand.devices;
  while (low < high) {
    const int64_t n = high - (high - low) / 2;
    int64_t usable = 0;
    for (const int64_t s : slots) usable += std::min(s, n);
    if (usable >= n * demand.devices) {
      low = n;
    } else {
      high = n - 1;
    }
  }
  return low;
}

void Devices::Use(size_t device, const Amounts& demand, int64_t pods) {
  for (size_t i = 0; i < resources.size(); ++i) {
    free[device][i] -= PartOf(demand, resources[i]) * pods;
  }
}

void Devices::Move(size_t device, const Amounts& demand, int64_t pods, std::vector<int64_t>& on) {
  Use(device, demand, pods);
  on[device] += pods;
}

void Devices::Take(const Amounts& demand, int64_t pods, std::vector<int64_t>& on) {
  if (!Concern(demand)) return;
  on.resize(free.size(), 0);
  std::vector<size_t> order(free.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<int64_t> slots;
  for (size_t d = 0; d < free.size(); ++d) slots.push_back(SlotsOf(d, demand));
  if (demand.devices == 1) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return slots[a] < slots[b]; });
    for (const size_t d : order) {
      const int64_t here = std::min(pods, slots[d]);
      if (here > 0) Move(d, demand, here, on);
      pods -= here;
    }
    return;
  }
  // Each in turn the devices that could carry most: so that the last ones find enough of them.
  for (; pods > 0; --pods) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return slots[a] > slots[b]; });
    for (int32_t i = 0; i < demand.devices; ++i) {
      Move(order[i], demand, 1, on);
      --slots[order[i]];
    }
  }
}

void Devices::GiveBack(const Amounts& demand, std::vector<int64_t>& on) {
  if (!Concern(demand)) return;
  std::vector<size_t> order(free.size());
  std::iota(order.begin(), order.end(), 0);
  // Those that most of the pods use: what stays can still be told apart into pods.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return on[a] > on[b]; });
  for (int32_t i = 0; i < demand.devices; ++i) Move(order[i], demand, -1, on);
}

}  // namespace stowage::scheduler
