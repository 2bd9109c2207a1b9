#include "app/solve/gap_formats.h"

#include <algorithm>
#include <string>

#include "app/solve/number_reader.h"

namespace stowage::app {
namespace {

using scheduler::GapProblem;

constexpr int64_t kMaxNumber = int64_t{1} << 62;
constexpr int64_t kMaxDimension = 100'000'000;
constexpr int64_t kMaxResources = 1'000;

std::string N(int64_t n) { return std::to_string(n); }

// Reads one dimension of the first line.
Result<int32_t> Dimension(NumberReader& in, std::string_view what, int64_t max) {
  int64_t n = 0;
  if (!in.Next(1, max, n)) return Err(in.Expected(what, 1, max));
  return static_cast<int32_t>(n);
}

// The first line's promise against the length of the file, before any memory is taken for it.
Result<void> CheckRoom(const NumberReader& in, __int128 numbers, const std::string& dimensions) {
  if (numbers <= in.MostLeft()) return {};
  const int64_t shown = static_cast<int64_t>(std::min<__int128>(numbers, kMaxNumber));
  return Err(in.ErrorAtToken(in.at(), "expected " + N(shown) + " numbers after " + dimensions +
                                          "; found at most " + N(in.MostLeft()) +
                                          " in the rest of the file; the file is cut off, or its "
                                          "first line is wrong"));
}

// Sums that could overflow have no one place: the first line stands for them.
Result<GapProblem> Finish(Source source, NumberReader& in, std::string_view last,
                          GapProblem problem) {
  RETURN_IF_ERROR(in.End(last,
                         "remove it, or correct the sizes in the first line (a file holds one "
                         "problem, without a number of problems before it)"));
  if (auto ok = scheduler::Validate(problem); !ok) {
    return Err(ErrorAt(source.name, {}, ok.error().message));
  }
  return problem;
}

// `agents` lines of `classes` numbers each, to out[class][agent] with `stride` numbers a pair.
// `what` names them: "cost" reads "the cost of job 3 on agent 2".
Result<void> ReadMatrix(NumberReader& in, const GapProblem& p, std::string_view what, int64_t* out,
                        int64_t stride) {
  for (int64_t j = 0; j < p.agents; ++j) {
    for (int64_t k = 0; k < p.classes; ++k) {
      if (in.Next(0, kMaxNumber, out[(k * p.agents + j) * stride])) continue;
      return Err(in.Expected("the " + std::string(what) + " of job " + N(k + 1) + " on agent " +
                                 N(j + 1) + " of " + N(p.agents) + " (jobs: " + N(p.classes) + ")",
                             0, kMaxNumber));
    }
  }
  return {};
}

Result<void> ReadCapacities(NumberReader& in, GapProblem& p, int32_t resource) {
  for (int64_t j = 0; j < p.agents; ++j) {
    if (in.Next(0, kMaxNumber, p.capacities[j * p.resources + resource])) continue;
    const std::string of = p.resources > 1 ? " of resource " + N(resource + 1) : "";
    return Err(in.Expected("the capacity" + of + " of agent " + N(j + 1) + " of " + N(p.agents), 0,
                           kMaxNumber));
  }
  return {};
}

void Allocate(GapProblem& p) {
  const size_t pairs = static_cast<size_t>(p.classes) * p.agents;
  p.counts.assign(p.classes, 1);
  p.costs.resize(pairs);
  p.sizes.resize((p.uniform ? p.classes : pairs) * p.resources);
  p.capacities.resize(static_cast<size_t>(p.agents) * p.resources);
}

// What gap and mrgap share: everything after the first line.
Result<GapProblem> ReadJobs(Source source, NumberReader& in, GapProblem p,
                            const std::string& dimensions) {
  const __int128 pairs = static_cast<__int128>(p.agents) * p.classes;
  RETURN_IF_ERROR(CheckRoom(in, pairs + (pairs + p.agents) * p.resources, dimensions));
  Allocate(p);
  RETURN_IF_ERROR(ReadMatrix(in, p, "cost", p.costs.data(), 1));
  for (int32_t r = 0; r < p.resources; ++r) {
    const std::string what = p.resources > 1 ? "size in resource " + N(r + 1) : "size";
    RETURN_IF_ERROR(ReadMatrix(in, p, what, p.sizes.data() + r, p.resources));
  }
  for (int32_t r = 0; r < p.resources; ++r) RETURN_IF_ERROR(ReadCapacities(in, p, r));
  return Finish(source, in, "the last capacity", std::move(p));
}

Result<void> ReadClass(NumberReader& in, GapProblem& p, int64_t k) {
  const std::string of = " of class " + N(k + 1) + " of " + N(p.classes);
  if (!in.Next(0, kMaxNumber, p.counts[k])) {
    return Err(in.Expected("the count" + of, 0, kMaxNumber));
  }
  for (int64_t r = 0; r < p.resources; ++r) {
    if (in.Next(0, kMaxNumber, p.sizes[k * p.resources + r])) continue;
    return Err(in.Expected("the size in resource " + N(r + 1) + of, 0, kMaxNumber));
  }
  for (int64_t j = 0; j < p.agents; ++j) {
    if (in.Next(GapProblem::kForbidden, kMaxNumber, p.costs[k * p.agents + j])) continue;
    return Err(in.Expected("the cost" + of + " on agent " + N(j + 1) + " (-1: not allowed)",
                           GapProblem::kForbidden, kMaxNumber));
  }
  return {};
}

}  // namespace

Result<GapProblem> ParseGap(Source source) {
  NumberReader in(source);
  GapProblem p{.resources = 1};
  ASSIGN_OR_RETURN(p.agents, Dimension(in, "m, the number of agents", kMaxDimension));
  ASSIGN_OR_RETURN(p.classes, Dimension(in, "n, the number of jobs", kMaxDimension));
  return ReadJobs(source, in, std::move(p), "m = " + N(p.agents) + " and n = " + N(p.classes));
}

Result<GapProblem> ParseMrgap(Source source) {
  NumberReader in(source);
  GapProblem p;
  ASSIGN_OR_RETURN(p.agents, Dimension(in, "m, the number of agents", kMaxDimension));
  ASSIGN_OR_RETURN(p.classes, Dimension(in, "n, the number of jobs", kMaxDimension));
  ASSIGN_OR_RETURN(p.resources, Dimension(in, "s, the number of resources", kMaxResources));
  return ReadJobs(source, in, std::move(p),
                  "m = " + N(p.agents) + ", n = " + N(p.classes) + " and s = " + N(p.resources));
}

Result<GapProblem> ParseFleet(Source source) {
  NumberReader in(source);
  GapProblem p{.uniform = true};
  ASSIGN_OR_RETURN(p.agents, Dimension(in, "m, the number of clusters", kMaxDimension));
  ASSIGN_OR_RETURN(p.classes, Dimension(in, "C, the number of classes", kMaxDimension));
  ASSIGN_OR_RETURN(p.resources, Dimension(in, "s, the number of resources", kMaxResources));
  const __int128 per_class = __int128{1} + p.resources + p.agents;
  RETURN_IF_ERROR(
      CheckRoom(in, static_cast<__int128>(p.agents) * p.resources + p.classes * per_class,
                "m = " + N(p.agents) + ", C = " + N(p.classes) + " and s = " + N(p.resources)));
  Allocate(p);
  for (int64_t j = 0; j < p.agents; ++j) {
    for (int64_t r = 0; r < p.resources; ++r) {
      if (in.Next(0, kMaxNumber, p.capacities[j * p.resources + r])) continue;
      return Err(in.Expected(
          "the capacity of cluster " + N(j + 1) + " of " + N(p.agents) + " in resource " + N(r + 1),
          0, kMaxNumber));
    }
  }
  for (int64_t k = 0; k < p.classes; ++k) RETURN_IF_ERROR(ReadClass(in, p, k));
  return Finish(source, in, "the last class", std::move(p));
}

}  // namespace stowage::app
