#include "app/solve/solution_text.h"

#include "kube/api/json.h"

namespace stowage::app {
namespace {

using scheduler::GapShare;
using scheduler::GapSolution;
using scheduler::PackedBins;
using scheduler::PackingSolution;
using scheduler::Placement;

// A list as a member of an object, one element a line.
class ListMember {
 public:
  explicit ListMember(std::string& out, std::string_view name) : out_(out) {
    if (!out_.empty()) out_ += ",\n";
    out_ += "  \"" + std::string(name) + "\": [";
  }
  void Add(const std::string& element) {
    out_ += any_ ? ",\n    " : "\n    ";
    out_ += element;
    any_ = true;
  }
  void End() { out_ += any_ ? "\n  ]" : "]"; }

 private:
  std::string& out_;
  bool any_ = false;
};

std::string N(int64_t n) { return std::to_string(n); }

std::string ListOf(const std::vector<int64_t>& numbers) {
  std::string out = "[";
  for (const int64_t n : numbers) out += (out.size() > 1 ? ", " : "") + N(n);
  return out + "]";
}

std::string LoadsJson(const scheduler::PackedNodes& nodes) {
  std::string out = "[";
  for (const scheduler::PackedNodes::Load& load : nodes.loads) {
    if (out.size() > 1) out += ", ";
    out += load.bound >= 0 ? "{\"bound\": " + N(load.bound + 1)
                           : "{\"class\": " + kube::QuoteJson(load.key);
    out += ", \"perNode\": " + N(load.per_node);
    if (!load.on.empty()) out += ", \"devices\": " + ListOf(load.on);
    out += load.bound >= 0 ? "}" : ", \"step\": " + N(load.step) + "}";
  }
  return out + "]";
}

const scheduler::ClusterView* FindCluster(const scheduler::Problem& problem,
                                          const std::string& name) {
  for (const scheduler::ClusterView& c : problem.clusters) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

std::string WitnessJson(const scheduler::Problem& problem,
                        const scheduler::ClusterWitness& witness) {
  const scheduler::ClusterView* cluster = FindCluster(problem, witness.cluster);
  std::string out = "{\"cluster\": " + kube::QuoteJson(witness.cluster) +
                    ", \"boundUnpacked\": " + N(witness.bound_unpacked) + ", \"nodes\": [";
  for (size_t i = 0; i < witness.nodes.size(); ++i) {
    const scheduler::PackedNodes& nodes = witness.nodes[i];
    out += i > 0 ? ",\n      " : "\n      ";
    out += nodes.pool >= 0 && cluster != nullptr
               ? "{\"pool\": " + kube::QuoteJson(cluster->pools[nodes.pool].name)
               : "{\"shape\": " + N(nodes.shape + 1);
    out += ", \"count\": " + N(nodes.count) + ", \"loads\": " + LoadsJson(nodes) + "}";
  }
  return out + "]}";
}

}  // namespace

std::string WriteAnswer(Format format, const GapSolution& solution) {
  std::string out;
  ListMember list(out, "assignment");
  for (const GapShare& s : solution.shares) {
    if (format == Format::kFleet) {
      list.Add("{\"class\": " + N(s.k + 1) + ", \"cluster\": " + N(s.j + 1) +
               ", \"count\": " + N(s.count) + "}");
    } else {
      list.Add("{\"job\": " + N(s.k + 1) + ", \"agent\": " + N(s.j + 1) + "}");
    }
  }
  list.End();
  return out;
}

std::string WriteAnswer(const PackingSolution& solution) {
  std::string out;
  ListMember list(out, "assignment");
  for (const PackedBins& bins : solution.bins) {
    std::string element =
        "{\"type\": " + N(bins.type + 1) + ", \"bins\": " + N(bins.count) + ", \"items\": [";
    for (size_t i = 0; i < bins.loads.size(); ++i) {
      const PackedBins::Load& load = bins.loads[i];
      if (i > 0) element += ", ";
      element += "{\"item\": " + N(load.item + 1) +
                 ", \"incarnation\": " + N(load.incarnation + 1) +
                 ", \"perBin\": " + N(load.per_bin) + "}";
    }
    list.Add(element + "]}");
  }
  list.End();
  return out;
}

std::string WriteAnswer(const scheduler::Problem& problem, const Placement& placement) {
  std::string out;
  ListMember assignment(out, "assignment");
  for (const scheduler::ClassPlacement& k : placement.classes) {
    for (const scheduler::Assignment& a : k.assignments) {
      assignment.Add("{\"class\": " + kube::QuoteJson(k.key) + ", \"cluster\": " +
                     kube::QuoteJson(a.cluster) + ", \"count\": " + N(a.count) + "}");
    }
  }
  assignment.End();
  ListMember unplaced(out, "unplaced");
  for (const scheduler::ClassPlacement& k : placement.classes) {
    if (k.unplaced == 0) continue;
    unplaced.Add("{\"class\": " + kube::QuoteJson(k.key) + ", \"count\": " + N(k.unplaced) + "}");
  }
  unplaced.End();
  ListMember witness(out, "witness");
  for (const scheduler::ClusterWitness& w : placement.witness) {
    witness.Add(WitnessJson(problem, w));
  }
  witness.End();
  return out;
}

}  // namespace stowage::app
