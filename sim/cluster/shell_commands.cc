// Commands of the simulated shell: what runs at once, and what waits (sleep, wait, read, servers).
// lint: long-file: a table of small commands, one after the other.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "base/time/rfc3339.h"
#include "sim/cluster/shell.h"
#include "sim/cluster/shell_filters.h"
#include "sim/cluster/shell_tar.h"

namespace stowage::sim {
namespace {

using Next = ShellFrame::Next;

// One call of a command that runs at once.
struct Call {
  Shell& shell;
  const std::vector<std::string>& argv;
  const ShellIo& io;
  void Out(std::string_view text) const { (*io.out)(text); }
  int Fail(std::string_view message, int status = 1) const {
    (*io.err)(argv[0] + ": " + std::string(message) + "\n");
    return status;
  }
  std::string Path(std::string_view name) const { return FileSystem::Resolve(shell.cwd(), name); }
  FileSystem& files() const { return shell.host().files(); }
};

std::optional<int64_t> ToInt(std::string_view text) {
  int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    static constexpr std::string_view kFrom = "ntr\\ab0";
    static constexpr char kTo[] = {'\n', '\t', '\r', '\\', '\a', '\b', '\0'};
    if (const size_t at = kFrom.find(c); at != std::string_view::npos) {
      out += kTo[at];
    } else {
      out.append({'\\', c});
    }
  }
  return out;
}

int Echo(const Call& c) {
  bool newline = true, escapes = false;
  size_t i = 1;
  for (; i < c.argv.size() && (c.argv[i] == "-n" || c.argv[i] == "-e" || c.argv[i] == "-ne"); ++i) {
    newline &= c.argv[i] == "-e";
    escapes |= c.argv[i] != "-n";
  }
  std::string line;
  for (size_t first = i; i < c.argv.size(); ++i) line += (i > first ? " " : "") + c.argv[i];
  if (escapes) line = Unescape(line);
  c.Out(newline ? line + "\n" : line);
  return 0;
}

int Printf(const Call& c) {
  if (c.argv.size() < 2) return c.Fail("usage: printf FORMAT [ARG...]", 2);
  const std::string format = Unescape(c.argv[1]);
  std::string out;
  size_t next = 2;
  do {
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%' || i + 1 >= format.size()) {
        out += format[i];
        continue;
      }
      size_t spec = i + 1;
      while (spec < format.size() &&
             std::string_view("-0123456789.").find(format[spec]) != std::string_view::npos)
        ++spec;
      const char kind = spec < format.size() ? format[spec] : 's';
      std::string_view flags = std::string_view(format).substr(i + 1, spec - i - 1);
      i = spec;
      if (kind == '%') {
        out += '%';
        continue;
      }
      std::string value = next < c.argv.size() ? c.argv[next++] : (kind == 's' ? "" : "0");
      const bool left = flags.starts_with('-');
      if (left) flags.remove_prefix(1);
      const char pad = !left && flags.starts_with('0') ? '0' : ' ';
      const auto width = static_cast<size_t>(
          std::clamp<int64_t>(ToInt(flags.substr(0, flags.find('.'))).value_or(0), 0, 1000));
      if (value.size() < width) {
        value.insert(left ? value.size() : 0, width - value.size(), pad);
      }
      out += value;
    }
  } while (next > 2 && next < c.argv.size());
  c.Out(out);
  return 0;
}

int Env(const Call& c) {
  for (const auto& [name, value] : c.shell.AllVariables()) c.Out(name + "=" + value + "\n");
  return 0;
}

int Printenv(const Call& c) {
  if (c.argv.size() < 2) return Env(c);
  const std::optional<std::string> value = c.shell.Get(c.argv[1]);
  if (!value) return 1;
  c.Out(*value + "\n");
  return 0;
}

int Export(const Call& c) {
  if (c.argv.size() < 2) return Env(c);
  for (size_t i = 1; i < c.argv.size(); ++i) {
    const size_t eq = c.argv[i].find('=');
    if (eq != std::string::npos) c.shell.Set(c.argv[i].substr(0, eq), c.argv[i].substr(eq + 1));
  }
  return 0;
}

int UnsetVariables(const Call& c) {
  for (size_t i = 1; i < c.argv.size(); ++i) c.shell.Unset(c.argv[i]);
  return 0;
}

