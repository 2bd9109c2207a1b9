// Pods that come between rounds: placed at once beside the last round's answer, as long as that is
// still true.
#include <algorithm>
#include <utility>

#include "scheduler/control/messages.h"
#include "scheduler/control/round.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kMostAtOnce = 32;  // more are worth a round

}  // namespace

// The lane goes on from a state in which all pods of this round are where the answer has them.
void Rounds::Expect() {
  expected_.clear();
  moves_seen_ = 0;
  lane_current_ = usable_ && has_answer_ && !puts_off_;
  if (!lane_current_) return;
  for (const ClassPlacement& k : incumbent_.placement.classes) {
    for (const Assignment& a : k.assignments) expected_[{k.key, a.cluster}] += a.count;
  }
}

bool Rounds::LaneIsCurrent() {
  const std::vector<Fleet::Move>& moves = fleet_.moves();
  lane_current_ = lane_current_ && !fleet_.reshaped();
  for (; lane_current_ && moves_seen_ < moves.size(); ++moves_seen_) {
    const Fleet::Move& move = moves[moves_seen_];
    const auto it = expected_.find({move.spec->key, move.node});
    lane_current_ = it != expected_.end() && move.pods == 1 && !move.terminating;
    if (lane_current_ && --it->second == 0) expected_.erase(it);
  }
  // Whoever is still missing has gone, or was not bound after all.
  lane_current_ = lane_current_ && expected_.empty();
  if (!lane_current_) lane_.reset();
  return lane_current_;
}

bool Rounds::PlaceAll(const std::vector<std::pair<RoundPod, ClassPtr>>& pods,
                      std::vector<LanePod>& out) {
  for (const auto& [pod, spec] : pods) {
    if (!spec->gang.empty() || !spec->invalid.empty() || spec->own != nullptr) return false;
    Batch alone{spec, {}, ""};
    alone.pods.push_back(pod);
    const Result<int32_t> k = lane_->Learn(ClassOf(alone));
    if (!k) return false;
    const auto decision = lane_->Place(*k);
    if (!decision) return false;
    out.push_back({spec, *decision});
  }
  return true;
}

std::optional<std::vector<RoundVerdict>> Rounds::PlaceAtOnce(
    const std::vector<std::pair<RoundPod, ClassPtr>>& pods, int64_t from) {
  if (pods.size() > kMostAtOnce || incumbent_.iterations < from) return std::nullopt;
  if (!LaneIsCurrent()) return std::nullopt;
  if (lane_ == nullptr) lane_ = session_->OpenLane();
  if (lane_ == nullptr) return std::nullopt;
  std::vector<LanePod> placed;
  if (!PlaceAll(pods, placed)) {
    for (const LanePod& p : placed) lane_->Forget(p.decision);
    return std::nullopt;
  }
  const Incumbent no_certificate;
  const RoundFacts facts{id_prefix_ + "-" + std::to_string(number_), no_certificate,
                         FastLane::kName};
  std::vector<RoundVerdict> out;
  for (size_t i = 0; i < pods.size(); ++i) {
    const FastLane::Decision& d = placed[i].decision;
    const ClassExplanation why = lane_->Explain(d.k);
    const std::string& node = why.clusters[d.j].cluster;
    ++expected_[{placed[i].spec->key, node}];
    out.push_back(
        {pods[i].first, placed[i].spec, node, PlacementAnnotations(why, node, facts), ""});
  }
  return out;
}

}  // namespace stowage::scheduler
