// What one pod's document costs: to read, to write, and to project into what each cache keeps.
#include <benchmark/benchmark.h>

#include "kube/api/object.h"
#include "providers/kubernetes/pod_watch.h"
#include "providers/kubernetes/translate.h"
#include "scheduler/control/pod_class.h"
#include "test/bench/support/flags.h"
#include "test/bench/support/world.h"
#include "vkubelet/pod/pod_record.h"

namespace stowage {
namespace {

const std::string& PodText() {
  static const std::string text = [] {
    auto pod = kube::Json::Parse(bench::TypicalPod("shop", "shop-1", "stowage", "member-1"));
    auto status = kube::Json::Parse(bench::RunningStatus("10.1.2.3"));
    if (!pod || !status) bench::Die("the typical pod does not parse");
    kube::MutableJson whole(*pod);
    whole.Set({"metadata", "uid"}, "6f1b3a52-98b3-4b39-9e3a-2d1c1f1f7b11");
    whole.Set({"metadata", "resourceVersion"}, "1234567");
    whole["status"] = (*status)["status"];
    return whole.ref().Dump();
  }();
  return text;
}

kube::Object PodObject() { return kube::Object(*kube::Json::Parse(PodText())); }

void Bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) *
                          static_cast<int64_t>(PodText().size()));
}

void JsonParse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(kube::Json::Parse(PodText()));
  Bytes(state);
}
BENCHMARK(JsonParse);

void JsonDump(benchmark::State& state) {
  const kube::Object pod = PodObject();
  for (auto _ : state) benchmark::DoNotOptimize(pod.json().Dump());
  Bytes(state);
}
BENCHMARK(JsonDump);

void JsonCopy(benchmark::State& state) {
  const kube::Object pod = PodObject();
  for (auto _ : state) benchmark::DoNotOptimize(kube::Json::Copy(pod.json()));
  state.counters["heap"] = static_cast<double>(kube::Json::Copy(pod.json()).HeapBytes());
  Bytes(state);
}
BENCHMARK(JsonCopy);

void ProjectForVirtualKubelet(benchmark::State& state) {
  const kube::Object pod = PodObject();
  for (auto _ : state) benchmark::DoNotOptimize(vkubelet::ProjectPod(pod));
}
BENCHMARK(ProjectForVirtualKubelet);

void ProjectForScheduler(benchmark::State& state) {
  const kube::Object pod = PodObject();
  scheduler::ClassBook book;
  const auto kept = book.ClassOf(pod);
  for (auto _ : state) benchmark::DoNotOptimize(scheduler::ProjectPod(pod, "stowage", book));
}
BENCHMARK(ProjectForScheduler);

void ProjectCopyForProvider(benchmark::State& state) {
  const kube::Object pod = PodObject();
  const providers::CidrMap cidrs;
  for (auto _ : state) {
    benchmark::DoNotOptimize(providers::ToRemotePod(pod, cidrs));
    benchmark::DoNotOptimize(providers::NeedsOfCopy(pod, providers::Accounts::kHost));
  }
}
BENCHMARK(ProjectCopyForProvider);

void Translate(benchmark::State& state) {
  const kube::Object pod = PodObject();
  providers::TranslateOptions options;
  options.host_uid = "11111111-2222-3333-4444-555555555555";
  options.node_name = "member-1";
  for (auto _ : state) benchmark::DoNotOptimize(providers::TranslatePod(pod, options));
}
BENCHMARK(Translate);

}  // namespace
}  // namespace stowage
