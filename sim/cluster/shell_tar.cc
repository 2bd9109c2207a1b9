#include "sim/cluster/shell_tar.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace stowage::sim {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kNameMax = 100, kPrefixMax = 155;
constexpr size_t kFileMax = FileSystem::kMaxBytes;

struct TarOptions {
  char mode = 0;  // c, x or t
  bool verbose = false;
  std::string archive = "-";
  std::string directory;  // -C
  std::vector<std::string> paths;
};

// As GNU and busybox: "cf", "-cf", "-c -f -", "-C DIR", "--no-same-owner" and the like.
TarOptions ParseTar(const std::vector<std::string>& argv) {
  TarOptions o;
  for (size_t i = 1; i < argv.size(); ++i) {
    std::string_view word = argv[i];
    const bool dashed = word.size() > 1 && word[0] == '-';
    if (word.starts_with("--")) continue;
    if (!dashed && i > 1) {
      o.paths.emplace_back(word);
      continue;
    }
    if (dashed) word.remove_prefix(1);
    for (char c : word) {
      if (c == 'c' || c == 'x' || c == 't') o.mode = c;
      if (c == 'v') o.verbose = true;
      if (c == 'f' && i + 1 < argv.size()) o.archive = argv[++i];
      if (c == 'C' && i + 1 < argv.size()) o.directory = argv[++i];
    }
  }
  return o;
}

void PutOctal(std::string& header, size_t at, size_t width, uint64_t n) {
  for (size_t i = width - 1; i-- > 0; n >>= 3) header[at + i] = static_cast<char>('0' + (n & 7));
}

uint64_t Octal(std::string_view field) {
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  uint64_t n = 0;
  std::from_chars(field.data(), field.data() + field.size(), n, 8);
  return n;
}

std::string Text(std::string_view field) { return std::string(field.substr(0, field.find('\0'))); }

// "": the name does not fit.
std::string Header(std::string name, size_t size, bool directory, int64_t seconds) {
  std::string prefix;
  if (name.size() > kNameMax) {
    const size_t cut = name.find('/', name.size() - kNameMax - 1);
    if (cut == std::string::npos || cut > kPrefixMax) return "";
    prefix = name.substr(0, cut);
    name.erase(0, cut + 1);
  }
  std::string h(kBlock, '\0');
  h.replace(0, name.size(), name);
  PutOctal(h, 100, 8, directory ? 0755 : 0644);
  PutOctal(h, 108, 8, 0);
  PutOctal(h, 116, 8, 0);
  PutOctal(h, 124, 12, size);
  PutOctal(h, 136, 12, static_cast<uint64_t>(std::max<int64_t>(seconds, 0)));
  h[156] = directory ? '5' : '0';
  h.replace(257, 8, std::string_view("ustar\00000", 8));
  h.replace(345, prefix.size(), prefix);
  h.replace(148, 8, 8, ' ');
  uint64_t sum = 0;
  for (char c : h) sum += static_cast<uint8_t>(c);
  PutOctal(h, 148, 7, sum);
  return h;
}

class TarWriter {
 public:
  TarWriter(Shell& shell, const ShellIo& io) : files_(shell.host().files()), io_(io) {
    seconds_ = shell.host().executor().WallNow().time_since_epoch() / Seconds(1);
  }

  // `name`: in the archive, without a leading slash.
  bool Add(const std::string& path, const std::string& name) {
    const bool directory = files_.IsDirectory(path);
    std::string content;
    if (!directory) {
      Result<std::string> read = files_.Read(path);
      if (!read) {
        (*io_.err)("tar: " + name + ": " + read.error().message + "\n");
        return false;
      }
      content = std::move(*read);
    }
    if (!name.empty()) {
      const std::string head =
          Header(directory ? name + "/" : name, content.size(), directory, seconds_);
      if (head.empty()) {
        (*io_.err)("tar: " + name + ": file name is too long\n");
        return false;
      }
      content.resize((content.size() + kBlock - 1) / kBlock * kBlock);
      (*io_.out)(head + content);
    }
    if (!directory) return true;
    bool ok = true;
    const Result<std::vector<std::string>> children = files_.List(path, true);
    for (const std::string& child : children ? *children : std::vector<std::string>()) {
      ok &= Add((path == "/" ? "" : path) + "/" + child, name.empty() ? child : name + "/" + child);
    }
    return ok;
  }
  void End() { (*io_.out)(std::string(2 * kBlock, '\0')); }

 private:
  FileSystem& files_;
  const ShellIo& io_;
  int64_t seconds_ = 0;
};

// Extracts or lists an archive as it comes.
class TarReader : public ShellFrame {
 public:
  TarReader(TarOptions options, std::string directory, ShellIo io)
      : ShellFrame(std::move(io)), options_(std::move(options)), directory_(std::move(directory)) {}

  Next Step(Shell& shell) override {
    buffer_ += std::exchange(io_.in->buffer, {});
    while (!failed_ && Take(shell)) {
    }
    if (!io_.in->eof) {
      // What follows the end is read and forgotten, so that its writer does not wait.
      io_.in->on_data = [weak = shell.weak_from_this()] {
        if (auto self = weak.lock()) self->Resume();
      };
      return Next::kBlocked;
    }
    if (!failed_ && !ended_ && (!buffer_.empty() || !any_)) Complain("short read");
    shell.set_status(failed_ ? 1 : 0);
    return Next::kDone;
  }

