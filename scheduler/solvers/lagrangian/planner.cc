#include "scheduler/solvers/lagrangian/planner.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace stowage::scheduler::lagrangian {
namespace {

constexpr double kUsable = 0.997;  // of a sum of room
constexpr int64_t kPart = 5'000;   // of work, in a step
constexpr size_t kAnywhere = static_cast<size_t>(-1);

}  // namespace

Planner::Planner(const Tables& tables, PriceSearch& prices)
    : t_(tables),
      prices_(prices),
      load_(t_.rooms * t_.resources, 0),
      capacity_(t_.capacity),
      quota_load_(t_.quotas, 0),
      of_class_(t_.classes) {}

bool Planner::Fixed(size_t k) const { return t_.spread[k] != nullptr || t_.per_node[k] != kNever; }

double Planner::Over(size_t s) const {
  double over = 0;
  for (size_t r = 0; r < t_.resources; ++r) {
    const double have = kUsable * capacity_[s * t_.resources + r];
    const double load = load_[s * t_.resources + r];
    if (load > have) over = std::max(over, have > 0 ? load / have - 1 : 1.0);
  }
  return over;
}

double Planner::Slack(size_t k, size_t from, size_t to) const {
  double pods = t_.count[k];
  const double* demand = t_.Demand(k, to);
  for (size_t r = 0; r < t_.resources; ++r) {
    if (demand[r] <= 0) continue;
    const double have = kUsable * capacity_[to * t_.resources + r] - load_[to * t_.resources + r];
    pods = std::min(pods, have / demand[r]);
  }
  for (size_t i = 0; t_.quotas > 0 && i < t_.quotas_of[k].size(); ++i) {
    const auto row = static_cast<size_t>(t_.quotas_of[k][i]);
    const double each = demand[t_.quota_resource[row]];
    if (each <= 0 || !t_.Covered(row, to) || t_.Covered(row, from)) continue;
    pods = std::min(pods, (t_.quota_room[row] - quota_load_[row]) / each);
  }
  return std::max(0.0, std::floor(pods));
}

int32_t Planner::QuotaPassed(size_t k, size_t from, size_t to) const {
  int32_t worst = -1;
  double most = 0;
  for (size_t i = 0; t_.quotas > 0 && i < t_.quotas_of[k].size(); ++i) {
    const auto row = static_cast<size_t>(t_.quotas_of[k][i]);
    if (!OverQuota(row) || !t_.Covered(row, from)) continue;
    if (to != kAnywhere && t_.Covered(row, to)) continue;
    const double excess = QuotaExcess(k, from, row);
    if (excess > most) most = excess, worst = static_cast<int32_t>(row);
  }
  return worst;
}

double Planner::QuotaExcess(size_t k, size_t from, size_t row) const {
  const double each = t_.Demand(k, from)[t_.quota_resource[row]];
  return each > 0 ? (quota_load_[row] - t_.quota_room[row]) / each : 0;
}

// Whole nodes are opened, and then paid for.
void Planner::OpenNodes() {
  for (size_t s = 0; s < t_.rooms; ++s) {
    if (!t_.Pool(s) || t_.nodes[s] <= 0) continue;
    double most = 0;
    for (size_t r = 0; r < t_.resources; ++r) {
      const size_t at = s * t_.resources + r;
      if (capacity_[at] > 0) most = std::max(most, load_[at] / capacity_[at]);
    }
    const double open = std::min(std::floor(most * t_.nodes[s] + 0.5), t_.nodes[s]) / t_.nodes[s];
    for (size_t r = 0; r < t_.resources; ++r) capacity_[s * t_.resources + r] *= open;
  }
}

double Planner::Use(size_t k, size_t s) const {
  double use = 1e-12;
  const double* demand = t_.Demand(k, s);
  for (size_t r = 0; r < t_.resources; ++r) {
    const double have = t_.capacity[s * t_.resources + r];
    if (have > 0) use = std::max(use, demand[r] / have);
  }
  return use;
}

void Planner::Book(size_t k, size_t s, double pods) {
  const double* demand = t_.Demand(k, s);
  for (size_t r = 0; r < t_.resources; ++r) LoadOf(s, r) += pods * demand[r];
  for (size_t i = 0; t_.quotas > 0 && i < t_.quotas_of[k].size(); ++i) {
    const auto row = static_cast<size_t>(t_.quotas_of[k][i]);
    if (t_.Covered(row, s)) quota_load_[row] += pods * demand[t_.quota_resource[row]];
  }
}

size_t Planner::ShareOf(size_t k, size_t s) {
  for (const int32_t at : of_class_[k]) {
    if (shares_[at].s == static_cast<int32_t>(s)) return static_cast<size_t>(at);
  }
  of_class_[k].push_back(static_cast<int32_t>(shares_.size()));
  shares_.push_back({static_cast<int32_t>(k), static_cast<int32_t>(s), 0});
  return shares_.size() - 1;
}

void Planner::Shift(size_t share, size_t to, double pods) {
  const auto k = static_cast<size_t>(shares_[share].k);
  Book(k, static_cast<size_t>(shares_[share].s), -pods);
  Book(k, to, pods);
  shares_[share].pods -= pods;
  shares_[ShareOf(k, to)].pods += pods;
}

