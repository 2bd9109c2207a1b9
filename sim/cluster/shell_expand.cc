// Words to arguments: variables, arithmetic, field splitting, patterns.
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "sim/cluster/shell.h"

namespace stowage::sim {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// Recursive descent over one expression; depth is bounded, division by zero is an error.
class Arithmetic {
 public:
  Arithmetic(Shell& shell, std::string_view text) : shell_(shell), in_(text) {}

  Result<int64_t> Evaluate() {
    const int64_t value = Binary(0);
    Skip();
    if (!error_.empty()) return MakeError(ErrorCode::kInvalid, error_);
    if (at_ < in_.size()) return MakeError(ErrorCode::kInvalid, "arithmetic syntax error");
    return value;
  }

 private:
  void Skip() {
    while (at_ < in_.size() && IsSpace(in_[at_])) ++at_;
  }
  bool Accept(std::string_view token) {
    Skip();
    if (!in_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  int64_t Fail(const char* message) {
    if (error_.empty()) error_ = message;
    at_ = in_.size();
    return 0;
  }

  static constexpr int kLevels = 6;
  std::string_view TakeOperator(int level) {
    static constexpr std::array<std::array<std::string_view, 4>, kLevels> kOperators = {
        {{"||", "", "", ""},
         {"&&", "", "", ""},
         {"==", "!=", "", ""},
         {"<=", ">=", "<", ">"},
         {"+", "-", "", ""},
         {"*", "/", "%", ""}}};
    for (std::string_view op : kOperators[level]) {
      if (!op.empty() && Accept(op)) return op;
    }
    return {};
  }

  int64_t Binary(int level) {
    if (level == kLevels) return Unary();
    int64_t left = Binary(level + 1);
    while (error_.empty()) {
      const std::string_view op = TakeOperator(level);
      if (op.empty()) break;
      left = Apply(op, left, Binary(level + 1));
    }
    return left;
  }

  int64_t Apply(std::string_view op, int64_t a, int64_t b) {
    const auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
    if (op == "||") return a != 0 || b != 0;
    if (op == "&&") return a != 0 && b != 0;
    if (op == "==") return a == b;
    if (op == "!=") return a != b;
    if (op == "<=") return a <= b;
    if (op == ">=") return a >= b;
    if (op == "<") return a < b;
    if (op == ">") return a > b;
    if (op == "+") return static_cast<int64_t>(ua + ub);  // wraps, as in C shells
    if (op == "-") return static_cast<int64_t>(ua - ub);
    if (op == "*") return static_cast<int64_t>(ua * ub);
    if (b == 0) return Fail("divide by zero");
    if (b == -1) return op == "/" ? static_cast<int64_t>(0 - ua) : 0;
    return op == "/" ? a / b : a % b;
  }

  int64_t Unary() {
    if (++depth_ > 100) return Fail("arithmetic syntax error");
    int64_t value = 0;
    if (Accept("!")) {
      value = Unary() == 0;
    } else if (Accept("-")) {
      value = static_cast<int64_t>(0 - static_cast<uint64_t>(Unary()));
    } else if (Accept("+")) {
      value = Unary();
    } else if (Accept("(")) {
      value = Binary(0);
      if (!Accept(")")) return Fail("arithmetic syntax error");
    } else {
      value = Operand();
    }
    --depth_;
    return value;
  }

  int64_t Operand() {
    Skip();
    Accept("$");
    const size_t start = at_;
    while (at_ < in_.size() &&
           (std::isalnum(static_cast<unsigned char>(in_[at_])) || in_[at_] == '_')) {
      ++at_;
    }
    std::string token(in_.substr(start, at_ - start));
    if (token.empty()) return Fail("arithmetic syntax error");
    if (!std::isdigit(static_cast<unsigned char>(token[0])))
      token = shell_.Get(token).value_or("0");
    if (token.empty()) return 0;
    int64_t value = 0;
    const auto [end, ec] = std::from_chars(token.data(), token.data() + token.size(), value);
    if (ec != std::errc() || end != token.data() + token.size())
      return Fail("arithmetic syntax error");
    return value;
  }

  Shell& shell_;
  std::string_view in_;
  size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
};

// Removes the shortest or longest prefix (or suffix) that `pattern` matches.
std::string Trim(const std::string& value, const std::string& pattern, bool suffix, bool longest) {
  const size_t n = value.size();
  for (size_t i = 0; i <= n; ++i) {
    const size_t length = longest ? n - i : i;
    const std::string_view part = suffix ? std::string_view(value).substr(n - length)
                                         : std::string_view(value).substr(0, length);
    if (ShellPatternMatches(pattern, part)) {
      return suffix ? value.substr(0, n - length) : value.substr(length);
    }
  }
  return value;
}

}  // namespace

Result<int64_t> ShellArithmetic(Shell& shell, std::string_view text) {
  return Arithmetic(shell, text).Evaluate();
}

bool ShellPatternMatches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  auto matches_one = [&](size_t& next) {
    const char c = pattern[p];
    next = p + 1;
    if (c == '?') return true;
    if (c != '[') return c == text[t];
    size_t i = p + 1;
    const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
    if (negated) ++i;
    bool hit = false;
    for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
      if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
        hit |= pattern[i] <= text[t] && text[t] <= pattern[i + 2];
        i += 3;
      } else {
        hit |= pattern[i++] == text[t];
      }
    }
    if (i >= pattern.size()) return c == text[t];  // no closing bracket: an ordinary character
    next = i + 1;
    return hit != negated;
  };
  while (t < text.size()) {
    size_t next = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && matches_one(next)) {
      p = next;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string Shell::VariableText(const ShellWordPart& part) {
  auto lookup = [this](const std::string& name) -> std::optional<std::string> {
    const std::vector<std::string>& a = options_.arguments;
    if (name == "?") return std::to_string(status_);
    if (name == "$") return std::to_string(pid_);
    if (name == "!") return std::to_string(last_job);
    if (name == "#") return std::to_string(a.empty() ? 0 : a.size() - 1);
    if (name == "-") return exit_on_error ? "e" : "";
    if (name == "@" || name == "*") {
      std::string all;
      for (size_t i = 1; i < a.size(); ++i) all += (i > 1 ? " " : "") + a[i];
      return all;
    }
    if (std::isdigit(static_cast<unsigned char>(name[0]))) {
      size_t i = 0;
      std::from_chars(name.data(), name.data() + name.size(), i);
      return i < a.size() ? std::optional(a[i]) : std::nullopt;
    }
    if (name == "RANDOM") return std::to_string(host_.Random() % 32768);
    if (name == "PWD") return options_.cwd;
    return Get(name);
  };
  const std::optional<std::string> value = lookup(part.text);
  if (part.op.empty()) return value.value_or("");
  if (part.op == "#len") return std::to_string(value.value_or("").size());
  std::deque<std::string> none;
  auto argument = [&] {
    Result<ShellWord> word = ParseShellText(part.argument);
    return word ? ExpandToOne(*word, none) : part.argument;
  };
  if (part.op[0] == '#' || part.op[0] == '%') {
    return Trim(value.value_or(""), argument(), part.op[0] == '%', part.op.size() == 2);
  }
  const bool set = value && !(part.op[0] == ':' && value->empty());
  const char op = part.op.back();
  if (op == '+') return set ? argument() : "";
  if (set) return *value;
  std::string fallback = argument();
  if (op == '=') Set(part.text, fallback);
  if (op == '?') {
    (*trap_io_.err)("sh: " + part.text + ": " +
                    (fallback.empty() ? "parameter not set" : fallback) + "\n");
    set_status(2);
    Unwind({ShellUnwind::Kind::kExit, 0});
  }
  return fallback;
}

std::vector<std::string> Shell::Expand(const ShellWord& word, std::deque<std::string>& outputs) {
  std::vector<std::string> fields;
  std::string field;
  bool open = false;  // the field exists, though it may be empty
  auto flush = [&] {
    if (open) fields.push_back(std::exchange(field, {}));
    open = false;
  };
  for (const ShellWordPart& part : word.parts) {
    if (part.kind == ShellWordPart::Kind::kLiteral) {
      std::string_view text = part.text;
      const bool home =
          !part.quoted && &part == &word.parts.front() && (text == "~" || text.starts_with("~/"));
      if (home) field += Get("HOME").value_or("/root");
      field += home ? text.substr(1) : text;
      open = true;
      continue;
    }
    if (part.quoted && part.text == "@" && part.op.empty() &&
        part.kind == ShellWordPart::Kind::kVariable) {
      for (size_t i = 1; i < options_.arguments.size(); ++i) {
        if (i > 1) flush();
        field += options_.arguments[i];
        open = true;
      }
      continue;
    }
    std::string text;
    if (part.kind == ShellWordPart::Kind::kVariable) {
      text = VariableText(part);
    } else if (part.kind == ShellWordPart::Kind::kArithmetic) {
      const Result<int64_t> value = ShellArithmetic(*this, part.text);
      if (!value) {
        (*trap_io_.err)("sh: " + value.error().message + "\n");
        set_status(2);
        Unwind({ShellUnwind::Kind::kExit, 0});
        return {};
      }
      text = std::to_string(*value);
    } else if (!outputs.empty()) {
      text = std::move(outputs.front());
      outputs.pop_front();
    }
    if (part.quoted) {
      field += text;
      open = true;
      continue;
    }
    for (char c : text) {
      if (IsSpace(c)) {
        flush();
      } else {
        field += c;
        open = true;
      }
    }
  }
  flush();
  return fields;
}

std::string Shell::ExpandToOne(const ShellWord& word, std::deque<std::string>& outputs) {
  ShellWord quoted = word;  // one field: as if it stood in double quotes
  for (ShellWordPart& part : quoted.parts) {
    if (part.kind != ShellWordPart::Kind::kLiteral) part.quoted = true;
  }
  std::string all;
  for (const std::string& field : Expand(quoted, outputs)) {
    if (!all.empty()) all += ' ';
    all += field;
  }
  return all;
}

}  // namespace stowage::sim
