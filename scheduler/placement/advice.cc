#include "scheduler/placement/advice.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace stowage::scheduler {
namespace {

constexpr size_t kSingles = 64;  // tried alone
constexpr size_t kPaired = 20;   // of them, tried with each other

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

class Adviser {
 public:
  Adviser(const SolveSession& session, const PodClass& pod) : session_(session), pod_(pod) {}

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
    std::vector<PodClass> pods;
    for (const auto& changes : drafts_) {
      DraftPod draft(pod_);
      for (const Relaxation& r : changes) r.edit(draft);
      pods.push_back(draft.Build());
    }
    ASSIGN_OR_RETURN(const auto answers, session_.ExplainNew(std::move(pods)));
    for (size_t i = 0; i < answers.size(); ++i) {
      Keep(std::move(drafts_[i]), answers[i]);
    }
    drafts_.clear();
    return {};
  }
  std::vector<Advice> Take(size_t most) {
    std::stable_sort(found_.begin(), found_.end(), [](const Advice& a, const Advice& b) {
      return std::pair(a.ppm(), a.total) < std::pair(b.ppm(), b.total);
    });
    if (found_.size() > most) found_.resize(most);
    return std::move(found_);
  }
  bool found() const { return !found_.empty(); }

 private:
  void Keep(std::vector<Relaxation> changes, const ClassExplanation& answer) {
    const ClusterVerdict* taker = Cheapest(answer);
    if (taker != nullptr) found_.push_back({std::move(changes), taker->cluster, taker->total});
  }

  const SolveSession& session_;
  const PodClass& pod_;
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
  Adviser adviser(session, pod);
  for (const Relaxation& r : singles) {
    if (r.of_all) {
      RETURN_IF_ERROR(adviser.TryOnAll(r));
    } else {
      adviser.Consider({r});
    }
  }
  RETURN_IF_ERROR(adviser.Try());
  if (adviser.found()) return adviser.Take(most);
  const size_t paired = std::min(singles.size(), kPaired);
  for (size_t i = 0; i < paired; ++i) {
    for (size_t k = i + 1; k < paired; ++k) {
      if (Together(singles[i], singles[k])) adviser.Consider({singles[i], singles[k]});
    }
  }
  RETURN_IF_ERROR(adviser.Try());
  return adviser.Take(most);
}

}  // namespace stowage::scheduler