 private:
  void Complain(const std::string& what) {
    (*io_.err)("tar: " + what + "\n");
    failed_ = true;
  }

  // One entry; false: more bytes are needed.
  bool Take(Shell& shell) {
    if (ended_) {
      buffer_.clear();
      return false;
    }
    if (buffer_.size() < kBlock) return false;
    const std::string_view head = std::string_view(buffer_).substr(0, kBlock);
    if (head.find_first_not_of('\0') == std::string_view::npos) {
      ended_ = any_ = true;
      return true;
    }
    if (head.substr(257, 5) != "ustar") {
      Complain("invalid tar magic");
      return false;
    }
    const uint64_t size = Octal(head.substr(124, 12));
    const uint64_t whole = kBlock + (size + kBlock - 1) / kBlock * kBlock;
    const char type = head[156];
    if (size > kFileMax) {
      Complain(Text(head.substr(0, kNameMax)) + ": No space left on device");
      return false;
    }
    if (buffer_.size() < whole) return false;
    any_ = true;
    std::string name = Text(head.substr(0, kNameMax));
    const std::string prefix = Text(head.substr(345, kPrefixMax));
    if (!prefix.empty()) name = prefix + "/" + name;
    const std::string content = buffer_.substr(kBlock, size);
    buffer_.erase(0, whole);
    if (!long_name_.empty()) name = std::exchange(long_name_, {});
    Entry(shell, type, name, content);
    return true;
  }

  void Entry(Shell& shell, char type, const std::string& name, const std::string& content) {
    if (type == 'L') {  // GNU: the name of the next entry
      long_name_ = Text(content);
      return;
    }
    if (type != '0' && type != '\0' && type != '5') return;  // links and attributes: not kept here
    if (options_.mode == 't' || options_.verbose) (*io_.out)(name + "\n");
    if (options_.mode == 't') return;
    FileSystem& files = shell.host().files();
    const size_t start = std::min(name.find_first_not_of('/'), name.size());
    const std::string path = FileSystem::Resolve(directory_, name.substr(start));
    if (type == '5') return MakeDirectories(files, path);
    MakeDirectories(files, path.substr(0, path.rfind('/')));
    if (Result<void> written = files.Write(path, content, false); !written) {
      Complain("can't open '" + name + "': " + written.error().message);
    }
  }

  static void MakeDirectories(FileSystem& files, const std::string& path) {
    for (size_t at = 1; at <= path.size() && !path.empty();) {
      const size_t end = std::min(path.find('/', at), path.size());
      (void)files.MakeDirectory(path.substr(0, end));  // most are there already
      at = end + 1;
    }
  }

  TarOptions options_;
  std::string directory_;
  std::string buffer_;
  std::string long_name_;
  bool any_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

ShellFramePtr Fail(Shell& shell, const ShellIo& io, const std::string& message) {
  (*io.err)("tar: " + message + "\n");
  shell.set_status(1);
  return nullptr;
}

}  // namespace

bool IsTar(std::string_view name) { return name == "tar"; }

ShellFramePtr StartTar(Shell& shell, const std::vector<std::string>& argv, const ShellIo& io) {
  TarOptions options = ParseTar(argv);
  const std::string directory = FileSystem::Resolve(shell.cwd(), options.directory);
  FileSystem& files = shell.host().files();
  if (options.mode == 0) return Fail(shell, io, "must specify one of -c, -x or -t");
  if (!files.IsDirectory(directory)) {
    return Fail(shell, io,
                "can't change directory to '" + directory + "': No such file or directory");
  }
  if (options.mode != 'c') {
    if (options.archive != "-") {
      const Result<std::string> archive =
          files.Read(FileSystem::Resolve(shell.cwd(), options.archive));
      if (!archive) return Fail(shell, io, options.archive + ": " + archive.error().message);
      ShellIo from = io;
      from.in = std::make_shared<ShellInput>();
      from.in->Add(*archive);
      from.in->Close();
      return std::make_unique<TarReader>(std::move(options), directory, std::move(from));
    }
    return std::make_unique<TarReader>(std::move(options), directory, io);
  }
  ShellIo to = io;
  std::string gathered;
  if (options.archive != "-") {
    to.out = MakeShellOutput([&gathered](std::string_view bytes) { gathered += bytes; });
  }
  TarWriter writer(shell, to);
  bool ok = true;
  for (const std::string& path : options.paths) {
    const std::string full = FileSystem::Resolve(directory, path);
    std::string name = path.starts_with('/') ? full.substr(1) : path;
    while (name.ends_with('/')) name.pop_back();
    ok &= writer.Add(full, name == "." ? "" : name);
  }
  writer.End();
  if (options.archive != "-") {
    const std::string archive = FileSystem::Resolve(shell.cwd(), options.archive);
    if (Result<void> written = files.Write(archive, gathered, false); !written) {
      return Fail(shell, io, options.archive + ": " + written.error().message);
    }
  }
  shell.set_status(ok ? 0 : 1);
  return nullptr;
}

}  // namespace stowage::sim