int Set(const Call& c) {
  if (c.argv.size() < 2) return Env(c);
  for (size_t i = 1; i < c.argv.size(); ++i) {
    const std::string& a = c.argv[i];
    if (a == "--") {
      c.shell.arguments().resize(1);
      c.shell.arguments().insert(c.shell.arguments().end(),
                                 c.argv.begin() + static_cast<std::ptrdiff_t>(i) + 1, c.argv.end());
      break;
    }
    if (a.size() > 1 && (a[0] == '-' || a[0] == '+') && a.find('e') != std::string::npos) {
      c.shell.exit_on_error = a[0] == '-';
    }
  }
  return 0;
}

int Shift(const Call& c) {
  if (c.shell.arguments().size() < 2) return 1;
  c.shell.arguments().erase(c.shell.arguments().begin() + 1);
  return 0;
}

int Cd(const Call& c) {
  const std::string target = c.argv.size() > 1 ? c.argv[1] : c.shell.Get("HOME").value_or("/root");
  const std::string path = c.Path(target);
  if (!c.files().IsDirectory(path)) {
    (*c.io.err)("sh: cd: can't cd to " + target + ": No such file or directory\n");
    return 2;
  }
  c.shell.cwd() = path;
  return 0;
}

int Ls(const Call& c) {
  bool all = false, one_per_line = false;
  std::vector<std::string> names;
  for (size_t i = 1; i < c.argv.size(); ++i) {
    if (c.argv[i].starts_with('-')) {
      all |= c.argv[i].find_first_of("aA") != std::string::npos;
      one_per_line |= c.argv[i].find_first_of("1l") != std::string::npos;
    } else {
      names.push_back(c.argv[i]);
    }
  }
  if (names.empty()) names.push_back(".");
  int status = 0;
  for (const std::string& name : names) {
    Result<std::vector<std::string>> list = c.files().List(c.Path(name), all);
    if (!list) {
      status = c.Fail(name + ": " + list.error().message);
      continue;
    }
    if (c.files().IsFile(c.Path(name))) list->assign(1, name);
    for (const std::string& entry : *list) c.Out(entry + "\n");
  }
  (void)one_per_line;  // output is no terminal's columns: always one a line
  return status;
}

int Remove(const Call& c) {
  bool force = false;
  int status = 0;
  for (size_t i = 1; i < c.argv.size(); ++i) {
    if (c.argv[i].starts_with('-')) {
      force |= c.argv[i].find('f') != std::string::npos;
      continue;
    }
    const Result<void> removed = c.files().Remove(c.Path(c.argv[i]));
    if (!removed && !force) {
      status = c.Fail("can't remove '" + c.argv[i] + "': " + removed.error().message);
    }
  }
  return status;
}

int MakeDirectory(const Call& c) {
  bool parents = false;
  int status = 0;
  for (size_t i = 1; i < c.argv.size(); ++i) {
    if (c.argv[i] == "-p") {
      parents = true;
      continue;
    }
    const Result<void> made = c.files().MakeDirectory(c.Path(c.argv[i]));
    if (!made && !parents)
      status = c.Fail("can't create directory '" + c.argv[i] + "': " + made.error().message);
  }
  return status;
}

int Touch(const Call& c) {
  int status = 0;
  for (size_t i = 1; i < c.argv.size(); ++i) {
    const Result<void> made = c.files().Write(c.Path(c.argv[i]), "", true);
    if (!made) status = c.Fail(c.argv[i] + ": " + made.error().message);
  }
  return status;
}

int Copy(const Call& c) {
  if (c.argv.size() != 3) return c.Fail("usage: " + c.argv[0] + " SOURCE DEST");
  const Result<std::string> content = c.files().Read(c.Path(c.argv[1]));
  if (!content) return c.Fail("can't stat '" + c.argv[1] + "': " + content.error().message);
  std::string target = c.Path(c.argv[2]);
  if (c.files().IsDirectory(target))
    target += c.Path(c.argv[1]).substr(c.Path(c.argv[1]).rfind('/'));
  const Result<void> written = c.files().Write(target, *content, false);
  if (!written) return c.Fail("can't create '" + c.argv[2] + "': " + written.error().message);
  if (c.argv[0] == "mv") (void)c.files().Remove(c.Path(c.argv[1]));
  return 0;
}

int Ps(const Call& c) {
  c.Out("PID   USER     TIME  COMMAND\n");
  for (const ProcessInfo& p : c.shell.host().Processes()) {
    std::string pid = std::to_string(p.pid);
    c.Out(std::string(pid.size() < 5 ? 5 - pid.size() : 0, ' ') + pid + " root      0:00 " +
          p.command + "\n");
  }
  return 0;
}

