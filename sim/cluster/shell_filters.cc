#include "sim/cluster/shell_filters.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace stowage::sim {
namespace {

// A filter's arguments: letters of its options, values of those that take one, operands.
struct Arguments {
  std::string flags;
  std::map<char, std::string> values;
  std::vector<std::string> operands;
  bool Has(char c) const { return flags.find(c) != std::string::npos; }
};

Arguments Split(const std::vector<std::string>& argv, std::string_view with_value) {
  Arguments a;
  for (size_t i = 1; i < argv.size(); ++i) {
    const std::string& s = argv[i];
    if (s.size() < 2 || s[0] != '-') {
      a.operands.push_back(s);
      continue;
    }
    for (size_t j = 1; j < s.size(); ++j) {
      if (with_value.find(s[j]) != std::string_view::npos) {
        a.values[s[j]] =
            j + 1 < s.size() ? s.substr(j + 1) : (i + 1 < argv.size() ? argv[++i] : "");
        break;
      }
      if (s[j] >= '0' && s[j] <= '9' && with_value.find('n') != std::string_view::npos) {
        a.values['n'] = s.substr(j);  // head -5
        break;
      }
      a.flags += s[j];
    }
  }
  return a;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string Join(const std::vector<std::string_view>& lines) {
  std::string out;
  for (std::string_view line : lines) out.append(line).append("\n");
  return out;
}

int64_t Number(const std::map<char, std::string>& values, char option, int64_t fallback) {
  auto it = values.find(option);
  if (it == values.end()) return fallback;
  int64_t n = fallback;
  std::from_chars(it->second.data(), it->second.data() + it->second.size(), n);
  return n;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// A basic regular expression at one place: literals, ".", "x*", "[...]", "$", "\x".
bool RegexHere(std::string_view re, std::string_view text, int depth);

size_t AtomLength(std::string_view re) {
  if (re[0] == '\\' && re.size() > 1) return 2;
  if (re[0] != '[') return 1;
  const size_t end = re.find(']', re.size() > 1 && re[1] == '^' ? 3 : 2);
  return end == std::string_view::npos ? 1 : end + 1;
}

bool AtomMatches(std::string_view atom, char c) {
  if (atom == ".") return true;
  if (atom.size() == 2 && atom[0] == '\\') return atom[1] == c;
  if (atom.size() < 3 || atom[0] != '[') return atom[0] == c;
  std::string_view set = atom.substr(1, atom.size() - 2);
  const bool negated = set[0] == '^';
  if (negated) set.remove_prefix(1);
  bool hit = false;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      hit |= set[i] <= c && c <= set[i + 2];
      i += 2;
    } else {
      hit |= set[i] == c;
    }
  }
  return hit != negated;
}

bool RegexHere(std::string_view re, std::string_view text, int depth) {
  while (true) {
    if (re.empty()) return true;
    if (re == "$") return text.empty();
    const size_t n = AtomLength(re);
    const std::string_view atom = re.substr(0, n);
    if (re.size() > n && (re[n] == '*' || re[n] == '+')) {
      if (depth > 20) return false;
      size_t most = 0;
      while (most < text.size() && AtomMatches(atom, text[most])) ++most;
      const size_t least = re[n] == '+' ? 1 : 0;
      for (size_t k = most + 1; k-- > least;) {
        if (RegexHere(re.substr(n + 1), text.substr(k), depth + 1)) return true;
      }
      return false;
    }
    if (text.empty() || !AtomMatches(atom, text[0])) return false;
    re.remove_prefix(n);
    text.remove_prefix(1);
  }
}

bool RegexFind(std::string_view re, std::string_view text) {
  if (re.starts_with('^')) return RegexHere(re.substr(1), text, 0);
  for (size_t i = 0; i <= text.size(); ++i) {
    if (RegexHere(re, text.substr(i), 0)) return true;
  }
  return false;
}

FilterResult Grep(const Arguments& a, const std::string& pattern, std::string_view input) {
  FilterResult r;
  const std::string needle = a.Has('i') ? Lower(pattern) : pattern;
  int64_t count = 0, number = 0;
  std::vector<std::string> alternatives;  // of grep -E "a|b"
  for (std::string_view rest = needle;;) {
    const size_t bar = a.Has('E') ? rest.find('|') : std::string_view::npos;
    alternatives.emplace_back(rest.substr(0, bar));
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  for (std::string_view line : Lines(input)) {
    ++number;
    const std::string folded = a.Has('i') ? Lower(line) : std::string(line);
    const bool found =
        std::any_of(alternatives.begin(), alternatives.end(), [&](const std::string& re) {
          return a.Has('F') ? folded.find(re) != std::string::npos : RegexFind(re, folded);
        });
    if (found == a.Has('v')) continue;
    ++count;
    if (a.Has('c') || a.Has('q')) continue;
    if (a.Has('n')) r.out += std::to_string(number) + ":";
    r.out.append(line).append("\n");
  }
  if (a.Has('c')) r.out = std::to_string(count) + "\n";
  r.status = count > 0 ? 0 : 1;
  return r;
}

FilterResult Wc(const Arguments& a, std::string_view input) {
  const auto lines = std::count(input.begin(), input.end(), '\n');
  int64_t words = 0;
  bool inside = false;
  for (char c : input) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    words += !space && !inside;
    inside = !space;
  }
  std::string out;
  auto add = [&](int64_t n) { out += (out.empty() ? "" : " ") + std::to_string(n); };
  const bool all = a.flags.empty();
  if (all || a.Has('l')) add(lines);
  if (all || a.Has('w')) add(words);
  if (all || a.Has('c')) add(static_cast<int64_t>(input.size()));
  return {.out = out + "\n"};
}

FilterResult HeadOrTail(const Arguments& a, bool head, std::string_view input) {
  if (a.values.contains('c')) {
    const auto n = static_cast<size_t>(std::clamp<int64_t>(Number(a.values, 'c', 0), 0, 1 << 30));
    const size_t size = std::min(n, input.size());
    return {.out = std::string(head ? input.substr(0, size) : input.substr(input.size() - size))};
  }
  std::vector<std::string_view> lines = Lines(input);
  const auto n = static_cast<size_t>(std::clamp<int64_t>(Number(a.values, 'n', 10), 0, 1 << 30));
  if (lines.size() > n) {
    head ? (void)lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(n), lines.end())
         : (void)lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(n));
  }
  return {.out = Join(lines)};
}

