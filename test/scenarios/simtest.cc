// simtest: runs seeds, each in a process of its own, and says which fail and how to repeat them.
#include <glog/logging.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/log/log.h"
#include "base/random/rng.h"
#include "test/scenarios/seed_run.h"

namespace stowage::scenarios {
namespace {

struct Flags {
  uint64_t seeds = 300, from = 0;
  size_t jobs = 2;
  bool verbose = false, first_failure = false;
  std::string plan;
  std::string commit = STOWAGE_COMMIT;
  RunOptions run;
};

// What a child tells: lines of "word rest".
struct Told {
  bool whole = false;
  std::string text;
  std::vector<std::pair<std::string, std::string>> findings;
  sim::FaultCounts counts;
  std::string summary;
};

struct Child {
  uint64_t seed = 0;
  pid_t pid = 0;
  int pipe = -1;
};

bool Take(std::string_view argument, std::string_view name, std::string* value) {
  if (!argument.starts_with(name) || argument.size() <= name.size() ||
      argument[name.size()] != '=') {
    return false;
  }
  *value = argument.substr(name.size() + 1);
  return true;
}

bool ParsePlan(const std::string& plan, std::set<sim::Fault>& only) {
  std::istringstream in(plan);
  for (std::string name; std::getline(in, name, ',');) {
    const auto fault = sim::FaultOfName(name);
    if (!fault) return false;
    only.insert(*fault);
  }
  return true;
}

bool ParseFlags(int argc, char** argv, Flags& flags) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    std::string value;
    if (arg == "--verbose") {
      flags.verbose = true;
    } else if (arg == "--first-failure") {
      flags.first_failure = true;
    } else if (Take(arg, "--seeds", &value)) {
      flags.seeds = std::strtoull(value.c_str(), nullptr, 10);
    } else if (Take(arg, "--from", &value)) {
      flags.from = std::strtoull(value.c_str(), nullptr, 10);
    } else if (Take(arg, "--jobs", &value)) {
      flags.jobs = std::max<size_t>(1, std::strtoull(value.c_str(), nullptr, 10));
    } else if (Take(arg, "--commit", &value)) {
      flags.commit = value;
    } else if (Take(arg, "--fault-seconds", &value)) {
      flags.run.fault_seconds = std::atoi(value.c_str());
    } else if (Take(arg, "--show", &value)) {
      flags.run.show = value;
    } else if (Take(arg, "--plan", &value)) {
      flags.plan = value;
      if (!ParsePlan(value, flags.run.only)) return false;
    } else {
      return false;
    }
  }
  return true;
}

void Usage() {
  std::fprintf(
      stderr,
      "usage: simtest [--seeds=300] [--from=N] [--jobs=2] [--verbose] [--first-failure]\n"
      "               [--fault-seconds=120] [--commit=HASH] [--show=WORD] [--plan=FAULT,FAULT...]\n"
      "Without --from the seeds derive from the commit. Faults:");
  for (size_t i = 0; i < sim::kFaults; ++i) {
    std::fprintf(stderr, " %s", std::string(sim::FaultName(static_cast<sim::Fault>(i))).c_str());
  }
  std::fprintf(stderr, "\n");
}

std::string Report(const RunResult& result) {
  std::ostringstream out;
  for (const sim::Finding& f : result.findings.all()) {
    std::string what = f.what;
    std::replace(what.begin(), what.end(), '\n', ' ');
    out << "finding " << f.checker << " " << what.substr(0, 600) << "\n";
  }
  for (size_t i = 0; i < sim::kFaults; ++i) {
    out << "count " << i << " " << result.counts.Of(static_cast<sim::Fault>(i)) << "\n";
  }
  out << "summary pods=" << result.pods << " starts=" << result.starts
      << " actions=" << result.actions << " tasks=" << result.tasks
      << " trace=" << result.trace_lines << " rest=" << result.rested_after << "s hash=" << std::hex
      << result.trace_hash << "\nend\n";
  return out.str();
}

void WriteAll(int fd, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t n = write(fd, text.data() + at, text.size() - at);
    if (n <= 0) return;
    at += static_cast<size_t>(n);
  }
}

Child Begin(const Flags& flags, uint64_t seed) {
  std::array<int, 2> ends{};
  CHECK(pipe(ends.data()) == 0);
  std::fflush(nullptr);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    close(ends[0]);
    RunOptions options = flags.run;
    options.seed = seed;
    WriteAll(ends[1], Report(RunSeed(options)));
    _exit(0);
  }
  close(ends[1]);
  return {seed, pid, ends[0]};
}

