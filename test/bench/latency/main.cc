// What Stowage adds to the life of a pod, from watches on the host's and the members' API servers,
// all read by this one process and its one clock.
//
//   bind -> created          the host's pod has a node -> its copy is in the member
//   status -> status         the copy changed -> the host's pod shows it
//   apply -> Running, added  the whole way on the host, less what the member's own kubelet took for
//                            this very copy (from its creation to Running)
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/log/log.h"
#include "kube/api/json.h"
#include "kube/api/well_known.h"
#include "test/bench/support/api_client.h"
#include "test/bench/support/flags.h"
#include "test/bench/support/world.h"

namespace stowage::bench {
namespace {

constexpr const char* kNamespace = "bench-latency";

// When things were first seen of one pod.
struct Life {
  double applied = 0, bound = 0, host_running = 0;
  double created = 0, member_running = 0;
  std::map<std::string, double> member_status, host_status;  // state -> first seen
};

class Watches {
 public:
  void Host(double now, std::string_view text) {
    auto event = kube::Json::Parse(text);
    if (!event) return;
    const kube::JsonRef pod = (*event)["object"];
    std::lock_guard lock(mutex_);
    Life& life = lives_[pod["metadata"]["name"].string()];
    if (life.bound == 0 && !pod["spec"]["nodeName"].str().empty()) life.bound = now;
    See(pod, now, life.host_status, life.host_running);
  }
  void Member(double now, std::string_view text) {
    auto event = kube::Json::Parse(text);
    if (!event) return;
    const kube::JsonRef pod = (*event)["object"];
    std::lock_guard lock(mutex_);
    Life& life = lives_[pod["metadata"]["name"].string()];
    if (life.created == 0) life.created = now;
    See(pod, now, life.member_status, life.member_running);
  }
  void Applied(const std::string& name, double now) {
    std::lock_guard lock(mutex_);
    lives_[name].applied = now;
  }
  Life Of(const std::string& name) {
    std::lock_guard lock(mutex_);
    return lives_[name];
  }

 private:
  // States that both sides show alike: phase, and what the first container does.
  static void See(kube::JsonRef pod, double now, std::map<std::string, double>& seen,
                  double& running) {
    const kube::JsonRef container = pod["status"]["containerStatuses"].At(0);
    std::string state = pod["status"]["phase"].string() + "/";
    for (auto [what, value] : container["state"].members()) {
      state += std::string(what) + ":" + value["reason"].string();
    }
    seen.emplace(state, now);
    if (running == 0 && pod["status"]["phase"].str() == "Running") running = now;
  }

  std::mutex mutex_;
  std::map<std::string, Life> lives_;
};

void Prepare(const kube::ClusterConfig& cluster) {
  ApiConnection c(cluster);
  const std::string ns = kNamespace;
  c.Must("POST", "/api/v1/namespaces",
         R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + ns + "\"}}",
         "application/json", 409);
  c.Must("DELETE", "/api/v1/namespaces/" + ns + "/pods?gracePeriodSeconds=0", "",
         "application/json", 404);
  for (int i = 0; i < 100; ++i) {
    if (c.Call("GET", "/api/v1/namespaces/" + ns + "/serviceaccounts/default").status == 200)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::string PodsTarget() { return std::string("/api/v1/namespaces/") + kNamespace + "/pods"; }

void Report(const std::string& name, std::vector<double> sample, double p50, double p99) {
  Row(name + ", p50", Percentile(sample, 0.5), "ms", Aim::kAtMost, p50);
  Row(name + ", p99", Percentile(sample, 0.99), "ms", Aim::kAtMost, p99);
}

// Makes pods at a steady pace and waits until all are Running.
void Apply(Watches& watches, const kube::ClusterConfig& cluster, const std::string& prefix,
           const std::string& scheduler, int64_t pods, int64_t per_second, bool host) {
  ApiConnection c(cluster);
  const double from = Seconds();
  for (int64_t i = 0; i < pods; ++i) {
    const double due = from + static_cast<double>(i) / static_cast<double>(per_second);
    if (const double left = due - Seconds(); left > 0) {
      std::this_thread::sleep_for(std::chrono::duration<double>(left));
    }
    const std::string name = prefix + std::to_string(i);
    watches.Applied(name, Seconds());
    c.Must("POST", PodsTarget(), SmallPod(kNamespace, name, scheduler));
  }
  for (int64_t i = 0; i < pods; ++i) {
    const std::string name = prefix + std::to_string(i);
    for (int n = 0; (host ? watches.Of(name).host_running : watches.Of(name).member_running) == 0;
         ++n) {
      if (n == 12000) Die(name + " is not Running after 60 s");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
}

void Figures(Watches& watches, int64_t pods) {
  std::vector<double> created, status, added, host, direct;
  for (int64_t i = 0; i < pods; ++i) {
    const Life life = watches.Of("h" + std::to_string(i)),
               plain = watches.Of("d" + std::to_string(i));
    created.push_back((life.created - life.bound) * 1000);
    for (const auto& [state, when] : life.member_status) {
      const auto shown = life.host_status.find(state);
      // Pending without a container is what the host's pod began with. States that were over before
      // they could be told are not shown: level, not edge.
      if (shown != life.host_status.end() && state != "Pending/")
        status.push_back((shown->second - when) * 1000);
    }
    host.push_back((life.host_running - life.applied) * 1000);
    direct.push_back((plain.member_running - plain.applied) * 1000);
    added.push_back(host.back() - (life.member_running - life.created) * 1000);
  }
  Report("bind -> created in the member", created, 10, 50);
  Report("member status -> host status", status, 10, 50);
  Report("apply -> Running on the host, added", added, 30, 100);
  Row("apply -> Running on the host, p50", Percentile(host, 0.5), "ms");
  Row("the same straight to the member, p50", Percentile(direct, 0.5), "ms");
}

}  // namespace
}  // namespace stowage::bench

int main(int argc, char** argv) {
  using namespace stowage::bench;
  Flags flags(argc, argv);
  const auto host = LoadCluster(flags.Text("host", ""));
  std::vector<stowage::kube::ClusterConfig> members;
  std::stringstream list(flags.Text("members", ""));
  for (std::string file; std::getline(list, file, ',');) members.push_back(LoadCluster(file));
  const int64_t pods = flags.Int("pods", 200), rate = flags.Int("rate", 20);
  flags.Done();
  if (members.empty()) Die("--members=FILE,... is needed");
  stowage::StartLogging("bench_latency", 0);
  Watches watches;
  std::vector<std::unique_ptr<WatchReader>> readers;
  Prepare(host);
  readers.push_back(
      std::make_unique<WatchReader>(host, PodsTarget() + "?watch=1",
                                    [&](double now, std::string_view e) { watches.Host(now, e); }));
  for (const auto& member : members) {
    Prepare(member);
    readers.push_back(std::make_unique<WatchReader>(
        member, PodsTarget() + "?watch=1",
        [&](double now, std::string_view e) { watches.Member(now, e); }));
  }
  Apply(watches, host, "warm", "stowage", std::min<int64_t>(pods, 10), rate,
        true);  // namespace, images
  Apply(watches, members[0], "d", "default-scheduler", pods, rate, false);
  Apply(watches, host, "h", "stowage", pods, rate, true);
  Figures(watches, pods);
  readers.clear();
  Prepare(host);
  Prepare(members[0]);
}
