// Cost terms: what a pod costs an hour in a cluster, each in its own file. Linear in the number of
// pods, so that one of them can be compared and many can be billed; what is not linear (nodes that
// have to be opened) is billed by the node: BilledNodeHour().
#pragma once

#include <string_view>
#include <vector>

#include "scheduler/model/problem.h"
#include "scheduler/placement/costs/latency_table.h"

namespace stowage::scheduler {

struct CostInput {
  const PodConstraints& pod;
  const Amounts& demand;
  const ClusterView& cluster;
  const LatencyTable& latency;
  Money carbon_per_tonne = {};
  const ElasticPool* pool = nullptr;  // of the nodes; nullptr: they stand
  bool opens = false;                 // they are opened for these pods
};

inline constexpr int64_t kSecondsPerHour = 3600;

enum class Rounding { kDown, kUp };  // down for bounds, up for bills

class CostTerm {
 public:
  virtual ~CostTerm() = default;
  virtual std::string_view name() const = 0;
  // For `pods` of them; rounded once for each product.
  virtual Money Cost(const CostInput& in, int64_t pods, Rounding rounding) const = 0;
};

const CostTerm& LatencyTerm();  // costs/latency.cc
const CostTerm& EgressTerm();   // costs/egress.cc
const CostTerm& MovingTerm();   // costs/moving.cc

const CostTerm& ChargeBackTerm();     // costs/charge_back.cc
const CostTerm& CarbonTerm();         // costs/carbon.cc
const CostTerm& InterruptionsTerm();  // costs/interruptions.cc
const CostTerm& WaitingTerm();        // costs/waiting.cc

// Those that are the same whichever nodes of the cluster are used, whatever the pod asks for.
const std::vector<const CostTerm*>& ClusterTerms();
// Those of the nodes: by what is asked for (capacity, carbon) and by their pool.
const std::vector<const CostTerm*>& RoomTerms();

// a * b * c / divisor, rounded.
Money Product(int64_t a, int64_t b, int64_t c, int64_t divisor, Rounding rounding);

}  // namespace stowage::scheduler
