// The embedded API server without sockets: what is left when HTTP and TLS are taken away.
#include <benchmark/benchmark.h>

#include <functional>

#include "kube/api/well_known.h"
#include "kube/client/client.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/engine/sim_executor.h"
#include "test/bench/support/flags.h"
#include "test/bench/support/world.h"

namespace stowage::sim {
namespace {

struct Counter : kube::WatchSink {
  void OnEvents(std::vector<kube::WatchEvent> batch) override { events += batch.size(); }
  void OnEnd(kube::WatchEnd) override { ended = true; }
  size_t events = 0;
  bool ended = false;
};

struct Fixture {
  Fixture() : server(executor, Rng(7), {}), transport(executor, server), client(transport) {}
  void Send(const std::string& method, const std::string& target, const std::string& body) {
    bool answered = false;
    int status = 0;
    transport.Send({.method = method,
                    .target = target,
                    .headers = {{"Content-Type", "application/json"}},
                    .body = body},
                   [&](Result<kube::Response> r) {
                     answered = true;
                     status = r ? r->status : 0;
                   });
    executor.RunUntil([&] { return answered; }, Seconds(1));
    if (status / 100 != 2) bench::Die(method + " " + target + ": status " + std::to_string(status));
  }
  SimExecutor executor;
  ApiServer server;
  DirectTransport transport;
  kube::Client client;
};

void DirectCreate(benchmark::State& state) {
  Fixture f;
  int64_t i = 0;
  for (auto _ : state) {
    f.Send("POST", "/api/v1/namespaces/default/pods",
           bench::SmallPod("default", "p" + std::to_string(i++), "nobody"));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(DirectCreate);

// Argument: watches. Items are events told.
void DirectWatch(benchmark::State& state) {
  Fixture f;
  std::vector<Counter> sinks(static_cast<size_t>(state.range(0)));
  std::vector<kube::WatchHandle> handles;
  for (Counter& sink : sinks) {
    handles.push_back(
        f.transport.Watch({.target = "/api/v1/namespaces/default/configmaps?watch=1"}, sink));
  }
  int64_t i = 0;
  for (auto _ : state) {
    f.Send("POST", "/api/v1/namespaces/default/configmaps",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c)" + std::to_string(i++) +
               "\"}}");
    f.executor.RunUntil([&] { return sinks.back().events >= static_cast<size_t>(i); }, Seconds(1));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(DirectWatch)->Arg(1)->Arg(100);

}  // namespace
}  // namespace stowage::sim

BENCHMARK_MAIN();