void Planner::Begin(const std::vector<char>& placed, const std::vector<RoomShare>& there) {
  for (const RoomShare& p : there) {
    Book(static_cast<size_t>(p.k), static_cast<size_t>(p.s), p.pods);
  }
  for (const RoomShare& w : prices_.Mean()) {
    if (placed[static_cast<size_t>(w.k)] != 0) continue;
    shares_[ShareOf(w.k, w.s)].pods += w.pods;
    Book(w.k, w.s, w.pods);
  }
  OpenNodes();
  BeginTurn();
}

int64_t Planner::Step() {
  int64_t work = 0;
  for (; next_ < end_ && work < kPart; ++next_) {
    const size_t found = moves_.size();
    Fills() ? FindFilling(next_) : FindRelief(next_);
    work += 1 + static_cast<int64_t>(moves_.size() - found) / 2;
  }
  while (next_ == end_ && work < kPart) {
    const Move* move = moves_.Next();
    if (move == nullptr) {
      ++turn_;
      BeginTurn();
      break;
    }
    Fills() ? Fill(*move) : Relieve(*move);
    ++work;
  }
  return work + 1;
}

void Planner::BeginTurn() {
  next_ = 0;
  end_ = done() ? 0 : shares_.size();
  moves_.Clear();
  over_.resize(t_.rooms);
  for (size_t s = 0; s < t_.rooms; ++s) over_[s] = Over(s) > 0 ? 1 : 0;
}

std::vector<RoomShare> Planner::Plan() const {
  std::vector<RoomShare> plan;
  for (const RoomShare& s : shares_) {
    if (s.pods >= 1) plan.push_back(s);
  }
  std::sort(plan.begin(), plan.end(), [](const RoomShare& a, const RoomShare& b) {
    return std::tie(a.k, a.s) < std::tie(b.k, b.s);
  });
  return plan;
}

// In the last of three turns to any room, not only to the class's candidates.
void Planner::FindRelief(size_t share) {
  const auto k = static_cast<size_t>(shares_[share].k),
             from = static_cast<size_t>(shares_[share].s);
  if (shares_[share].pods <= 0 || Fixed(k)) return;
  if (over_[from] == 0 && QuotaPassed(k, from, kAnywhere) < 0) return;
  const std::vector<double>& prices = prices_.prices();
  const double now = prices_.Reduced(k, from, prices), use = Use(k, from);
  const auto look = [&](size_t to) {
    if (to == from || over_[to] != 0 || t_.cost[k * t_.rooms + to] == kNever) return;
    if (over_[from] == 0 && QuotaPassed(k, from, to) < 0) return;
    moves_.Add({(prices_.Reduced(k, to, prices) - now) / use, static_cast<int32_t>(share),
                static_cast<int32_t>(to)});
  };
  if (turn_ % kTurnsOfPass == kTurnsOfPass - 2) {
    for (size_t to = 0; to < t_.rooms; ++to) look(to);
  } else {
    const int32_t* candidates = prices_.Candidates(k);
    for (int c = 0; c < PriceSearch::kWidth && candidates[c] >= 0; ++c) look(candidates[c]);
  }
}

void Planner::Relieve(const Move& m) {
  const auto k = static_cast<size_t>(shares_[m.share].k);
  const auto from = static_cast<size_t>(shares_[m.share].s), to = static_cast<size_t>(m.to);
  const double over_now = Over(from);
  const int32_t passed = QuotaPassed(k, from, to);
  if ((over_now <= 0 && passed < 0) || shares_[m.share].pods <= 0) return;
  // As many as it takes for the resource that is over most.
  double needed = 0;
  if (over_now > 0) needed = std::ceil(over_now / (1 + over_now) / Use(k, from)) + 1;
  if (passed >= 0) {
    needed = std::max(needed, std::ceil(QuotaExcess(k, from, static_cast<size_t>(passed))));
  }
  const double pods = std::min({needed, shares_[m.share].pods, Slack(k, from, to)});
  if (pods > 0) Shift(static_cast<size_t>(m.share), to, pods);
}

// Pods that are cheaper where there is room, first those that gain most for the dear room they
// take.
void Planner::FindFilling(size_t share) {
  const auto k = static_cast<size_t>(shares_[share].k),
             from = static_cast<size_t>(shares_[share].s);
  if (shares_[share].pods <= 0 || Fixed(k)) return;
  const double now = t_.cost[k * t_.rooms + from];
  const int32_t* candidates = prices_.Candidates(k);
  for (int c = 0; c < PriceSearch::kWidth && candidates[c] >= 0; ++c) {
    const auto to = static_cast<size_t>(candidates[c]);
    const double gain = now - t_.cost[k * t_.rooms + to];
    if (to == from || gain <= 0 || Slack(k, from, to) < 1) continue;
    const double pays = prices_.Reduced(k, to, prices_.prices()) - t_.cost[k * t_.rooms + to];
    moves_.Add(
        {-gain / (pays + 0.01 * now + 1), static_cast<int32_t>(share), static_cast<int32_t>(to)});
  }
}

void Planner::Fill(const Move& m) {
  const RoomShare& from = shares_[m.share];
  const double pods = std::min(
      from.pods,
      Slack(static_cast<size_t>(from.k), static_cast<size_t>(from.s), static_cast<size_t>(m.to)));
  if (pods > 0) Shift(static_cast<size_t>(m.share), static_cast<size_t>(m.to), pods);
}

}  // namespace stowage::scheduler::lagrangian
