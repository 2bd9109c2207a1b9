// JSON (RFC 8259) as a tree with places: one pass, no copy of the text.
#include "app/solve/document.h"

namespace stowage::app {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(uint32_t c, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

class JsonReader {
 public:
  explicit JsonReader(Source source)
      : name_(source.name),
        at_(source.text.data()),
        end_(at_ + source.text.size()),
        line_start_(at_) {}

  Result<Value> Read() {
    Value root;
    if (!ReadValue(root, 0)) return Err(ErrorAt(name_, wrong_at_, wrong_));
    SkipSpace();
    if (at_ != end_) {
      Expect("the end of the file");
      return Err(ErrorAt(name_, wrong_at_, wrong_));
    }
    return root;
  }

 private:
  Position Here() const { return {line_, at_ - line_start_ - continuation_ + 1}; }

  void SkipSpace() {
    for (; at_ != end_; ++at_) {
      if (*at_ == '\n') {
        ++line_;
        line_start_ = at_ + 1;
        continuation_ = 0;
      } else if (*at_ != ' ' && *at_ != '\t' && *at_ != '\r') {
        return;
      }
    }
  }

  bool Wrong(Position at, std::string what) {
    wrong_at_ = at;
    wrong_ = std::move(what);
    return false;
  }

  bool Expect(std::string_view what) {
    const size_t left = static_cast<size_t>(end_ - at_);
    const std::string_view next(at_, std::min<size_t>(left, 1));
    return Wrong(Here(), "expected " + std::string(what) + ", found " +
                             (left == 0 ? "the end of the file" : Quoted(next)) +
                             "; check commas, quotes and brackets");
  }

  bool ReadValue(Value& out, size_t depth) {
    SkipSpace();
    out.at = Here();
    if (depth > kMaxDocumentDepth) return Wrong(out.at, "nested too deep: more than 100 levels");
    if (at_ == end_) return Expect("a value");
    if (*at_ == '{') return ReadMap(out, depth);
    if (*at_ == '[') return ReadList(out, depth);
    out.kind = Value::Kind::kScalar;
    if (*at_ == '"') {
      out.quoted = true;
      return ReadString(out.text);
    }
    if (*at_ == '-' || IsDigit(*at_)) return ReadNumber(out.text);
    for (const std::string_view word : {"true", "false", "null"}) {
      if (std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) {
        at_ += word.size();
        out.text = word;
        if (word != "null") return true;
        out = Value{.at = out.at};
        return true;
      }
    }
    return Expect("a value");
  }

  bool ReadMap(Value& out, size_t depth) {
    out.kind = Value::Kind::kMap;
    ++at_;
    SkipSpace();
    if (at_ != end_ && *at_ == '}') return ++at_, true;
    for (;;) {
      SkipSpace();
      Value::Key key{.text = "", .at = Here()};
      if (at_ == end_ || *at_ != '"') return Expect("a key in quotes");
      if (!ReadString(key.text)) return false;
      SkipSpace();
      if (at_ == end_ || *at_ != ':') return Expect("a colon");
      ++at_;
      out.keys.push_back(std::move(key));
      out.values.emplace_back();
      if (!ReadValue(out.values.back(), depth + 1)) return false;
      SkipSpace();
      if (at_ == end_ || (*at_ != ',' && *at_ != '}')) return Expect("a comma or a closing brace");
      if (*at_++ == '}') break;
    }
    const Value::Key* twice = FindKeyTwice(out);
    return twice == nullptr || Wrong(twice->at, KeyTwice(out, *twice));
  }

  bool ReadList(Value& out, size_t depth) {
    out.kind = Value::Kind::kList;
    ++at_;
    SkipSpace();
    if (at_ != end_ && *at_ == ']') return ++at_, true;
    for (;;) {
      out.values.emplace_back();
      if (!ReadValue(out.values.back(), depth + 1)) return false;
      SkipSpace();
      if (at_ == end_ || (*at_ != ',' && *at_ != ']')) {
        return Expect("a comma or a closing bracket");
      }
      if (*at_++ == ']') return true;
    }
  }

  bool ReadNumber(std::string& out) {
    const char* const first = at_;
    const auto digits = [&] {
      const char* const before = at_;
      while (at_ != end_ && IsDigit(*at_)) ++at_;
      return at_ != before;
    };
    if (*at_ == '-') ++at_;
    const bool zero = at_ != end_ && *at_ == '0';
    const char* const whole = at_;
    if (!digits()) return Expect("a digit");
    if (zero && at_ - whole > 1) return Wrong(Here(), "a number may not begin with 0");
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return Expect("a digit");
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return Expect("a digit");
    }
    out.assign(first, at_);
    return true;
  }

  bool ReadString(std::string& out) {
    const Position opened = Here();
    ++at_;
    for (;;) {
      const char* const plain = at_;
      while (at_ != end_ && *at_ != '"' && *at_ != '\\' &&
             static_cast<unsigned char>(*at_) >= 0x20) {
        continuation_ += (static_cast<unsigned char>(*at_) & 0xC0) == 0x80;
        ++at_;
      }
      out.append(plain, at_);
      if (at_ == end_) return Wrong(opened, "a text that is opened here is never closed");
      if (*at_ == '"') return ++at_, true;
      if (*at_ != '\\') return Expect("no line break or control character inside a text");
      if (!ReadEscape(out)) return false;
    }
  }

  bool ReadEscape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    if (at_ == end_) return Expect("an escape");
    if (const size_t i = kNames.find(*at_); i != std::string_view::npos) {
      out += kMeanings[i];
      return ++at_, true;
    }
    uint32_t c = 0;
    if (*at_ != 'u' || !ReadHex(c)) return Expect("an escape such as \\n or \\u00e9");
    if (c >= 0xD800 && c < 0xDC00) {
      uint32_t low = 0;
      const bool pair = end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u';
      if (pair) ++at_;
      if (!pair || !ReadHex(low) || low < 0xDC00 || low > 0xDFFF) {
        return Expect("the other half of a surrogate pair");
      }
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    } else if (c >= 0xDC00 && c <= 0xDFFF) {
      return Expect("no half of a surrogate pair");
    }
    AppendUtf8(c, out);
    return true;
  }

  // The four digits after 'u', at which it stands.
  bool ReadHex(uint32_t& out) {
    ++at_;
    if (end_ - at_ < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const int digit = HexDigit(at_[i]);
      if (digit < 0) return false;
      out = out * 16 + static_cast<uint32_t>(digit);
    }
    at_ += 4;
    return true;
  }

  std::string_view name_;
  const char* at_;
  const char* end_;
  const char* line_start_;
  int64_t line_ = 1;
  int64_t continuation_ = 0;  // bytes of this line that begin no character
  Position wrong_at_;
  std::string wrong_;
};

}  // namespace

Result<Value> ParseJson(Source source) { return JsonReader(source).Read(); }

}  // namespace stowage::app
