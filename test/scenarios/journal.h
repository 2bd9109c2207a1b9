// Journal: the trace of a run, and a way to read along: lines that contain a word go to standard
// error.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include "base/log/log.h"
#include "base/time/executor.h"

namespace stowage::scenarios {

class Journal {
 public:
  Journal(const Executor& executor, std::string show)
      : executor_(executor), show_(std::move(show)) {}

  void Add(const std::string& what) {
    const std::string line =
        std::to_string(executor_.Now().time_since_epoch().count()) + " " + what;
    trace_.Add(line);
    if (!show_.empty() && (show_ == "all" || line.find(show_) != std::string::npos)) {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }
  const Trace& trace() const { return trace_; }

 private:
  const Executor& executor_;
  const std::string show_;
  Trace trace_;
};

}  // namespace stowage::scenarios