int Date(const Call& c) {
  const WallTime now = c.shell.host().executor().WallNow();
  const std::string iso = FormatTime(now);  // 2026-01-01T00:00:00Z
  const std::string format = c.argv.size() > 1 ? c.argv.back() : "";
  if (!format.starts_with('+')) {
    static constexpr std::string_view kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int64_t day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
    const int64_t month = ToInt(std::string_view(iso).substr(5, 2)).value_or(1);
    const std::string date = iso.substr(8, 2);
    c.Out(std::string(kDays[((day % 7) + 7) % 7]) + " " + std::string(kMonths[month - 1]) + " " +
          (date[0] == '0' ? " " + date.substr(1) : date) + " " + iso.substr(11, 8) + " UTC " +
          iso.substr(0, 4) + "\n");
    return 0;
  }
  std::string out;
  for (size_t i = 1; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 >= format.size()) {
      out += format[i];
      continue;
    }
    switch (format[++i]) {
      case 'Y':
        out += iso.substr(0, 4);
        break;
      case 'm':
        out += iso.substr(5, 2);
        break;
      case 'd':
        out += iso.substr(8, 2);
        break;
      case 'H':
        out += iso.substr(11, 2);
        break;
      case 'M':
        out += iso.substr(14, 2);
        break;
      case 'S':
        out += iso.substr(17, 2);
        break;
      case 'F':
        out += iso.substr(0, 10);
        break;
      case 'T':
        out += iso.substr(11, 8);
        break;
      case 's':
        out += std::to_string(now.time_since_epoch().count() / 1000000);
        break;
      default:
        out.append({'%', format[i]});
    }
  }
  c.Out(out + "\n");
  return 0;
}

// One test(1) expression: [ args ], without -a, -o and parentheses.
bool Test(const Call& c, std::vector<std::string> a, bool& bad) {
  if (!a.empty() && a[0] == "!") return !Test(c, {a.begin() + 1, a.end()}, bad);
  if (a.empty()) return false;
  if (a.size() == 1) return !a[0].empty();
  if (a.size() == 2) {
    if (a[0] == "-n") return !a[1].empty();
    if (a[0] == "-z") return a[1].empty();
    if (a[0] == "-e") return c.files().IsFile(c.Path(a[1])) || c.files().IsDirectory(c.Path(a[1]));
    if (a[0] == "-f" || a[0] == "-r" || a[0] == "-w" || a[0] == "-x")
      return c.files().IsFile(c.Path(a[1]));
    if (a[0] == "-d") return c.files().IsDirectory(c.Path(a[1]));
    if (a[0] == "-s") return c.files().Read(c.Path(a[1])).value_or("") != "";
    if (a[0] == "-t") return c.shell.options().tty;
  }
  if (a.size() == 3) {
    if (a[1] == "=" || a[1] == "==") return a[0] == a[2];
    if (a[1] == "!=") return a[0] != a[2];
    const std::optional<int64_t> x = ToInt(a[0]), y = ToInt(a[2]);
    if (x && y) {
      if (a[1] == "-eq") return *x == *y;
      if (a[1] == "-ne") return *x != *y;
      if (a[1] == "-lt") return *x < *y;
      if (a[1] == "-le") return *x <= *y;
      if (a[1] == "-gt") return *x > *y;
      if (a[1] == "-ge") return *x >= *y;
    }
  }
  bad = true;
  return false;
}

int TestCommand(const Call& c) {
  std::vector<std::string> a(c.argv.begin() + 1, c.argv.end());
  if (c.argv[0] == "[") {
    if (a.empty() || a.back() != "]") return c.Fail("missing ]", 2);
    a.pop_back();
  }
  bool bad = false;
  const bool holds = Test(c, std::move(a), bad);
  if (bad) return c.Fail("syntax error", 2);
  return holds ? 0 : 1;
}

int SignalNumber(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  if (name == "HUP") return kSigHup;
  if (name == "INT") return kSigInt;
  if (name == "QUIT") return kSigQuit;
  if (name == "KILL") return kSigKill;
  if (name == "TERM") return kSigTerm;
  if (name == "EXIT") return 0;
  const std::optional<int64_t> n = ToInt(name);
  return n && *n >= 0 && *n < 64 ? static_cast<int>(*n) : -1;
}

