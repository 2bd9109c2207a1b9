#include "scheduler/placement/flip.h"

#include <tuple>

namespace stowage::scheduler {
namespace {

auto Rank(const Flip& f) { return std::tie(f.ppm, f.to_cluster, f.cluster, f.term); }

// `amount` becomes `after`: is that less of a change than the best so far?
void Offer(std::optional<Flip>& best, Flip flip) {
  const __int128 change = static_cast<__int128>(flip.after.nano) - flip.before.nano;
  const __int128 size = (change < 0 ? -change : change) * 1'000'000;
  const __int128 ppm = (size + flip.before.nano - 1) / flip.before.nano;
  if (ppm > INT64_MAX) return;
  flip.ppm = static_cast<int64_t>(ppm);
  if (!best || Rank(flip) < Rank(*best)) best = std::move(flip);
}

}  // namespace

const ClusterVerdict* DearestPlaced(const ClassExplanation& explanation) {
  const ClusterVerdict* out = nullptr;
  for (const ClusterVerdict& v : explanation.clusters) {
    if (v.placed > 0 && (out == nullptr || v.total > out->total)) out = &v;
  }
  return out;
}

std::optional<Flip> SmallestFlip(const ClassExplanation& explanation, Money preference_point) {
  const ClusterVerdict* here = DearestPlaced(explanation);
  if (here == nullptr) return std::nullopt;
  const auto worth = [&](const ClusterVerdict& v) {
    return static_cast<__int128>(v.total.nano) -
           static_cast<__int128>(v.preference) * preference_point.nano;
  };
  std::optional<Flip> best;
  for (const ClusterVerdict& there : explanation.clusters) {
    if (&there == here || there.refusal) continue;
    const __int128 difference = worth(there) - worth(*here);
    // Cheaper already: pods of other classes keep it from going there.
    if (difference < 0 || difference >= INT64_MAX / 2) continue;
    const int64_t needed = static_cast<int64_t>(difference) + 1;
    for (const auto& [term, money] : there.terms) {
      if (money.nano >= needed) {
        Offer(best,
              {here->cluster, there.cluster, there.cluster, term, money, {money.nano - needed}});
      }
    }
    for (const auto& [term, money] : here->terms) {
      if (money.nano > 0 && money.nano <= INT64_MAX - needed) {
        Offer(best,
              {here->cluster, there.cluster, here->cluster, term, money, {money.nano + needed}});
      }
    }
  }
  return best;
}

}  // namespace stowage::scheduler