Told Listen(const Child& child) {
  Told told;
  std::array<char, 4096> buffer{};
  for (ssize_t n; (n = read(child.pipe, buffer.data(), buffer.size())) > 0;) {
    told.text.append(buffer.data(), static_cast<size_t>(n));
  }
  close(child.pipe);
  int status = 0;
  waitpid(child.pid, &status, 0);
  std::istringstream in(told.text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string word, first, rest;
    words >> word >> first;
    std::getline(words >> std::ws, rest);
    if (word == "finding") told.findings.emplace_back(first, rest);
    if (word == "count") {
      told.counts.Add(static_cast<sim::Fault>(std::stoul(first)), std::stoull(rest));
    }
    if (word == "summary") told.summary = first + " " + rest;
    if (word == "end") told.whole = true;
  }
  if (!told.whole) told.findings.emplace_back("crash", "the process of this seed died");
  return told;
}

void PrintCounts(const sim::FaultCounts& counts) {
  std::printf("faults that struck:\n");
  for (size_t i = 0; i < sim::kFaults; ++i) {
    const sim::Fault fault = static_cast<sim::Fault>(i);
    std::printf("  %-14s %llu\n", std::string(sim::FaultName(fault)).c_str(),
                static_cast<unsigned long long>(counts.Of(fault)));
  }
}

// Kinds that should have struck in so many runs and never did.
int Unstruck(const Flags& flags, const sim::FaultCounts& counts) {
  if (flags.seeds < 20) return 0;
  int missing = 0;
  for (size_t i = 0; i < sim::kFaults; ++i) {
    const sim::Fault fault = static_cast<sim::Fault>(i);
    if (counts.Of(fault) > 0 || (!flags.run.only.empty() && !flags.run.only.contains(fault))) {
      continue;
    }
    std::printf("FAULT %s never struck: nothing was shown of it\n",
                std::string(sim::FaultName(fault)).c_str());
    ++missing;
  }
  return missing;
}

void PrintFailure(const Flags& flags, uint64_t seed, const Told& told) {
  std::string repeat = "simtest --seeds=1 --from=" + std::to_string(seed) + " --verbose";
  if (!flags.plan.empty()) repeat += " --plan=" + flags.plan;
  std::printf("FAILED seed %llu: %s: %s   repeat: %s\n", static_cast<unsigned long long>(seed),
              told.findings[0].first.c_str(), told.findings[0].second.c_str(), repeat.c_str());
  if (!flags.verbose) return;
  for (const auto& [checker, what] : told.findings) {
    std::printf("  %s: %s\n", checker.c_str(), what.c_str());
  }
}

// Seeds fit six digits, so that they are easily typed.
uint64_t SeedOf(const Flags& flags, uint64_t i) {
  if (flags.from != 0) return flags.from + i;
  return StableHash(flags.commit) % 1'000'000 + i + 1;
}

int Run(const Flags& flags) {
  std::printf("simtest: commit %s, seeds %llu to %llu\n", flags.commit.c_str(),
              static_cast<unsigned long long>(SeedOf(flags, 0)),
              static_cast<unsigned long long>(SeedOf(flags, flags.seeds - 1)));
  sim::FaultCounts counts;
  uint64_t passed = 0, failed = 0, begun = 0;
  std::vector<Child> children;
  const auto more = [&] { return begun < flags.seeds && !(flags.first_failure && failed > 0); };
  while (more() || !children.empty()) {
    while (more() && children.size() < flags.jobs) {
      children.push_back(Begin(flags, SeedOf(flags, begun++)));
    }
    const Child child = children.front();
    children.erase(children.begin());
    const Told told = Listen(child);
    counts.Merge(told.counts);
    if (!told.findings.empty()) {
      ++failed;
      PrintFailure(flags, child.seed, told);
    } else {
      ++passed;
    }
    if (flags.verbose) {
      std::printf("seed %llu %s\n", static_cast<unsigned long long>(child.seed),
                  told.summary.c_str());
    }
    std::fflush(stdout);
  }
  PrintCounts(counts);
  const int missing = flags.first_failure ? 0 : Unstruck(flags, counts);
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(passed),
              static_cast<unsigned long long>(failed));
  return failed == 0 && missing == 0 ? 0 : 1;
}

}  // namespace
}  // namespace stowage::scenarios

int main(int argc, char** argv) {
  stowage::scenarios::Flags flags;
  if (!stowage::scenarios::ParseFlags(argc, argv, flags)) {
    stowage::scenarios::Usage();
    return 2;
  }
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = flags.verbose && flags.seeds == 1 ? google::INFO : google::FATAL;
  google::InitGoogleLogging(argv[0]);
  return stowage::scenarios::Run(flags);
}