int Kill(const Call& c) {
  int signal = kSigTerm;
  size_t i = 1;
  if (i < c.argv.size() && c.argv[i].starts_with('-')) {
    const bool separate = c.argv[i] == "-s" && i + 1 < c.argv.size();
    signal = SignalNumber(separate ? c.argv[++i] : c.argv[i].substr(1));
    ++i;
  }
  if (signal < 0 || i >= c.argv.size()) return c.Fail("usage: kill [-SIGNAL] PID...", 1);
  int status = 0;
  for (; i < c.argv.size(); ++i) {
    const std::optional<int64_t> pid = ToInt(c.argv[i]);
    if (!pid || !c.shell.host().SignalProcess(static_cast<int>(*pid), signal)) {
      (*c.io.err)("sh: can't kill pid " + c.argv[i] + ": No such process\n");
      status = 1;
    }
  }
  return status;
}

int Trap(const Call& c) {
  if (c.argv.size() < 3) return 0;
  for (size_t i = 2; i < c.argv.size(); ++i) {
    const int signal = SignalNumber(c.argv[i]);
    if (signal < 0) return c.Fail("invalid signal specification");
    c.shell.SetTrap(signal, c.argv[1] == "-" ? std::nullopt : std::optional(c.argv[1]));
  }
  return 0;
}

int Seq(const Call& c) {
  std::vector<int64_t> n;
  for (size_t i = 1; i < c.argv.size(); ++i) n.push_back(ToInt(c.argv[i]).value_or(0));
  if (n.empty() || n.size() > 3) return c.Fail("usage: seq [FIRST [INC]] LAST");
  const int64_t first = n.size() > 1 ? n[0] : 1, step = n.size() > 2 ? n[1] : 1, last = n.back();
  std::string out;
  for (int64_t i = first, count = 0; step > 0 ? i <= last : (step < 0 && i >= last); i += step) {
    if (++count > 100000) break;
    out += std::to_string(i) + "\n";
  }
  c.Out(out);
  return 0;
}

int Leave(const Call& c, ShellUnwind::Kind kind) {
  const std::optional<int64_t> n = c.argv.size() > 1 ? ToInt(c.argv[1]) : std::nullopt;
  const bool loop = kind == ShellUnwind::Kind::kBreak || kind == ShellUnwind::Kind::kContinue;
  c.shell.Unwind({kind, loop ? static_cast<int>(n.value_or(1)) : 0});
  if (loop) return 0;
  return n ? static_cast<int>(*n & 255) : c.shell.status();
}

int Fetch(const Call& c) {
  std::string url, file;
  bool to_stdout = c.argv[0] == "curl";
  for (size_t i = 1; i < c.argv.size(); ++i) {
    const std::string& a = c.argv[i];
    if (a == "-O" || a == "-o") {
      if (i + 1 < c.argv.size()) file = c.argv[++i];
    } else if (a == "-T" || a == "-m" || a == "--max-time") {
      ++i;
    } else if (a.starts_with('-')) {
      if (a.ends_with("O-")) to_stdout = true;
    } else {
      url = a;
    }
  }
  if (url.empty()) return c.Fail("missing URL");
  const Result<std::string> body = c.shell.host().Fetch(url);
  if (!body) return c.Fail(body.error().message, c.argv[0] == "curl" ? 7 : 1);
  if (to_stdout || file == "-") {
    c.Out(*body);
  } else {
    (void)c.files().Write(c.Path(file.empty() ? "index.html" : file), *body, false);
  }
  return 0;
}

int Text(const Call& c, std::string text) {
  c.Out(text + "\n");
  return 0;
}

int Id(const Call& c) {
  return Text(c, c.argv.size() > 1 ? "0" : "uid=0(root) gid=0(root) groups=0(root)");
}

int Which(const Call& c) {
  int status = 0;
  for (size_t i = 1; i < c.argv.size(); ++i) {
    if (c.argv[i].starts_with('-')) continue;
    if (!IsShellCommand(c.argv[i])) {
      status = 1;
    } else {
      c.Out((c.argv[0] == "which" ? "/bin/" : "") + c.argv[i] + "\n");
    }
  }
  return status;
}

