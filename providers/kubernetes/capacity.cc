#include "providers/kubernetes/capacity.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "kube/api/quantity.h"
#include "kube/api/well_known.h"

namespace stowage::providers {
namespace {

using kube::JsonRef;

constexpr size_t kShapesMax = 256;

bool NamesOneNode(std::string_view label) {
  return label == kube::kLabelHostname || label.ends_with("/instance-id") ||
         label.ends_with("/hostname") || label.ends_with("/node-id") ||
         label.ends_with("/provider-id") || label.ends_with("/machine-id");
}

Amounts AmountsOf(JsonRef resources) {
  Amounts amounts;
  for (const auto& [name, value] : resources.members()) {
    const std::string text = value.is_string() ? value.string() : value.Dump();
    auto quantity = kube::Quantity::Parse(text);
    if (quantity) amounts[std::string(name)] = kube::ResourceAmount(name, *quantity);
  }
  return amounts;
}

int64_t AddCapped(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

void Add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) to[name] = AddCapped(to[name], amount);
}

// A shape's identity. Sorting by it is the order of Capacity::shapes.
using ShapeKey = std::tuple<std::map<std::string, std::string>, std::string, Amounts>;
using Shapes = std::map<ShapeKey, NodeShape>;

Shapes Merge(const std::vector<NodeShape>& all) {
  Shapes merged;
  for (const NodeShape& shape : all) {
    ShapeKey key{shape.labels, shape.taints.Dump(), shape.allocatable};
    auto [it, added] = merged.try_emplace(std::move(key), shape);
    if (!added) it->second.count += shape.count;
  }
  return merged;
}

std::vector<NodeShape> Values(Shapes shapes) {
  std::vector<NodeShape> values;
  for (auto& [key, shape] : shapes) values.push_back(std::move(shape));
  return values;
}

// Free amounts down to multiples of the largest one's 1/steps.
void RoundDown(std::vector<NodeShape>& shapes, int64_t steps) {
  Amounts largest;
  for (const NodeShape& shape : shapes) {
    for (const auto& [name, amount] : shape.allocatable) {
      largest[name] = std::max(largest[name], amount);
    }
  }
  for (NodeShape& shape : shapes) {
    for (auto& [name, amount] : shape.allocatable) {
      const int64_t step = std::max<int64_t>(1, largest[name] / steps);
      amount -= amount % step;
    }
  }
}

// Takes away the label with the most values: pods that select by it see less, never too much.
bool DropBusiestLabel(std::vector<NodeShape>& shapes) {
  std::map<std::string, std::set<std::string>> values;
  for (const NodeShape& shape : shapes) {
    for (const auto& [key, value] : shape.labels) values[key].insert(value);
  }
  if (values.empty()) return false;
  const auto busiest =
      std::max_element(values.begin(), values.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();  // ties: the first by name
      });
  for (NodeShape& shape : shapes) shape.labels.erase(busiest->first);
  return true;
}

std::vector<NodeShape> Fold(std::vector<NodeShape> all) {
  Shapes merged = Merge(all);
  for (const int64_t steps : {256, 64, 16, 4}) {
    if (merged.size() <= kShapesMax) return Values(std::move(merged));
    RoundDown(all, steps);
    merged = Merge(all);
  }
  while (merged.size() > kShapesMax && DropBusiestLabel(all)) merged = Merge(all);
  std::vector<NodeShape> values = Values(std::move(merged));
  // Only taints are left to tell them apart: what does not fit is not offered.
  if (values.size() > kShapesMax) values.resize(kShapesMax);
  return values;
}

void Limit(Amounts& amounts, const ResourceLimits& limits) {
  for (const auto& [name, limit] : limits) {
    if (auto it = amounts.find(name); it != amounts.end()) it->second = std::min(it->second, limit);
  }
}

}  // namespace

NodeFacts FactsOf(const kube::Object& node) {
  NodeFacts facts;
  for (const auto& [key, value] : node.metadata()["labels"].members()) {
    if (!NamesOneNode(key)) facts.labels.emplace(key, value.string());
  }
  kube::MutableJson taints;
  taints["all"] = kube::JsonArray{};
  for (JsonRef taint : node.spec()["taints"].elements()) {
    kube::MutableJson copy(taint);
    copy.Remove({"timeAdded"});  // two nodes that differ in it are alike
    taints["all"].Append(copy.ref());
  }
  facts.taints = kube::Json::Copy(taints.ref()["all"]);
  facts.capacity = AmountsOf(node.status()["capacity"]);
  facts.allocatable = AmountsOf(node.status()["allocatable"]);
  bool ready = false;
  for (JsonRef condition : node.status()["conditions"].elements()) {
    ready = ready || (condition["type"].str() == "Ready" && condition["status"].str() == "True");
  }
  facts.usable = ready && !node.spec()["unschedulable"].boolean() && !node.deleting();
  return facts;
}

Amounts RequestsOf(JsonRef spec) {
  Amounts sum;
  for (JsonRef container : spec["containers"].elements()) {
    Add(sum, AmountsOf(container["resources"]["requests"]));
  }
  // Init containers run one by one; those that always restart (sidecars) stay beside all later
  // ones.
  Amounts sidecars, peak;
  for (JsonRef container : spec["initContainers"].elements()) {
    const Amounts own = AmountsOf(container["resources"]["requests"]);
    Amounts now = sidecars;
    Add(now, own);
    for (const auto& [name, amount] : now) peak[name] = std::max(peak[name], amount);
    if (container["restartPolicy"].str() == "Always") Add(sidecars, own);
  }
  Add(sum, sidecars);
  for (const auto& [name, amount] : peak) sum[name] = std::max(sum[name], amount);
  // Requests of the whole pod, where its author set them, stand for those of the containers.
  for (const auto& [name, amount] : AmountsOf(spec["resources"]["requests"])) sum[name] = amount;
  Add(sum, AmountsOf(spec["overhead"]));
  sum["pods"] = 1;
  return sum;
}

Capacity ComputeCapacity(const std::map<kube::NamespacedName, NodeFacts>& nodes,
                         const std::map<std::string, Amounts>& foreign,
                         const ResourceLimits& limits) {
  Capacity capacity;
  std::vector<NodeShape> shapes;
  for (const auto& [name, node] : nodes) {
    ++capacity.nodes;
    Add(capacity.capacity, node.capacity);
    if (!node.usable) continue;
    ++capacity.ready_nodes;
    NodeShape shape{node.labels, node.taints, node.allocatable, 1};
    if (auto used = foreign.find(name.name); used != foreign.end()) {
      for (auto& [resource, amount] : shape.allocatable) {
        auto it = used->second.find(resource);
        if (it != used->second.end()) amount = std::max<int64_t>(0, amount - it->second);
      }
    }
    Add(capacity.allocatable, shape.allocatable);
    shapes.push_back(std::move(shape));
  }
  Limit(capacity.allocatable, limits);
  capacity.shapes = Fold(std::move(shapes));
  return capacity;
}

Capacity CapacityFromLimits(const ResourceLimits& limits) {
  Capacity capacity;
  capacity.capacity = limits;
  capacity.allocatable = limits;
  auto none = kube::Json::Parse("[]");
  capacity.shapes.push_back({{}, none ? *none : kube::Json(), limits, 1});
  return capacity;
}

}  // namespace stowage::providers
