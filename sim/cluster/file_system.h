// The file system that a simulated container sees: generated read-only files of the image, a small
// writable layer, and mounts (ConfigMaps, Secrets, downward API, tokens, emptyDir).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace stowage::sim {

// Files by their path below a mount point. Shared where a volume is (emptyDir).
using FileMap = std::map<std::string, std::string>;

struct Mount {
  std::string path;  // absolute, no trailing slash
  bool read_only = false;
  std::shared_ptr<FileMap> files;    // of emptyDir and the like; or
  std::function<FileMap()> content;  // asked anew each time: what the volume holds now
};

class FileSystem {
 public:
  // All that may be written, together; what goes beyond it is refused with "No space left on
  // device".
  static constexpr size_t kMaxBytes = 1 << 20;

  void AddImageFile(std::string path, std::function<std::string()> content);
  void AddMount(Mount mount);

  // Paths are absolute and normal (see Resolve). The error's message is the C library's words.
  Result<std::string> Read(std::string_view path) const;
  Result<void> Write(std::string_view path, std::string_view content, bool append);
  Result<void> Remove(std::string_view path);
  Result<void> MakeDirectory(std::string_view path);
  bool IsFile(std::string_view path) const;
  bool IsDirectory(std::string_view path) const;
  // Names in a directory, sorted; without those that start with a dot unless `all`.
  Result<std::vector<std::string>> List(std::string_view path, bool all = false) const;

  // `path` seen from `cwd`, without "." and "..".
  static std::string Resolve(std::string_view cwd, std::string_view path);

 private:
  const Mount* MountOf(std::string_view path) const;
  FileMap AllFiles() const;

  std::map<std::string, std::function<std::string()>> image_;
  std::vector<Mount> mounts_;
  FileMap written_;
  std::map<std::string, bool> directories_;  // made by mkdir
  size_t written_bytes_ = 0;
};

}  // namespace stowage::sim
