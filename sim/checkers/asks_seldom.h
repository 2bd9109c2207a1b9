// AsksSeldom: nobody reads one thing over and over: who waits for a change waits for its watch.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/time/types.h"
#include "sim/checkers/findings.h"

namespace stowage::sim {

class AsksSeldom {
 public:
  explicit AsksSeldom(Findings& findings) : findings_(findings) {}

  // `what`: who asks whom for what.
  void OnRead(const std::string& what, MonotonicTime now);

 private:
  Findings& findings_;
  std::map<std::string, std::pair<MonotonicTime, int>> asked_;  // since when, how often
};

}  // namespace stowage::sim
