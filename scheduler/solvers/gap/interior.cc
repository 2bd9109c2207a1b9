#include "scheduler/solvers/gap/interior.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace stowage::scheduler::gap {
namespace {

constexpr size_t kMostSlots = 600;
constexpr int64_t kManyItems = 2;  // a class, on average
// Of the cost: what the first steps leave open.
constexpr double kGuessGap = 30, kSampleGap = 0.01;
constexpr double kLastGap = 1e-6;
constexpr double kBack = 0.995;  // a step goes this part of the way to the boundary
constexpr int kMostSteps = 80;
constexpr double kShareLeftOut = 0.1, kLeastShare = 0.01;
constexpr double kUnplaced = 30;  // the cost of an item without a place, in mean costs
constexpr int32_t kTogether = 4;
constexpr size_t kBlock = 2;

// Numbers side by side, each worked out as if it were alone.
typedef double Block __attribute__((vector_size(kBlock * sizeof(double))));

Block Load(const double* from) {
  Block block;
  std::memcpy(&block, from, sizeof(block));
  return block;
}

constexpr double kMostPrice = 1e9;      // in mean costs of a whole capacity
constexpr int64_t kLooks = 40;          // at every column in a step, times resources
constexpr int64_t kFlopsPerUnit = 450;  // multiplications in 100 ns

double MeanCost(const GapInstance& g) {
  double sum = 0, pairs = 0;
  for (int64_t cost : g.costs) {
    if (cost >= 0) sum += static_cast<double>(cost), ++pairs;
  }
  return sum > 0 ? sum / pairs : 1;
}

}  // namespace

bool InteriorPoint::Suits(const GapInstance& g) {
  return g.classes > 0 && g.capacities.size() <= kMostSlots && g.items / g.classes >= kManyItems;
}

InteriorPoint::InteriorPoint(const GapInstance& instance, const std::vector<double>& prices,
                             From from)
    : g_(instance), s_(g_.resources), slots_(g_.capacities.size() + s_), unit_(MeanCost(g_)) {
  price_unit_.assign(slots_, 1);
  for (size_t at = 0; at < g_.capacities.size(); ++at) {
    price_unit_[at] = unit_ / std::max(static_cast<double>(g_.capacities[at]), 1.0);
  }
  stride_ = (slots_ + kBlock - 1) / kBlock * kBlock;
  matrix_.resize(slots_ * stride_), diagonal_.resize(slots_);
  shared_.assign(kTogether * stride_, 0), blocks_.resize(slots_ * s_);
  AddColumns();
  FindShares();
  Start(prices, from == From::kGuess ? kGuessGap : kSampleGap);
}

// All pairs that are allowed, and for each class being left out.
void InteriorPoint::AddColumns() {
  first_.assign(1, 0);
  for (int32_t k = 0; k < g_.classes; ++k) {
    const auto count = static_cast<double>(g_.counts[k]);
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (!g_.Allowed(k, j)) continue;
      agent_.push_back(j), cost_.push_back(count * static_cast<double>(g_.Cost(k, j)) / unit_);
      for (int32_t r = 0; r < s_; ++r) {
        const auto capacity = static_cast<double>(g_.Capacities(j)[r]);
        use_.push_back(count * static_cast<double>(g_.Sizes(k, j)[r]) / std::max(capacity, 1.0));
      }
    }
    agent_.push_back(g_.agents), cost_.push_back(count * kUnplaced);
    use_.insert(use_.end(), s_, 0);
    first_.push_back(agent_.size());
  }
}

// Of what all agents can take, relative to an even part; of the resource where that is least.
void InteriorPoint::FindShares() {
  std::vector<double> mean(s_, 0);
  for (size_t at = 0; at < g_.capacities.size(); ++at) {
    mean[at % s_] += static_cast<double>(g_.capacities[at]) / g_.agents;
  }
  share_.assign(g_.agents + 1, kShareLeftOut);
  for (int32_t j = 0; j < g_.agents; ++j) {
    double share = 1e9;
    for (int32_t r = 0; r < s_; ++r) {
      share = std::min(share, static_cast<double>(g_.Capacities(j)[r]) / std::max(mean[r], 1.0));
    }
    share_[j] = std::max(share, kLeastShare);
  }
}

