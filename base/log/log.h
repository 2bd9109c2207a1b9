// key=value lines over glog, and the decision trace that makes a run comparable.
//
// Secrets never come here: not tokens, not kubeconfigs, not the data of a Secret.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage {

// One key and its value as text.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, int64_t v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, uint64_t v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, const Error& e) : key(k), value(e.ToString()) {}
  std::string_view key;
  std::string value;
};
using LogFields = std::initializer_list<LogField>;

// "pod created pod=default/web cluster=onprem"; a value with spaces or quotes is quoted.
void LogInfo(std::string_view message, LogFields fields = {});
void LogWarning(std::string_view message, LogFields fields = {});
void LogError(std::string_view message, LogFields fields = {});
void LogVerbose(int level, std::string_view message, LogFields fields = {});

std::string FormatLog(std::string_view message, LogFields fields);

// Starts glog for a program: to standard error, `verbosity` as -v.
void StartLogging(const char* program, int verbosity);

// A running hash over lines in order; two runs made the same decisions if their hashes are equal.
class Trace {
 public:
  void Add(std::string_view line);
  uint64_t hash() const { return hash_; }
  uint64_t lines() const { return lines_; }

 private:
  uint64_t hash_ = 0;
  uint64_t lines_ = 0;
};

}  // namespace stowage