using Command = int (*)(const Call&);
// lint: long-function: one table
const std::map<std::string_view, Command>& Commands() {
  using Kind = ShellUnwind::Kind;
  static const std::map<std::string_view, Command> kCommands = {
      {":", [](const Call&) { return 0; }},
      {"true", [](const Call&) { return 0; }},
      {"false", [](const Call&) { return 1; }},
      {"echo", Echo},
      {"printf", Printf},
      {"env", Env},
      {"printenv", Printenv},
      {"export", Export},
      {"readonly", Export},
      {"local", Export},
      {"unset", UnsetVariables},
      {"set", Set},
      {"shift", Shift},
      {"cd", Cd},
      {"ls", Ls},
      {"rm", Remove},
      {"mkdir", MakeDirectory},
      {"touch", Touch},
      {"cp", Copy},
      {"mv", Copy},
      {"ps", Ps},
      {"date", Date},
      {"test", TestCommand},
      {"[", TestCommand},
      {"kill", Kill},
      {"trap", Trap},
      {"seq", Seq},
      {"wget", Fetch},
      {"curl", Fetch},
      {"id", Id},
      {"which", Which},
      {"command", Which},
      {"chmod", [](const Call&) { return 0; }},
      {"sync", [](const Call&) { return 0; }},
      {"pwd", [](const Call& c) { return Text(c, c.shell.cwd()); }},
      {"hostname", [](const Call& c) { return Text(c, c.shell.host().hostname()); }},
      {"whoami", [](const Call& c) { return Text(c, "root"); }},
      {"nproc", [](const Call& c) { return Text(c, "1"); }},
      {"tty",
       [](const Call& c) { return Text(c, c.shell.options().tty ? "/dev/pts/0" : "not a tty"); }},
      {"uname",
       [](const Call& c) {
         return Text(c, c.argv.size() > 1 && c.argv[1] == "-a"
                            ? "Linux " + c.shell.host().hostname() + " 6.1.0 x86_64 GNU/Linux"
                            : "Linux");
       }},
      {"basename",
       [](const Call& c) {
         if (c.argv.size() < 2) return 1;
         return Text(c, c.argv[1].substr(c.argv[1].rfind('/') + 1));
       }},
      {"dirname",
       [](const Call& c) {
         if (c.argv.size() < 2) return 1;
         const size_t slash = c.argv[1].rfind('/');
         return Text(c, slash == std::string::npos ? "."
                        : slash == 0               ? "/"
                                                   : c.argv[1].substr(0, slash));
       }},
      {"exit", [](const Call& c) { return Leave(c, Kind::kExit); }},
      {"return", [](const Call& c) { return Leave(c, Kind::kReturn); }},
      {"break", [](const Call& c) { return Leave(c, Kind::kBreak); }},
      {"continue", [](const Call& c) { return Leave(c, Kind::kContinue); }},
  };
  return kCommands;
}

std::function<void()> Waker(Shell& shell) {
  return [weak = shell.weak_from_this()] {
    if (auto self = weak.lock()) self->Resume();
  };
}

class SleepFrame : public ShellFrame {
 public:
  SleepFrame(Shell& shell, std::optional<Duration> span, ShellIo io)
      : ShellFrame(std::move(io)), executor_(shell.host().executor()) {
    if (!span) return;  // for ever: no timer
    until_ = executor_.Now() + *span;
    timer_ = shell.ResumeAfter(*span);
  }
  ~SleepFrame() override { executor_.Cancel(timer_); }
  Next Step(Shell& shell) override {
    if (!until_ || executor_.Now() < *until_) return Next::kBlocked;
    shell.set_status(0);
    return Next::kDone;
  }

 private:
  Executor& executor_;
  std::optional<MonotonicTime> until_;
  TimerId timer_ = TimerId::kNone;
};

class WaitFrame : public ShellFrame {
 public:
  WaitFrame(std::vector<int> pids, ShellIo io)
      : ShellFrame(std::move(io)), pids_(std::move(pids)) {}
  Next Step(Shell& shell) override {
    if (interrupted_) return Next::kDone;
    for (int pid : pids_) {
      auto it = shell.jobs().find(pid);
      if (it == shell.jobs().end()) continue;
      if (!it->second->ended()) {
        started_ = true;
        return Next::kBlocked;
      }
      shell.set_status(it->second->exit_code());
      shell.jobs().erase(it);
    }
    return Next::kDone;
  }
  // A trap ends the wait: its action runs above this frame, which is then stepped once more.
  bool interruptible() const override { return started_; }
  void OnTrap() override { interrupted_ = true; }

 private:
  std::vector<int> pids_;
  bool started_ = false;
  bool interrupted_ = false;
};

