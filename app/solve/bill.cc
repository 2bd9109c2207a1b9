#include "app/solve/bill.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "scheduler/model/distances.h"

namespace stowage::app {
namespace {

using scheduler::ClusterView;
using scheduler::ClusterWitness;
using scheduler::Distances;
using scheduler::LatencySource;
using scheduler::Money;
using scheduler::MulDivCeil;
using scheduler::PackedNodes;
using scheduler::PodClass;
using scheduler::PodConstraints;
using scheduler::Problem;

constexpr int64_t kPpmTimesUsPerMs = 1'000'000'000;
constexpr int64_t kMebiInAGibi = 1024;
constexpr int64_t kSecondsInAnHour = 3600;

int64_t LatencyOf(const PodConstraints& pod, const ClusterView& cluster, const Distances& distances,
                  int64_t pods) {
  int64_t sum = 0;
  for (const LatencySource& source : pod.latency_sources) {
    const int64_t us =
        distances.Between(source.region, cluster.region).value_or(distances.unknown_us());
    sum += MulDivCeil(pod.cost_per_ms.nano, us, source.weight_ppm, kPpmTimesUsPerMs) * pods;
  }
  return sum;
}

int64_t EgressOf(const PodConstraints& pod, const ClusterView& cluster, int64_t pods) {
  if (pod.data_region.empty() || pod.data_region == cluster.region) return 0;
  return MulDivCeil(cluster.egress_per_gib.nano, pod.data_mib_per_hour, pods, kMebiInAGibi);
}

int64_t ChargeBackOf(const PodClass& k, const ClusterView& cluster, int64_t pods) {
  int64_t sum = 0;
  for (const scheduler::ResourcePrice& r : cluster.charge_back) {
    sum += MulDivCeil(r.price.nano, scheduler::AmountOf(k.DemandIn(cluster.name), r.resource), pods,
                      r.unit);
  }
  return sum;
}

int64_t MovingOf(const PodConstraints& pod, const ClusterView& cluster, int64_t pods) {
  if (pod.once.home.empty() || pod.once.home == cluster.name) return 0;
  return MulDivCeil(pod.once.moving.nano, kSecondsInAnHour, pods, pod.once.run_seconds);
}

int64_t CarbonOf(const PodClass& k, const ClusterView& cluster, Money per_tonne, int64_t pods) {
  int64_t sum = 0;
  for (const scheduler::Emission& e : cluster.emissions) {
    sum += MulDivCeil(scheduler::CarbonPrice(e, per_tonne).nano,
                      scheduler::AmountOf(k.DemandIn(cluster.name), e.resource), pods, e.unit);
  }
  return sum;
}

// Of pods on nodes of a pool.
int64_t SpotOf(const PodConstraints& pod, const scheduler::ElasticPool& pool, int64_t pods) {
  return MulDivCeil(pod.once.restart.nano, pool.interruptions_ppm, pods, scheduler::kPpm);
}

int64_t WaitingOf(const PodConstraints& pod, const scheduler::ElasticPool& pool, int64_t pods) {
  return MulDivCeil(pod.once.waiting.nano, pool.provision_seconds, pods, pod.once.run_seconds);
}

bool CarriesBoundPods(const PackedNodes& nodes) {
  return std::any_of(nodes.loads.begin(), nodes.loads.end(),
                     [](const PackedNodes::Load& load) { return load.bound >= 0; });
}

}  // namespace

Money BillOf(const Problem& problem, const scheduler::Placement& placement) {
  const Distances distances(problem.links);
  std::map<std::string, const PodClass*> classes;
  for (const PodClass& k : problem.classes) classes[k.key] = &k;
  Money sum;
  for (const ClusterWitness& witness : placement.witness) {
    const auto cluster =
        std::find_if(problem.clusters.begin(), problem.clusters.end(),
                     [&](const ClusterView& c) { return c.name == witness.cluster; });
    if (cluster == problem.clusters.end()) continue;
    // By class: all of them; and by where they are, for what is rounded there: -1 on standing
    // nodes, else the pool, and whether the node is bought.
    std::map<std::string, int64_t> pods;
    std::map<std::tuple<std::string, int32_t, bool>, int64_t> places;
    for (const PackedNodes& nodes : witness.nodes) {
      const bool bought = nodes.pool >= 0 && !CarriesBoundPods(nodes);
      if (bought) {
        sum.nano +=
            scheduler::BilledNodeHour(cluster->pools[nodes.pool], problem.horizon_seconds).nano *
            nodes.count;
      }
      for (const PackedNodes::Load& load : nodes.loads) {
        if (load.bound >= 0) continue;
        pods[load.key] += load.per_node * nodes.count;
        places[{load.key, nodes.shape >= 0 ? -1 : nodes.pool, bought}] +=
            load.per_node * nodes.count;
      }
    }
    for (const auto& [key, count] : pods) {
      const PodClass& k = *classes.at(key);
      sum.nano += LatencyOf(*k.constraints, *cluster, distances, count) +
                  EgressOf(*k.constraints, *cluster, count) +
                  MovingOf(*k.constraints, *cluster, count);
    }
    for (const auto& [place, count] : places) {
      const auto& [key, pool, bought] = place;
      const PodClass& k = *classes.at(key);
      sum.nano += CarbonOf(k, *cluster, problem.carbon_per_tonne, count);
      if (pool < 0) {
        sum.nano += ChargeBackOf(k, *cluster, count);
        continue;
      }
      sum.nano += SpotOf(*k.constraints, cluster->pools[pool], count);
      if (bought) sum.nano += WaitingOf(*k.constraints, cluster->pools[pool], count);
    }
  }
  return sum;
}

}  // namespace stowage::app
