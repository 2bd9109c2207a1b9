#include "test/differential/compare.h"

#include <algorithm>

#include "kube/api/views.h"
#include "test/differential/maker.h"
#include "test/differential/our_scheduler.h"

namespace stowage::differential {
namespace {

std::string Text(const std::set<std::string>& fits, const std::map<std::string, int>& reasons) {
  std::string out = "fits {";
  for (const std::string& node : fits) out += " " + node;
  out += " }";
  for (const auto& [reason, count] : reasons) out += ", " + std::to_string(count) + " " + reason;
  return out;
}

std::string Whole(const Asked& asked, size_t pod) {
  std::string out = "\n  pod " + asked.incoming[pod].metadata()["labels"].Dump() + " " +
                    asked.incoming[pod].spec().Dump();
  for (const kube::Object& node : asked.nodes) {
    out += "\n  node " + node.metadata()["labels"].Dump() + " " + node.spec().Dump() + " " +
           node.status()["allocatable"].Dump();
  }
  for (const kube::Object& bound : asked.bound) {
    out += "\n  bound " + bound.metadata().Dump() + " " + bound.spec().Dump();
  }
  return out;
}

// Why the two differ on the nodes; "" if they do not.
std::string Difference(const RealVerdict& real, const OurVerdict& ours) {
  if (!real.error.empty()) return "kube-scheduler: " + real.error;
  if (!ours.error.empty()) return "ours: " + ours.error;
  if (real.fits == ours.fits && real.reasons == ours.reasons) return "";
  return "kube-scheduler: " + Text(real.fits, real.reasons) +
         "; ours: " + Text(ours.fits, ours.reasons);
}

bool AboutRoom(const std::set<std::string>& reasons) {
  return std::all_of(reasons.begin(), reasons.end(), [](const std::string& reason) {
    return reason.starts_with("Insufficient") || reason == "Too many pods";
  });
}

// What bound pods ask of each node, as far as they have not finished.
std::map<std::string, kube::ResourceMap> Used(const Asked& asked) {
  std::map<std::string, kube::ResourceMap> used;
  for (const kube::Object& pod : asked.bound) {
    if (kube::PodView(pod).terminated()) continue;
    kube::ResourceMap& of_node = used[pod.spec()["nodeName"].string()];
    for (const auto& [name, amount] : kube::PodView(pod).requests()) of_node[name] += amount;
  }
  return used;
}

// An exception of README.md: where bound pods ask more of a resource than the node has, Kubernetes
// 1.20 refuses also pods that ask for none of it. Ours as if it were so; says of how many nodes.
int RefuseOverfull(const Asked& asked, size_t pod, OurVerdict& ours) {
  const kube::ResourceMap wanted = kube::PodView(asked.incoming[pod]).requests();
  auto used = Used(asked);
  int nodes = 0;
  for (const kube::Object& node : asked.nodes) {
    const std::string name(node.name());
    const kube::ResourceMap has = kube::NodeView(node).allocatable();
    const bool fits = ours.fits.contains(name);
    if (!fits && !AboutRoom(ours.of[name])) continue;
    bool changed = false;
    for (const char* resource : {"cpu", "memory", "ephemeral-storage"}) {
      const auto asks = wanted.find(resource), room = has.find(resource);
      const int64_t most = room == has.end() ? 0 : room->second;
      if ((asks != wanted.end() && asks->second > 0) || used[name][resource] <= most) continue;
      ++ours.reasons[std::string("Insufficient ") + resource];
      changed = true;
    }
    if (!changed) continue;
    ours.fits.erase(name);
    ++nodes;
  }
  return nodes;
}

// The fast lane says the same as a solve, and places the pod where it may go.
std::string LaneDifference(const OurVerdict& ours) {
  const bool placed = !ours.lane_placed.empty();
  if (ours.lane_fits == ours.fits && ours.lane_reasons == ours.reasons &&
      placed == !ours.fits.empty() && (!placed || ours.fits.contains(ours.lane_placed))) {
    return "";
  }
  return "a solve: " + Text(ours.fits, ours.reasons) +
         "; the fast lane: " + Text(ours.lane_fits, ours.lane_reasons) + ", placed on \"" +
         ours.lane_placed + "\"";
}

// The nodes of each member that fit, by what the real one said.
std::map<std::string, std::set<std::string>> FitsByMember(const Asked& asked,
                                                          const RealVerdict& real) {
  std::map<std::string, std::set<std::string>> out;
  for (const NodeDraft& node : asked.world.nodes) {
    std::set<std::string>& fits = out[node.labels.at(kCluster)];
    if (real.fits.contains(node.name)) fits.insert(node.name);
  }
  return out;
}

// A round puts the pod just where it may go. Rounds do not know of volumes yet.
bool PlacedRight(const Asked& asked, size_t pod, const OurVerdict& ours,
                 const std::set<std::string>& fits) {
  if (!asked.world.incoming[pod].claims.empty()) return true;
  return fits.empty() ? ours.placed.empty() : fits.contains(ours.placed);
}

void CompareMembers(const Asked& asked, size_t pod, const RealVerdict& real, Comparison& out) {
  const OurVerdict ours = AskByMember(asked, pod);
  const auto report = [&](const std::string& what) {
    out.disagreements.push_back(what + "; ours by member: " + Text(ours.fits, ours.reasons) +
                                "; kube-scheduler: " + Text(real.fits, real.reasons) +
                                Whole(asked, pod));
  };
  if (!ours.error.empty()) return report("members: " + ours.error);
  if (const std::string what = LaneDifference(ours); !what.empty()) return report(what);
  for (const auto& [member, fits] : FitsByMember(asked, real)) {
    ++out.members;
    if (ours.fits.contains(member) != !fits.empty()) return report("member " + member);
    // Where all of its nodes were refused for one reason, so is the member.
    if (real.fits.empty() && real.reasons.size() == 1 &&
        ours.of.at(member) != std::set<std::string>{real.reasons.begin()->first}) {
      return report("the reason of member " + member);
    }
  }
  if (!PlacedRight(asked, pod, ours, ours.fits)) {
    report("the round placed it on \"" + ours.placed + "\"");
  }
}

}  // namespace

Comparison Compare(const Asked& asked) {
  Comparison out;
  for (size_t pod = 0; pod < asked.incoming.size(); ++pod) {
    const RealVerdict& real = asked.verdicts[pod];
    const OurVerdict ours = AskByNode(asked, pod);
    ++out.cases;
    out.verdicts += static_cast<int64_t>(asked.nodes.size());
    out.refused += static_cast<int64_t>(asked.nodes.size() - real.fits.size());
    for (const auto& [reason, count] : real.reasons) out.reasons += count;
    if (const std::string what = LaneDifference(ours); !what.empty()) {
      out.disagreements.push_back(what + Whole(asked, pod));
      continue;
    }
    if (!Difference(real, ours).empty()) {
      OurVerdict overfull = ours;
      const int nodes = RefuseOverfull(asked, pod, overfull);
      if (Difference(real, overfull).empty()) {
        out.exceptions += nodes;
        continue;
      }
    }
    if (const std::string what = Difference(real, ours); !what.empty()) {
      out.disagreements.push_back(what + Whole(asked, pod));
      continue;
    }
    if (!PlacedRight(asked, pod, ours, real.fits)) {
      out.disagreements.push_back("the round placed it on \"" + ours.placed + "\"" +
                                  Whole(asked, pod));
      continue;
    }
    if (asked.world.members) CompareMembers(asked, pod, real, out);
  }
  return out;
}

void Tally::Add(const Comparison& c) {
  cases += c.cases;
  verdicts += c.verdicts;
  refused += c.refused;
  reasons += c.reasons;
  members += c.members;
  exceptions += c.exceptions;
  disagreements += static_cast<int64_t>(c.disagreements.size());
}

}  // namespace stowage::differential
