#include "vkubelet/server/kubelet_path.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "kube/client/client.h"

namespace stowage::vkubelet {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Parameters ParseQuery(std::string_view query) {
  Parameters parameters;
  for (const std::string& part : Split(query, '&')) {
    const size_t equals = std::min(part.find('='), part.size());
    parameters.emplace_back(
        kube::DecodeQuery(part.substr(0, equals)),
        kube::DecodeQuery(std::string_view(part).substr(std::min(equals + 1, part.size()))));
  }
  return parameters;
}

void Append(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query += '&';
  query += std::string(name) + "=" + kube::EncodeQuery(value);
}

bool IsTrue(std::string_view value) {
  return value == "1" || value == "true" || value == "True" || value == "t";
}

Result<void> CheckNumber(std::string_view name, std::string_view value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number >= 0) return {};
  return MakeError(ErrorCode::kInvalid, "query parameter " + std::string(name) + "=\"" +
                                            std::string(value) + "\" must be a number, 0 or more");
}

Result<std::string> LogQuery(const std::string& container, const Parameters& parameters) {
  std::string query;
  Append(query, "container", container);
  bool seconds = false, time = false;
  for (const auto& [name, value] : parameters) {
    if (name == "follow" || name == "previous" || name == "timestamps") {
      if (IsTrue(value)) Append(query, name, "true");
    } else if (name == "tailLines" || name == "limitBytes" || name == "sinceSeconds") {
      if (value.empty()) continue;
      RETURN_IF_ERROR(CheckNumber(name, value));
      seconds = seconds || name == "sinceSeconds";
      Append(query, name, value);
    } else if (name == "sinceTime" || name == "stream") {
      time = time || name == "sinceTime";
      Append(query, name, value);
    }
  }
  if (seconds && time) {
    return MakeError(ErrorCode::kInvalid, "at most one of sinceTime and sinceSeconds may be given");
  }
  return query;
}

Result<std::string> StreamQuery(const std::string& container, const Parameters& parameters,
                                bool exec) {
  static constexpr std::pair<const char*, const char*> kWords[] = {
      {"input", "stdin"}, {"output", "stdout"}, {"error", "stderr"}, {"tty", "tty"}};
  std::string query;
  Append(query, "container", container);
  bool any = false, command = false, tty = false, error_stream = false;
  for (const auto& [name, value] : parameters) {
    if (name == "command" && exec) {
      command = true;
      Append(query, "command", value);
    }
    for (const auto& [theirs, ours] : kWords) {
      if (name != theirs && name != ours) continue;
      if (!IsTrue(value)) continue;
      tty = tty || name == "tty";
      error_stream = error_stream || name == "error" || name == "stderr";
      any = any || name != "tty";
      Append(query, ours, "true");
    }
  }
  if (exec && !command)
    return MakeError(ErrorCode::kInvalid, "you must specify at least 1 command");
  if (!any) {
    return MakeError(ErrorCode::kInvalid, "you must specify at least one of input, output, error");
  }
  if (tty && error_stream) {
    return MakeError(ErrorCode::kInvalid,
                     "tty and error cannot both be true: a terminal has one output");
  }
  return query;
}

std::string PortQuery(const Parameters& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    if (name != "port" && name != "ports") continue;
    for (const std::string& port : Split(value, ',')) Append(query, "ports", port);
  }
  return query;
}

Error NoSuchPath(std::string_view path) {
  return {ErrorCode::kNotFound, "the kubelet has no path " + std::string(path), std::nullopt};
}

}  // namespace

Result<PodPath> ParsePodPath(std::string_view target) {
  const size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  const Parameters parameters = ParseQuery(target.substr(std::min(question + 1, target.size())));
  std::vector<std::string> parts = Split(path.empty() ? path : path.substr(1), '/');
  for (std::string& part : parts) part = kube::DecodeQuery(part);
  if (parts.empty()) return Err(NoSuchPath(path));
  PodPath result;
  const std::string& what = parts[0];
  const size_t n = parts.size();
  if (n >= 3) {
    result.ns = parts[1];
    result.pod = parts[2];
  }
  if (what == "containerLogs" && n == 4) {
    result.verb = "log";
    ASSIGN_OR_RETURN(result.query, LogQuery(parts[3], parameters));
  } else if ((what == "exec" || what == "attach") && (n == 4 || n == 5)) {
    result.verb = what;
    if (n == 5) result.uid = parts[3];
    ASSIGN_OR_RETURN(result.query, StreamQuery(parts.back(), parameters, what == "exec"));
  } else if (what == "portForward" && (n == 3 || n == 4)) {
    result.verb = "portforward";
    if (n == 4) result.uid = parts[3];
    result.query = PortQuery(parameters);
  } else {
    return Err(NoSuchPath(path));
  }
  return result;
}

}  // namespace stowage::vkubelet
