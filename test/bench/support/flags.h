// --name=value arguments of the benchmark programs, their output, and how they give up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stowage::bench {

// A benchmark that cannot go on has no figure: says why and exits with 1.
[[noreturn]] void Die(const std::string& why);

class Flags {
 public:
  // Dies on what is no --name=value.
  Flags(int argc, char** argv);
  int64_t Int(const std::string& name, int64_t fallback);
  std::string Text(const std::string& name, const std::string& fallback);
  // Dies if a flag was given that nobody asked for.
  void Done() const;

 private:
  std::map<std::string, std::string> given_;
  std::map<std::string, bool> asked_;
};

enum class Aim { kNone, kAtMost, kAtLeast };

// One line of the table: "name  value unit  (aim <= 600: met)". Lines begin with "| " so that
// run.sh can collect them.
void Row(const std::string& name, double value, const std::string& unit, Aim kind = Aim::kNone,
         double aim = 0);

// Of a sample, which is sorted in place; `p` in [0, 1].
double Percentile(std::vector<double>& sample, double p);

double Seconds();        // monotonic
double CpuSeconds();     // of this process, all threads
double ThreadSeconds();  // CPU time of the calling thread
struct Memory {
  double rss_mb = 0, peak_mb = 0;
};
Memory MemoryOf(int pid);

}  // namespace stowage::bench
