#include "scheduler/placement/relaxation.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "scheduler/placement/costs/latency_table.h"
#include "scheduler/placement/leftovers.h"

namespace stowage::scheduler {
namespace {

std::string OpText(LabelRequirement::Op op) {
  switch (op) {
    case LabelRequirement::Op::kIn:
      return " in ";
    case LabelRequirement::Op::kNotIn:
      return " not in ";
    case LabelRequirement::Op::kExists:
      return " exists";
    case LabelRequirement::Op::kDoesNotExist:
      return " does not exist";
    case LabelRequirement::Op::kGt:
      return " > ";
    case LabelRequirement::Op::kLt:
      return " < ";
  }
  return " ";
}

std::string Text(const LabelRequirement& r) {
  std::string out = r.key + OpText(r.op);
  for (size_t i = 0; i < r.values.size(); ++i) out += (i > 0 ? ", " : "") + r.values[i];
  return out;
}

std::string Text(const Taint& t) {
  const std::string effect = t.effect == Taint::Effect::kNoExecute ? "NoExecute" : "NoSchedule";
  return t.key + (t.value.empty() ? "" : "=" + t.value) + ":" + effect;
}

std::string Milliseconds(int64_t us) { return std::to_string((us + 999) / 1000) + " ms"; }

int64_t Ppm(int64_t before, int64_t after) {
  const __int128 change = static_cast<__int128>(after) - before;
  const __int128 ppm =
      ((change < 0 ? -change : change) * 1'000'000 + before - 1) / std::max<int64_t>(1, before);
  return static_cast<int64_t>(std::min<__int128>(ppm, std::numeric_limits<int64_t>::max()));
}

class Collector {
 public:
  Collector(const Problem& problem, const PodClass& pod) : problem_(problem), pod_(pod) {}

  void Requests(const Placement& placement);
  void Selection();
  void Tolerations();
  void Distances();
  void Regions();
  void Peers();
  std::vector<Relaxation> Take(size_t most) &&;

 private:
  void Cut(size_t resource, int64_t to);
  void Add(Relaxation r) { found_.push_back(std::move(r)); }