FilterResult Sort(const Arguments& a, std::string_view input) {
  std::vector<std::string_view> lines = Lines(input);
  auto number = [](std::string_view s) {
    int64_t n = 0;
    std::from_chars(s.data(), s.data() + s.size(), n);
    return n;
  };
  std::stable_sort(lines.begin(), lines.end(), [&](std::string_view x, std::string_view y) {
    return a.Has('n') && number(x) != number(y) ? number(x) < number(y) : x < y;
  });
  if (a.Has('r')) std::reverse(lines.begin(), lines.end());
  if (a.Has('u')) lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return {.out = Join(lines)};
}

FilterResult Uniq(const Arguments& a, std::string_view input) {
  std::string out;
  const std::vector<std::string_view> lines = Lines(input);
  for (size_t i = 0; i < lines.size();) {
    size_t j = i;
    while (j < lines.size() && lines[j] == lines[i]) ++j;
    if (a.Has('c')) out += "      " + std::to_string(j - i) + " ";
    out.append(lines[i]).append("\n");
    i = j;
  }
  return {.out = out};
}

std::string TrSet(std::string_view spec) {
  if (spec == "[:lower:]") spec = "a-z";
  if (spec == "[:upper:]") spec = "A-Z";
  if (spec == "[:digit:]") spec = "0-9";
  std::string set;
  for (size_t i = 0; i < spec.size(); ++i) {
    if (spec[i] == '\\' && i + 1 < spec.size()) {
      const char c = spec[++i];
      set += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    } else if (i + 2 < spec.size() && spec[i + 1] == '-') {
      for (int c = spec[i]; c <= spec[i + 2]; ++c) set += static_cast<char>(c);
      i += 2;
    } else {
      set += spec[i];
    }
  }
  return set;
}