// Far from the boundary: every agent takes about its share of every class.
void InteriorPoint::Start(const std::vector<double>& prices, double gap) {
  const size_t n = agent_.size();
  mu_ = gap * static_cast<double>(g_.items) / static_cast<double>(n + slots_);
  x_.assign(n, 0), z_ = theta_ = h_ = rx_ = x_;
  sum_theta_.assign(g_.classes, 0);
  p_.resize(slots_), slack_.resize(slots_), over_.resize(slots_), rs_.resize(slots_);
  for (size_t at = 0; at < slots_; ++at) {
    p_[at] = mu_;
    if (at < prices.size()) p_[at] = std::max(p_[at], prices[at] / price_unit_[at]);
    slack_[at] = mu_ / p_[at];
  }
  for (int32_t k = 0; k < g_.classes; ++k) StartClass(k);
  FindSlacks();
}

// The parts of the class that make each of its products x z equal to mu times the agent's share,
// and add up to 1.
void InteriorPoint::StartClass(int32_t k) {
  double least = 0;
  for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
    double value = cost_[c];
    for (int32_t r = 0; r < s_; ++r) value += use_[c * s_ + r] * p_[agent_[c] * s_ + r];
    z_[c] = value;
    if (c == first_[k] || value < least) least = value;
  }
  double shift = kLeastShare * mu_;  // Newton's method from the left of a falling convex function
  for (int i = 0; i < 30; ++i) {
    double sum = -1, slope = 0;
    for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
      const double inverse = 1 / (z_[c] - least + shift);
      const double part = mu_ * share_[agent_[c]] * inverse;
      sum += part, slope += part * inverse;
    }
    if (slope <= 0) break;
    shift += std::max(0.0, sum / slope);
  }
  double total = 0;
  for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
    z_[c] += shift - least, x_[c] = mu_ * share_[agent_[c]] / z_[c], total += x_[c];
  }
  for (size_t c = first_[k]; c < first_[k + 1]; ++c) x_[c] /= total;
}

// over_: what is missing for the capacities to hold, slack included.
void InteriorPoint::FindSlacks() {
  for (size_t at = 0; at < slots_; ++at) over_[at] = 1;
  for (size_t c = 0; c < agent_.size(); ++c) {
    for (int32_t r = 0; r < s_; ++r) over_[agent_[c] * s_ + r] -= use_[c * s_ + r] * x_[c];
  }
  for (size_t at = 0; at < slots_; ++at) over_[at] -= slack_[at];
}

// Of every class: what its columns weigh, less what they share; the part of the heaviest column is
// worked out from the others, as the difference would lose all digits.
void InteriorPoint::AssembleClass(int32_t k, double* shared) {
  size_t heaviest = first_[k];
  double rest = 0;
  for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
    theta_[c] = x_[c] / z_[c];
    if (theta_[c] > theta_[heaviest]) heaviest = c;
  }
  for (size_t c = first_[k]; c < first_[k + 1]; ++c) rest += c == heaviest ? 0 : theta_[c];
  const double sum = sum_theta_[k] = rest + theta_[heaviest], root = 1 / std::sqrt(sum);
  std::fill(shared, shared + slots_, 0);
  for (size_t c = first_[k]; c + 1 < first_[k + 1]; ++c) {
    const double own = theta_[c] / sum * (c == heaviest ? rest : sum - theta_[c]);
    const size_t column = static_cast<size_t>(agent_[c]) * s_;
    for (int32_t r = 0; r < s_; ++r) {
      shared[column + r] = theta_[c] * root * use_[c * s_ + r];
      double* block = &blocks_[(column + r) * s_];
      const double part = own * use_[c * s_ + r];
      for (int32_t q = 0; q <= r; ++q) block[q] += part * use_[c * s_ + q];
    }
  }
}

