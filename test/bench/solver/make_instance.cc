// make_instance: instances of published families, and of ours, in the formats of `stowage solve`.
//
//   make_instance C|D|E AGENTS JOBS RESOURCES SEED     gap, or mrgap with more than one resource
//   make_instance fleet105|fleet115 PODS SEED          fleet: capacity 1.05 or 1.15 x demand
//   make_instance FAMILY PODS SEED                     mvp: buying nodes (packing_instances.h)
//   make_instance elastic PODS CLUSTERS SEED           stowage: clusters that stand, and nodes to
//   buy
//
// To standard output. The same arguments give the same bytes on every machine.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "app/solve/problem_format.h"
#include "test/scheduler/instances/elastic_problem.h"
#include "test/scheduler/instances/gap_instances.h"
#include "test/scheduler/instances/packing_instances.h"

namespace stowage::scheduler {
namespace {

class Text {
 public:
  explicit Text(std::string text = "") : text_(std::move(text)) {}
  void Line(const std::vector<int64_t>& numbers) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (i > 0) text_ += ' ';
      text_ += std::to_string(numbers[i]);
    }
    text_ += '\n';
  }
  void Write() const { std::fwrite(text_.data(), 1, text_.size(), stdout); }

 private:
  std::string text_;
};

Text OfGap(const GapProblem& p) {
  Text out;
  if (p.resources == 1) {
    out.Line({p.agents, p.classes});
  } else {
    out.Line({p.agents, p.classes, p.resources});
  }
  std::vector<int64_t> line(p.classes);
  for (int32_t j = 0; j < p.agents; ++j) {
    for (int32_t k = 0; k < p.classes; ++k) line[k] = p.Cost(k, j);
    out.Line(line);
  }
  for (int32_t r = 0; r < p.resources; ++r) {
    for (int32_t j = 0; j < p.agents; ++j) {
      for (int32_t k = 0; k < p.classes; ++k) line[k] = p.Sizes(k, j)[r];
      out.Line(line);
    }
  }
  line.resize(p.agents);
  for (int32_t r = 0; r < p.resources; ++r) {
    for (int32_t j = 0; j < p.agents; ++j) line[j] = p.Capacities(j)[r];
    out.Line(line);
  }
  return out;
}

Text OfFleet(const GapProblem& p) {
  Text out;
  out.Line({p.agents, p.classes, p.resources});
  for (int32_t j = 0; j < p.agents; ++j) {
    out.Line({p.Capacities(j), p.Capacities(j) + p.resources});
  }
  for (int32_t k = 0; k < p.classes; ++k) {
    std::vector<int64_t> line = {p.counts[k]};
    line.insert(line.end(), p.Sizes(k, 0), p.Sizes(k, 0) + p.resources);
    for (int32_t j = 0; j < p.agents; ++j) line.push_back(p.Cost(k, j));
    out.Line(line);
  }
  return out;
}

Text OfPacking(const PackingProblem& p) {
  Text out;
  out.Line({p.dimensions});
  out.Line({static_cast<int64_t>(p.bins.size())});
  for (const BinType& bin : p.bins) {
    std::vector<int64_t> line = bin.capacity;
    line.push_back(bin.cost);
    line.push_back(bin.quantity);
    out.Line(line);
  }
  out.Line({static_cast<int64_t>(p.items.size())});
  for (const PackingItem& item : p.items) {
    out.Line({static_cast<int64_t>(item.incarnations.size()), item.demand});
    for (const auto& sizes : item.incarnations) out.Line(sizes);
  }
  return out;
}

// nullopt: not so.
std::optional<Text> Make(const std::string& family, const std::vector<int64_t>& n) {
  const auto positive = [&](size_t count) {
    return n.size() == count && std::all_of(n.begin(), n.end(), [](int64_t v) { return v > 0; });
  };
  if (family == "C" || family == "D" || family == "E") {
    if (!positive(4)) return std::nullopt;
    return OfGap(MakeGap(family[0], static_cast<int32_t>(n[0]), static_cast<int32_t>(n[1]),
                         static_cast<int32_t>(n[2]), static_cast<uint64_t>(n[3])));
  }
  if (family == "fleet105" || family == "fleet115") {
    if (!positive(2)) return std::nullopt;
    return OfFleet(
        MakeFleet(n[0], family == "fleet105" ? 1.05 : 1.15, static_cast<uint64_t>(n[1])));
  }
  if (family == "elastic") {
    if (!positive(3)) return std::nullopt;
    return Text(app::WriteProblem(
        MakeElasticProblem({.pods = n[0], .clusters = n[1], .seed = static_cast<uint64_t>(n[2])})));
  }
  const auto families = PackingFamilies();
  if (std::find(families.begin(), families.end(), family) == families.end() || !positive(2)) {
    return std::nullopt;
  }
  return OfPacking(PackingInstance(family, n[0], static_cast<uint64_t>(n[1])));
}

int Main(const std::vector<std::string>& args) {
  std::vector<int64_t> numbers;
  for (size_t i = 1; i < args.size(); ++i) numbers.push_back(std::atoll(args[i].c_str()));
  const auto text = args.empty() ? std::nullopt : Make(args[0], numbers);
  if (!text) {
    std::fprintf(stderr,
                 "usage: make_instance C|D|E AGENTS JOBS RESOURCES SEED\n"
                 "       make_instance fleet105|fleet115 PODS SEED\n"
                 "       make_instance elastic PODS CLUSTERS SEED\n"
                 "       make_instance FAMILY PODS SEED     (mvp:");
    for (const std::string& f : PackingFamilies()) std::fprintf(stderr, " %s", f.c_str());
    std::fprintf(stderr, ")\n");
    return 3;
  }
  text->Write();
  return 0;
}

}  // namespace
}  // namespace stowage::scheduler

int main(int argc, char** argv) {
  return stowage::scheduler::Main(std::vector<std::string>(argv + 1, argv + argc));
}
