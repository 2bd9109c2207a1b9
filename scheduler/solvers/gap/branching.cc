#include "scheduler/solvers/gap/branching.h"

#include <algorithm>
#include <cmath>

#include "scheduler/solvers/gap/arithmetic.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int kPartSteps = 60, kNodeSteps = 40, kPatience = 4;
constexpr int kMostRounds = 4;  // of ascents and closed pairs at one node
constexpr double kLeastTheta = 0.05;
constexpr double kKeepMean = 0.8, kKeepSquare = 0.98;  // a step at the root
constexpr double kFirstStep = 0.1, kLastStep = 0.003;  // there, in units
constexpr int64_t kSmallTree = 200;  // nodes: then the next target is twice as far
constexpr int64_t kCellsPerUnit = 400;

}  // namespace

std::vector<double> Branching::RewardsAt(const GapInstance& g, const std::vector<double>& prices) {
  std::vector<double> rewards;
  for (int32_t k = 0; k < g.classes; ++k) {
    double least = -1;
    for (int32_t j = 0; j < g.agents; ++j) {
      if (!g.Allowed(k, j)) continue;
      const double value =
          static_cast<double>(g.Cost(k, j)) + prices[j] * static_cast<double>(g.Sizes(k, j)[0]);
      if (least < 0 || value < least) least = value;
    }
    rewards.push_back(std::max(least, 0.0));
  }
  return rewards;
}

Branching::Branching(const GapInstance& instance, const std::vector<double>& rewards,
                     Options options)
    : g_(instance), options_(options), knapsacks_(g_), residual_(g_) {
  const double one = static_cast<double>(int64_t{1} << knapsacks_.shift());
  for (double reward : rewards) {
    centre_.push_back(std::min(reward * one, static_cast<double>(knapsacks_.most_reward())));
  }
  rewards_.assign(centre_.begin(), centre_.end());
  best_rewards_ = root_rewards_ = rewards_;
  outs_.assign(g_.classes, 0);
}

std::vector<double> Branching::rewards() const {
  const double one = static_cast<double>(int64_t{1} << knapsacks_.shift());
  std::vector<double> out;
  for (int32_t reward : root_rewards_) out.push_back(reward / one);
  return out;
}

void Branching::Improve(int64_t cost) {
  if (upper_ == 0) {
    upper_ = target_ = best_cost_ = cost;
    knapsacks_.Load(residual_);
    BeginAscent(options_.staged ? options_.root_steps : kPartSteps);
    theta_ = options_.staged ? kFirstStep : 1;
  }
  upper_ = std::min(upper_, cost), target_ = std::min(target_, cost);
  bound_ = std::min(bound_, upper_);
}

void Branching::Learn(int64_t bound) {
  bound_ = std::max(bound_, std::min(bound, upper_));
  if (stage_ == 0 || target_ > bound_ || bound_ >= upper_) return;
  frames_.clear();
  BeginStage();
}

int64_t Branching::Round(int64_t value) const { return -((-value) >> knapsacks_.shift()); }

// Bounds above this prune, in fixed point: they imply the target.
int64_t Branching::Cutoff() const { return ((target_ - 1) << knapsacks_.shift()) + 1; }

void Branching::BeginStage() {
  ++stage_;
  if (stage_ > 1) {
    stride_ = stage_nodes_ <= kSmallTree ? stride_ * 2 : std::max<int64_t>(1, stride_ / 2);
  }
  stage_nodes_ = 0, rounds_ = 0;
  target_ = std::min(upper_, bound_ + stride_);
  residual_.UndoTo(0);
  knapsacks_.Load(residual_);
  centre_.assign(root_rewards_.begin(), root_rewards_.end());
  BeginAscent(kNodeSteps);
}

void Branching::BeginAscent(int steps) {
  steps_left_ = steps, stale_ = 0;
  best_value_ = INT64_MIN, theta_ = 1;
  direction_.assign(g_.classes, 0);
  phase_ = Phase::kAscend;
}

void Branching::NoteAnswer(int64_t cost, const std::vector<int32_t>& at) {
  if (cost >= upper_) return;
  best_ = at, best_cost_ = cost;
  upper_ = cost, target_ = std::min(target_, cost);
}

