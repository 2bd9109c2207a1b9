#include "test/bench/fleet/watched_executor.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace stowage::bench {
namespace {

double ThreadCpuMs() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// "stowage::kube::Reflector::Start()::{lambda()#1}" as far as its name says it.
std::string NameOf(const std::type_info& type) {
  int status = 0;
  char* text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = text ? text : type.name();
  std::free(text);
  return name.substr(0, 160);
}

}  // namespace

Task WatchedExecutor::Wrap(Task task) {
  return [this, task = std::move(task)] {
    const double from = ThreadCpuMs();
    task();
    const double took = ThreadCpuMs() - from;
    longest_ms_ = std::max(longest_ms_, took);
    if (took <= 5) return;
    ++over_;
    Long& entry = long_[NameOf(task.target_type())];
    ++entry.count;
    entry.longest_ms = std::max(entry.longest_ms, took);
  };
}

}  // namespace stowage::bench
