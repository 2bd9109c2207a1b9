#include "app/solve/what_if.h"

#include <algorithm>
#include <map>

#include "app/solve/model_fields.h"
#include "kube/api/json.h"

namespace stowage::app {
namespace {

using scheduler::BoundPods;
using scheduler::ClusterView;
using scheduler::Money;
using scheduler::Problem;

constexpr int kFactorPlaces = 6;
constexpr int64_t kOne = 1'000'000;  // a factor of 1
constexpr int64_t kMostFactor = 1'000 * kOne;

Result<int64_t> Factor(std::string_view option, std::string_view text) {
  const auto factor = ParseDecimal(text, kFactorPlaces);
  if (factor && *factor <= kMostFactor) return *factor;
  return MakeError(ErrorCode::kInvalid, std::string(option) +
                                            ": expected a number from 0 to 1000 with at most 6 "
                                            "decimal places, found " +
                                            Quoted(text));
}

Result<std::vector<ClusterView>::iterator> Find(Problem& p, std::string_view option,
                                                const std::string& name) {
  const auto it = std::find_if(p.clusters.begin(), p.clusters.end(),
                               [&](const ClusterView& c) { return c.name == name; });
  if (it != p.clusters.end()) return it;
  std::string known;
  for (const ClusterView& c : p.clusters) known += (known.empty() ? "" : ", ") + c.name;
  return MakeError(ErrorCode::kInvalid, std::string(option) +
                                            ": expected a cluster of the problem (" + known +
                                            "), found " + Quoted(name));
}

int64_t Scaled(int64_t n, int64_t factor) { return scheduler::MulDivCeil(n, factor, 1, kOne); }

// The cluster goes; the pods that run on it have to be placed like new ones.
Result<void> Lose(Problem& p, const std::string& name) {
  ASSIGN_OR_RETURN(const auto cluster, Find(p, "--without", name));
  for (size_t i = 0; i < cluster->bound.size(); ++i) {
    const BoundPods& b = cluster->bound[i];
    if (b.terminating) continue;
    p.classes.push_back({.key = name + "/bound/" + std::to_string(i + 1),
                         .count = b.count,
                         .priority = b.priority,
                         .demand = b.demand,
                         .constraints = b.constraints,
                         .relations = b.relations,
                         .gang = b.gang});
  }
  p.clusters.erase(cluster);
  return {};
}

Result<void> Reprice(Problem& p, const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos) {
    return MakeError(ErrorCode::kInvalid,
                     "--price: expected CLUSTER=FACTOR, such as onprem=1.2, found " + Quoted(text));
  }
  ASSIGN_OR_RETURN(const auto cluster, Find(p, "--price", text.substr(0, equals)));
  ASSIGN_OR_RETURN(const int64_t factor, Factor("--price", text.substr(equals + 1)));
  const auto scale = [&](Money& price) { price.nano = Scaled(price.nano, factor); };
  for (scheduler::ResourcePrice& r : cluster->charge_back) scale(r.price);
  for (scheduler::ElasticPool& pool : cluster->pools) scale(pool.node_hour);
  scale(cluster->egress_per_gib);
  return {};
}

std::string ChangesJson(const WhatIf& what_if) {
  std::string out = "[";
  const auto add = [&](const std::string& change) {
    out += (out.size() > 1 ? ", " : "") + kube::QuoteJson(change);
  };
  for (const std::string& name : what_if.without) add("without " + name);
  for (const std::string& price : what_if.prices) add("price " + price);
  if (!what_if.load.empty()) add("load " + what_if.load);
  for (const std::string& file : what_if.add) add("add " + file);
  return out + "]";
}

std::string Difference(const Report& before, const Report& after) {
  if (!before.cost || !after.cost) return "null";
  return after.unit.Format(*after.cost - *before.cost);
}

std::string PodsJson(const Report& report, int64_t tiers_placed) {
  int64_t pods = 0;
  for (const auto& t : report.tiers) pods += t.pods;
  return "{\"status\": " + kube::QuoteJson(NameOf(report.status)) +
         ", \"cost\": " + (report.cost ? report.unit.Format(*report.cost) : "null") +
         ", \"pods\": " + std::to_string(pods) + ", \"placed\": " + std::to_string(tiers_placed) +
         "}";
}

int64_t PlacedOf(const Report& report) {
  int64_t placed = 0;
  for (const auto& t : report.tiers) placed += t.placed;
  return placed;
}

}  // namespace

Result<Problem> Changed(Problem problem, const WhatIf& what_if) {
  if (!what_if.load.empty()) {
    ASSIGN_OR_RETURN(const int64_t factor, Factor("--load", what_if.load));
    for (scheduler::PodClass& k : problem.classes) k.count = Scaled(k.count, factor);
  }
  for (const std::string& price : what_if.prices) RETURN_IF_ERROR(Reprice(problem, price));
  for (const std::string& name : what_if.without) RETURN_IF_ERROR(Lose(problem, name));
  for (size_t i = 0; i < what_if.added.size(); ++i) {
    ASSIGN_OR_RETURN(problem, Joined(std::move(problem), what_if.added[i], what_if.add[i]));
  }
  if (auto ok = scheduler::Validate(problem); !ok) {
    return Err(WithContext(ok.error(), "with these changes"));
  }
  return problem;
}

std::string WhatIfMember(const WhatIf& what_if, const Report& before, const Report& after) {
  std::map<std::string, std::pair<int64_t, int64_t>> clusters;
  for (const auto& [name, pods] : before.pods_by_cluster) clusters[name].first = pods;
  for (const auto& [name, pods] : after.pods_by_cluster) clusters[name].second = pods;
  std::string out = "  \"whatIf\": {\n    \"changes\": " + ChangesJson(what_if) +
                    ",\n    \"before\": " + PodsJson(before, PlacedOf(before)) +
                    ",\n    \"after\": " + PodsJson(after, PlacedOf(after)) +
                    ",\n    \"costDifference\": " + Difference(before, after) +
                    ",\n    \"clusters\": [";
  bool any = false;
  for (const auto& [name, pods] : clusters) {
    out += any ? ",\n      " : "\n      ";
    out += "{\"cluster\": " + kube::QuoteJson(name) +
           ", \"podsBefore\": " + std::to_string(pods.first) +
           ", \"podsAfter\": " + std::to_string(pods.second) + "}";
    any = true;
  }
  return out + "\n    ]\n  }";
}

}  // namespace stowage::app
