// More of a problem: what another file adds to it.
#include <algorithm>
#include <iterator>

#include "app/solve/model_fields.h"
#include "app/solve/what_if.h"

namespace stowage::app {
namespace {

using scheduler::Amounts;
using scheduler::ClusterView;
using scheduler::Problem;
using scheduler::ResourceTable;

// Amounts of one table of resources as amounts of another, which grows.
class Translation {
 public:
  Translation(const ResourceTable& from, ResourceTable& to) {
    for (size_t r = 0; r < from.size(); ++r) number_.push_back(to.Intern(from.name(r)));
  }
  size_t operator()(size_t resource) const { return number_[resource]; }
  void operator()(Amounts& amounts) const {
    Amounts out;
    out.devices = amounts.devices;
    for (size_t r = 0; r < amounts.size(); ++r) {
      if (out.size() <= number_[r]) out.resize(number_[r] + 1, 0);
      out[number_[r]] = amounts[r];
    }
    while (!out.empty() && out.back() == 0) out.pop_back();
    amounts = std::move(out);
  }
  void operator()(scheduler::Devices& devices) const {
    std::vector<std::pair<size_t, size_t>> order;  // the new number, and where it stood
    for (size_t i = 0; i < devices.resources.size(); ++i) {
      order.emplace_back(number_[devices.resources[i]], i);
    }
    std::sort(order.begin(), order.end());
    scheduler::Devices out;
    for (const auto& [number, i] : order) out.resources.push_back(number);
    for (const std::vector<int64_t>& device : devices.free) {
      std::vector<int64_t>& free = out.free.emplace_back();
      for (const auto& [number, i] : order) free.push_back(device[i]);
    }
    devices = std::move(out);
  }

 private:
  std::vector<size_t> number_;
};

void Translate(Problem& p, const Translation& translate) {
  for (scheduler::PodClass& k : p.classes) {
    translate(k.demand);
    for (auto& [cluster, demand] : k.demand_in) translate(demand);
  }
  for (ClusterView& c : p.clusters) {
    for (scheduler::NodeShape& s : c.shapes) {
      translate(s.free);
      translate(s.devices);
    }
    for (scheduler::ElasticPool& pool : c.pools) {
      translate(pool.allocatable);
      translate(pool.devices);
    }
    for (scheduler::BoundPods& b : c.bound) translate(b.demand);
    for (scheduler::ResourcePrice& r : c.charge_back) r.resource = translate(r.resource);
    for (scheduler::Emission& e : c.emissions) e.resource = translate(e.resource);
  }
  for (scheduler::Quota& q : p.quotas) {
    for (scheduler::Quota::Cap& cap : q.caps) cap.resource = translate(cap.resource);
  }
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

// What a cluster is, beside the nodes that can be added to it.
bool SaysMore(const ClusterView& c) {
  return !c.region.empty() || !c.labels.empty() || !c.taints.empty() || c.unschedulable ||
         !c.charge_back.empty() || c.egress_per_gib.nano != 0 || !c.emissions.empty();
}

}  // namespace

Result<Problem> Joined(Problem problem, Problem more, const std::string& more_name) {
  Translate(more, Translation(more.resources, problem.resources));
  for (ClusterView& c : more.clusters) {
    const auto there = std::find_if(problem.clusters.begin(), problem.clusters.end(),
                                    [&](const ClusterView& other) { return other.name == c.name; });
    if (there == problem.clusters.end()) {
      problem.clusters.push_back(std::move(c));
      continue;
    }
    if (SaysMore(c)) {
      return MakeError(ErrorCode::kInvalid,
                       more_name + ": cluster " + Quoted(c.name) +
                           " is in the problem already; only nodes, pools and bound pods can be "
                           "added to it");
    }
    Append(there->shapes, c.shapes);
    Append(there->pools, c.pools);
    Append(there->bound, c.bound);
  }
  Append(problem.classes, more.classes);
  Append(problem.links, more.links);
  Append(problem.quotas, more.quotas);
  Append(problem.gangs, more.gangs);
  Append(problem.budgets, more.budgets);
  for (auto& [name, labels] : more.namespaces) problem.namespaces[name] = std::move(labels);
  if (auto ok = scheduler::Validate(problem); !ok) {
    return Err(WithContext(ok.error(), "with what " + more_name + " adds"));
  }
  return problem;
}

}  // namespace stowage::app