  const Problem& problem_;
  const PodClass& pod_;
  std::vector<Relaxation> found_;
};

void Collector::Cut(size_t resource, int64_t to) {
  const int64_t from = AmountOf(pod_.demand, resource);
  Add({"requests." + problem_.resources.name(resource), problem_.resources.Format(resource, from),
       problem_.resources.Format(resource, to), Ppm(from, to), false,
       [resource, to](DraftPod& draft) {
         draft.pod.demand[resource] = std::min(draft.pod.demand[resource], to);
         for (auto& [cluster, demand] : draft.pod.demand_in) {
           if (resource < demand.size()) demand[resource] = std::min(demand[resource], to);
         }
       }});
}

// In each cluster the nodes where this resource alone is missing, the one that has most of it.
void Collector::Requests(const Placement& placement) {
  std::set<std::pair<size_t, int64_t>> cuts;
  const auto leftovers = LeftoversOf(problem_, placement);
  for (size_t j = 0; j < leftovers.size(); ++j) {
    const Amounts& demand = pod_.DemandIn(problem_.clusters[j].name);
    std::map<size_t, int64_t> most;
    for (const Leftover& node : leftovers[j]) {
      std::optional<size_t> missing;
      bool alone = true;
      for (size_t r = 0; r < demand.size(); ++r) {
        if (AmountOf(node.free, r) >= demand[r]) continue;
        alone = alone && !missing;
        missing = r;
      }
      if (!missing || !alone || *missing == ResourceTable::kPods) continue;
      int64_t& best = most[*missing];
      best = std::max(best, AmountOf(node.free, *missing));
    }
    for (const auto& [resource, amount] : most) {
      if (amount > 0 && amount < AmountOf(pod_.demand, resource)) cuts.emplace(resource, amount);
    }
  }
  for (const auto& [resource, amount] : cuts) Cut(resource, amount);
}

void Collector::Selection() {
  const PodConstraints& c = *pod_.constraints;
  for (const auto& [key, value] : c.node_selector) {
    Add({"nodeSelector", key + "=" + value, "", Relaxation::kWhole, false,
         [key = key](DraftPod& d) { d.constraints.node_selector.erase(key); }});
  }
  if (c.required) {
    for (size_t t = 0; t < c.required->size(); ++t) {
      const NodeSelectorTerm& term = (*c.required)[t];
      for (size_t i = 0; i < term.labels.size() && term.labels.size() > 1; ++i) {
        Add({"requiredDuringScheduling.nodeSelectorTerms", Text(term.labels[i]), "",
             Relaxation::kWhole, false, [t, gone = term.labels[i]](DraftPod& d) {
               if (d.constraints.required) std::erase((*d.constraints.required)[t].labels, gone);
             }});
      }
    }
    const bool single = c.required->size() == 1 && c.required->front().labels.size() == 1;
    Add({"requiredDuringScheduling",
         single ? Text(c.required->front().labels.front()) : "nodeSelectorTerms", "",
         Relaxation::kWhole, false, [](DraftPod& d) { d.constraints.required.reset(); }});
  }
  for (size_t i = 0; i < c.volumes.size(); ++i) {
    Add({"volumes", "volume " + std::to_string(i + 1) + " at its place", "", Relaxation::kWhole,
         false, [gone = c.volumes[i]](DraftPod& d) { std::erase(d.constraints.volumes, gone); }});
  }
}

void Collector::Tolerations() {
  std::set<Taint> taints;
  const auto look = [&](const std::vector<Taint>& list) {
    for (const Taint& t : list) {
      if (t.effect != Taint::Effect::kPreferNoSchedule &&
          !Tolerated(pod_.constraints->tolerations, t))
        taints.insert(t);
    }
  };
  for (const ClusterView& cluster : problem_.clusters) {
    look(cluster.taints);
    for (const NodeShape& shape : cluster.shapes) look(shape.taints);
    for (const ElasticPool& pool : cluster.pools) look(pool.taints);
  }
  for (const Taint& t : taints) {
    Add({"tolerations", "", Text(t), Relaxation::kWhole, false, [t](DraftPod& d) {
           d.constraints.tolerations.push_back(
               {.key = t.key, .value = t.value, .effects = {t.effect}});
         }});
  }
}

void Collector::Distances() {
  const PodConstraints& c = *pod_.constraints;
  if (!c.latency_us_max) return;
  const LatencyTable table(problem_.links);
  std::set<int64_t> distances;
  for (const ClusterView& cluster : problem_.clusters) {
    int64_t farthest = 0;
    bool known = true;
    for (const LatencySource& source : c.latency_sources) {
      const auto us = table.Between(source.region, cluster.region);
      known = known && us;
      farthest = std::max(farthest, us.value_or(0));
    }
    if (known && farthest > *c.latency_us_max) distances.insert(farthest);
  }
  for (const int64_t us : distances) {
    Add({"latency.max", Milliseconds(*c.latency_us_max), Milliseconds(us),
         Ppm(*c.latency_us_max, us), false,
         [us](DraftPod& d) { d.constraints.latency_us_max = us; }});
  }
}

void Collector::Regions() {
  const PodConstraints& c = *pod_.constraints;
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::set<std::string> outside, denied;
  for (const ClusterView& cluster : problem_.clusters) {
    if (cluster.region.empty()) continue;
    if (!c.allowed_regions.empty() && !has(c.allowed_regions, cluster.region)) {
      outside.insert(cluster.region);
    }
    if (has(c.denied_regions, cluster.region)) denied.insert(cluster.region);
  }
  for (const std::string& region : outside) {
    Add({"residency.allowedRegions", "", region, Relaxation::kWhole, false,
         [region](DraftPod& d) { d.constraints.allowed_regions.push_back(region); }});
  }
  for (const std::string& region : denied) {
    Add({"residency.deniedRegions", region, "", Relaxation::kWhole, false,
         [region](DraftPod& d) { std::erase(d.constraints.denied_regions, region); }});
  }
}

void Collector::Peers() {
  const PodRelations& r = pod_.Relations();
  for (size_t i = 0; i < r.spread.size(); ++i) {
    if (!r.spread[i].hard) continue;
    Add({"topologySpreadConstraints", r.spread[i].topology_key + ": DoNotSchedule",
         "ScheduleAnyway", Relaxation::kWhole, false, [i](DraftPod& d) {
           d.relations.spread[i].hard = false;
           d.relations.spread[i].min_domains = 1;
         }});
  }
  for (size_t i = 0; i < r.affinity.size(); ++i) {
    Add({"podAffinity", "term over " + r.affinity[i].topology_key, "", Relaxation::kWhole, false,
         [gone = r.affinity[i]](DraftPod& d) { std::erase(d.relations.affinity, gone); }});
  }
  for (size_t i = 0; i < r.anti_affinity.size(); ++i) {
    Add({"podAntiAffinity", "term over " + r.anti_affinity[i].topology_key, "", Relaxation::kWhole,
         true, [gone = r.anti_affinity[i]](DraftPod& d) {
           std::erase(d.relations.anti_affinity, gone);
         }});
  }
  for (size_t i = 0; i < r.ports.size(); ++i) {
    Add({"hostPorts", r.ports[i].protocol + " " + std::to_string(r.ports[i].port), "",
         Relaxation::kWhole, false,
         [gone = r.ports[i]](DraftPod& d) { std::erase(d.relations.ports, gone); }});
  }
  if (!pod_.gang.empty()) {
    Add({"gang", pod_.gang, "", Relaxation::kWhole, false,
         [](DraftPod& d) { d.pod.gang.clear(); }});
  }
}

std::vector<Relaxation> Collector::Take(size_t most) && {
  const auto rank = [](const Relaxation& r) { return std::tie(r.ppm, r.field, r.from, r.to); };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const Relaxation& a, const Relaxation& b) { return rank(a) < rank(b); });
  if (found_.size() > most) found_.resize(most);
  return std::move(found_);
}

}  // namespace

