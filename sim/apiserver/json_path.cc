#include "sim/apiserver/json_path.h"

#include <charconv>
#include <string>

namespace stowage::sim {
namespace {

std::string_view Unquote(std::string_view s) {
  if (s.size() >= 2 && (s[0] == '\'' || s[0] == '"') && s.back() == s[0]) {
    return s.substr(1, s.size() - 2);
  }
  return s;
}

std::string_view Trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

// The key up to the next '.' or '[', "\." standing for a dot.
std::string TakeKey(std::string_view& path) {
  std::string key;
  while (!path.empty() && path[0] != '.' && path[0] != '[') {
    if (path[0] == '\\' && path.size() > 1) path.remove_prefix(1);
    key += path[0];
    path.remove_prefix(1);
  }
  return key;
}

bool FilterHolds(kube::JsonRef element, std::string_view filter) {
  bool equal = true;
  size_t op = filter.find("==");
  if (op == std::string_view::npos) {
    op = filter.find("!=");
    equal = false;
  }
  const std::string_view left = Trim(filter.substr(0, op));
  if (!left.starts_with("@")) return false;
  const std::vector<kube::JsonRef> found = FindJsonPath(element, left.substr(1));
  if (op == std::string_view::npos) return !found.empty();
  if (found.empty()) return !equal;
  const std::string text = found[0].is_string() ? found[0].string() : found[0].Dump();
  return (text == Unquote(Trim(filter.substr(op + 2)))) == equal;
}

std::vector<kube::JsonRef> Bracket(const std::vector<kube::JsonRef>& at, std::string_view inside) {
  std::vector<kube::JsonRef> next;
  for (kube::JsonRef v : at) {
    if (inside.starts_with("?(") && inside.ends_with(")")) {
      for (kube::JsonRef e : v.elements()) {
        if (FilterHolds(e, inside.substr(2, inside.size() - 3))) next.push_back(e);
      }
    } else if (inside == "*") {
      for (kube::JsonRef e : v.elements()) next.push_back(e);
      for (const auto& [key, value] : v.members()) next.push_back(value);
    } else if (!inside.empty() && (inside[0] == '\'' || inside[0] == '"')) {
      if (v[Unquote(inside)].exists()) next.push_back(v[Unquote(inside)]);
    } else {
      int64_t index = 0;
      std::from_chars(inside.data(), inside.data() + inside.size(), index);
      if (index < 0) index += static_cast<int64_t>(v.size());
      if (index >= 0 && v.At(static_cast<size_t>(index)).exists()) {
        next.push_back(v.At(static_cast<size_t>(index)));
      }
    }
  }
  return next;
}

// Where the bracket that opens `path` closes, quotes and parentheses skipped.
size_t ClosingBracket(std::string_view path) {
  char quote = 0;
  for (size_t i = 1; i < path.size(); ++i) {
    if (quote) {
      if (path[i] == quote) quote = 0;
    } else if (path[i] == '\'' || path[i] == '"') {
      quote = path[i];
    } else if (path[i] == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<kube::JsonRef> FindJsonPath(kube::JsonRef object, std::string_view path) {
  std::vector<kube::JsonRef> at = {object};
  while (!path.empty() && !at.empty()) {
    if (path[0] == '[') {
      const size_t end = ClosingBracket(path);
      if (end == std::string_view::npos) return {};
      at = Bracket(at, Trim(path.substr(1, end - 1)));
      path.remove_prefix(end + 1);
      continue;
    }
    if (path[0] == '.') path.remove_prefix(1);
    if (path.empty() || path[0] == '[') continue;
    const std::string key = TakeKey(path);
    if (key == "*") {
      at = Bracket(at, "*");
      continue;
    }
    std::vector<kube::JsonRef> next;
    for (kube::JsonRef v : at) {
      if (v[key].exists()) next.push_back(v[key]);
    }
    at = std::move(next);
  }
  return at;
}

}  // namespace stowage::sim
