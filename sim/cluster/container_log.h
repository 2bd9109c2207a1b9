// ContainerLog: the lines that one instance of a container wrote, with the time of each, as a CRI
// runtime keeps them; the oldest go when it grows beyond its bound.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/types.h"

namespace stowage::sim {

class ContainerLog {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;

  struct Line {
    WallTime at;
    std::string text;  // with its newline, unless the program ended in the middle of it
  };

  // Whole lines become entries; what follows the last newline waits for more (per stream).
  void Write(WallTime now, bool is_stderr, std::string_view bytes);
  // The program ended: incomplete lines become entries, followers hear the end.
  void End(WallTime now);
  bool ended() const { return ended_; }

  const std::vector<Line>& lines() const { return lines_; }
  size_t bytes() const { return bytes_; }

  // Hears each line as it is written, then nullptr at the end. Dropping the id's owner: Unfollow.
  using Follower = std::function<void(const Line*)>;
  uint64_t Follow(Follower follower);
  void Unfollow(uint64_t id) { followers_.erase(id); }

 private:
  void Append(WallTime now, std::string_view line);

  std::vector<Line> lines_;
  std::string partial_[2];
  size_t bytes_ = 0;
  bool ended_ = false;
  uint64_t next_follower_ = 1;
  std::map<uint64_t, Follower> followers_;
};

// What `kubectl logs` asks for, as query parameters of the API.
struct LogOptions {
  std::string container;
  bool follow = false;
  bool previous = false;
  bool timestamps = false;
  std::optional<int64_t> tail_lines;
  std::optional<int64_t> limit_bytes;
  std::optional<WallTime> since;  // sinceTime, or now - sinceSeconds
};

// One line as the API sends it.
std::string FormatLogLine(const ContainerLog::Line& line, const LogOptions& options);
// The lines that are there now: since, then the last tail_lines.
std::string SelectLog(const ContainerLog& log, const LogOptions& options);

}  // namespace stowage::sim
