// One process for a whole fleet: the production manager, over HTTP and TLS, against a host and
// members whose pods all run. What does it hold, and what does it do when nothing happens?
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "app/lib/heap.h"
#include "app/lib/http_connector.h"
#include "app/lib/https_endpoints.h"
#include "app/manager/manager.h"
#include "base/log/log.h"
#include "kube/http/client/http_transport.h"
#include "kube/http/server/certificates.h"
#include "kube/http/server/io_context.h"
#include "test/bench/fleet/watched_executor.h"
#include "test/bench/support/api_client.h"
#include "test/bench/support/flags.h"
#include "test/bench/support/world.h"

namespace stowage::bench {
namespace {

struct Settings {
  int64_t pods, members, idle_seconds, settle_seconds;
};

// The manager as `stowage run` builds it.
class Fleet {
 public:
  Fleet(const std::string& kubeconfig, const Settings& settings) : settings_(settings) {
    auto transport = kube::HttpTransport::Create(executor_, io_, LoadCluster(kubeconfig));
    if (!transport) Die(transport.error().message);
    host_ = std::move(*transport);
    auto pair = kube::MakeSelfSignedCertificate({"bench", {}}, {"127.0.0.1"},
                                                {.from = executor_.WallNow()});
    if (!pair) Die(pair.error().message);
    connector_ = std::make_unique<app::HttpConnector>(executor_, io_);
    endpoints_ = std::make_unique<app::HttpsEndpoints>(
        executor_, io_,
        app::HttpsEndpointOptions{.listen_address = "127.0.0.1",
                                  .node_address = "127.0.0.1",
                                  .certificate_pem = pair->certificate_pem,
                                  .private_key_pem = pair->key_pem});
    manager_ = std::make_unique<app::Manager>(
        app::Manager::Deps{executor_, *host_, *connector_, *endpoints_}, Rng(1), Options());
  }

  void Measure() {
    const double from = Seconds();
    manager_->Start();
    while (!Complete()) {
      if (Seconds() - from > static_cast<double>(settings_.settle_seconds)) {
        const auto stats = manager_->stats();
        Die("not complete after " + std::to_string(settings_.settle_seconds) +
            " s: " + std::to_string(stats.clusters_ready) + " members ready, " +
            std::to_string(stats.pods) + " pods seen");
      }
      RunFor(Milliseconds(200));
    }
    Row("start: seconds until all members and pods are known", Seconds() - from, "s");
    Row("start: CPU until then", CpuSeconds(), "s");
    Tasks("start");
    Settle(from);
    Row("start: seconds until quiet", Seconds() - from, "s");
    Row("start: CPU until then", CpuSeconds(), "s");
    Tasks("start to quiet");
    Idle();
  }

 private:
  bool Complete() {
    const auto stats = manager_->stats();
    return stats.synced && stats.pods == static_cast<size_t>(settings_.pods) &&
           stats.clusters_ready == static_cast<size_t>(settings_.members);
  }

  // After a start every copy is compared with its pod, at a bounded pace. Quiet: two seconds of
  // hardly any work, twice.
  void Settle(double from) {
    for (int quiet = 0; quiet < 2;) {
      const double cpu = CpuSeconds();
      RunFor(Seconds_(2));
      quiet = (CpuSeconds() - cpu) / 2 < 0.05 ? quiet + 1 : 0;
      if (Seconds() - from > static_cast<double>(settings_.settle_seconds)) {
        std::printf("not quiet after %ld s: %.0f %% of a core\n", settings_.settle_seconds,
                    (CpuSeconds() - cpu) * 50);
        return;
      }
    }
  }

  void Idle() {
    const double from = Seconds(), cpu = CpuSeconds();
    RunFor(Seconds_(settings_.idle_seconds));
    const double share = (CpuSeconds() - cpu) / (Seconds() - from) * 100;
    const Memory memory = MemoryOf(getpid());
    const bool full = settings_.pods >= 50000;
    Row("idle: memory (RSS)", memory.rss_mb, "MB", full ? Aim::kAtMost : Aim::kNone, 600);
    Row("peak memory", memory.peak_mb, "MB");
    Row("idle: CPU", share, "% core", full ? Aim::kAtMost : Aim::kNone, 2);
    Tasks("in all");
    LongTasks();
  }

  void Tasks(const std::string& when) {
    Row(when + ": tasks", static_cast<double>(executor_.stats().tasks), "");
    Row(when + ": tasks over 5 ms of CPU", static_cast<double>(executor_.over_5ms()), "",
        Aim::kAtMost, 0);
    Row(when + ": longest task, CPU", executor_.longest_ms(), "ms");
  }

  void LongTasks() {
    for (const auto& [name, entry] : executor_.long_tasks()) {
      std::printf("  over 5 ms: %ld times, at most %.1f ms: %s\n", entry.count, entry.longest_ms,
                  name.c_str());
    }
  }

  // Nothing else manages this world; and a Lease that cannot be renewed in time because the machine
  // is busy would start everything anew.
  static app::ManagerOptions Options() {
    app::ManagerOptions options;
    options.leader_election = false;
    return options;
  }
  static Duration Seconds_(int64_t n) { return stowage::Seconds(n); }
  void RunFor(Duration d) {
    executor_.RunAfter(d, [this] { executor_.Stop(); });
    executor_.Run();
  }

  const Settings settings_;
  WatchedExecutor executor_;
  kube::IoContext io_;
  std::unique_ptr<kube::HttpTransport> host_;
  std::unique_ptr<app::HttpConnector> connector_;
  std::unique_ptr<app::HttpsEndpoints> endpoints_;
  std::unique_ptr<app::Manager> manager_;
};

}  // namespace
}  // namespace stowage::bench

int main(int argc, char** argv) {
  using namespace stowage::bench;
  stowage::app::KeepHeapSmall();
  Flags flags(argc, argv);
  Settings settings{flags.Int("pods", 50000), flags.Int("members", 100), flags.Int("idle", 60),
                    flags.Int("settle", 600)};
  WorldOptions world;
  world.directory = flags.Text("dir", "/tmp/stowage-bench-" + std::to_string(getpid()));
  world.members = static_cast<int>(settings.members);
  world.pods = settings.pods;
  world.namespaces = static_cast<int>(flags.Int("namespaces", 20));
  const int64_t wait = flags.Int("hold", 0);
  flags.Done();
  stowage::StartLogging("bench_fleet", 0);
  const double from = Seconds();
  const World servers = World::Fork(world);
  std::printf("%ld pods on %ld members made in %.0f s\n", settings.pods, settings.members,
              Seconds() - from);
  {
    Fleet fleet(servers.host_kubeconfig(), settings);
    fleet.Measure();
    std::printf("the API servers of this world: %.0f MB\n", MemoryOf(servers.pid()).rss_mb);
    std::fflush(stdout);
    if (wait > 0) sleep(static_cast<unsigned>(wait));
    // The world goes with us; what is open then only makes noise.
    std::fflush(nullptr);
    std::_Exit(0);
  }
}