FilterResult Tr(const Arguments& a, std::string_view input) {
  if (a.operands.empty()) return {.err = "tr: missing operand\n", .status = 1};
  const std::string from = TrSet(a.operands[0]);
  const std::string to = a.operands.size() > 1 ? TrSet(a.operands[1]) : "";
  std::string out;
  for (char c : input) {
    const size_t at = from.find(c);
    if (at == std::string::npos) {
      out += c;
    } else if (!a.Has('d') && !to.empty()) {
      out += to[std::min(at, to.size() - 1)];
    }
  }
  return {.out = out};
}

FilterResult Cut(const Arguments& a, std::string_view input) {
  auto d = a.values.find('d');
  const char delimiter = d == a.values.end() || d->second.empty() ? '\t' : d->second[0];
  const int64_t wanted = Number(a.values, 'f', 1);
  std::string out;
  for (std::string_view line : Lines(input)) {
    std::string_view field = line;
    for (int64_t i = 1; i < wanted && line.find(delimiter) != std::string_view::npos; ++i) {
      const size_t at = field.find(delimiter);
      field = at == std::string_view::npos ? std::string_view() : field.substr(at + 1);
    }
    out.append(field.substr(0, field.find(delimiter))).append("\n");
  }
  return {.out = out};
}

// s/from/to/[g] with a literal replacement; other scripts are refused.
FilterResult Sed(const Arguments& a, const std::string& script, std::string_view input) {
  (void)a;
  if (script.size() < 4 || script[0] != 's')
    return {.err = "sed: unsupported command\n", .status = 1};
  const char mark = script[1];
  const size_t second = script.find(mark, 2);
  const size_t third = second == std::string::npos ? second : script.find(mark, second + 1);
  if (third == std::string::npos)
    return {.err = "sed: unmatched '" + std::string(1, mark) + "'\n", .status = 1};
  const std::string from = script.substr(2, second - 2);
  const std::string to = script.substr(second + 1, third - second - 1);
  const bool all = script.find('g', third) != std::string::npos;
  if (from.empty()) return {.err = "sed: no previous regexp\n", .status = 1};
  std::string out;
  for (std::string_view line : Lines(input)) {
    std::string text(line);
    for (size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
      if (!all) break;
    }
    out += text + "\n";
  }
  return {.out = out};
}

}  // namespace

bool IsShellFilter(std::string_view name) {
  static constexpr std::string_view kNames[] = {"grep", "egrep", "wc",  "head", "tail", "sort",
                                                "uniq", "tr",    "cut", "tee",  "tac",  "sed"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

FilterResult RunShellFilter(const std::vector<std::string>& argv, std::string input,
                            const std::function<Result<std::string>(std::string_view)>& read) {
  const std::string& name = argv[0];
  const bool ends = name == "head" || name == "tail";
  Arguments a = Split(argv, ends ? "nc" : name == "cut" ? "df" : name == "grep" ? "e" : "");
  std::string pattern;
  if (name == "grep" || name == "egrep" || name == "sed") {
    if (auto e = a.values.find('e'); e != a.values.end()) {
      pattern = e->second;
    } else if (a.operands.empty()) {
      return {.err = name + ": missing pattern\n", .status = 2};
    } else {
      pattern = a.operands[0];
      a.operands.erase(a.operands.begin());
    }
    if (name == "egrep") a.flags += 'E';
  }
  if (name != "tr" && name != "tee" && !a.operands.empty()) {
    input.clear();
    for (const std::string& file : a.operands) {
      const Result<std::string> text = read(file);
      if (!text)
        return {.err = name + ": " + file + ": " + text.error().message + "\n", .status = 2};
      input += *text;
    }
  }
  if (name == "grep" || name == "egrep") return Grep(a, pattern, input);
  if (name == "sed") return Sed(a, pattern, input);
  if (name == "wc") return Wc(a, input);
  if (ends) return HeadOrTail(a, name == "head", input);
  if (name == "sort") return Sort(a, input);
  if (name == "uniq") return Uniq(a, input);
  if (name == "tr") return Tr(a, input);
  if (name == "cut") return Cut(a, input);
  if (name == "tac") {
    std::vector<std::string_view> lines = Lines(input);
    std::reverse(lines.begin(), lines.end());
    return {.out = Join(lines)};
  }
  return {.out = std::move(input)};  // tee
}

}  // namespace stowage::sim
