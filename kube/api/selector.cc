#include "kube/api/selector.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace stowage::kube {
namespace {

using Op = Requirement::Op;

std::optional<int64_t> Integer(std::string_view text) {
  int64_t n = 0;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

Result<void> Validate(const Requirement& r) {
  RETURN_IF_ERROR(ValidateLabelKey(r.key));
  const bool set = r.op == Op::kIn || r.op == Op::kNotIn;
  if (set && r.values.empty()) {
    return MakeError(ErrorCode::kInvalid, "label \"" + r.key + "\": In and NotIn need values");
  }
  if ((r.op == Op::kExists || r.op == Op::kDoesNotExist) && !r.values.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     "label \"" + r.key + "\": Exists and DoesNotExist take no values");
  }
  if (r.op == Op::kGt || r.op == Op::kLt) {
    if (r.values.size() != 1 || !Integer(r.values[0])) {
      return MakeError(ErrorCode::kInvalid, "label \"" + r.key + "\": Gt and Lt need one integer");
    }
  }
  for (const std::string& value : r.values) {
    auto ok = ValidateLabelValue(value);
    if (!ok) return Err(WithContext(ok.error(), "label \"" + r.key + "\""));
  }
  return {};
}

// Reads what `kubectl -l` takes, word by word.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Requirement>> Parse() {
    std::vector<Requirement> all;
    SkipSpace();
    if (AtEnd()) return all;
    for (;;) {
      ASSIGN_OR_RETURN(Requirement r, One());
      auto valid = Validate(r);
      if (!valid) return Err(WithContext(valid.error(), Where()));
      std::sort(r.values.begin(), r.values.end());
      r.values.erase(std::unique(r.values.begin(), r.values.end()), r.values.end());
      all.push_back(std::move(r));
      SkipSpace();
      if (AtEnd()) break;
      if (!TakeText(",")) return Wrong("expected a comma");
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.key < b.key; });
    return all;
  }

 private:
  Result<Requirement> One() {
    Requirement r;
    SkipSpace();
    if (TakeText("!")) {
      SkipSpace();
      r.op = Op::kDoesNotExist;
      r.key = Word();
      if (r.key.empty()) return Wrong("expected a label key after '!'");
      return r;
    }
    r.key = Word();
    if (r.key.empty()) return Wrong("expected a label key");
    SkipSpace();
    if (AtEnd() || Peek() == ',') return r;
    if (TakeText("==") || TakeText("=")) return Single(std::move(r), Op::kIn);
    if (TakeText("!=")) return Single(std::move(r), Op::kNotIn);
    if (TakeText(">")) return Single(std::move(r), Op::kGt);
    if (TakeText("<")) return Single(std::move(r), Op::kLt);
    const std::string op = Word();
    if (op == "in") return Set(std::move(r), Op::kIn);
    if (op == "notin") return Set(std::move(r), Op::kNotIn);
    return Wrong("expected one of = == != > < in notin");
  }

  Result<Requirement> Single(Requirement r, Op op) {
    SkipSpace();
    r.op = op;
    r.values.push_back(Word());
    return r;
  }

  Result<Requirement> Set(Requirement r, Op op) {
    r.op = op;
    SkipSpace();
    if (!TakeText("(")) return Wrong("expected '('");
    SkipSpace();
    if (TakeText(")")) return r;
    for (;;) {
      SkipSpace();
      r.values.push_back(Word());
      SkipSpace();
      if (TakeText(")")) return r;
      if (!TakeText(",")) return Wrong("expected ',' or ')'");
    }
  }

  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return text_[at_]; }
  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  void SkipSpace() {
    while (!AtEnd() && IsSpace(Peek())) ++at_;
  }
  bool TakeText(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  std::string Word() {
    const size_t begin = at_;
    while (!AtEnd() && !IsSpace(Peek()) &&
           std::string_view("=!,()<>").find(Peek()) == std::string_view::npos) {
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string Where() const {
    return "label selector \"" + std::string(text_.substr(0, 200)) + "\", at character " +
           std::to_string(at_ + 1);
  }
  tl::unexpected<Error> Wrong(std::string_view what) const {
    return MakeError(ErrorCode::kInvalid, Where() + ": " + std::string(what));
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string Join(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& v : values) out += (&v == &values[0] ? "" : ",") + v;
  return out;
}

std::string Show(const Requirement& r) {
  switch (r.op) {
    case Op::kExists:
      return r.key;
    case Op::kDoesNotExist:
      return "!" + r.key;
    case Op::kIn:
      return r.values.size() == 1 ? r.key + "=" + r.values[0]
                                  : r.key + " in (" + Join(r.values) + ")";
    case Op::kNotIn:
      return r.values.size() == 1 ? r.key + "!=" + r.values[0]
                                  : r.key + " notin (" + Join(r.values) + ")";
    case Op::kGt:
      return r.key + ">" + r.values[0];
    case Op::kLt:
      return r.key + "<" + r.values[0];
  }
  return {};
}

std::optional<Op> OpFromName(std::string_view name) {
  if (name == "In") return Op::kIn;
  if (name == "NotIn") return Op::kNotIn;
  if (name == "Exists") return Op::kExists;
  if (name == "DoesNotExist") return Op::kDoesNotExist;
  return std::nullopt;
}

// Splits at commas that no backslash guards; undoes \\ \, \= in values later.
std::vector<std::string_view> SplitTerms(std::string_view text) {
  std::vector<std::string_view> terms;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  terms.push_back(text.substr(begin));
  return terms;
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' || text[i] == ',') return std::nullopt;
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] != '\\' && text[i] != ',' && text[i] != '=') return std::nullopt;
    out += text[i];
  }
  return out;
}

