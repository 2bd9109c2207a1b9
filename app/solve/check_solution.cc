#include "app/solve/check_solution.h"

#include <algorithm>
#include <map>
#include <optional>

#include "app/solve/bill.h"
#include "app/solve/canonical.h"
#include "app/solve/document.h"
#include "app/solve/report.h"
#include "app/solve/solution_text.h"

namespace stowage::app {
namespace {

using Kind = CheckOutcome::Kind;
using scheduler::GapProblem;
using scheduler::GapSolution;
using scheduler::PackingProblem;
using scheduler::PackingSolution;
using scheduler::Placement;
using scheduler::Problem;

// What a check of one kind of problem found out by itself.
struct Finding {
  std::optional<std::string> wrong;  // the answer breaks a rule
  int64_t cost = 0;                  // worked out here
  uint64_t hash = 0;
  int64_t unplaced = 0;
  std::string summary;  // "400 jobs on 20 agents"
};

int64_t CostOf(const GapProblem& p, const GapSolution& s) {
  __int128 sum = 0;
  for (const scheduler::GapShare& share : s.shares) {
    sum += static_cast<__int128>(p.Cost(share.k, share.j)) * share.count;
  }
  // A sum that does not fit is no cost of a valid answer; Check() says what is wrong with it.
  return sum > INT64_MAX || sum < 0 ? 0 : static_cast<int64_t>(sum);
}

int64_t CostOf(const PackingProblem& p, const PackingSolution& s) {
  __int128 sum = 0;
  for (const scheduler::PackedBins& bins : s.bins) {
    sum += static_cast<__int128>(p.bins[bins.type].cost) * bins.count;
  }
  return sum > INT64_MAX ? 0 : static_cast<int64_t>(sum);
}

Finding Examine(Complaints& complaints, const Value& root, Format format, const GapProblem& p) {
  GapSolution s = ReadAnswer(complaints, root, format, p);
  Finding out;
  if (complaints.any()) return out;
  out.cost = s.cost = CostOf(p, s);
  if (auto ok = scheduler::Check(p, s); !ok) {
    out.wrong = ok.error().message;
    return out;
  }
  out.hash = HashOf(InCanonical(s, CanonicalOrder(p)));
  out.summary = std::to_string(p.classes) +
                (format == Format::kFleet ? " classes on " : " jobs on ") +
                std::to_string(p.agents) + (format == Format::kFleet ? " clusters" : " agents");
  return out;
}

Finding Examine(Complaints& complaints, const Value& root, Format, const PackingProblem& p) {
  PackingSolution s = ReadAnswer(complaints, root, p);
  Finding out;
  if (complaints.any()) return out;
  out.cost = s.cost = CostOf(p, s);
  if (auto ok = scheduler::Check(p, s); !ok) {
    out.wrong = ok.error().message;
    return out;
  }
  out.hash = HashOf(InCanonical(s, CanonicalOrder(p)));
  int64_t bins = 0;
  for (const scheduler::PackedBins& b : s.bins) bins += b.count;
  out.summary = std::to_string(p.items.size()) + " items in " + std::to_string(bins) + " bins";
  return out;
}

// No node holds more than it has and no class more pods than it has, in 128 bits: what comes from
// a file may be so large that sums in 64 bits would be wrong without anybody noticing.
std::optional<std::string> TooMuch(const Problem& p, const Placement& placement) {
  std::map<std::string, const scheduler::PodClass*> classes;
  for (const scheduler::PodClass& k : p.classes) classes[k.key] = &k;
  std::map<std::string, __int128> pods;
  for (const scheduler::ClusterWitness& w : placement.witness) {
    const auto cluster = std::find_if(p.clusters.begin(), p.clusters.end(),
                                      [&](const auto& c) { return c.name == w.cluster; });
    for (const scheduler::PackedNodes& nodes : w.nodes) {
      const scheduler::Amounts& room = nodes.pool >= 0 ? cluster->pools[nodes.pool].allocatable
                                                       : cluster->shapes[nodes.shape].free;
      std::vector<__int128> used(p.resources.size(), 0);
      for (const scheduler::PackedNodes::Load& load : nodes.loads) {
        const auto k = classes.find(load.key);
        if (load.bound < 0 && k == classes.end()) return "an unknown class " + Quoted(load.key);
        const scheduler::Amounts& demand =
            load.bound >= 0 ? cluster->bound[load.bound].demand : k->second->DemandIn(w.cluster);
        for (size_t r = 0; r < demand.size(); ++r) {
          used[r] += static_cast<__int128>(demand[r]) * load.per_node;
          if (used[r] <= scheduler::AmountOf(room, r)) continue;
          return "cluster " + Quoted(w.cluster) + ": a node holds more " + p.resources.name(r) +
                 " than it has";
        }
        const std::string who =
            load.bound >= 0 ? w.cluster + "/bound/" + std::to_string(load.bound + 1) : load.key;
        const int64_t most = load.bound >= 0 ? cluster->bound[load.bound].count : k->second->count;
        pods[who] += static_cast<__int128>(load.per_node) * nodes.count;
        if (pods[who] > most) return Quoted(who) + " has more pods on nodes than it has";
      }
    }
  }
  return std::nullopt;
}

Finding Examine(Complaints& complaints, const Value& root, Format, const Problem& p) {
  const Placement placement = ReadAnswer(complaints, root, p);
  Finding out;
  if (complaints.any()) return out;
  out.wrong = TooMuch(p, placement);
  if (out.wrong) return out;
  if (auto ok = scheduler::CheckPlacement(p, placement); !ok) {
    out.wrong = ok.error().message;
    return out;
  }
  const scheduler::Money bill = BillOf(p, placement);
  out.cost = bill.nano;
  out.hash = HashOf(placement, bill);
  int64_t pods = 0;
  for (const scheduler::PodClass& k : p.classes) pods += k.count;
  for (const scheduler::ClassPlacement& k : placement.classes) out.unplaced += k.unplaced;
  out.summary = std::to_string(pods - out.unplaced) + " of " + std::to_string(pods) + " pods on " +
                std::to_string(p.clusters.size()) + " clusters";
  return out;
}

// What the file says against what was found.
std::optional<std::string> Contradiction(const SolutionHead& head, const Finding& finding,
                                         CostUnit unit) {
  const std::string cost = unit.Format(finding.cost);
  if (head.cost && *head.cost != finding.cost) {
    return "the cost is " + cost + ", but the file says " + unit.Format(*head.cost);
  }
  if (head.bound && finding.unplaced == 0 && *head.bound > finding.cost) {
    return "the bound " + unit.Format(*head.bound) + " is above the cost " + cost;
  }
  const bool solved = head.status == "optimal" || head.status == "feasible";
  if (solved && finding.unplaced > 0) {
    return "the status is " + head.status + ", but " + std::to_string(finding.unplaced) +
           " pods have no place";
  }
  if (head.status == "infeasible" && finding.unplaced == 0) {
    return "the status is infeasible, but the answer places everything";
  }
  if (head.status == "optimal" && head.bound && *head.bound < finding.cost) {
    return "the status is optimal, but the bound " + unit.Format(*head.bound) +
           " is below the cost " + cost;
  }
  if (!head.hash.empty() && head.hash != HashText(finding.hash)) {
    return "the hash of this answer is " + HashText(finding.hash) + ", but the file says " +
           Quoted(head.hash);
  }
  return std::nullopt;
}

}  // namespace

CheckOutcome CheckSolution(Format format, const AnyProblem& problem, Source solution) {
  const auto root = ParseDocument(solution);
  if (!root) return {Kind::kBadInput, root.error().message};
  Complaints complaints(solution.name);
  const CostUnit unit{.nano = format == Format::kStowage};
  const SolutionHead head = ReadHead(complaints, *root, unit.nano);
  const bool no_answer = head.status == "unknown" || head.status == "infeasible";
  if (no_answer && FindField(*root, "assignment") == nullptr) {
    return {Kind::kBadInput, std::string(solution.name) +
                                 ": expected an answer to check, found none (status " +
                                 head.status + ")"};
  }
  const Finding finding =
      std::visit([&](const auto& p) { return Examine(complaints, *root, format, p); }, problem);
  if (complaints.any()) return {Kind::kBadInput, complaints.first().message};
  const std::string name(solution.name);
  if (finding.wrong) return {Kind::kWrong, name + ": " + *finding.wrong};
  if (const auto wrong = Contradiction(head, finding, unit)) {
    return {Kind::kWrong, name + ": " + *wrong};
  }
  return {Kind::kRight, name + ": right: " + finding.summary + ", cost " +
                            unit.Format(finding.cost) + ", hash " + HashText(finding.hash)};
}

}  // namespace stowage::app