class ReadFrame : public ShellFrame {
 public:
  ReadFrame(std::vector<std::string> names, ShellIo io)
      : ShellFrame(std::move(io)), names_(std::move(names)) {}
  Next Step(Shell& shell) override {
    std::optional<std::string> line = io_.in->TakeLine();
    if (!line) {
      io_.in->on_data = Waker(shell);
      return Next::kBlocked;
    }
    shell.set_status(line->ends_with('\n') ? 0 : 1);
    if (line->ends_with('\n')) line->pop_back();
    std::string_view rest = *line;
    for (size_t i = 0; i < names_.size(); ++i) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      const size_t end =
          i + 1 == names_.size() ? rest.size() : std::min(rest.find_first_of(" \t"), rest.size());
      shell.Set(names_[i], rest.substr(0, end));
      rest.remove_prefix(end);
    }
    return Next::kDone;
  }

 private:
  std::vector<std::string> names_;
};

// cat of its input as it comes.
class CatFrame : public ShellFrame {
 public:
  using ShellFrame::ShellFrame;
  Next Step(Shell& shell) override {
    if (!io_.in->buffer.empty()) (*io_.out)(std::exchange(io_.in->buffer, {}));
    if (io_.in->eof) {
      shell.set_status(0);
      return Next::kDone;
    }
    io_.in->on_data = Waker(shell);
    return Next::kBlocked;
  }
};

// A filter that needs the whole of its input.
class FilterFrame : public ShellFrame {
 public:
  FilterFrame(std::vector<std::string> argv, ShellIo io)
      : ShellFrame(std::move(io)), argv_(std::move(argv)) {}
  Next Step(Shell& shell) override {
    if (!io_.in->eof) {
      io_.in->on_data = Waker(shell);
      return Next::kBlocked;
    }
    const FilterResult result =
        RunShellFilter(argv_, std::exchange(io_.in->buffer, {}), [&shell](std::string_view name) {
          return shell.host().files().Read(FileSystem::Resolve(shell.cwd(), name));
        });
    (*io_.out)(result.out);
    if (!result.err.empty()) (*io_.err)(result.err);
    shell.set_status(result.status);
    return Next::kDone;
  }

 private:
  std::vector<std::string> argv_;
};

class ServerFrame : public ShellFrame {
 public:
  ServerFrame(Shell& shell, ServerProgram server, ShellIo io)
      : ShellFrame(std::move(io)), server_(std::move(server)) {
    for (const std::string& line : server_.start_lines) (*io_.err)(line + "\n");
    shell.host().Listen(&shell, server_);
  }
  Next Step(Shell& shell) override {
    if (!stopped_) return Next::kBlocked;
    shell.host().StopListening(&shell);
    return Next::kDone;
  }
  bool HandleSignal(Shell& shell, int signal) override {
    if (signal != kSigTerm && signal != kSigInt && signal != kSigQuit) return signal == kSigHup;
    stopped_ = true;
    shell.set_status(server_.term_exit_code);
    return true;
  }

 private:
  ServerProgram server_;
  bool stopped_ = false;
};

// `sh script`, `. script`: the script's own arguments for the time it runs.
class ScriptFrame : public ShellFrame {
 public:
  ScriptFrame(ShellNodePtr node, std::vector<std::string> arguments, bool catches_exit, ShellIo io)
      : ShellFrame(std::move(io)),
        node_(std::move(node)),
        arguments_(std::move(arguments)),
        catches_exit_(catches_exit) {}
  Next Step(Shell& shell) override {
    std::swap(shell.arguments(), arguments_);
    if (std::exchange(called_, true)) return Next::kDone;
    if (node_) {
      shell.Push(MakeShellFrame(node_, io_));
    } else {
      shell.Push(MakeInteractiveFrame(io_, shell.options().tty));
    }
    return Next::kCalled;
  }
  bool Catch(Shell&, ShellUnwind& unwind) override {
    return catches_exit_ && unwind.kind == ShellUnwind::Kind::kExit;
  }

 private:
  ShellNodePtr node_;
  std::vector<std::string> arguments_;
  bool catches_exit_;
  bool called_ = false;
};

ShellFramePtr FailAtOnce(Shell& shell, const ShellIo& io, const std::string& message, int status) {
  (*io.err)(message + "\n");
  shell.set_status(status);
  return nullptr;
}

