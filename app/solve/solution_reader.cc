#include <map>
#include <set>

#include "app/solve/model_fields.h"
#include "app/solve/solution_text.h"

namespace stowage::app {
namespace {

using scheduler::ClusterView;
using scheduler::ClusterWitness;
using scheduler::GapProblem;
using scheduler::GapShare;
using scheduler::GapSolution;
using scheduler::PackedBins;
using scheduler::PackedNodes;
using scheduler::PackingProblem;
using scheduler::PackingSolution;
using scheduler::Placement;
using scheduler::Problem;

constexpr int64_t kMaxCount = int64_t{1} << 62;

FieldReader RootOf(Complaints& complaints, const Value& root) {
  return FieldReader(complaints, root, "solution",
                     {"format", "status", "cost", "bound", "bounds", "gap", "tiers", "relaxed",
                      "violation", "seconds", "iterations", "solver", "hash", "assignment",
                      "unplaced", "witness", "explanation", "whatIf"});
}

const std::vector<Value>& AssignmentOf(FieldReader& root) {
  root.Require("assignment", "[...]; stowage solve prints it with --assignment");
  return root.List("assignment");
}

// A number of the file's, counted from 1, as a place.
int32_t Place(FieldReader& in, std::string_view field, int64_t size) {
  in.Require(field, "1");
  if (size == 0) in.complaints().Add(in.at(), in.NameOf(field) + ": the problem has none");
  return static_cast<int32_t>(in.Int(field, 1, 1, std::max<int64_t>(size, 1)) - 1);
}

int64_t Count(FieldReader& in, std::string_view field, int64_t max) {
  in.Require(field, "1");
  return in.Int(field, 1, 1, max);
}

std::optional<int64_t> ReadCost(FieldReader& in, std::string_view field, bool nano) {
  const Value* value = in.Find(field);
  if (value == nullptr) return std::nullopt;
  const std::string text = ReadText(in.complaints(), *value, in.NameOf(field));
  const auto n = ParseDecimal(text, nano ? 9 : 0);
  if (!n) {
    in.complaints().Add(value->at, in.NameOf(field) + ": expected a number >= 0" +
                                       (nano ? " with at most 9 decimal places" : "") + ", found " +
                                       Quoted(text));
  }
  return n;
}

const ClusterView* ReadCluster(FieldReader& in, const Value& value, const Problem& problem) {
  const std::string name = in.RequireText("cluster", "onprem");
  for (const ClusterView& c : problem.clusters) {
    if (c.name == name) return &c;
  }
  in.complaints().Add(value.at, in.NameOf("cluster") +
                                    ": expected a cluster of the problem, found " + Quoted(name));
  return nullptr;
}

PackedNodes ReadNodes(Complaints& complaints, const Value& value, const ClusterView& cluster) {
  FieldReader in(complaints, value, "nodes of cluster " + Quoted(cluster.name),
                 {"shape", "pool", "count", "loads"});
  PackedNodes out;
  if (in.Find("pool") != nullptr) {
    const std::string name = in.Text("pool");
    for (size_t i = 0; i < cluster.pools.size(); ++i) {
      if (cluster.pools[i].name == name) out.pool = static_cast<int32_t>(i);
    }
    if (out.pool < 0) {
      complaints.Add(value.at,
                     in.NameOf("pool") + ": expected a pool of the cluster, found " + Quoted(name));
    }
  } else {
    out.shape = Place(in, "shape", static_cast<int64_t>(cluster.shapes.size()));
  }
  out.count = Count(in, "count", scheduler::kMaxPods);
  for (const Value& v : in.List("loads")) {
    FieldReader load(complaints, v, in.NameOf("loads"),
                     {"class", "bound", "perNode", "step", "devices"});
    PackedNodes::Load l;
    if (load.Find("bound") != nullptr) {
      l.bound = Place(load, "bound", static_cast<int64_t>(cluster.bound.size()));
    } else {
      l.key = load.RequireText("class", "web");
    }
    l.per_node = Count(load, "perNode", scheduler::kMaxPods);
    l.step = load.Int("step", 0, 0, kMaxCount);
    for (const Value& on : load.List("devices")) {
      l.on.push_back(ReadInt(complaints, on, load.NameOf("devices"), 0, scheduler::kMaxPods));
    }
    out.loads.push_back(std::move(l));
  }
  return out;
}

std::vector<ClusterWitness> ReadWitness(FieldReader& root, const Problem& problem) {
  std::vector<ClusterWitness> out;
  std::set<std::string> seen;
  for (const Value& value : root.List("witness")) {
    FieldReader in(root.complaints(), value, "witness", {"cluster", "boundUnpacked", "nodes"});
    const ClusterView* cluster = ReadCluster(in, value, problem);
    if (cluster == nullptr) break;
    if (!seen.insert(cluster->name).second) {
      in.complaints().Add(value.at, "witness: the cluster stands twice");
    }
    ClusterWitness w{.cluster = cluster->name};
    w.bound_unpacked = in.Int("boundUnpacked", 0, 0, kMaxCount);
    for (const Value& v : in.List("nodes")) {
      w.nodes.push_back(ReadNodes(in.complaints(), v, *cluster));
    }
    out.push_back(std::move(w));
  }
  std::sort(out.begin(), out.end(),
            [](const ClusterWitness& a, const ClusterWitness& b) { return a.cluster < b.cluster; });
  return out;
}

}  // namespace

SolutionHead ReadHead(Complaints& complaints, const Value& root, bool nano) {
  FieldReader in = RootOf(complaints, root);
  return {.status = in.Text("status"),
          .cost = ReadCost(in, "cost", nano),
          .bound = ReadCost(in, "bound", nano),
          .hash = in.Text("hash")};
}

GapSolution ReadAnswer(Complaints& complaints, const Value& root, Format format,
                       const GapProblem& problem) {
  const bool fleet = format == Format::kFleet;
  const std::string_view item = fleet ? "class" : "job", agent = fleet ? "cluster" : "agent";
  FieldReader in = RootOf(complaints, root);
  GapSolution out;
  std::map<std::pair<int32_t, int32_t>, Position> seen;
  for (const Value& value : AssignmentOf(in)) {
    FieldReader share(complaints, value, "assignment", {item, agent, "count"});
    GapShare s{.k = Place(share, item, problem.classes), .j = Place(share, agent, problem.agents)};
    s.count = share.Int("count", 1, 1, kMaxCount);
    const auto [first, is_new] = seen.emplace(std::pair(s.k, s.j), value.at);
    if (!is_new) {
      complaints.Add(value.at, "assignment: the same " + std::string(item) + " and " +
                                   std::string(agent) + " stand in line " +
                                   std::to_string(first->second.line) + " already");
    }
    out.shares.push_back(s);
  }
  std::sort(out.shares.begin(), out.shares.end(), [](const GapShare& a, const GapShare& b) {
    return std::pair(a.k, a.j) < std::pair(b.k, b.j);
  });
  return out;
}

PackingSolution ReadAnswer(Complaints& complaints, const Value& root,
                           const PackingProblem& problem) {
  FieldReader in = RootOf(complaints, root);
  PackingSolution out;
  for (const Value& value : AssignmentOf(in)) {
    FieldReader group(complaints, value, "assignment", {"type", "bins", "items"});
    PackedBins bins{.type = Place(group, "type", static_cast<int64_t>(problem.bins.size()))};
    bins.count = Count(group, "bins", kMaxCount);
    for (const Value& v : group.List("items")) {
      FieldReader load(complaints, v, "items", {"item", "incarnation", "perBin"});
      PackedBins::Load l{.item = Place(load, "item", static_cast<int64_t>(problem.items.size()))};
      if (complaints.any()) return out;
      l.incarnation = load.Find("incarnation") == nullptr
                          ? 0
                          : Place(load, "incarnation",
                                  static_cast<int64_t>(problem.items[l.item].incarnations.size()));
      l.per_bin = Count(load, "perBin", kMaxCount);
      bins.loads.push_back(l);
    }
    std::sort(bins.loads.begin(), bins.loads.end(), [](const auto& a, const auto& b) {
      return std::pair(a.item, a.incarnation) < std::pair(b.item, b.incarnation);
    });
    out.bins.push_back(std::move(bins));
  }
  return out;
}

Placement ReadAnswer(Complaints& complaints, const Value& root, const Problem& problem) {
  FieldReader in = RootOf(complaints, root);
  std::map<std::string, scheduler::ClassPlacement> classes;
  for (const scheduler::PodClass& k : problem.classes) classes[k.key].key = k.key;
  const auto find = [&](FieldReader& entry, const Value& value) {
    const std::string key = entry.RequireText("class", "web");
    const auto it = classes.find(key);
    if (it == classes.end()) {
      complaints.Add(value.at, entry.NameOf("class") + ": expected a class of the problem, found " +
                                   Quoted(key));
      return static_cast<scheduler::ClassPlacement*>(nullptr);
    }
    return &it->second;
  };
  std::map<std::string, std::map<std::string, int64_t>> assigned;
  for (const Value& value : AssignmentOf(in)) {
    FieldReader entry(complaints, value, "assignment", {"class", "cluster", "count"});
    scheduler::ClassPlacement* k = find(entry, value);
    const ClusterView* cluster = ReadCluster(entry, value, problem);
    if (k == nullptr || cluster == nullptr) break;
    const int64_t count = Count(entry, "count", scheduler::kMaxPods);
    if (!assigned[k->key].emplace(cluster->name, count).second) {
      complaints.Add(value.at, "assignment: the same class and cluster stand twice");
    }
  }
  for (const Value& value : in.List("unplaced")) {
    FieldReader entry(complaints, value, "unplaced", {"class", "count"});
    scheduler::ClassPlacement* k = find(entry, value);
    if (k == nullptr) break;
    k->unplaced = Count(entry, "count", scheduler::kMaxPods);
  }
  Placement out;
  for (auto& [key, k] : classes) {
    for (const auto& [cluster, count] : assigned[key]) k.assignments.push_back({cluster, count});
    out.classes.push_back(std::move(k));
  }
  out.witness = ReadWitness(in, problem);
  return out;
}

}  // namespace stowage::app