DraftPod::DraftPod(const PodClass& of)
    : pod(of), constraints(*of.constraints), relations(of.Relations()) {}

PodClass DraftPod::Build() const {
  PodClass out = pod;
  out.constraints = std::make_shared<const PodConstraints>(constraints);
  out.relations = std::make_shared<const PodRelations>(relations);
  return out;
}

Relaxation RelaxationOf(const Problem& problem, const Adjustment& a) {
  const ResourceTable& resources = problem.resources;
  Relaxation out{.field = "",
                 .from = std::to_string(a.from),
                 .to = std::to_string(a.to),
                 .ppm = Ppm(a.from, a.to),
                 .adjustment = a};
  if (a.what == Adjustment::What::kGangMinimum) out.field = "gangs." + a.name + ".minCount";
  if (a.what == Adjustment::What::kQuota) {
    out.field = "quotas." + a.name + ".hard." + resources.name(a.resource);
    out.from = resources.FormatExactly(a.resource, a.from);
    out.to = resources.FormatExactly(a.resource, a.to);
  }
  const bool shape = a.what == Adjustment::What::kNodes;
  if (!shape && a.what != Adjustment::What::kPoolMaximum) return out;
  const auto cluster = std::find_if(problem.clusters.begin(), problem.clusters.end(),
                                    [&](const ClusterView& view) { return view.name == a.name; });
  const auto place = static_cast<size_t>(a.place);
  out.field = "clusters." + a.name;
  out.field += shape ? ".nodes.count" : ".pools." + cluster->pools[place].name + ".maximum";
  out.node =
      resources.FormatRoom(shape ? cluster->shapes[place].free : cluster->pools[place].allocatable);
  out.ppm = (a.to - a.from) * Relaxation::kWhole;  // at most kMaxPods of them
  return out;
}

std::vector<Relaxation> RelaxationsOf(const Problem& problem, const Placement& placement,
                                      const PodClass& pod, size_t most) {
  Collector collector(problem, pod);
  collector.Requests(placement);
  collector.Selection();
  collector.Tolerations();
  collector.Distances();
  collector.Regions();
  collector.Peers();
  return std::move(collector).Take(most);
}

}  // namespace stowage::scheduler
