#include "test/bench/support/flags.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace stowage::bench {

void Die(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::fflush(nullptr);
  std::_Exit(1);
}

Flags::Flags(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const size_t equals = arg.find('=');
    if (!arg.starts_with("--") || equals == std::string::npos) {
      Die("'" + arg + "' is not of the form --name=value");
    }
    given_[arg.substr(2, equals - 2)] = arg.substr(equals + 1);
  }
}

std::string Flags::Text(const std::string& name, const std::string& fallback) {
  asked_[name] = true;
  const auto it = given_.find(name);
  return it == given_.end() ? fallback : it->second;
}

int64_t Flags::Int(const std::string& name, int64_t fallback) {
  const std::string text = Text(name, std::to_string(fallback));
  char* end = nullptr;
  const int64_t value = std::strtoll(text.c_str(), &end, 10);
  if (end == text.c_str() || *end != '\0') Die("--" + name + " must be a number, not " + text);
  return value;
}

void Flags::Done() const {
  for (const auto& [name, value] : given_) {
    if (!asked_.contains(name)) Die("there is no flag --" + name);
  }
}

void Row(const std::string& name, double value, const std::string& unit, Aim kind, double aim) {
  std::string verdict;
  if (kind != Aim::kNone) {
    const bool met = kind == Aim::kAtMost ? value <= aim : value >= aim;
    char text[64];
    std::snprintf(text, sizeof text, "%s %g: %s", kind == Aim::kAtMost ? "<=" : ">=", aim,
                  met ? "met" : "missed");
    verdict = text;
  }
  const int digits = std::fabs(value) >= 100 ? 0 : 2;
  std::printf("| %-58s | %10.*f %-8s | %-16s |\n", name.c_str(), digits, value, unit.c_str(),
              verdict.c_str());
  std::fflush(stdout);
}

double Percentile(std::vector<double>& sample, double p) {
  if (sample.empty()) Die("there is nothing to take a percentile of");
  std::sort(sample.begin(), sample.end());
  const auto at = static_cast<size_t>(std::ceil(p * static_cast<double>(sample.size())));
  return sample[std::min(sample.size() - 1, at == 0 ? 0 : at - 1)];
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Memory MemoryOf(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  Memory memory;
  std::string word;
  while (status >> word) {
    double kb = 0;
    if (word == "VmRSS:" && status >> kb) memory.rss_mb = kb / 1024;
    if (word == "VmHWM:" && status >> kb) memory.peak_mb = kb / 1024;
  }
  return memory;
}

}  // namespace stowage::bench