ShellFramePtr StartSleep(Shell& shell, const std::vector<std::string>& argv, const ShellIo& io) {
  double seconds = 0;
  for (size_t i = 1; i < argv.size(); ++i) {
    if (argv[i] == "infinity" || argv[i] == "inf")
      return std::make_unique<SleepFrame>(shell, std::nullopt, io);
    double n = 0;
    const char* end = argv[i].data() + argv[i].size();
    const auto [at, ec] = std::from_chars(argv[i].data(), end, n);
    const std::string_view unit(at, static_cast<size_t>(end - at));
    const double scale = unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 1;
    if (ec != std::errc() || unit.size() > 1 || !(n >= 0) ||
        (!unit.empty() && std::string_view("smhd").find(unit) == std::string_view::npos)) {
      return FailAtOnce(shell, io, "sleep: invalid number '" + argv[i] + "'", 1);
    }
    seconds += n * scale;
  }
  if (argv.size() < 2) return FailAtOnce(shell, io, "sleep: missing operand", 1);
  if (seconds > 3e9) return std::make_unique<SleepFrame>(shell, std::nullopt, io);
  return std::make_unique<SleepFrame>(shell, Duration(std::llround(seconds * 1e6)), io);
}

ShellFramePtr StartShell(Shell& shell, const std::vector<std::string>& argv, const ShellIo& io) {
  size_t i = 1;
  bool errexit = false;
  for (; i < argv.size() && argv[i].size() > 1 && argv[i][0] == '-'; ++i) {
    errexit |= argv[i].find('e') != std::string::npos && !argv[i].starts_with("--");
    if (argv[i].find('c') == std::string::npos || argv[i].starts_with("--")) continue;
    if (i + 1 >= argv.size()) return FailAtOnce(shell, io, "sh: -c requires an argument", 2);
    Result<ShellNodePtr> node = ParseShell(argv[i + 1]);
    if (!node) return FailAtOnce(shell, io, "sh: " + node.error().message, 2);
    std::vector<std::string> arguments(argv.begin() + static_cast<std::ptrdiff_t>(i) + 2,
                                       argv.end());
    if (arguments.empty()) arguments.push_back("sh");
    shell.exit_on_error |= errexit;
    return std::make_unique<ScriptFrame>(*node, std::move(arguments), true, io);
  }
  shell.exit_on_error |= errexit;
  if (i >= argv.size())
    return std::make_unique<ScriptFrame>(nullptr, std::vector<std::string>{"sh"}, true, io);
  const Result<std::string> text =
      shell.host().files().Read(FileSystem::Resolve(shell.cwd(), argv[i]));
  if (!text)
    return FailAtOnce(shell, io, "sh: can't open '" + argv[i] + "': " + text.error().message, 2);
  Result<ShellNodePtr> node = ParseShell(*text);
  if (!node) return FailAtOnce(shell, io, argv[i] + ": " + node.error().message, 2);
  return std::make_unique<ScriptFrame>(
      *node, std::vector<std::string>(argv.begin() + static_cast<std::ptrdiff_t>(i), argv.end()),
      true, io);
}

bool IsShellName(std::string_view name) {
  return name == "sh" || name == "ash" || name == "bash" || name == "dash";
}

bool IsWaiting(std::string_view name) {
  return IsShellName(name) || name == "sleep" || name == "wait" || name == "read" ||
         name == "cat" || name == "eval" || name == "." || name == "source" || name == "pause" ||
         name == "busybox" || name == "httpd" || name == "timeout" || IsTar(name);
}

ShellFramePtr StartCat(Shell& shell, const std::vector<std::string>& argv, const ShellIo& io) {
  if (argv.size() < 2 || argv[1] == "-") return std::make_unique<CatFrame>(io);
  shell.set_status(0);
  for (size_t i = 1; i < argv.size(); ++i) {
    const Result<std::string> text =
        shell.host().files().Read(FileSystem::Resolve(shell.cwd(), argv[i]));
    if (text) {
      (*io.out)(*text);
    } else if (!argv[i].starts_with('-')) {
      const bool missing = text.error().code == ErrorCode::kNotFound;
      (*io.err)("cat: " + std::string(missing ? "can't open '" + argv[i] + "'" : "read error") +
                ": " + text.error().message + "\n");
      shell.set_status(1);
    }
  }
  return nullptr;
}

