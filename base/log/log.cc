#include "base/log/log.h"

#include <glog/logging.h>

#include "base/random/rng.h"

namespace stowage {
namespace {

void AppendValue(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(" \t\n\r\"=\\") == std::string_view::npos) {
    out += value;
    return;
  }
  out += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

std::string FormatLog(std::string_view message, LogFields fields) {
  std::string out(message);
  for (const LogField& f : fields) {
    out += ' ';
    out += f.key;
    out += '=';
    AppendValue(out, f.value);
  }
  return out;
}

void LogInfo(std::string_view message, LogFields fields) {
  LOG(INFO) << FormatLog(message, fields);
}
void LogWarning(std::string_view message, LogFields fields) {
  LOG(WARNING) << FormatLog(message, fields);
}
void LogError(std::string_view message, LogFields fields) {
  LOG(ERROR) << FormatLog(message, fields);
}
void LogVerbose(int level, std::string_view message, LogFields fields) {
  if (VLOG_IS_ON(level)) LOG(INFO) << FormatLog(message, fields);
}

void StartLogging(const char* program, int verbosity) {
  FLAGS_logtostderr = true;
  FLAGS_v = verbosity;
  google::InitGoogleLogging(program);
}

void Trace::Add(std::string_view line) {
  hash_ = HashCombine(hash_, StableHash(line));
  ++lines_;
}

}  // namespace stowage
