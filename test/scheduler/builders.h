// Small problems for tests: builders that name only what matters.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

inline constexpr int64_t kGi = int64_t{1} << 30;

inline Money Dollars(double dollars) {
  return {static_cast<int64_t>(dollars * static_cast<double>(kNanoPerUnit) + 0.5)};
}

inline Amounts Room(int64_t milli_cpu, int64_t gib, int64_t pods = 110) {
  return {milli_cpu, gib * kGi, pods};
}

inline PodClass Pods(std::string key, int64_t count, Amounts demand,
                     PodConstraints constraints = {}, int32_t priority = 0) {
  return {.key = std::move(key),
          .count = count,
          .priority = priority,
          .demand = std::move(demand),
          .constraints = std::make_shared<const PodConstraints>(std::move(constraints))};
}

inline Amounts Demand(int64_t milli_cpu, int64_t gib) { return Room(milli_cpu, gib, 1); }

inline ClusterView Cluster(std::string name, std::vector<NodeShape> shapes, double core_hour = 0) {
  ClusterView view{.name = std::move(name), .shapes = std::move(shapes)};
  if (core_hour > 0) view.charge_back = {{ResourceTable::kCpu, Dollars(core_hour), 1000}};
  return view;
}

inline NodeShape Nodes(int64_t count, Amounts free, Labels labels = {},
                       std::vector<Taint> taints = {}) {
  return {std::move(labels), std::move(taints), std::move(free), count};
}

inline ElasticPool Pool(std::string name, int64_t nodes_max, Amounts allocatable,
                        double node_hour) {
  return {.name = std::move(name),
          .allocatable = std::move(allocatable),
          .nodes_max = nodes_max,
          .node_hour = Dollars(node_hour)};
}

}  // namespace stowage::scheduler
