// lint: long-file: one recursive-descent parser; its productions are read together.
#include "sim/cluster/shell_syntax.h"

#include <array>
#include <cctype>
#include <utility>

namespace stowage::sim {
namespace {

using Kind = ShellNode::Kind;
using NodeResult = Result<ShellNodePtr>;

constexpr int kMaxDepth = 100;
constexpr size_t kMaxScript = 128 << 10;

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool EndsWord(char c) {
  return IsBlank(c) || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' || c == '>' ||
         c == '(' || c == ')';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : in_(text) {}

  NodeResult Program() {
    ASSIGN_OR_RETURN(ShellNodePtr node, Sequence());
    if (!AtEnd()) return Unexpected();
    return node;
  }

  Result<ShellWord> Text() {
    ShellWord word;
    RETURN_IF_ERROR(QuotedUntil('\0', word));
    return word;
  }

 private:
  bool AtEnd() const { return at_ >= in_.size(); }
  char Peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  bool Accept(std::string_view token) {
    if (!in_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  tl::unexpected<Error> Incomplete() const {
    return MakeError(ErrorCode::kUnavailable, "syntax error: unexpected end of file");
  }
  static tl::unexpected<Error> TooDeep() {
    return MakeError(ErrorCode::kInvalid, "syntax error: nested too deep");
  }
  tl::unexpected<Error> Unexpected() const {
    if (AtEnd()) return Incomplete();
    const size_t end = in_.find_first_of(" \t\n;&|()", at_ + 1);
    std::string token(in_.substr(at_, end == std::string_view::npos ? end : end - at_));
    if (token == "\n") token = "newline";
    return MakeError(ErrorCode::kInvalid, "syntax error: unexpected \"" + token + "\"");
  }

  void SkipBlanks() {
    while (!AtEnd()) {
      if (IsBlank(Peek())) {
        ++at_;
      } else if (Peek() == '\\' && Peek(1) == '\n') {
        at_ += 2;
      } else if (Peek() == '#') {
        while (!AtEnd() && Peek() != '\n') ++at_;
      } else {
        return;
      }
    }
  }
  Result<void> SkipLines() {
    SkipBlanks();
    while (Peek() == '\n') {
      ++at_;
      RETURN_IF_ERROR(ReadHereDocuments());
      SkipBlanks();
    }
    return {};
  }

  // The reserved word at this place, or nothing.
  std::string_view Reserved() const {
    static constexpr std::array<std::string_view, 16> kWords = {
        "if",   "then", "elif", "else", "fi",   "while", "until", "do",
        "done", "for",  "in",   "case", "esac", "{",     "}",     "!"};
    for (std::string_view w : kWords) {
      if (in_.substr(at_).starts_with(w) &&
          (at_ + w.size() >= in_.size() || EndsWord(in_[at_ + w.size()]))) {
        return w;
      }
    }
    return {};
  }
  bool ClosesBlock() const {
    const std::string_view w = Reserved();
    return w == "then" || w == "elif" || w == "else" || w == "fi" || w == "do" || w == "done" ||
           w == "esac" || w == "}" || Peek() == ')' || in_.substr(at_).starts_with(";;");
  }
  Result<void> Expect(std::string_view word) {
    RETURN_IF_ERROR(SkipLines());
    if (AtEnd()) return Incomplete();
    if (Reserved() != word) return Unexpected();
    at_ += word.size();
    return {};
  }

  NodeResult Sequence() {
    if (++depth_ > kMaxDepth) return TooDeep();
    auto node = std::make_shared<ShellNode>();
    node->kind = Kind::kSequence;
    while (true) {
      RETURN_IF_ERROR(SkipLines());
      if (AtEnd() || ClosesBlock()) break;
      ASSIGN_OR_RETURN(ShellNodePtr child, AndOr());
      node->children.push_back(std::move(child));
      node->background.push_back(false);
      SkipBlanks();
      if (Peek() == '&' && Peek(1) != '&') {
        ++at_;
        node->background.back() = true;
      } else if (Peek() == ';' && Peek(1) != ';') {
        ++at_;
      } else if (!AtEnd() && Peek() != '\n' && !ClosesBlock()) {
        return Unexpected();
      }
    }
    --depth_;
    return ShellNodePtr(node);
  }

  NodeResult Block() {  // a sequence that must not be empty
    ASSIGN_OR_RETURN(ShellNodePtr body, Sequence());
    if (body->children.empty()) return Unexpected();
    return body;
  }

  NodeResult AndOr() {
    ASSIGN_OR_RETURN(ShellNodePtr left, Pipeline());
    while (true) {
      SkipBlanks();
      const bool is_and = Accept("&&");
      if (!is_and && !Accept("||")) return left;
      RETURN_IF_ERROR(SkipLines());
      ASSIGN_OR_RETURN(ShellNodePtr right, Pipeline());
      auto node = std::make_shared<ShellNode>();
      node->kind = is_and ? Kind::kAnd : Kind::kOr;
      node->children = {std::move(left), std::move(right)};
      left = node;
    }
  }

  NodeResult Pipeline() {
    SkipBlanks();
    if (Reserved() == "!") {
      ++at_;
      if (++depth_ > kMaxDepth) return TooDeep();
      ASSIGN_OR_RETURN(ShellNodePtr inner, Pipeline());
      --depth_;
      auto node = std::make_shared<ShellNode>();
      node->kind = Kind::kNot;
      node->children = {std::move(inner)};
      return ShellNodePtr(node);
    }
    ASSIGN_OR_RETURN(ShellNodePtr first, Command());
    SkipBlanks();
    if (Peek() != '|' || Peek(1) == '|') return first;
    auto node = std::make_shared<ShellNode>();
    node->kind = Kind::kPipeline;
    node->children.push_back(std::move(first));
    while (Peek() == '|' && Peek(1) != '|') {
      ++at_;
      RETURN_IF_ERROR(SkipLines());
      ASSIGN_OR_RETURN(ShellNodePtr next, Command());
      node->children.push_back(std::move(next));
      SkipBlanks();
    }
    return ShellNodePtr(node);
  }

  NodeResult Command() {
    SkipBlanks();
    if (AtEnd()) return Incomplete();
    auto node = std::make_shared<ShellNode>();
    const size_t start = at_;
    const std::string_view word = Reserved();
    if (Peek() == '(') {
      ++at_;
      node->kind = Kind::kSubshell;
      ASSIGN_OR_RETURN(ShellNodePtr body, Block());
      if (!Accept(")")) return Unexpected();
      node->children = {std::move(body)};
    } else if (word == "{") {
      ++at_;
      node->kind = Kind::kGroup;
      ASSIGN_OR_RETURN(ShellNodePtr body, Block());
      RETURN_IF_ERROR(Expect("}"));
      node->children = {std::move(body)};
    } else if (word == "if") {
      at_ += 2;
      RETURN_IF_ERROR(If(*node));
    } else if (word == "while" || word == "until") {
      at_ += 5;
      node->kind = word == "while" ? Kind::kWhile : Kind::kUntil;
      RETURN_IF_ERROR(Loop(*node));
    } else if (word == "for") {
      at_ += 3;
      RETURN_IF_ERROR(For(*node));
    } else if (word == "case") {
      at_ += 4;
      RETURN_IF_ERROR(Case(*node));
    } else if (!word.empty()) {
      return Unexpected();
    } else {
      RETURN_IF_ERROR(Simple(*node));
    }
    RETURN_IF_ERROR(Redirects(*node));
    node->text = std::string(in_.substr(start, at_ - start));
    return ShellNodePtr(node);
  }

  Result<void> If(ShellNode& node) {
    node.kind = Kind::kIf;
    ASSIGN_OR_RETURN(ShellNodePtr condition, Block());
    RETURN_IF_ERROR(Expect("then"));
    ASSIGN_OR_RETURN(ShellNodePtr then, Block());
    node.children = {std::move(condition), std::move(then)};
    RETURN_IF_ERROR(SkipLines());
    if (Reserved() == "elif") {
      at_ += 4;
      auto inner = std::make_shared<ShellNode>();
      if (++depth_ > kMaxDepth) return TooDeep();
      RETURN_IF_ERROR(If(*inner));  // takes the `fi`
      --depth_;
      node.children.push_back(std::move(inner));
      return {};
    }
    if (Reserved() == "else") {
      at_ += 4;
      ASSIGN_OR_RETURN(ShellNodePtr otherwise, Block());
      node.children.push_back(std::move(otherwise));
    }
    return Expect("fi");
  }

  Result<void> Loop(ShellNode& node) {
    ASSIGN_OR_RETURN(ShellNodePtr condition, Block());
    RETURN_IF_ERROR(Expect("do"));
    ASSIGN_OR_RETURN(ShellNodePtr body, Block());
    node.children = {std::move(condition), std::move(body)};
    return Expect("done");
  }

  Result<void> For(ShellNode& node) {
    node.kind = Kind::kFor;
    SkipBlanks();
    if (!IsNameStart(Peek())) return Unexpected();
    while (IsNameChar(Peek())) node.name += in_[at_++];
    RETURN_IF_ERROR(SkipLines());
    node.for_arguments = Reserved() != "in";
    if (!node.for_arguments) {
      at_ += 2;
      SkipBlanks();
      while (!AtEnd() && !EndsWord(Peek())) {
        ASSIGN_OR_RETURN(ShellWord word, Word());
        node.words.push_back(std::move(word));
        SkipBlanks();
      }
    }
    Accept(";");
    RETURN_IF_ERROR(Expect("do"));
    ASSIGN_OR_RETURN(ShellNodePtr body, Block());
    node.children = {std::move(body)};
    return Expect("done");
  }

  Result<void> Case(ShellNode& node) {
    node.kind = Kind::kCase;
    SkipBlanks();
    ASSIGN_OR_RETURN(ShellWord subject, Word());
    node.words.push_back(std::move(subject));
    RETURN_IF_ERROR(Expect("in"));
    while (true) {
      RETURN_IF_ERROR(SkipLines());
      if (AtEnd()) return Incomplete();
      if (Reserved() == "esac") break;
      Accept("(");
      std::vector<ShellWord> patterns;
      do {
        SkipBlanks();
        ASSIGN_OR_RETURN(ShellWord pattern, Word());
        patterns.push_back(std::move(pattern));
        SkipBlanks();
      } while (Accept("|"));
      if (!Accept(")")) return Unexpected();
      ASSIGN_OR_RETURN(ShellNodePtr body, Sequence());
      node.patterns.push_back(std::move(patterns));
      node.children.push_back(std::move(body));
      if (!Accept(";;")) {
        RETURN_IF_ERROR(SkipLines());
        if (Reserved() != "esac") return Unexpected();
      }
    }
    return Expect("esac");
  }

  // NAME= at this place: its length with the '=', or 0.
  size_t AssignmentLength() const {
    size_t n = 0;
    while (IsNameChar(Peek(n))) ++n;
    return n > 0 && IsNameStart(Peek()) && Peek(n) == '=' ? n + 1 : 0;
  }

  Result<void> Simple(ShellNode& node) {
    while (true) {
      RETURN_IF_ERROR(Redirects(node));
      if (AtEnd() || EndsWord(Peek())) break;
      if (const size_t n = AssignmentLength(); n > 0 && node.words.empty()) {
        std::string name(in_.substr(at_, n - 1));
        at_ += n;
        ShellWord value;
        if (!AtEnd() && !EndsWord(Peek())) {
          ASSIGN_OR_RETURN(value, Word());
        }
        node.assignments.emplace_back(std::move(name), std::move(value));
        continue;
      }
      const size_t start = at_;
      ASSIGN_OR_RETURN(ShellWord word, Word());
      const std::string_view name = in_.substr(start, at_ - start);
      if (node.words.empty() && IsNameStart(name[0]) && Peek() == '(' && Peek(1) == ')') {
        at_ += 2;
        return Function(node, std::string(name));
      }
      node.words.push_back(std::move(word));
    }
    if (node.words.empty() && node.assignments.empty() && node.redirects.empty()) {
      return Unexpected();
    }
    return {};
  }

  Result<void> Function(ShellNode& node, std::string name) {
    node.kind = Kind::kFunction;
    node.name = std::move(name);
    RETURN_IF_ERROR(SkipLines());
    ASSIGN_OR_RETURN(ShellNodePtr body, Command());
    node.children = {std::move(body)};
    return {};
  }

  Result<void> Redirects(ShellNode& node) {
    while (true) {
      SkipBlanks();
      const bool has_fd =
          (Peek() == '0' || Peek() == '1' || Peek() == '2') && (Peek(1) == '<' || Peek(1) == '>');
      const char op = has_fd ? Peek(1) : Peek();
      if (op != '<' && op != '>') return {};
      ShellRedirect r;
      r.fd = has_fd ? Peek() - '0' : (op == '<' ? 0 : 1);
      at_ += has_fd ? 2 : 1;
      if (op == '<' && Accept("<")) {
        RETURN_IF_ERROR(HereDocument(r));
      } else if (Accept("&")) {
        r.kind = ShellRedirect::Kind::kDuplicate;
        if (Peek() != '1' && Peek() != '2') return Unexpected();
        r.duplicate_of = in_[at_++] - '0';
      } else {
        r.kind = op == '<'     ? ShellRedirect::Kind::kRead
                 : Accept(">") ? ShellRedirect::Kind::kAppend
                               : ShellRedirect::Kind::kWrite;
        SkipBlanks();
        if (AtEnd() || EndsWord(Peek())) return Unexpected();
        ASSIGN_OR_RETURN(r.target, Word());
      }
      node.redirects.push_back(std::move(r));
    }
  }

  struct PendingHere {
    std::string delimiter;
    bool strip_tabs;
    bool literal;
    std::shared_ptr<ShellWord> body;
  };

  Result<void> HereDocument(ShellRedirect& r) {
    r.kind = ShellRedirect::Kind::kHere;
    r.body = std::make_shared<ShellWord>();
    PendingHere here{"", Accept("-"), false, r.body};
    SkipBlanks();
    while (!AtEnd() && !EndsWord(Peek())) {
      const char c = in_[at_++];
      if (c == '\'' || c == '"' || c == '\\') {
        here.literal = true;
      } else {
        here.delimiter += c;
      }
    }
    pending_.push_back(std::move(here));
    return {};
  }

  Result<void> ReadHereDocuments() {
    for (PendingHere& here : std::exchange(pending_, {})) {
      std::string body;
      while (true) {
        if (AtEnd()) return Incomplete();
        const size_t end = std::min(in_.find('\n', at_), in_.size());
        std::string_view line = in_.substr(at_, end - at_);
        at_ = std::min(end + 1, in_.size());
        while (here.strip_tabs && line.starts_with('\t')) line.remove_prefix(1);
        if (line == here.delimiter) break;
        body.append(line).append("\n");
      }
      if (here.literal) {
        here.body->parts.push_back({.quoted = true, .text = std::move(body)});
      } else {
        ASSIGN_OR_RETURN(*here.body, ParseShellText(body));
      }
    }
    return {};
  }

  Result<ShellWord> Word() {
    ShellWord word;
    while (!AtEnd() && !EndsWord(Peek())) {
      const char c = Peek();
      if (c == '\'') {
        const size_t end = in_.find('\'', at_ + 1);
        if (end == std::string_view::npos) return Incomplete();
        Literal(word, in_.substr(at_ + 1, end - at_ - 1), true);
        at_ = end + 1;
      } else if (c == '"') {
        ++at_;
        Literal(word, "", true);
        RETURN_IF_ERROR(QuotedUntil('"', word));
      } else if (c == '\\') {
        if (at_ + 1 >= in_.size()) return Incomplete();
        if (Peek(1) != '\n') Literal(word, in_.substr(at_ + 1, 1), true);
        at_ += 2;
      } else if (c == '$' || c == '`') {
        RETURN_IF_ERROR(Expansion(word, false));
      } else {
        Literal(word, in_.substr(at_++, 1), false);
      }
    }
    return word;
  }

  void Literal(ShellWord& word, std::string_view text, bool quoted) {
    if (!word.parts.empty() && word.parts.back().kind == ShellWordPart::Kind::kLiteral &&
        word.parts.back().quoted == quoted) {
      word.parts.back().text.append(text);
      return;
    }
    word.parts.push_back({.quoted = quoted, .text = std::string(text)});
  }

  // Up to and with `close`; '\0' stands for the end of the text.
  Result<void> QuotedUntil(char close, ShellWord& word) {
    while (true) {
      if (AtEnd()) {
        if (close == '\0') return {};
        return Incomplete();
      }
      const char c = Peek();
      if (c == close && close != '\0') {
        ++at_;
        return {};
      }
      if (c == '\\' && (Peek(1) == '$' || Peek(1) == '`' || Peek(1) == '"' || Peek(1) == '\\')) {
        Literal(word, in_.substr(at_ + 1, 1), true);
        at_ += 2;
      } else if (c == '\\' && Peek(1) == '\n') {
        at_ += 2;
      } else if (c == '$' || c == '`') {
        RETURN_IF_ERROR(Expansion(word, true));
      } else {
        Literal(word, in_.substr(at_++, 1), true);
      }
    }
  }

  Result<void> Expansion(ShellWord& word, bool quoted) {
    ShellWordPart part{.quoted = quoted};
    if (Accept("`")) {
      const size_t end = in_.find('`', at_);
      if (end == std::string_view::npos) return Incomplete();
      part.kind = ShellWordPart::Kind::kCommand;
      ASSIGN_OR_RETURN(part.command, ParseShell(in_.substr(at_, end - at_)));
      at_ = end + 1;
    } else if (Accept("$((")) {
      const size_t end = in_.find("))", at_);
      if (end == std::string_view::npos) return Incomplete();
      part.kind = ShellWordPart::Kind::kArithmetic;
      part.text = std::string(in_.substr(at_, end - at_));
      at_ = end + 2;
    } else if (Accept("$(")) {
      part.kind = ShellWordPart::Kind::kCommand;
      ASSIGN_OR_RETURN(part.command, Sequence());
      if (!Accept(")")) return Unexpected();
    } else if (Accept("${")) {
      RETURN_IF_ERROR(Braced(part));
    } else {
      ++at_;  // '$'
      part.kind = ShellWordPart::Kind::kVariable;
      if (IsNameStart(Peek())) {
        while (IsNameChar(Peek())) part.text += in_[at_++];
      } else if (!AtEnd() &&
                 std::string_view("?$!#@*0123456789-").find(Peek()) != std::string_view::npos) {
        part.text = in_[at_++];
      } else {
        Literal(word, "$", quoted);
        return {};
      }
    }
    word.parts.push_back(std::move(part));
    return {};
  }

  Result<void> Braced(ShellWordPart& part) {
    part.kind = ShellWordPart::Kind::kVariable;
    size_t depth = 1, end = at_;
    while (end < in_.size() && depth > 0) {
      if (in_[end] == '{') ++depth;
      if (in_[end] == '}') --depth;
      ++end;
    }
    if (depth > 0) return Incomplete();
    std::string_view inner = in_.substr(at_, end - 1 - at_);
    at_ = end;
    if (inner.size() > 1 && inner[0] == '#') {
      part.op = "#len";
      part.text = std::string(inner.substr(1));
      return {};
    }
    size_t n = 0;
    while (n < inner.size() && IsNameChar(inner[n])) ++n;
    if (n == 0 && !inner.empty() &&
        std::string_view("?$!#@*").find(inner[0]) != std::string_view::npos)
      n = 1;
    part.text = std::string(inner.substr(0, n));
    const std::string_view rest = inner.substr(n);
    for (std::string_view op : {":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "?", "#", "%"}) {
      if (rest.starts_with(op)) {
        part.op = std::string(op);
        part.argument = std::string(rest.substr(op.size()));
        break;
      }
    }
    if (part.text.empty() || (part.op.empty() && !rest.empty())) {
      return MakeError(ErrorCode::kInvalid, "syntax error: bad substitution");
    }
    return {};
  }

  std::string_view in_;
  size_t at_ = 0;
  int depth_ = 0;
  std::vector<PendingHere> pending_;
};

}  // namespace

Result<ShellNodePtr> ParseShell(std::string_view text) {
  if (text.size() > kMaxScript) {
    return MakeError(ErrorCode::kInvalid, "syntax error: script is longer than 128 KiB");
  }
  return Parser(text).Program();
}

Result<ShellWord> ParseShellText(std::string_view text) { return Parser(text).Text(); }

}  // namespace stowage::sim