// Several classes at a time: the matrix is read and written less often.
void InteriorPoint::Assemble() {
  std::fill(matrix_.begin(), matrix_.end(), 0);
  std::fill(blocks_.begin(), blocks_.end(), 0);
  for (int32_t k = 0; k < g_.classes; k += kTogether) {
    for (int32_t i = 0; i < kTogether; ++i) {
      double* shared = &shared_[i * stride_];
      if (k + i < g_.classes) {
        AssembleClass(k + i, shared);
      } else {
        std::fill(shared, shared + slots_, 0);
      }
    }
    TakeOffShared();
  }
  // Within an agent: from the blocks, which have not lost digits.
  for (size_t at = 0; at < slots_; ++at) {
    const size_t agent = at / s_ * s_;
    for (size_t q = agent; q <= at; ++q) matrix_[at * stride_ + q] = blocks_[at * s_ + (q - agent)];
    matrix_[at * stride_ + at] += slack_[at] / p_[at];
  }
}

void InteriorPoint::TakeOffShared() {
  const double *a = shared_.data(), *b = a + stride_, *c = b + stride_, *d = c + stride_;
  for (size_t i = 0; i < slots_; ++i) {
    const double ai = a[i], bi = b[i], ci = c[i], di = d[i];
    if (ai == 0 && bi == 0 && ci == 0 && di == 0) continue;
    double* row = &matrix_[i * stride_];
    for (size_t l = 0; l < i; l += kBlock) {
      const Block left = Load(row + l) - ((ai * Load(a + l) + bi * Load(b + l)) +
                                          (ci * Load(c + l) + di * Load(d + l)));
      std::memcpy(row + l, &left, sizeof(left));
    }
  }
}

// Cholesky's, by columns of the lower triangle, row by row.
void InteriorPoint::Factor() {
  const size_t n = slots_;
  for (size_t i = 0; i < n; ++i) {
    double* row = &matrix_[i * stride_];
    const double own = row[i];
    for (size_t j = 0; j < i; ++j) {
      const double* other = &matrix_[j * stride_];
      double a[4] = {row[j], 0, 0, 0};
      size_t l = 0;
      for (; l + 4 <= j; l += 4) {
        for (size_t u = 0; u < 4; ++u) a[u] -= row[l + u] * other[l + u];
      }
      for (; l < j; ++l) a[0] -= row[l] * other[l];
      row[j] = ((a[0] + a[1]) + (a[2] + a[3])) * diagonal_[j];
    }
    double left = own;
    for (size_t l = 0; l < i; ++l) left -= row[l] * row[l];
    diagonal_[i] = left > 1e-13 * own ? 1 / std::sqrt(left) : 0;  // else it depends on others
  }
}

void InteriorPoint::SolveSystem(std::vector<double>* v) const {
  const size_t n = slots_;
  for (size_t i = 0; i < n; ++i) {
    double sum = (*v)[i];
    const double* row = &matrix_[i * stride_];
    for (size_t l = 0; l < i; ++l) sum -= row[l] * (*v)[l];
    (*v)[i] = sum * diagonal_[i];
  }
  for (size_t i = n; i-- > 0;) {
    const double value = (*v)[i] *= diagonal_[i];
    const double* row = &matrix_[i * stride_];
    for (size_t l = 0; l < i; ++l) (*v)[l] -= row[l] * value;
  }
}

// The Newton step towards x z = (x z + rx) and slack p = (slack p + rs), capacities met.
void InteriorPoint::FindDirection(const std::vector<double>& rx, const std::vector<double>& rs,
                                  Direction* d) {
  d->x.resize(agent_.size()), d->z.resize(agent_.size()), d->slack.resize(slots_);
  d->p.resize(slots_);
  for (size_t at = 0; at < slots_; ++at) d->p[at] = rs[at] / p_[at] - over_[at];
  for (int32_t k = 0; k < g_.classes; ++k) {
    double sum = 0;
    for (size_t c = first_[k]; c < first_[k + 1]; ++c) h_[c] = rx[c] / z_[c], sum += h_[c];
    for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
      const double part = h_[c] - theta_[c] / sum_theta_[k] * sum;
      for (int32_t r = 0; r < s_; ++r) d->p[agent_[c] * s_ + r] += part * use_[c * s_ + r];
    }
  }
  SolveSystem(&d->p);
  for (size_t at = 0; at < slots_; ++at) {
    d->slack[at] = (rs[at] - slack_[at] * d->p[at]) / p_[at];
  }
  for (int32_t k = 0; k < g_.classes; ++k) {
    double y = 0;
    size_t heaviest = first_[k];
    for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
      double value = 0;
      for (int32_t r = 0; r < s_; ++r) value += use_[c * s_ + r] * d->p[agent_[c] * s_ + r];
      d->z[c] = value;
      y += theta_[c] * value - h_[c];
      if (theta_[c] > theta_[heaviest]) heaviest = c;
    }
    y /= sum_theta_[k];
    double others = 0;
    for (size_t c = first_[k]; c < first_[k + 1]; ++c) {
      d->z[c] -= y;
      d->x[c] = h_[c] - theta_[c] * d->z[c];
      if (c != heaviest) others += d->x[c];
    }
    d->x[heaviest] = -others;
  }
}

