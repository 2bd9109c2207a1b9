#include "test/lint/lint.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace stowage::lint {
namespace {

constexpr int kFileLines = 500;
constexpr int kFunctionLines = 70;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool Under(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool UnderAny(std::string_view path, const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(),
                     [&](const std::string& f) { return Under(path, f); });
}

// ---- include table (ARCHITECTURE.md) ------------------------------------------------------------

struct Row {
  std::string folder;                // the longest row that fits a path counts
  std::vector<std::string> may;      // folders of ours
  std::vector<std::string> outside;  // prefixes of <...> headers that are adapters' alone
};

const std::vector<Row>& Table() {
  static const std::vector<std::string> kKube = {"kube/api", "kube/client", "kube/cache",
                                                 "kube/controller"};
  static const auto with = [](std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  static const std::vector<std::string> kModel = {"scheduler/model", "scheduler/placement",
                                                  "scheduler/solvers"};
  static const std::vector<std::string> kHouse = {"base",      "kube", "scheduler", "vkubelet",
                                                  "providers", "sim",  "app"};
  static const std::vector<Row> rows = {
      {"base", {"base"}, {}},
      {"kube/api", {"base", "kube/api"}, {"rapidjson", "simdjson"}},
      {"kube/client", {"base", "kube/api", "kube/client"}, {}},
      {"kube/cache", {"base", "kube/api", "kube/client", "kube/cache"}, {}},
      {"kube/controller", with({"base"}, kKube), {}},
      {"kube/http",
       {"base", "kube/api", "kube/client", "kube/http"},
       {"cpprest", "pplx", "boost", "openssl", "sys", "unistd", "yaml-cpp"}},
      {"scheduler/model", {"base", "scheduler/model"}, {}},
      {"scheduler/placement",
       {"base", "scheduler/model", "scheduler/placement"},
       {"boost/graph", "Eigen"}},
      {"scheduler/solvers", with({"base"}, kModel), {"boost/graph", "Eigen", "lemon"}},
      {"scheduler/control", with(with({"base", "scheduler/control"}, kModel), kKube), {}},
      {"providers/api", {"base", "kube/api", "providers/api"}, {}},
      {"providers/memory", with({"base", "providers/api", "providers/memory"}, kKube), {}},
      {"providers/kubernetes", with({"base", "providers/api", "providers/kubernetes"}, kKube), {}},
      {"providers/grpc",
       with({"base", "providers/api", "providers/grpc"}, kKube),
       {"grpc", "google"}},
      {"vkubelet/node", with({"base", "providers/api", "vkubelet"}, kKube), {}},
      {"vkubelet/pod", with({"base", "providers/api", "vkubelet"}, kKube), {}},
      {"vkubelet/server",
       with({"base", "providers/api", "vkubelet", "kube/http/server"}, kKube),
       {}},
      {"sim",
       with({"base", "scheduler", "vkubelet", "providers", "sim", "kube/http/server"}, kKube),
       {"zlib", "openssl", "sqlite3", "yaml-cpp"}},
      {"app", kHouse, {"CLI", "yaml-cpp", "sys", "unistd", "signal", "openssl"}},
  };
  return rows;
}

const Row* RowOf(std::string_view path) {
  const Row* best = nullptr;
  for (const Row& row : Table()) {
    if (Under(path, row.folder) && (!best || row.folder.size() > best->folder.size())) best = &row;
  }
  return best;
}

// Headers of libraries that only the adapters named in the table may see.
const std::vector<std::string>& Reserved() {
  static const std::vector<std::string> reserved = {
      "rapidjson", "simdjson", "cpprest",  "pplx",   "boost", "openssl",
      "sqlite3",   "zlib",     "yaml-cpp", "CLI",    "Eigen", "lemon",
      "grpc",      "google",   "sys",      "unistd", "signal"};
  return reserved;
}

void CheckIncludes(const std::string& path, const std::vector<std::string>& lines,
                   std::vector<Violation>& out) {
  const Row* row = RowOf(path);
  if (!row) return;
  static const std::regex ours("^\\s*#\\s*include\\s*\"([^\"]+)\"");
  static const std::regex outside("^\\s*#\\s*include\\s*<([^>]+)>");
  const auto head_of = [](const std::string& header) {
    const size_t end = header.find_first_of("/.");
    return header.substr(0, end);
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    std::smatch m;
    const int at = static_cast<int>(i) + 1;
    if (std::regex_search(lines[i], m, ours)) {
      const std::string header = m[1];
      const bool generated = header.ends_with(".inc");
      if (!generated && !UnderAny(header, row->may)) {
        out.push_back({"include-table", path, at,
                       row->folder + " may not include \"" + header + "\"; it may include " + [&] {
                         std::string all;
                         for (const auto& f : row->may) all += (all.empty() ? "" : ", ") + f;
                         return all;
                       }()});
      }
    } else if (std::regex_search(lines[i], m, outside)) {
      const std::string header = m[1];
      const auto& reserved = Reserved();
      const bool is_reserved =
          std::find(reserved.begin(), reserved.end(), head_of(header)) != reserved.end();
      const bool glog = Under(path, "base/log") || header == "glog/logging.h";
      const bool allowed =
          glog || std::any_of(row->outside.begin(), row->outside.end(),
                              [&](const std::string& p) { return header.starts_with(p); });
      if (is_reserved && !allowed) {
        out.push_back({"include-table", path, at,
                       row->folder + " may not use <" + header + ">: hide it behind its adapter"});
      }
    }
  }
}

void CheckHeavyHeaders(const std::string& path, const std::vector<std::string>& lines,
                       std::vector<Violation>& out) {
  if (!path.ends_with(".h") || path.ends_with("_impl.h") || path.ends_with("_internal.h")) return;
  static const std::regex heavy("^\\s*#\\s*include\\s*<(rapidjson|cpprest|boost/|Eigen|grpc)");
  for (size_t i = 0; i < lines.size(); ++i) {
    if (std::regex_search(lines[i], heavy)) {
      out.push_back({"heavy-header", path, static_cast<int>(i) + 1,
                     "heavy library in a header: include it in the .cc (or an _impl.h)"});
    }
  }
}

// ---- banned calls -------------------------------------------------------------------------------

struct Ban {
  const char* pattern;
  const char* message;
  std::vector<std::string> except;  // folders or files where it is allowed
};

const std::vector<Ban>& Bans() {
  static const std::vector<Ban> bans = {
      {"(system_clock|steady_clock|high_resolution_clock)::now",
       "ask Executor::Now() or WallNow()",
       {"base/time/loop_executor.cc", "kube/http"}},
      {"\\b(gettimeofday|clock_gettime|time)\\s*\\(\\s*(NULL|nullptr|0|CLOCK)",
       "ask the Executor",
       {"kube/http"}},
      {"\\b(sleep|usleep|nanosleep)\\s*\\(|this_thread::sleep",
       "use Executor::RunAfter",
       {"kube/http"}},
      {"\\b(rand|srand|random)\\s*\\(|random_device|mt19937|uniform_int_distribution|_"
       "distribution<",
       "use Rng",
       {"app"}},
      {"\\bthrow\\b", "return an Error; exceptions stop at the adapters", {"kube/http", "app"}},
      {"std::(thread|async|jthread)\\b",
       "threads exist only inside adapters",
       {"kube/http", "app"}},
      {"\\bco_(await|return|yield)\\b", "no coroutines: g++ 12 miscompiles them", {}},
      {"std::(ifstream|ofstream|fstream)\\b|\\bfopen\\s*\\(",
       "files are read by adapters and app/",
       {"kube/http", "app", "sim/replay"}},
      {"\\bgetenv\\s*\\(", "settings come in through options", {"kube/http", "app"}},
      {"\\.\\s*get\\s*\\(\\s*\\)\\s*\\.\\s*wait\\b|\\.wait\\s*\\(\\s*\\)",
       "never block: use a callback",
       {"kube/http", "app", "base/time"}},
  };
  return bans;
}

void CheckBans(const std::string& path, const std::vector<std::string>& lines,
               std::vector<Violation>& out) {
  if (Under(path, "test")) return;
  static const std::vector<std::regex> compiled = [] {
    std::vector<std::regex> all;
    for (const Ban& ban : Bans()) all.emplace_back(ban.pattern, std::regex::optimize);
    return all;
  }();
  for (size_t b = 0; b < Bans().size(); ++b) {
    const Ban& ban = Bans()[b];
    const bool excepted = std::any_of(ban.except.begin(), ban.except.end(),
                                      [&](const auto& e) { return path == e || Under(path, e); });
    if (excepted) continue;
    for (size_t i = 0; i < lines.size(); ++i) {
      if (std::regex_search(lines[i], compiled[b])) {
        out.push_back({"banned-call", path, static_cast<int>(i) + 1,
                       std::string("banned here: ") + ban.message});
      }
    }
  }
}

// ---- order of hash tables in decisions ----------------------------------------------------------

void CheckUnordered(const std::string& path, const std::vector<std::string>& lines,
                    std::vector<Violation>& out) {
  if (!UnderAny(path, {"scheduler", "vkubelet", "providers", "kube/controller", "kube/cache"}))
    return;
  static const std::regex declared("std::unordered_(?:map|set)<.*>\\s*&?\\s*(\\w+)\\s*[;={(),]");
  std::set<std::string> names;
  for (const std::string& line : lines) {
    std::smatch m;
    if (std::regex_search(line, m, declared)) names.insert(m[1]);
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    for (const std::string& name : names) {
      const std::regex walks("for\\s*\\([^;]*:\\s*(\\w+(\\.|->))?" + name + "\\s*\\)|\\b" + name +
                             "\\.begin\\s*\\(");
      if (std::regex_search(lines[i], walks)) {
        out.push_back(
            {"unordered-iteration", path, static_cast<int>(i) + 1,
             "the order of '" + name + "' differs by machine: use std::map or sort first"});
      }
    }
  }
}

// ---- length -------------------------------------------------------------------------------------

bool HasReason(const std::vector<std::string>& raw, size_t first, size_t last, const char* mark) {
  for (size_t i = first; i < std::min(last, raw.size()); ++i) {
    const size_t at = raw[i].find(mark);
    // A reason is more than the mark.
    if (at != std::string::npos && raw[i].size() > at + std::string_view(mark).size() + 8)
      return true;
  }
  return false;
}

bool OpensFunction(const std::string& before) {
  static const std::regex other(
      "^\\s*(namespace|class|struct|enum|union|extern)\\b|=\\s*$|^\\s*template\\s*<[^()]*$");
  static const std::regex in_template("^\\s*template\\s*<[^{]*>\\s*(class|struct)\\b");
  if (std::regex_search(before, other) || std::regex_search(before, in_template)) return false;
  return before.find(')') != std::string::npos;
}

void CheckFunctions(const std::string& path, const std::string& blank,
                    const std::vector<std::string>& raw, std::vector<Violation>& out) {
  struct Open {
    bool function;
    int line;
  };
  std::vector<Open> stack;
  std::string before;
  int line = 1, inside = 0, before_line = 1;
  for (char c : blank) {
    if (c == '\n') ++line;
    if (c == '{') {
      const bool function = inside == 0 && OpensFunction(before);
      inside += function;
      stack.push_back({function, before_line});
      before.clear();
    } else if (c == '}' && !stack.empty()) {
      const Open open = stack.back();
      stack.pop_back();
      inside -= open.function;
      const int length = line - open.line + 1;
      const size_t first = open.line > 6 ? static_cast<size_t>(open.line - 6) : 0;
      if (open.function && length > kFunctionLines &&
          !HasReason(raw, first, static_cast<size_t>(open.line) + 1, "lint: long-function:")) {
        out.push_back({"function-length", path, open.line,
                       "a function of " + std::to_string(length) + " lines (at most " +
                           std::to_string(kFunctionLines) + "): split it"});
      }
      before.clear();
    } else if (c == ';') {
      before.clear();
    } else {
      if (before.empty() || before.find_first_not_of(" \n\t") == std::string::npos)
        before_line = line;
      before += c;
    }
  }
}

void CheckLength(const std::string& path, const std::vector<std::string>& raw,
                 std::vector<Violation>& out) {
  if (static_cast<int>(raw.size()) > kFileLines && !HasReason(raw, 0, 30, "lint: long-file:")) {
    out.push_back({"file-length", path, kFileLines + 1,
                   "a file of " + std::to_string(raw.size()) + " lines (at most " +
                       std::to_string(kFileLines) + "): split it by responsibility"});
  }
}

void CheckPromises(const std::string& path, const std::vector<std::string>& raw,
                   std::vector<Violation>& out) {
  if (Under(path, "test/lint")) return;  // names the words
  static const std::regex promise("//.*\\b(TODO|FIXME|XXX|HACK)\\b");
  for (size_t i = 0; i < raw.size(); ++i) {
    if (std::regex_search(raw[i], promise)) {
      out.push_back({"promise", path, static_cast<int>(i) + 1,
                     "a promise of later work: finish it, or write what is so now"});
    }
  }
}

}  // namespace

std::string Blank(std::string_view text) {
  std::string out(text);
  const auto blank = [&](size_t from, size_t to) {
    for (size_t i = from; i < to && i < out.size(); ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  };
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (rest.starts_with("/*")) {
      end = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
      blank(i, end);
    } else if (rest.starts_with("R\"")) {
      const size_t open = text.find('(', i);
      const std::string close = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
      end = std::min(text.find(close, i), text.size() - close.size()) + close.size();
      blank(i, end);
    } else if (text[i] == '#') {  // an include keeps its name
      end = std::min(text.find('\n', i), text.size());
    } else if (text[i] == '"' ||
               (text[i] == '\'' &&
                (i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1]))))) {
      while (end < text.size() && text[end] != text[i] && text[end] != '\n')
        end += text[end] == '\\' ? 2 : 1;
      blank(i + 1, end);
      ++end;
    }
    i = end;
  }
  return out;
}

std::vector<Violation> Check(const std::string& path, const std::string& text) {
  std::vector<Violation> out;
  const std::string blank = Blank(text);
  const std::vector<std::string> raw = Lines(text), code = Lines(blank);
  CheckIncludes(path, code, out);
  CheckHeavyHeaders(path, code, out);
  CheckBans(path, code, out);
  CheckUnordered(path, code, out);
  CheckLength(path, raw, out);
  CheckFunctions(path, blank, raw, out);
  CheckPromises(path, raw, out);
  return out;
}

}  // namespace stowage::lint
