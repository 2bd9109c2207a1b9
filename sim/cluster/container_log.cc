#include "sim/cluster/container_log.h"

#include <algorithm>
#include <utility>

#include "base/time/rfc3339.h"

namespace stowage::sim {
namespace {

constexpr size_t kLineMax = 16 << 10;  // as containerd: longer ones are split

}  // namespace

void ContainerLog::Write(WallTime now, bool is_stderr, std::string_view bytes) {
  std::string& partial = partial_[is_stderr ? 1 : 0];
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const size_t n = newline == std::string_view::npos ? bytes.size() : newline + 1;
    partial.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (newline != std::string_view::npos || partial.size() >= kLineMax) {
      Append(now, std::exchange(partial, {}));
    }
  }
}

void ContainerLog::Append(WallTime now, std::string_view line) {
  if (bytes_ + line.size() > kMaxBytes) {
    const size_t half = std::max<size_t>(1, lines_.size() / 2);
    for (size_t i = 0; i < half && i < lines_.size(); ++i) bytes_ -= lines_[i].text.size();
    lines_.erase(lines_.begin(),
                 lines_.begin() + static_cast<std::ptrdiff_t>(std::min(half, lines_.size())));
  }
  bytes_ += line.size();
  lines_.push_back({now, std::string(line)});
  const Line copy = lines_.back();
  for (const auto& [id, follower] : std::map(followers_)) {
    if (followers_.contains(id)) follower(&copy);
  }
}

void ContainerLog::End(WallTime now) {
  if (std::exchange(ended_, true)) return;
  for (std::string& partial : partial_) {
    if (!partial.empty()) Append(now, std::exchange(partial, {}));
  }
  for (const auto& [id, follower] : std::exchange(followers_, {})) follower(nullptr);
}

uint64_t ContainerLog::Follow(Follower follower) {
  const uint64_t id = next_follower_++;
  followers_.emplace(id, std::move(follower));
  return id;
}

std::string FormatLogLine(const ContainerLog::Line& line, const LogOptions& options) {
  if (!options.timestamps) return line.text;
  std::string stamp = FormatMicroTime(line.at);
  stamp.insert(stamp.size() - 1, "000");  // nanoseconds, as a kubelet prints them
  return stamp + " " + line.text;
}

std::string SelectLog(const ContainerLog& log, const LogOptions& options) {
  const std::vector<ContainerLog::Line>& lines = log.lines();
  size_t first = 0;
  if (options.since) {
    while (first < lines.size() && lines[first].at < *options.since) ++first;
  }
  if (options.tail_lines && *options.tail_lines >= 0) {
    const auto tail = static_cast<size_t>(*options.tail_lines);
    if (lines.size() - first > tail) first = lines.size() - tail;
  }
  std::string out;
  for (size_t i = first; i < lines.size(); ++i) {
    out += FormatLogLine(lines[i], options);
    if (options.limit_bytes && out.size() >= static_cast<size_t>(*options.limit_bytes)) {
      out.resize(static_cast<size_t>(*options.limit_bytes));
      break;
    }
  }
  return out;
}

}  // namespace stowage::sim