// Where every item is taken once, the packings are an answer.
void Branching::NoteCover() {
  std::vector<int32_t> at = residual_.placement();
  int64_t cost = 0;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (at[k] < 0) at[k] = knapsacks_.taker()[k];
    cost += g_.Cost(k, at[k]);
  }
  NoteAnswer(cost, at);
}

// A step along the subgradient, bent away from the last direction where they are at odds; as long
// as the way to the target asks for.
void Branching::Move() {
  double dot = 0, square = 0;
  const std::vector<int32_t>& taken = knapsacks_.taken();
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (residual_.placed(k) >= 0) continue;
    dot += direction_[k] * (1 - taken[k]), square += direction_[k] * direction_[k];
  }
  const double keep = dot < 0 ? -1.5 * dot / square : 0;
  square = 0;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (residual_.placed(k) >= 0) continue;
    direction_[k] = (1 - taken[k]) + keep * direction_[k];
    square += direction_[k] * direction_[k];
  }
  if (square <= 0) return;
  const double step = theta_ * static_cast<double>(Cutoff() - value_) / square;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (residual_.placed(k) >= 0) continue;
    centre_[k] = std::clamp(centre_[k] + step * direction_[k], 0.0,
                            static_cast<double>(knapsacks_.most_reward()));
  }
}

// Where no answer is near, and the way is long: steps of a given length that shrinks, along the
// mean of the subgradients in parts of their usual size.
void Branching::MoveAtRoot() {
  keep_mean_ *= kKeepMean, keep_square_ *= kKeepSquare;
  const double unit = options_.unit * static_cast<double>(int64_t{1} << knapsacks_.shift());
  square_.resize(g_.classes, 0);
  for (int32_t k = 0; k < g_.classes; ++k) {
    const double missing = 1 - knapsacks_.taken()[k];
    direction_[k] = kKeepMean * direction_[k] + (1 - kKeepMean) * missing;
    square_[k] = kKeepSquare * square_[k] + (1 - kKeepSquare) * missing * missing;
    const double square = std::max(square_[k] / (1 - keep_square_), 1e-4);
    const double mean = direction_[k] / (1 - keep_mean_);
    centre_[k] = std::clamp(centre_[k] + theta_ * unit * mean / std::sqrt(square), 0.0,
                            static_cast<double>(knapsacks_.most_reward()));
  }
  theta_ *= Exp(Ln(kLastStep / kFirstStep) / options_.root_steps);
}

void Branching::NoteValue(int64_t value) {
  value_ = value;
  if (value > best_value_) {
    const int64_t gain = best_value_ == INT64_MIN ? 0 : value - best_value_;
    best_value_ = value, best_rewards_ = rewards_;
    if (gain * 64 > Cutoff() - value) stale_ = 0;
  } else {
    ++stale_;
  }
  if (frames_.empty() && rounds_ == 0) {  // nothing is closed yet
    bound_ = std::max(bound_, std::min(Round(value), upper_));
    if (value > root_value_) root_value_ = value, root_rewards_ = rewards_;
  }
  if (stale_ < kPatience || AtRoot()) return;
  stale_ = 0, theta_ /= 2;
  centre_.assign(best_rewards_.begin(), best_rewards_.end());
}

void Branching::Ascend() {
  bool whole = true;
  for (int32_t k = 0; k < g_.classes; ++k) rewards_[k] = static_cast<int32_t>(centre_[k] + 0.5);
  const int64_t value = knapsacks_.Pack(rewards_);
  for (int32_t k = 0; k < g_.classes && whole; ++k) {
    whole = residual_.placed(k) >= 0 || knapsacks_.taken()[k] == 1;
  }
  if (whole) NoteCover();
  NoteValue(value);
  if (best_value_ >= Cutoff()) {
    phase_ = Phase::kBackTrack;
  } else if (--steps_left_ <= 0 || (theta_ < kLeastTheta && !AtRoot())) {
    phase_ = Phase::kClose;
  } else if (AtRoot()) {
    MoveAtRoot();
  } else {
    Move();
  }
}

// Of all answers below this node that have the pair, at the best rewards.
int64_t Branching::ChildBound(int32_t k, int32_t j) const {
  const int64_t own = knapsacks_.deviation(k, j);
  return best_value_ + outs_[k] + (knapsacks_.takes(k, j) ? -own : own);
}

