#include "sim/cluster/file_system.h"

#include <set>

namespace stowage::sim {
namespace {

tl::unexpected<Error> Missing() {
  return MakeError(ErrorCode::kNotFound, "No such file or directory");
}

// Directories that every image has, though nothing need be in them.
bool IsImageDirectory(std::string_view path) {
  static const std::set<std::string_view> kDirectories = {
      "/",     "/bin", "/dev", "/etc", "/home",    "/proc", "/root",    "/run",
      "/sbin", "/sys", "/tmp", "/usr", "/usr/bin", "/var",  "/var/log", "/var/run"};
  return kDirectories.contains(path);
}

bool Below(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.size() > 1;
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

std::string FileSystem::Resolve(std::string_view cwd, std::string_view path) {
  std::string whole(path);
  if (path.empty() || path[0] != '/') whole = std::string(cwd) + "/" + whole;
  std::vector<std::string_view> parts;
  std::string_view rest = whole;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string out;
  for (std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

void FileSystem::AddImageFile(std::string path, std::function<std::string()> content) {
  image_[std::move(path)] = std::move(content);
}

void FileSystem::AddMount(Mount mount) { mounts_.push_back(std::move(mount)); }

const Mount* FileSystem::MountOf(std::string_view path) const {
  const Mount* best = nullptr;
  for (const Mount& m : mounts_) {
    if ((path == m.path || Below(path, m.path)) && (!best || m.path.size() > best->path.size())) {
      best = &m;
    }
  }
  return best;
}

Result<std::string> FileSystem::Read(std::string_view path) const {
  if (const Mount* m = MountOf(path)) {
    if (path == m->path) {
      const FileMap one = m->content ? m->content() : FileMap();
      if (auto it = one.find(""); it != one.end()) return it->second;  // a subPath to one file
      return MakeError(ErrorCode::kInvalid, "Is a directory");
    }
    const FileMap files = m->content ? m->content() : *m->files;
    auto it = files.find(std::string(path.substr(m->path.size() + 1)));
    if (it != files.end()) return it->second;
  } else if (auto it = written_.find(std::string(path)); it != written_.end()) {
    return it->second;
  } else if (auto at = image_.find(std::string(path)); at != image_.end()) {
    return at->second();
  }
  if (IsDirectory(path)) return MakeError(ErrorCode::kInvalid, "Is a directory");
  return Missing();
}

Result<void> FileSystem::Write(std::string_view path, std::string_view content, bool append) {
  if (path == "/dev/null") return {};
  if (IsDirectory(path)) return MakeError(ErrorCode::kInvalid, "Is a directory");
  const size_t slash = path.rfind('/');
  if (!IsDirectory(slash == 0 ? "/" : path.substr(0, slash))) return Missing();
  const Mount* m = MountOf(path);
  if (m && (m->read_only || !m->files)) {
    return MakeError(ErrorCode::kForbidden, "Read-only file system");
  }
  std::string before;
  if (append) {
    if (Result<std::string> now = Read(path)) before = std::move(*now);
  }
  if (written_bytes_ + content.size() > kMaxBytes) {
    return MakeError(ErrorCode::kInvalid, "No space left on device");
  }
  FileMap& files = m ? *m->files : written_;
  const std::string name(m ? path.substr(m->path.size() + 1) : path);
  std::string& file = files[name];
  written_bytes_ += content.size();
  if (!append) written_bytes_ -= std::min(written_bytes_, file.size());
  file = std::move(before);
  file.append(content);
  return {};
}

Result<void> FileSystem::Remove(std::string_view path) {
  if (const Mount* m = MountOf(path); m && path != m->path) {
    if (!m->files || m->read_only) return MakeError(ErrorCode::kForbidden, "Read-only file system");
    if (m->files->erase(std::string(path.substr(m->path.size() + 1))) > 0) return {};
    return Missing();
  }
  if (auto it = written_.find(std::string(path)); it != written_.end()) {
    written_bytes_ -= std::min(written_bytes_, it->second.size());
    written_.erase(it);
    return {};
  }
  if (image_.erase(std::string(path)) > 0 || directories_.erase(std::string(path)) > 0) return {};
  return Missing();
}

Result<void> FileSystem::MakeDirectory(std::string_view path) {
  if (IsDirectory(path) || IsFile(path)) return MakeError(ErrorCode::kAlreadyExists, "File exists");
  directories_[std::string(path)] = true;
  return {};
}

FileMap FileSystem::AllFiles() const {
  FileMap all;
  for (const auto& [path, content] : image_) all[path];
  for (const auto& [path, content] : written_) all[path];
  for (const Mount& m : mounts_) {
    const FileMap files = m.content ? m.content() : *m.files;
    for (const auto& [name, content] : files) all[name.empty() ? m.path : m.path + "/" + name];
  }
  return all;
}

bool FileSystem::IsFile(std::string_view path) const { return Read(path).has_value(); }

bool FileSystem::IsDirectory(std::string_view path) const {
  if (IsImageDirectory(path) || directories_.contains(std::string(path))) return true;
  for (const Mount& m : mounts_) {
    const bool one_file = m.content && m.content().contains("");
    if ((path == m.path && !one_file) || Below(m.path, path)) return true;
  }
  const FileMap all = AllFiles();
  auto it = all.lower_bound(std::string(path) + "/");
  return it != all.end() && Below(it->first, path);
}

Result<std::vector<std::string>> FileSystem::List(std::string_view path, bool all) const {
  if (IsFile(path)) return std::vector<std::string>{std::string(path)};
  if (!IsDirectory(path)) return Missing();
  std::set<std::string> names;
  auto add = [&](std::string_view full) {
    if (!Below(full, path)) return;
    std::string_view rest = full.substr(path == "/" ? 1 : path.size() + 1);
    names.insert(std::string(rest.substr(0, rest.find('/'))));
  };
  for (const auto& [file, content] : AllFiles()) add(file);
  for (const auto& [directory, made] : directories_) add(directory);
  for (const Mount& m : mounts_) add(m.path);
  for (std::string_view d : {"/bin", "/dev", "/etc", "/home", "/proc", "/root", "/run", "/sbin",
                             "/sys", "/tmp", "/usr", "/usr/bin", "/var", "/var/log", "/var/run"}) {
    add(d);
  }
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (all || name[0] != '.') out.push_back(name);
  }
  return out;
}

}  // namespace stowage::sim
