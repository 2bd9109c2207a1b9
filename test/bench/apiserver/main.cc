// How fast an API server is: creates a second over kept-alive TLS connections, and events a second
// told to many watches. The embedded one (in a process of its own), or any that a kubeconfig
// reaches.
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "base/log/log.h"
#include "test/bench/support/api_client.h"
#include "test/bench/support/flags.h"
#include "test/bench/support/world.h"

namespace stowage::bench {
namespace {

constexpr const char* kNamespace = "bench";

std::string ConfigMap(int64_t i) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c)" + std::to_string(i) +
         R"(","labels":{"app":"bench"}},"data":{"text":")" + std::string(600, 'x') + "\"}}";
}

void Creates(const kube::ClusterConfig& cluster, const std::string& label, int connections,
             int64_t pods) {
  const std::string target = std::string("/api/v1/namespaces/") + kNamespace + "/pods";
  const double seconds = Spread(cluster, connections, pods, [&](ApiConnection& c, int64_t i) {
    c.Must("POST", target,
           SmallPod(kNamespace, "p" + std::to_string(connections) + "-" + std::to_string(i),
                    "nobody"));
  });
  Row(label + ": pod creates, " + std::to_string(connections) + " connections",
      static_cast<double>(pods) / seconds, "/s");
}

// Events are creates of ConfigMaps: each is told to every watch.
void FanOut(const kube::ClusterConfig& cluster, const std::string& label, int watches,
            int64_t events, int64_t round) {
  const std::string target = std::string("/api/v1/namespaces/") + kNamespace + "/configmaps";
  ApiConnection probe(cluster);
  const std::string list = probe.Must("GET", target + "?limit=1");
  const std::string version(FieldOf(list, "\"resourceVersion\""));
  WatchFarm farm(cluster, target + "?watch=1&resourceVersion=" + version, watches);
  const uint64_t expected = static_cast<uint64_t>(events) * static_cast<uint64_t>(watches);
  const double from = Seconds();
  Spread(cluster, 8, events, [&](ApiConnection& c, int64_t i) {
    c.Must("POST", target, ConfigMap(round * 1'000'000 + i));
  });
  const double deadline = Seconds() + 120;
  while (farm.events() < expected && Seconds() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (farm.events() < expected) {
    Die("watches were told " + std::to_string(farm.events()) + " events of " +
        std::to_string(expected));
  }
  Row(label + ": events told to " + std::to_string(watches) + " watches",
      static_cast<double>(expected) / (Seconds() - from), "/s");
}

void Clean(const kube::ClusterConfig& cluster) {
  ApiConnection c(cluster);
  for (const char* plural : {"pods", "configmaps"}) {
    c.Must("DELETE",
           std::string("/api/v1/namespaces/") + kNamespace + "/" + plural + "?gracePeriodSeconds=0",
           "", "application/json", 404);
  }
}

}  // namespace
}  // namespace stowage::bench

int main(int argc, char** argv) {
  using namespace stowage::bench;
  Flags flags(argc, argv);
  std::string kubeconfig = flags.Text("kubeconfig", "");
  const std::string label = flags.Text("label", kubeconfig.empty() ? "embedded" : "server");
  const int64_t pods = flags.Int("pods", 4000), events = flags.Int("events", 1000);
  const std::string directory = flags.Text("dir", "/tmp/stowage-bench-" + std::to_string(getpid()));
  flags.Done();
  stowage::StartLogging("bench_apiserver", 0);
  std::unique_ptr<World> world;
  if (kubeconfig.empty()) {
    world = std::make_unique<World>(World::Fork({.directory = directory}));
    kubeconfig = world->host_kubeconfig();
  }
  const stowage::kube::ClusterConfig cluster = LoadCluster(kubeconfig);
  ApiConnection(cluster).Must(
      "POST", "/api/v1/namespaces",
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}})", "application/json",
      409);
  // No controllers run beside the API server: its namespace's account is ours to make.
  ApiConnection(cluster).Must(
      "POST", "/api/v1/namespaces/bench/serviceaccounts",
      R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}})",
      "application/json", 409);
  Clean(cluster);
  Creates(cluster, label, 1, pods / 4);
  Creates(cluster, label, 8, pods);
  FanOut(cluster, label, 1, events * 4, 1);
  FanOut(cluster, label, 100, events, 2);
  Clean(cluster);
}
