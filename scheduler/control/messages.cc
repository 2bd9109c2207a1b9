#include "scheduler/control/messages.h"

#include <map>
#include <utility>

#include "kube/api/well_known.h"

namespace stowage::scheduler {
namespace {

constexpr int64_t kRefusedMax = 5;
constexpr size_t kReasonBytes = 72;
constexpr size_t kMessageBytes = 1000;
constexpr int kDigits = 6;  // of dollars; a core for a second costs about 0.00001

// Cut between characters of UTF-8.
std::string Cut(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t end = bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::map<std::string, int64_t> ReasonCounts(const ClassExplanation& why) {
  std::map<std::string, int64_t> counts;
  for (const ClusterVerdict& v : why.clusters) {
    if (v.refusal && v.placed == 0) ++counts[v.refusal->reason];
  }
  return counts;
}

std::string Percent(int64_t ppm) {
  const std::string fraction = std::to_string(ppm % 10000 / 100 + 100).substr(1);
  return std::to_string(ppm / 10000) + "." + fraction;
}

}  // namespace

kube::Json PlacementAnnotations(const ClassExplanation& why, const std::string& node,
                                const RoundFacts& round) {
  kube::MutableJson value;
  value["cluster"] = Cut(node, 63);
  if (const ClusterVerdict* chosen = why.Of(node)) {
    value["costPerHour"] = FormatDollars(chosen->total, kDigits);
    for (const auto& [name, money] : chosen->terms) {
      if (money.nano != 0) value.Set({"terms", name}, FormatDollars(money, kDigits));
    }
    if (!chosen->pool.empty()) value["pool"] = Cut(chosen->pool, 63);
    if (const ClusterVerdict* second = why.RunnerUp(node)) {
      value["runnerUp"] = Cut(second->cluster, 63);
      value["difference"] = FormatDollars(second->total - chosen->total, kDigits);
    }
  }
  // Also those that took some pods of the class and have room for no more.
  int64_t refused = 0;
  for (const ClusterVerdict& v : why.clusters) {
    if (!v.refusal || v.cluster == node || ++refused > kRefusedMax) continue;
    value.Set({"refused", Cut(v.cluster, 63)}, Cut(v.refusal->reason, kReasonBytes));
  }
  if (refused > kRefusedMax) value["refusedOthers"] = refused - kRefusedMax;
  value["round"] = round.id;
  if (!round.solver.empty()) value["solver"] = round.solver;
  if (const int64_t gap = round.incumbent.GapPpm(); gap >= 0) value["gapPercent"] = Percent(gap);
  kube::MutableJson annotations;
  annotations[kube::kAnnotationPlacement] = value.ref().Dump();
  return std::move(annotations).Freeze();
}

std::string UnschedulableMessage(const ClassExplanation& why, const std::string& remedy) {
  int64_t refused = 0;
  std::string reasons;
  for (const auto& [reason, count] : ReasonCounts(why)) {
    refused += count;
    if (!reasons.empty()) reasons += ", ";
    reasons += std::to_string(count) + " " + reason;
  }
  std::string message = "0/" + std::to_string(why.clusters.size()) + " nodes are available";
  if (why.clusters.empty()) return message + ": no cluster has joined yet.";
  const int64_t taken = static_cast<int64_t>(why.clusters.size()) - refused;
  if (taken > 0) {  // what they had went to other pods of the class, or of this round
    if (!reasons.empty()) reasons += ", ";
    reasons += std::to_string(taken) + " without room for more of these pods";
  }
  message += ": " + reasons + ".";
  if (!remedy.empty()) message += " Would fit with " + Cut(remedy, kMessageBytes / 2) + ".";
  for (const ClusterVerdict& v : why.clusters) {
    if (!v.refusal || v.refusal->detail.empty()) continue;
    const std::string more = " " + v.cluster + ": " + v.refusal->detail + ".";
    if (message.size() + more.size() > kMessageBytes) break;
    message += more;
  }
  return Cut(message, kMessageBytes);
}

}  // namespace stowage::scheduler
