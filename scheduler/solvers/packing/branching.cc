#include "scheduler/solvers/packing/branching.h"

#include <algorithm>
#include <set>

namespace stowage::scheduler::packing {
namespace {

constexpr size_t kCasesMost = 3000;

}  // namespace

Branching::Branching(const Core& core, const Columns& root) : core_(core), bound_(root.bound()) {
  const size_t types = core.types.size();
  // All types of at least some cost, then each type alone.
  std::set<int64_t> costs;
  for (const Core::Type& t : core.types) costs.insert(t.cost);
  for (const int64_t cost : costs) {
    std::vector<char> set(types, 0);
    for (size_t t = 0; t < types; ++t) set[t] = core.types[t].cost >= cost;
    sets_.push_back(std::move(set));
  }
  for (size_t t = 0; t < types; ++t) {
    std::vector<char> set(types, 0);
    set[t] = 1;
    sets_.push_back(std::move(set));
  }
  Case first{root.bound(), {}, std::shared_ptr<const Columns>(std::shared_ptr<void>(), &root)};
  columns_ = nullptr;
  cases_.push_back(std::move(first));
}

void Branching::UpdateBound(int64_t cost) {
  std::erase_if(cases_, [&](const Case& c) { return c.bound >= cost; });
  int64_t least = cost;
  for (const Case& c : cases_) least = std::min(least, c.bound);
  bound_ = std::max(bound_, least);
}

bool Branching::Step(int64_t cost) {
  work_ += 200;
  if (!columns_) {
    UpdateBound(cost);
    Open();
    return columns_ != nullptr;
  }
  const int64_t before = columns_->work();
  const bool more = columns_->Step();
  work_ += columns_->work() - before;
  Case& at = cases_[at_];
  at.bound = std::max(at.bound, columns_->bound());
  if (columns_->infeasible()) at.bound = cost;
  if (!more || at.bound >= cost) Divide(cost);
  return true;
}

// The case with the least bound; of equal ones the first.
void Branching::Open() {
  at_ = cases_.size();
  for (size_t c = 0; c < cases_.size(); ++c) {
    if (!cases_[c].stuck && (at_ == cases_.size() || cases_[c].bound < cases_[at_].bound)) at_ = c;
  }
  if (at_ == cases_.size() || cases_.size() > kCasesMost) return;
  // What is stuck holds the bound down: the others cannot help any more.
  for (const Case& c : cases_) {
    if (c.stuck && c.bound < cases_[at_].bound) return;
  }
  const Case& at = cases_[at_];
  columns_ = std::make_shared<Columns>(core_, *at.parent, at.branches);
  columns_->UseFractions();
  for (const Pattern& p : at.parent->patterns()) {
    if (at.parent->Nearly(p)) columns_->Add(p.type, p.loads);
  }
  columns_->Seed();
  work_ += columns_->work();
}

// The question whose answer is most open.
std::vector<Branch> Branching::Questions(const Columns& columns) const {
  const std::vector<double> opened = columns.opened();
  double best = 0.02;
  Branch question;
  for (const std::vector<char>& set : sets_) {
    double number = 0;
    for (size_t t = 0; t < opened.size(); ++t) number += set[t] ? opened[t] : 0;
    const auto whole = static_cast<int64_t>(number + 1e-6);
    const double part = number - static_cast<double>(whole);
    const double open = std::min(part, 1 - part);
    if (open <= best) continue;
    best = open;
    question = {set, whole, whole};
  }
  if (question.counts.empty()) return {};
  return {{question.counts, 0, question.most}, {question.counts, question.least + 1, Branch::kAny}};
}

void Branching::Divide(int64_t cost) {
  const std::shared_ptr<Columns> columns = std::move(columns_);
  columns_ = nullptr;
  if (cases_[at_].bound < cost) {
    const std::vector<Branch> questions = Questions(*columns);
    if (questions.empty()) {
      cases_[at_].stuck = true;
      return;
    }
    for (const Branch& q : questions) {
      Case part{cases_[at_].bound, cases_[at_].branches, columns};
      part.branches.push_back(q);
      cases_.push_back(std::move(part));
    }
  }
  cases_.erase(cases_.begin() + static_cast<std::ptrdiff_t>(at_));
}

}  // namespace stowage::scheduler::packing