double InteriorPoint::StepLength(const std::vector<double>& at,
                                 const std::vector<double>& by) const {
  double most = 1e30;
  for (size_t i = 0; i < at.size(); ++i) {
    if (by[i] < 0 && -by[i] * most > at[i]) most = at[i] / -by[i];
  }
  return most;
}

double InteriorPoint::Mu(const Direction* d, double primal, double dual) const {
  double sum = 0;
  for (size_t c = 0; c < x_.size(); ++c) {
    sum += d ? (x_[c] + primal * d->x[c]) * (z_[c] + dual * d->z[c]) : x_[c] * z_[c];
  }
  for (size_t at = 0; at < slots_; ++at) {
    sum +=
        d ? (slack_[at] + primal * d->slack[at]) * (p_[at] + dual * d->p[at]) : slack_[at] * p_[at];
  }
  return sum / static_cast<double>(x_.size() + slots_);
}

void InteriorPoint::Move(const Direction& d, double primal, double dual) {
  for (size_t c = 0; c < x_.size(); ++c) x_[c] += primal * d.x[c], z_[c] += dual * d.z[c];
  for (size_t at = 0; at < slots_; ++at) {
    slack_[at] += primal * d.slack[at], p_[at] += dual * d.p[at];
  }
}

bool InteriorPoint::Step(int64_t* work) {
  ++steps_;
  Assemble();
  Factor();
  for (size_t c = 0; c < x_.size(); ++c) rx_[c] = -x_[c] * z_[c];
  for (size_t at = 0; at < slots_; ++at) rs_[at] = -slack_[at] * p_[at];
  FindDirection(rx_, rs_, &affine_);
  const auto within = [](double a, double b) { return std::min(1.0, std::min(a, b)); };
  double primal = within(StepLength(x_, affine_.x), StepLength(slack_, affine_.slack));
  double dual = within(StepLength(z_, affine_.z), StepLength(p_, affine_.p));
  const double ratio = Mu(&affine_, primal, dual) / mu_;
  const double aim = ratio * ratio * ratio * mu_;
  for (size_t c = 0; c < x_.size(); ++c) rx_[c] += aim - affine_.x[c] * affine_.z[c];
  for (size_t at = 0; at < slots_; ++at) rs_[at] += aim - affine_.slack[at] * affine_.p[at];
  FindDirection(rx_, rs_, &step_);
  primal = within(kBack * StepLength(x_, step_.x), kBack * StepLength(slack_, step_.slack));
  dual = within(kBack * StepLength(z_, step_.z), kBack * StepLength(p_, step_.p));
  Move(step_, primal, dual);
  mu_ = Mu(nullptr, 0, 0);
  FindSlacks();
  const auto slots = static_cast<int64_t>(slots_);
  *work += 1 + (slots * slots * slots / 6 + g_.classes * slots * slots / 4 +
                static_cast<int64_t>(x_.size()) * s_ * kLooks) /
                   kFlopsPerUnit;
  const double gap = mu_ * static_cast<double>(x_.size() + slots_) / static_cast<double>(g_.items);
  return gap > kLastGap && steps_ < kMostSteps && std::isfinite(mu_);
}

std::vector<double> InteriorPoint::prices() const {
  std::vector<double> prices(g_.capacities.size());
  for (size_t at = 0; at < prices.size(); ++at) {
    prices[at] = p_[at] > 0 && p_[at] < kMostPrice ? p_[at] * price_unit_[at] : 0;
  }
  return prices;
}

}  // namespace stowage::scheduler::gap
