// How many pods a scheduler binds a second through a real API server.
//
// The scheduler (any: its process is given) is stopped while the pods are made, then let go; the
// clock runs until the last binding is seen in a watch. Nodes are plain objects, Ready, with the
// label of virtual nodes, so that the same ones serve every scheduler. Then the Scheduled events
// are counted: a scheduler that saves them has not done the same work.
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/log/log.h"
#include "test/bench/support/api_client.h"
#include "test/bench/support/flags.h"
#include "test/bench/support/world.h"

namespace stowage::bench {
namespace {

constexpr const char* kNamespace = "bench-binding";

void MakeNodes(const kube::ClusterConfig& cluster, int64_t nodes) {
  Spread(cluster, 8, nodes, [](ApiConnection& c, int64_t i) {
    const std::string name = "bench-node-" + std::to_string(i);
    c.Must("POST", "/api/v1/nodes",
           R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name +
               R"(","labels":{"kubernetes.io/hostname":")" + name + R"(","stowage.dev/cluster":")" +
               name + "\"}}}",
           "application/json", 409);
    c.Must(
        "PATCH", "/api/v1/nodes/" + name + "/status",
        R"({"status":{"capacity":{"cpu":"64","memory":"256Gi","pods":"500"},"allocatable":)"
        R"({"cpu":"64","memory":"256Gi","pods":"500"},"conditions":[{"type":"Ready","status":"True",)"
        R"("reason":"KubeletReady","message":"bench"}]}})",
        "application/merge-patch+json");
    // What admission puts on every new node, and the node lifecycle controller takes away.
    c.Must("PATCH", "/api/v1/nodes/" + name, R"({"spec":{"taints":null}})",
           "application/merge-patch+json");
  });
}

void Clean(const kube::ClusterConfig& cluster) {
  ApiConnection c(cluster);
  const std::string ns = std::string("/api/v1/namespaces/") + kNamespace;
  c.Must("DELETE", ns + "/pods?gracePeriodSeconds=0", "", "application/json", 404);
  c.Must("DELETE", ns + "/events", "", "application/json", 404);
  c.Must("DELETE", "/apis/events.k8s.io/v1/namespaces/" + std::string(kNamespace) + "/events", "",
         "application/json", 404);
}

int64_t Count(const std::string& text, const std::string& what) {
  int64_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

double Bind(const kube::ClusterConfig& cluster, const std::string& scheduler, int pid,
            int64_t pods) {
  const std::string target = std::string("/api/v1/namespaces/") + kNamespace + "/pods";
  if (kill(pid, SIGSTOP) != 0) Die("the scheduler's process is not there");
  Spread(cluster, 8, pods, [&](ApiConnection& c, int64_t i) {
    c.Must("POST", target, SmallPod(kNamespace, scheduler + "-" + std::to_string(i), scheduler));
  });
  ApiConnection probe(cluster);
  const std::string version(FieldOf(probe.Must("GET", target + "?limit=1"), "\"resourceVersion\""));
  // A pod is told once with its binding first; its later changes tell it again.
  std::atomic<int64_t> bound{0};
  std::atomic<double> last{0};
  std::map<std::string, bool> seen;  // of the reader's thread
  WatchReader reader(cluster, target + "?watch=1&resourceVersion=" + version,
                     [&](double now, std::string_view json) {
                       if (FieldOf(json, "\"nodeName\"").empty()) return;
                       if (!seen.emplace(std::string(FieldOf(json, "\"name\"")), true).second)
                         return;
                       last = now;
                       ++bound;
                     });
  const double from = Seconds();
  kill(pid, SIGCONT);
  while (bound < pods) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (Seconds() - from > 300)
      Die("bound after 300 s: " + std::to_string(bound) + " of " + std::to_string(pods));
  }
  return static_cast<double>(pods) / (last - from);
}

int64_t ScheduledEvents(const kube::ClusterConfig& cluster, int64_t wanted) {
  ApiConnection c(cluster);
  int64_t n = 0;
  for (int i = 0; i < 100 && n < wanted; ++i) {
    const std::string events = c.Must("GET", std::string("/api/v1/namespaces/") + kNamespace +
                                                 "/events?fieldSelector=reason%3DScheduled");
    n = Count(events, "\"reason\":\"Scheduled\"");
    if (n < wanted) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return n;
}

}  // namespace
}  // namespace stowage::bench

int main(int argc, char** argv) {
  using namespace stowage::bench;
  Flags flags(argc, argv);
  const auto cluster = LoadCluster(flags.Text("kubeconfig", ""));
  const std::string scheduler = flags.Text("scheduler", "stowage"),
                    label = flags.Text("label", scheduler);
  const int pid = static_cast<int>(flags.Int("pid", 0));
  const int64_t pods = flags.Int("pods", 2000), nodes = flags.Int("nodes", 100);
  flags.Done();
  if (pid <= 0) Die("--pid of the scheduler is needed");
  stowage::StartLogging("bench_binding", 0);
  {
    ApiConnection c(cluster);
    c.Must("POST", "/api/v1/namespaces",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench-binding"}})",
           "application/json", 409);
    c.Must("POST", "/api/v1/namespaces/bench-binding/serviceaccounts",
           R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}})",
           "application/json", 409);
  }
  Clean(cluster);
  MakeNodes(cluster, nodes);
  std::this_thread::sleep_for(std::chrono::seconds(2));  // the scheduler sees the nodes
  const double rate = Bind(cluster, scheduler, pid, pods);
  const int64_t events = ScheduledEvents(cluster, pods);
  Row(label + ": pods bound", rate, "/s");
  Row(label + ": Scheduled events for a pod",
      static_cast<double>(events) / static_cast<double>(pods), "");
  Clean(cluster);
}
