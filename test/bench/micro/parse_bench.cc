// Reading problems: the largest assignment file of the published sizes, and a placement problem in
// both of its notations.
#include <benchmark/benchmark.h>

#include <string>

#include "app/solve/canonical.h"
#include "app/solve/gap_formats.h"
#include "app/solve/problem_format.h"
#include "base/random/rng.h"

namespace stowage::app {
namespace {

std::string GapText(int64_t agents, int64_t jobs) {
  Rng rng(20261121);
  std::string out = std::to_string(agents) + " " + std::to_string(jobs) + "\n";
  for (int64_t i = 0; i < 2 * agents * jobs; ++i) {
    out += std::to_string(rng.Between(1, 110));
    out += (i + 1) % jobs == 0 ? '\n' : ' ';
  }
  for (int64_t j = 0; j < agents; ++j) out += std::to_string(rng.Between(3000, 4000)) + " ";
  return out;
}

// 1.28 million numbers.
void ParseGap100x6400(benchmark::State& state) {
  const std::string text = GapText(100, 6400);
  for (auto _ : state) {
    auto problem = ParseGap({"f", text});
    if (!problem) state.SkipWithError(problem.error().message.c_str());
    benchmark::DoNotOptimize(problem);
  }
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}
BENCHMARK(ParseGap100x6400)->Unit(benchmark::kMillisecond);

void CanonicalGap100x6400(benchmark::State& state) {
  const std::string text = GapText(100, 6400);
  const auto problem = ParseGap({"f", text});
  for (auto _ : state) {
    auto canonical = InOrder(*problem, CanonicalOrder(*problem));
    benchmark::DoNotOptimize(canonical);
  }
}
BENCHMARK(CanonicalGap100x6400)->Unit(benchmark::kMillisecond);

// 2,000 classes, 100 clusters of 20 nodes, each with its own free room; as JSON or as YAML.
std::string PlacementText(bool json) {
  Rng rng(7);
  const auto quoted = [&](const std::string& key) { return json ? "\"" + key + "\"" : key; };
  std::string out = "{" + quoted("classes") + ": [";
  for (int k = 0; k < 2000; ++k) {
    out += (k > 0 ? ",\n" : "") + std::string("{") + quoted("name") + ": \"k" + std::to_string(k) +
           "\", " + quoted("count") + ": " + std::to_string(rng.Between(1, 99)) + ", " +
           quoted("requests") + ": {" + quoted("cpu") + ": \"" +
           std::to_string(rng.Between(10, 900)) + "m\", " + quoted("memory") + ": \"1Gi\"}}";
  }
  out += "],\n" + quoted("clusters") + ": [";
  for (int j = 0; j < 100; ++j) {
    out += (j > 0 ? ",\n" : "") + std::string("{") + quoted("name") + ": \"c" + std::to_string(j) +
           "\", " + quoted("nodes") + ": [";
    for (int n = 0; n < 20; ++n) {
      out += (n > 0 ? ", {" : "{") + quoted("free") + ": {" + quoted("cpu") + ": \"" +
             std::to_string(rng.Between(1000, 64000)) + "m\", " + quoted("memory") + ": \"64Gi\"}}";
    }
    out += "]}";
  }
  return out + "]}";
}

void ParsePlacement(benchmark::State& state) {
  const std::string text = PlacementText(state.range(0) == 1);
  const char* name = state.range(0) == 1 ? "f.json" : "f.yaml";
  for (auto _ : state) {
    auto problem = ParseProblem({name, text});
    if (!problem) state.SkipWithError(problem.error().message.c_str());
    benchmark::DoNotOptimize(problem);
  }
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}
BENCHMARK(ParsePlacement)->ArgName("json")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace stowage::app