std::string_view TrimSpaces(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

}  // namespace

bool Requirement::Matches(const std::string_view* value) const {
  const auto listed = [&] {
    return std::find(values.begin(), values.end(), *value) != values.end();
  };
  switch (op) {
    case Op::kIn:
      return value && listed();
    case Op::kNotIn:
      return !value || !listed();
    case Op::kExists:
      return value != nullptr;
    case Op::kDoesNotExist:
      return value == nullptr;
    case Op::kGt:
    case Op::kLt: {
      if (!value || values.size() != 1) return false;
      const auto have = Integer(*value), want = Integer(values[0]);
      if (!have || !want) return false;
      return op == Op::kGt ? *have > *want : *have < *want;
    }
  }
  return false;
}

LabelSelector LabelSelector::Nothing() {
  LabelSelector s;
  s.nothing_ = true;
  return s;
}

Result<LabelSelector> LabelSelector::Parse(std::string_view text) {
  LabelSelector s;
  ASSIGN_OR_RETURN(s.requirements_, Parser(text).Parse());
  return s;
}

Result<LabelSelector> LabelSelector::FromJson(JsonRef selector) {
  if (!selector.exists() || selector.is_null()) return Nothing();
  if (!selector.is_object()) {
    return MakeError(ErrorCode::kInvalid, "a label selector must be an object, not a " +
                                              std::string(selector.kind_name()));
  }
  LabelSelector s = FromMap(selector["matchLabels"]);
  for (const Requirement& r : s.requirements_) RETURN_IF_ERROR(Validate(r));
  for (JsonRef expression : selector["matchExpressions"].elements()) {
    const auto op = OpFromName(expression["operator"].str());
    if (!op) {
      return MakeError(ErrorCode::kInvalid, "matchExpressions: \"" +
                                                expression["operator"].string() +
                                                "\" is not In, NotIn, Exists or DoesNotExist");
    }
    Requirement r{expression["key"].string(), *op, {}};
    for (JsonRef value : expression["values"].elements()) r.values.push_back(value.string());
    RETURN_IF_ERROR(Validate(r));
    std::sort(r.values.begin(), r.values.end());
    s.requirements_.push_back(std::move(r));
  }
  return s;
}

LabelSelector LabelSelector::FromMap(JsonRef labels) {
  LabelSelector s;
  for (const auto& [key, value] : labels.members()) {
    s.requirements_.push_back({std::string(key), Op::kIn, {value.string()}});
  }
  std::stable_sort(s.requirements_.begin(), s.requirements_.end(),
                   [](const auto& a, const auto& b) { return a.key < b.key; });
  return s;
}

bool LabelSelector::Matches(JsonRef labels) const {
  if (nothing_) return false;
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& r) {
    const JsonRef label = labels[r.key];
    const std::string_view value = label.str();
    return r.Matches(label.exists() ? &value : nullptr);
  });
}

bool LabelSelector::Matches(const std::map<std::string, std::string>& labels) const {
  if (nothing_) return false;
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& r) {
    const auto it = labels.find(r.key);
    if (it == labels.end()) return r.Matches(nullptr);
    const std::string_view value = it->second;
    return r.Matches(&value);
  });
}

std::string LabelSelector::ToString() const {
  if (nothing_) return "<nothing>";
  std::string out;
  for (const Requirement& r : requirements_) {
    if (!out.empty()) out += ",";
    out += Show(r);
  }
  return out;
}

Result<FieldSelector> FieldSelector::Parse(std::string_view text) {
  FieldSelector selector;
  for (std::string_view term : SplitTerms(text)) {
    if (TrimSpaces(term).empty()) continue;
    const size_t sign = term.find('=');
    const auto wrong = [&] {
      return MakeError(ErrorCode::kInvalid, "field selector: \"" +
                                                std::string(term.substr(0, 200)) +
                                                "\" is not path=value or path!=value");
    };
    if (sign == std::string_view::npos || sign == 0) return wrong();
    const bool equal = term[sign - 1] != '!';
    std::string_view value = term.substr(sign + 1);
    if (equal && value.starts_with("=")) value.remove_prefix(1);
    const std::string_view path = TrimSpaces(term.substr(0, equal ? sign : sign - 1));
    const auto plain = Unescape(value);
    if (path.empty() || !plain) return wrong();
    selector.terms_.push_back({std::string(path), equal, *plain});
  }
  return selector;
}

bool FieldSelector::Matches(const std::function<std::string(std::string_view)>& get) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const Term& t) { return (get(t.path) == t.value) == t.equal; });
}

}  // namespace stowage::kube
