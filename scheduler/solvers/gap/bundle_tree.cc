#include "scheduler/solvers/gap/bundle_tree.h"

#include <algorithm>
#include <utility>

#include "scheduler/solvers/gap/arithmetic.h"
#include "scheduler/solvers/gap/dense_knapsacks.h"

namespace stowage::scheduler::gap {
namespace {

constexpr int kShift = 20;            // of duals and values here
constexpr int32_t kMostRows = 2'000;  // items and agents: pairs of them are tabulated
constexpr size_t kFewBundles = 250'000, kMostBundles = 2'000'000;  // at first, and ever: 150 MB
constexpr size_t kMoreBundles = 4;                                 // times as many at once
constexpr size_t kWholeNode = 1'500;  // bundles: all of them are in its program from the start
constexpr size_t kFirstOffers = 200, kOffers = 30;  // of an agent, at the root and later
constexpr int64_t kLeastGain = 16;                  // of an offer, 2^-kShift
constexpr int kMostCutRounds = 12, kCutsAtOnce = 60;
constexpr int64_t kSmallTree = 20;  // nodes: then the next target is twice as far
constexpr double kWhole = 1e-6, kClearly = 1e-3;
constexpr double kSteepness = 1.5;  // how much less a child counts that is near its end
constexpr int64_t kEntriesPerUnit = 40;
constexpr int64_t kNone = INT64_MAX / 4;
constexpr double kMostDual = 1e8;

// A library that has lost its way may say anything: no bound is then too high for that.
int64_t Fixed(double value) {
  if (!(value > -kMostDual)) value = -kMostDual;
  if (value > kMostDual) value = kMostDual;
  const double scaled = value * static_cast<double>(int64_t{1} << kShift);
  return static_cast<int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
}

int64_t CostImpliedBy(int64_t value) { return -((-value) >> kShift); }

}  // namespace

bool BundleTree::Suits(const GapInstance& g) {
  return DenseKnapsacks::Suits(g) && g.classes + g.agents <= kMostRows;
}

BundleTree::BundleTree(const GapInstance& instance, std::vector<int32_t> rewards, int shift,
                       int64_t bound)
    : g_(instance),
      lister_(g_, rewards, shift),
      cuts_(g_.classes, g_.agents),
      bound_(bound),
      most_bundles_(kFewBundles),
      listed_to_(bound - 1),
      next_to_(bound) {
  int64_t dearest = 1;
  for (int64_t cost : g_.costs) dearest = std::max(dearest, cost);
  left_out_ = 4.0 * static_cast<double>(dearest);
  for (int32_t reward : rewards) item_dual_.push_back(int64_t{reward} << (kShift - shift));
}

void BundleTree::Improve(int64_t cost) {
  upper_ = std::min(upper_, cost);
  bound_ = std::min(bound_, upper_);
}

void BundleTree::Learn(int64_t bound) {
  bound_ = std::max(bound_, std::min(bound, upper_));
  if (root_ ? target_ >= bound_ : phase_ == Phase::kList || listed_to_ >= bound_) return;
  frames_.clear();
  phase_ = Phase::kBackTrack;  // of an empty tree: on to the next
}

int64_t BundleTree::Limit() const {
  return std::min(root_ ? target_ : listed_to_, upper_ - 1) << kShift;
}

// One agent. The list that is wanted is the dearest that is short enough.
void BundleTree::StepList(int64_t* work) {
  if (next_agent_ == 0) next_ = {}, next_to_ = std::max(next_to_, bound_);
  const bool all = lister_.List(next_agent_, next_to_, most_bundles_, &next_, work);
  if (all && ++next_agent_ < g_.agents) return;
  next_agent_ = 0;
  if (all) {
    const size_t count = next_.size();
    bundles_ = std::move(next_), listed_to_ = next_to_;
    next_to_ += count * 8 < most_bundles_ ? 2 : 1;
    if (listed_to_ + 1 < upper_) return;
  } else if (listed_to_ < bound_ && next_to_ > bound_) {
    next_to_ = bound_;
    return;
  } else if (listed_to_ < bound_) {
    gave_up_ = most_bundles_ >= kMostBundles;
    most_bundles_ = std::min(most_bundles_ * kMoreBundles, kMostBundles);
    return;
  }
  FinishList();
}

void BundleTree::FinishList() {
  next_ = {};
  root_.reset(), frames_.clear();
  cut_rounds_ = 0;
  in_program_.assign(bundles_.size(), -1);
  agent_dual_.assign(g_.agents, kNone);
  cut_dual_.assign(cuts_.size(), 0);
  node_ = {};
  for (size_t f = 0; f < bundles_.size(); ++f) node_.bundles.push_back(static_cast<int32_t>(f));
  node_id_ = 0;
  offers_.assign(g_.agents, {});
  program_.reset();
  phase_ = Phase::kSolve;
}

void BundleTree::BeginTree() {
  target_ = std::min({bound_ + stride_ - 1, listed_to_, upper_ - 1});
  tree_nodes_ = 0;
  Enter(*root_);
}

void BundleTree::Enter(Node node) {
  node_ = std::move(node);
  if (node_.bundles.size() <= kWholeNode) node_.listed = node_.bundles;
  ++node_id_, ++tree_nodes_;
  for (int32_t f : node_.listed) in_program_[f] = node_id_;
  program_.emplace(bundles_, g_.classes, g_.agents, &cuts_, left_out_, node_.listed, node_.basis);
  phase_ = Phase::kSolve;
}

void BundleTree::ReadDuals() {
  for (int32_t k = 0; k < g_.classes; ++k) item_dual_[k] = Fixed(program_->dual(k));
  for (int32_t j = 0; j < g_.agents; ++j) agent_dual_[j] = Fixed(program_->dual(g_.classes + j));
  cut_dual_.resize(cuts_.size());
  for (int32_t c = 0; c < cuts_.size(); ++c) {
    cut_dual_[c] = std::max<int64_t>(0, -Fixed(program_->dual(g_.classes + g_.agents + c)));
  }
}

// The bound at these duals, exactly; and bundles that would better the program.
void BundleTree::Price(int64_t* work) {
  least_.assign(g_.agents, kNone);
  reduced_.clear();
  for (std::vector<Offer>& offers : offers_) offers.clear();
  int64_t entries = 0;
  for (int32_t f : node_.bundles) {
    const int32_t j = bundles_.agent[f];
    int64_t value = int64_t{bundles_.cost[f]} << kShift;
    const std::span<const int16_t> items = bundles_.Items(f);
    for (int16_t k : items) value -= item_dual_[k];
    cuts_.Each(bundles_, f, [&](int32_t c) { value += cut_dual_[c]; });
    entries += static_cast<int64_t>(items.size()) + 1;
    reduced_.push_back(value);
    least_[j] = std::min(least_[j], value);
    if (value < agent_dual_[j] - kLeastGain && in_program_[f] != node_id_) {
      offers_[j].push_back({value, f});
    }
  }
  value_ = 0;
  for (int64_t dual : item_dual_) value_ += dual;
  for (int64_t dual : cut_dual_) value_ -= dual;
  for (int64_t least : least_) value_ = least == kNone ? kNone : value_ + least;
  *work += 1 + entries / kEntriesPerUnit;
}

std::vector<int32_t> BundleTree::BestOffers() {
  const size_t most = program_ ? kOffers : kFirstOffers;
  std::vector<int32_t> out;
  for (std::vector<Offer>& offers : offers_) {
    const size_t keep = std::min(most, offers.size());
    std::partial_sort(offers.begin(), offers.begin() + static_cast<std::ptrdiff_t>(keep),
                      offers.end(), [](const Offer& a, const Offer& b) {
                        return a.value != b.value ? a.value < b.value : a.f < b.f;
                      });
    for (size_t i = 0; i < keep; ++i) out.push_back(offers[i].f);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void BundleTree::StepNode(int64_t* work) {
  bool past = false;
  if (program_) {
    const double limit = static_cast<double>(Limit() >> kShift) + kClearly;
    const BundleProgram::Outcome outcome = program_->Solve(limit);
    past = outcome == BundleProgram::Outcome::kPast;
    gave_up_ = outcome == BundleProgram::Outcome::kFailed;  // never seen; then nothing is proven
    *work += program_->TakeWork();
    if (gave_up_) return;
    ReadDuals();
  }
  Price(work);
  if (value_ > Limit()) {
    phase_ = Phase::kBackTrack;
    return;
  }
  if (past) return;  // it lacks bundles: solved again, to the end
  const std::vector<int32_t> offers = BestOffers();
  if (!program_) {
    node_.listed = offers;
    return Enter(std::move(node_));
  }
  if (!offers.empty()) {
    for (int32_t f : offers) in_program_[f] = node_id_;
    program_->Add(offers);
    return;
  }
  KeepCheap();
  if (root_) return Decide();
  if (!Cut(work)) BeginTree();
}

// Leaves what no answer within the limit can have.
void BundleTree::KeepCheap() {
  const int64_t limit = Limit();
  size_t kept = 0;
  for (size_t i = 0; i < node_.bundles.size(); ++i) {
    const int32_t f = node_.bundles[i];
    if (value_ + reduced_[i] - least_[bundles_.agent[f]] > limit) continue;
    reduced_[kept] = reduced_[i], node_.bundles[kept++] = f;
  }
  node_.bundles.resize(kept), reduced_.resize(kept);
  node_.listed.clear();
  for (int32_t f : node_.bundles) {
    if (in_program_[f] == node_id_) node_.listed.push_back(f);
  }
  node_.basis = program_->basis();
}

// At the root: true where cuts were found; else the root is ready.
bool BundleTree::Cut(int64_t* work) {
  std::vector<std::pair<int32_t, double>> levels;
  for (size_t place = 0; place < program_->bundles().size(); ++place) {
    levels.emplace_back(program_->bundles()[place], program_->level(place));
  }
  if (cut_rounds_++ < kMostCutRounds && cuts_.Separate(bundles_, levels, kCutsAtOnce, work) > 0) {
    Enter(std::move(node_));
    return true;
  }
  bound_ = std::max(bound_, std::min(CostImpliedBy(value_), upper_));
  root_ = node_;
  return false;
}

void BundleTree::NoteAnswer(const std::vector<int32_t>& at) {
  int64_t cost = 0;
  std::vector<int64_t> room = g_.capacities;
  for (int32_t k = 0; k < g_.classes; ++k) {
    if (at[k] < 0 || !g_.Allowed(k, at[k])) return;
    cost += g_.Cost(k, at[k]);
    room[at[k]] -= g_.Sizes(k, at[k])[0];
  }
  const bool fits = std::all_of(room.begin(), room.end(), [](int64_t r) { return r >= 0; });
  if (!fits || cost >= upper_) return;
  best_ = at, best_cost_ = upper_ = cost;
}

// Where the program takes whole bundles they are an answer.
void BundleTree::NoteWhole() {
  if (program_->left_out() > kWhole) return;
  std::vector<int32_t> at(g_.classes, -1);
  for (size_t place = 0; place < program_->bundles().size(); ++place) {
    const double level = program_->level(place);
    if (level > kWhole && level < 1 - kWhole) return;
    if (level <= kWhole) continue;
    const int32_t f = program_->bundles()[place];
    for (int16_t k : bundles_.Items(f)) at[k] = bundles_.agent[f];
  }
  NoteAnswer(at);
}

// Of all answers below this node that have an item on an agent.
void BundleTree::FindChildValues() {
  child_value_.assign(static_cast<size_t>(g_.classes) * g_.agents, kNone);
  for (size_t i = 0; i < node_.bundles.size(); ++i) {
    const int32_t f = node_.bundles[i], j = bundles_.agent[f];
    const int64_t value = value_ + reduced_[i] - least_[j];
    for (int16_t k : bundles_.Items(f)) {
      child_value_[Cell(k, j)] = std::min(child_value_[Cell(k, j)], value);
    }
  }
}

// Every item has one agent left.
void BundleTree::NoteForced() {
  std::vector<int32_t> at(g_.classes, -1);
  for (int32_t k = 0; k < g_.classes; ++k) {
    for (int32_t j = 0; j < g_.agents; ++j) {
      if (child_value_[Cell(k, j)] != kNone) at[k] = j;
    }
  }
  NoteAnswer(at);
}

// The item whose choices are fewest, and cost the bound most; one that the program tears apart if
// there is one. -1: there is no choice. -2: an item has none.
int32_t BundleTree::ChooseItem() const {
  std::vector<double> level(child_value_.size(), 0), most(g_.classes, 0);
  for (size_t place = 0; place < program_->bundles().size(); ++place) {
    const int32_t f = program_->bundles()[place];
    if (program_->level(place) <= kWhole) continue;
    for (int16_t k : bundles_.Items(f)) {
      double& sum = level[Cell(k, bundles_.agent[f])];
      sum += program_->level(place);
      most[k] = std::max(most[k], sum);
    }
  }
  const double way = std::max(static_cast<double>(Limit() - value_),
                              static_cast<double>(int64_t{1} << (kShift - 1)));
  int32_t chosen = -1;
  bool chosen_torn = false;
  double chosen_weight = 0;
  for (int32_t k = 0; k < g_.classes; ++k) {
    double weight = 0;
    int choices = 0;
    for (int32_t j = 0; j < g_.agents; ++j) {
      const int64_t value = child_value_[Cell(k, j)];
      if (value == kNone) continue;
      ++choices;
      weight += QuickExp(-kSteepness * static_cast<double>(value - value_) / way);
    }
    if (choices == 0) return -2;
    if (choices == 1) continue;
    const bool torn = most[k] < 1 - kWhole;
    if (chosen < 0 || (torn && !chosen_torn) || (torn == chosen_torn && weight < chosen_weight)) {
      chosen = k, chosen_torn = torn, chosen_weight = weight;
    }
  }
  return chosen;
}

void BundleTree::Decide() {
  phase_ = Phase::kBackTrack;
  NoteWhole();
  if (value_ > Limit()) return;
  FindChildValues();
  const int32_t k = ChooseItem();
  if (k == -1) NoteForced();
  if (k < 0) return;
  Frame frame{std::move(node_), k, {}, 0};
  for (int32_t j = 0; j < g_.agents; ++j) {
    if (child_value_[Cell(k, j)] != kNone) frame.children.push_back({child_value_[Cell(k, j)], j});
  }
  std::sort(frame.children.begin(), frame.children.end(), [](const Child& a, const Child& b) {
    return a.value != b.value ? a.value < b.value : a.j < b.j;
  });
  frames_.push_back(std::move(frame));
}

// To the next choice that is left, or the end of the tree.
void BundleTree::BackTrack() {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.next == frame.children.size() || frame.children[frame.next].value > Limit()) {
      frames_.pop_back();
      continue;
    }
    const int32_t j = frame.children[frame.next++].j;
    const auto stays = [&](int32_t f) {
      const std::span<const int16_t> items = bundles_.Items(f);
      const bool has = std::find(items.begin(), items.end(), frame.k) != items.end();
      return has == (bundles_.agent[f] == j);
    };
    Node child;
    std::copy_if(frame.node.bundles.begin(), frame.node.bundles.end(),
                 std::back_inserter(child.bundles), stays);
    std::copy_if(frame.node.listed.begin(), frame.node.listed.end(),
                 std::back_inserter(child.listed), stays);
    child.basis = frame.node.basis;
    return Enter(std::move(child));
  }
  const int64_t proven = (root_ ? target_ : listed_to_) + 1;
  bound_ = std::max(bound_, std::min(proven, upper_));
  if (bound_ >= upper_) return;
  if (root_) stride_ = tree_nodes_ <= kSmallTree ? stride_ * 2 : 1;
  if (bound_ <= listed_to_) return BeginTree();
  most_bundles_ = std::min(most_bundles_ * kMoreBundles, kMostBundles);
  next_to_ = bound_;
  phase_ = Phase::kList;
}

bool BundleTree::Step(int64_t* work) {
  if (gave_up_ || bound_ >= upper_) return false;
  *work += 1;
  switch (phase_) {
    case Phase::kList:
      StepList(work);
      break;
    case Phase::kSolve:
      StepNode(work);
      break;
    case Phase::kBackTrack:
      BackTrack();
      break;
  }
  return !gave_up_ && bound_ < upper_;
}

}  // namespace stowage::scheduler::gap