void Branching::ClosePairs() {
  rooted_ = true;
  if (stage_ == 0 && options_.staged) return BeginStage();
  ++stage_nodes_;
  knapsacks_.FindDeviations(best_rewards_);
  std::fill(outs_.begin(), outs_.end(), 0);
  int64_t open = 0, closed = 0;
  for (int32_t j = 0; j < g_.agents; ++j) {
    for (int32_t k = 0; k < g_.classes; ++k) {
      if (!residual_.Open(k, j)) continue;
      ++open;
      if (knapsacks_.takes(k, j)) outs_[k] += knapsacks_.deviation(k, j);
    }
  }
  const int64_t cutoff = Cutoff();
  std::vector<std::pair<int32_t, int32_t>> hopeless;
  for (int32_t j = 0; j < g_.agents; ++j) {
    for (int32_t k = 0; k < g_.classes; ++k) {
      if (residual_.Open(k, j) && ChildBound(k, j) >= cutoff) hopeless.emplace_back(k, j);
    }
  }
  bool possible = true;
  for (const auto& [k, j] : hopeless) {
    if (possible) possible = residual_.Close(k, j), ++closed;
  }
  if (possible && residual_.free_items() == 0) {
    NoteAnswer(residual_.cost(), residual_.placement());
    possible = false;
  }
  if (!possible) {
    phase_ = Phase::kBackTrack;
    return;
  }
  if (closed * 10 > open && rounds_ < kMostRounds) {
    ++rounds_;
    knapsacks_.Load(residual_);
    centre_.assign(best_rewards_.begin(), best_rewards_.end());
    return BeginAscent(kNodeSteps);
  }
  phase_ = Phase::kBranch;
}

// On an item with one choice or none, else on that whose every choice costs the bound most.
void Branching::Branch() {
  int32_t chosen = -1;
  int64_t most = -1;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (residual_.placed(k) >= 0) continue;
    int64_t least = INT64_MAX, second = INT64_MAX;
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!residual_.Open(k, j)) continue;
      const int64_t bound = std::min(ChildBound(k, j), Cutoff()) - best_value_;
      if (bound < least) {
        second = least, least = bound;
      } else {
        second = std::min(second, bound);
      }
    }
    const int64_t score = second == INT64_MAX ? INT64_MAX : least * 4 + second;
    if (score > most) most = score, chosen = k;
  }
  Frame frame{chosen, {}, 0, residual_.mark(), {}};
  for (int32_t j = 0; j < g_.agents; ++j) {
    if (residual_.Open(chosen, j)) frame.children.push_back({j, ChildBound(chosen, j)});
  }
  std::sort(frame.children.begin(), frame.children.end(), [](const Child& a, const Child& b) {
    return a.bound != b.bound ? a.bound < b.bound : a.j < b.j;
  });
  frame.rewards = best_rewards_;
  frames_.push_back(std::move(frame));
  phase_ = Phase::kBackTrack;
}

// To the next choice that is left, or the end of the stage.
void Branching::BackTrack() {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    residual_.UndoTo(frame.mark);
    if (frame.next == frame.children.size() || frame.children[frame.next].bound >= Cutoff()) {
      frames_.pop_back();
      continue;
    }
    const int32_t j = frame.children[frame.next++].j;
    if (!residual_.Place(frame.k, j)) continue;
    if (residual_.free_items() == 0) {
      NoteAnswer(residual_.cost(), residual_.placement());
      continue;
    }
    knapsacks_.Load(residual_);
    centre_.assign(frame.rewards.begin(), frame.rewards.end());
    rounds_ = 0;
    return BeginAscent(kNodeSteps);
  }
  bound_ = std::max(bound_, target_);
  if (bound_ < upper_) BeginStage();
}

bool Branching::Step(int64_t* work) {
  if (bound_ >= upper_) return false;
  const int64_t cells = knapsacks_.cells();
  switch (phase_) {
    case Phase::kAscend:
      Ascend();
      break;
    case Phase::kClose:
      ClosePairs();
      break;
    case Phase::kBranch:
      Branch();
      break;
    case Phase::kBackTrack:
      BackTrack();
      break;
  }
  *work += 1 + (knapsacks_.cells() - cells) / kCellsPerUnit +
           static_cast<int64_t>(g_.classes) * g_.agents / kCellsPerUnit;
  return bound_ < upper_;
}

}  // namespace stowage::scheduler::gap
