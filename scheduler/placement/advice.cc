#include "scheduler/placement/advice.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace stowage::scheduler {
namespace {

constexpr size_t kSingles = 64;  // tried alone
constexpr size_t kPaired = 20;   // of them, tried with each other
constexpr int64_t kLooks = 100'000'000;

const ClusterVerdict* Cheapest(const ClassExplanation& explanation) {
  const ClusterVerdict* best = nullptr;
  for (const ClusterVerdict& v : explanation.clusters) {
    if (!v.refusal && (best == nullptr || v.total < best->total)) best = &v;
  }
  return best;
}

// Two cuts of one request are no pair.
bool Together(const Relaxation& a, const Relaxation& b) {
  return a.field != b.field || a.ppm == Relaxation::kWhole;
}

auto Rank(const Advice& a) { return std::tuple(a.changes.size(), a.nodes, a.ppm(), a.total); }

bool Smaller(const Advice& a, const Advice& b) {
  if (Rank(a) != Rank(b)) return Rank(a) < Rank(b);
  if (a.cluster != b.cluster) return a.cluster < b.cluster;
  return std::lexicographical_compare(
      a.changes.begin(), a.changes.end(), b.changes.begin(), b.changes.end(),
      [](const Relaxation& x, const Relaxation& y) {
        return std::tie(x.field, x.from, x.to, x.node) < std::tie(y.field, y.from, y.to, y.node);
      });
}

Advice AdviceOf(const Problem& problem, const Remedy& remedy) {
  Advice advice{.cluster = remedy.cluster,
                .total = remedy.total,
                .nodes = remedy.nodes,
                .pods = remedy.pods,
                .missing = remedy.missing};
  for (const Adjustment& a : remedy.changes) advice.changes.push_back(RelaxationOf(problem, a));
  return advice;
}

class Adviser {
 public:
  Adviser(const SolveSession& session, const Problem& problem, const PodClass& pod, size_t most)
      : session_(session), problem_(problem), pod_(pod), most_(most) {}

  void Consider(std::vector<Relaxation> changes) { drafts_.push_back(std::move(changes)); }
  // One that all pods of the class have to make.
  Result<void> TryOnAll(const Relaxation& change) {
    DraftPod draft(pod_);
    change.edit(draft);
    ASSIGN_OR_RETURN(const auto answer, session_.ExplainChanged(draft.Build()));
    Keep({change}, answer);
    return {};
  }
  // Asks the session about all that was considered; keeps those that help.
  Result<void> Try() {
    ASSIGN_OR_RETURN(const auto answers, session_.ExplainNew(Drafts()));
    for (size_t i = 0; i < answers.size(); ++i) {
      Keep(std::move(drafts_[i]), answers[i]);
    }
    drafts_.clear();
    return {};
  }
  // What would have to be larger for the pod as it is.
  Result<void> TryRemedies() {
    if (!pod_.gang.empty()) {
      Work work(kLooks);
      for (const Remedy& r : session_.Remedies(pod_.key, 1, most_, work)) {
        found_.push_back(AdviceOf(problem_, r));
      }
      return {};
    }
    Consider({});
    return TryBoth();
  }
  // The same together with each of what was considered.
  Result<void> TryBoth() {
    ASSIGN_OR_RETURN(const auto answers, session_.RemediesNew(Drafts(), most_));
    for (size_t i = 0; i < answers.size(); ++i) {
      for (const Remedy& r : answers[i]) {
        if (!drafts_[i].empty() && r.changes.size() > 1) continue;
        Advice advice = AdviceOf(problem_, r);
        advice.changes.insert(advice.changes.begin(), drafts_[i].begin(), drafts_[i].end());
        found_.push_back(std::move(advice));
      }
    }
    drafts_.clear();
    return {};
  }
  std::vector<Advice> Take() {
    std::stable_sort(found_.begin(), found_.end(), Smaller);
    if (found_.size() > most_) found_.resize(most_);
    return std::move(found_);
  }
  bool single() const {
    return std::any_of(found_.begin(), found_.end(),
                       [](const Advice& a) { return a.changes.size() == 1; });
  }

 private:
  std::vector<PodClass> Drafts() const {
    std::vector<PodClass> pods;
    for (const auto& changes : drafts_) {
      DraftPod draft(pod_);
      for (const Relaxation& r : changes) r.edit(draft);
      pods.push_back(draft.Build());
    }
    return pods;
  }
  void Keep(std::vector<Relaxation> changes, const ClassExplanation& answer) {
    const ClusterVerdict* taker = Cheapest(answer);
    if (taker == nullptr) return;
    found_.push_back({std::move(changes), taker->cluster, taker->total, Money{}});
  }

  const SolveSession& session_;
  const Problem& problem_;
  const PodClass& pod_;
  const size_t most_;
  std::vector<std::vector<Relaxation>> drafts_;
  std::vector<Advice> found_;
};

}  // namespace

int64_t Advice::ppm() const {
  __int128 sum = 0;
  for (const Relaxation& r : changes) sum += r.ppm;
  return static_cast<int64_t>(std::min<__int128>(sum, INT64_MAX));
}

Result<std::vector<Advice>> Advise(const SolveSession& session, const Problem& problem,
                                   const Placement& placement, const PodClass& pod, size_t most) {
  const auto singles = RelaxationsOf(problem, placement, pod, kSingles);
  Adviser adviser(session, problem, pod, most);
  for (const Relaxation& r : singles) {
    if (r.of_all) {
      RETURN_IF_ERROR(adviser.TryOnAll(r));
    } else {
      adviser.Consider({r});
    }
  }
  RETURN_IF_ERROR(adviser.Try());
  RETURN_IF_ERROR(adviser.TryRemedies());
  if (adviser.single()) return adviser.Take();
  const size_t paired = std::min(singles.size(), kPaired);
  for (size_t i = 0; i < paired; ++i) {
    for (size_t k = i + 1; k < paired; ++k) {
      if (Together(singles[i], singles[k])) adviser.Consider({singles[i], singles[k]});
    }
  }
  RETURN_IF_ERROR(adviser.Try());
  for (size_t i = 0; i < paired; ++i) {
    if (!singles[i].of_all) adviser.Consider({singles[i]});
  }
  RETURN_IF_ERROR(adviser.TryBoth());
  return adviser.Take();
}

std::vector<Advice> AdviseForAll(const SolveSession& session, const Problem& problem,
                                 const std::string& class_key, int64_t pods, size_t most) {
  std::vector<Advice> out;
  Work work(kLooks);
  for (const Remedy& r : session.Remedies(class_key, pods, most, work)) {
    out.push_back(AdviceOf(problem, r));
  }
  return out;
}

}  // namespace stowage::scheduler
