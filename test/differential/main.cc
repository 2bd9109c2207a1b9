// The differential test: thousands of random small worlds, a real kube-scheduler's word on each
// node and ours, side by side. differential.py starts the control plane. Options: --kubeconfig,
// --extender-port, --cases (for each row), --seed, --only (a part of a row's name), --show (how
// many disagreements are printed whole).
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "base/log/log.h"
#include "test/bench/support/api_client.h"
#include "test/bench/support/flags.h"
#include "test/differential/compare.h"
#include "test/differential/maker.h"
#include "test/differential/real_scheduler.h"

namespace stowage::differential {
namespace {

struct Options {
  int64_t cases, seed, show;
  std::string only;
};

// Asks worlds of all rows, kSlots at a time.
class Run {
 public:
  Run(RealScheduler& real, const Options& options) : real_(real), options_(options) {}

  std::vector<Tally> Everything() {
    tallies_.resize(Rows().size());
    for (size_t r = 0; r < Rows().size(); ++r) {
      if (std::string(Rows()[r].name).find(options_.only) == std::string::npos) continue;
      int64_t planned = 0;
      for (size_t index = 0; planned < options_.cases; ++index) {
        World world = Next(r, index);
        planned += static_cast<int64_t>(world.incoming.size());
        Batch& batch = world.AskedAlone() ? alone_ : together_;
        batch.origins.push_back({r, index});
        batch.worlds.push_back({std::move(world)});
        Flush(alone_, 1);
        Flush(together_, kSlots);
      }
    }
    Flush(together_, 1);
    return tallies_;
  }

 private:
  struct Origin {
    size_t row, index;
  };
  struct Batch {
    std::vector<Asked> worlds;
    std::vector<Origin> origins;
  };

  void Flush(Batch& batch, size_t least) {
    if (batch.worlds.size() < least) return;
    real_.Ask(batch.worlds);
    for (size_t i = 0; i < batch.worlds.size(); ++i) Judge(batch.origins[i], batch.worlds[i]);
    batch = {};
  }

  World Next(size_t row, size_t index) {
    return MakeWorld(Rows()[row], static_cast<uint64_t>(options_.seed), index, number_++);
  }

  // What was asked while a cache was behind is asked again, alone.
  void Judge(const Origin& origin, const Asked& asked) {
    const auto [row, index] = origin;
    Tally& tally = tallies_[row];
    Comparison found = Compare(asked);
    if (!found.disagreements.empty() && again_ < kAgainMost) {
      ++again_;
      std::vector<Asked> alone{{Next(row, index)}};
      real_.Ask(alone);
      found = Compare(alone[0]);
      if (found.disagreements.empty()) ++tally.asked_again;
    }
    tally.Add(found);
    for (const std::string& text : found.disagreements) {
      if (shown_++ < options_.show) {
        std::printf("DISAGREE %s, world %zu: %s\n", Rows()[row].name, index, text.c_str());
      }
    }
  }

  static constexpr int kAgainMost = 200;
  RealScheduler& real_;
  const Options& options_;
  std::vector<Tally> tallies_;
  Batch together_, alone_;
  int number_ = 0, again_ = 0;
  int64_t shown_ = 0;
};

int Report(const std::vector<Tally>& tallies, const Options& options) {
  std::printf("| %-18s | %-36s | %6s | %8s | %8s | %8s | %7s | %9s | %9s | %8s |\n", "plugin",
              "row", "cases", "verdicts", "refused", "reasons", "members", "exceptions", "again",
              "disagree");
  int64_t disagreements = 0;
  bool whole = true;
  for (size_t r = 0; r < Rows().size(); ++r) {
    const Tally& t = tallies[r];
    if (t.cases == 0) continue;
    std::printf("| %-18s | %-36s | %6" PRId64 " | %8" PRId64 " | %6.1f %% | %8" PRId64
                " | %7" PRId64 " | %10" PRId64 " | %9" PRId64 " | %8" PRId64 " |\n",
                Rows()[r].plugin, Rows()[r].name, t.cases, t.verdicts,
                100.0 * static_cast<double>(t.refused) /
                    static_cast<double>(std::max<int64_t>(1, t.verdicts)),
                t.reasons, t.members, t.exceptions, t.asked_again, t.disagreements);
    disagreements += t.disagreements;
    const bool balanced = 10 * t.refused >= 3 * t.verdicts && 10 * t.refused <= 7 * t.verdicts;
    if (!balanced && t.cases >= 100) {
      std::printf("UNBALANCED %s: 30 to 70 %% should be refused\n", Rows()[r].name);
      whole = false;
    }
  }
  std::printf("seed %" PRId64 ": %" PRId64 " disagreements\n", options.seed, disagreements);
  return disagreements == 0 && whole ? 0 : 1;
}

}  // namespace
}  // namespace stowage::differential

int main(int argc, char** argv) {
  using namespace stowage::differential;
  stowage::bench::Flags flags(argc, argv);
  const auto cluster = stowage::bench::LoadCluster(flags.Text("kubeconfig", ""));
  const int port = static_cast<int>(flags.Int("extender-port", 0));
  const Options options{flags.Int("cases", 300), flags.Int("seed", 1), flags.Int("show", 10),
                        flags.Text("only", "")};
  flags.Done();
  stowage::StartLogging("differential", 0);
  RealScheduler real(cluster, port);
  const auto tallies = Run(real, options).Everything();
  return Report(tallies, options);
}