ShellFramePtr StartWaiting(Shell& shell, std::vector<std::string>& argv, const ShellIo& io) {
  const std::string& name = argv[0];
  if (IsShellName(name)) return StartShell(shell, argv, io);
  if (name == "sleep") return StartSleep(shell, argv, io);
  if (name == "cat") return StartCat(shell, argv, io);
  if (IsTar(name)) return StartTar(shell, argv, io);
  if (name == "pause")
    return std::make_unique<ServerFrame>(shell, ServerProgram{.name = "/pause"}, io);
  if (name == "read") {
    std::vector<std::string> names;
    for (size_t i = 1; i < argv.size(); ++i) {
      if (argv[i][0] != '-') names.push_back(argv[i]);
    }
    if (names.empty()) names.push_back("REPLY");
    return std::make_unique<ReadFrame>(std::move(names), io);
  }
  if (name == "wait") {
    std::vector<int> pids;
    for (size_t i = 1; i < argv.size(); ++i)
      pids.push_back(static_cast<int>(ToInt(argv[i]).value_or(0)));
    if (pids.empty()) {
      for (const auto& [pid, job] : shell.jobs()) pids.push_back(pid);
    }
    shell.set_status(0);
    return std::make_unique<WaitFrame>(std::move(pids), io);
  }
  if (name == "busybox" || name == "timeout") {  // timeout N command: the command, unbounded
    argv.erase(argv.begin(),
               argv.begin() + (name == "timeout" ? std::min<std::ptrdiff_t>(
                                                       2, static_cast<std::ptrdiff_t>(argv.size()))
                                                 : 1));
    if (argv.empty()) return FailAtOnce(shell, io, "usage: busybox COMMAND", 1);
    return RunShellCommand(shell, std::move(argv), io);
  }
  if (name == "httpd") {
    ServerProgram server{.name = "httpd"};
    for (size_t i = 1; i + 1 < argv.size(); ++i) {
      if (argv[i] == "-p")
        server.ports = {
            static_cast<int>(ToInt(argv[i + 1].substr(argv[i + 1].rfind(':') + 1)).value_or(80))};
    }
    if (server.ports.empty()) server.ports = {80};
    return std::make_unique<ServerFrame>(shell, std::move(server), io);
  }
  std::string text;  // eval and .
  if (name == "eval") {
    for (size_t i = 1; i < argv.size(); ++i) text += argv[i] + " ";
  } else if (argv.size() > 1) {
    Result<std::string> script =
        shell.host().files().Read(FileSystem::Resolve(shell.cwd(), argv[1]));
    if (!script) return FailAtOnce(shell, io, "sh: .: can't open '" + argv[1] + "'", 2);
    text = std::move(*script);
  }
  Result<ShellNodePtr> node = ParseShell(text);
  if (!node) return FailAtOnce(shell, io, "sh: " + node.error().message, 2);
  return MakeShellFrame(*node, io);
}

}  // namespace

bool IsShellCommand(std::string_view name) {
  for (std::string_view prefix :
       {"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  return Commands().contains(name) || IsWaiting(name) || IsShellFilter(name);
}

ShellFramePtr RunShellCommand(Shell& shell, std::vector<std::string> argv, const ShellIo& io) {
  if (argv.empty() || argv[0].empty()) return FailAtOnce(shell, io, "sh: : Permission denied", 127);
  const std::string asked = argv[0];
  if (argv[0].find('/') != std::string::npos && IsShellCommand(argv[0])) {
    argv[0] = argv[0].substr(argv[0].rfind('/') + 1);
  }
  if (argv[0] == "env" && argv.size() > 1) {
    argv.erase(argv.begin());
    while (!argv.empty() && argv[0].find('=') != std::string::npos) {
      shell.Set(argv[0].substr(0, argv[0].find('=')), argv[0].substr(argv[0].find('=') + 1));
      argv.erase(argv.begin());
    }
    if (argv.empty()) argv = {"env"};
  }
  if (argv[0] == "tail" && std::find(argv.begin(), argv.end(), "-f") != argv.end()) {
    return std::make_unique<SleepFrame>(shell, std::nullopt, io);  // the file never grows by itself
  }
  if (auto it = Commands().find(argv[0]); it != Commands().end()) {
    shell.set_status(it->second(Call{shell, argv, io}));
    return nullptr;
  }
  if (IsWaiting(argv[0])) return StartWaiting(shell, argv, io);
  if (IsShellFilter(argv[0])) return std::make_unique<FilterFrame>(std::move(argv), io);
  if (std::optional<ServerProgram> server = shell.host().FindServer(argv)) {
    return std::make_unique<ServerFrame>(shell, std::move(*server), io);
  }
  Result<std::string> script = shell.host().files().Read(FileSystem::Resolve(shell.cwd(), asked));
  if (asked.find('/') != std::string::npos && script) {
    argv.insert(argv.begin(), "sh");
    return StartShell(shell, argv, io);
  }
  return FailAtOnce(shell, io, "sh: " + asked + ": not found", 127);
}

}  // namespace stowage::sim
