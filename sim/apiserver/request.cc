#include "sim/apiserver/request.h"

#include <charconv>

namespace stowage::sim {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t end = text.find(at);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool IsTrue(std::string_view v) {
  return v == "true" || v == "1" || v == "True" || v == "TRUE" || v == "t" || v == "T";
}

std::string VerbOf(const std::string& method, const RequestInfo& info) {
  if (method == "GET" || method == "HEAD") {
    if (info.target.Flag("watch")) return "watch";
    return info.name.empty() ? "list" : "get";
  }
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return info.name.empty() ? "deletecollection" : "delete";
  return "";
}

}  // namespace

ParsedTarget ParsedTarget::Parse(std::string_view target) {
  ParsedTarget out;
  const size_t question = target.find('?');
  out.path = target.substr(0, question);
  for (std::string_view s : Split(out.path, '/')) {
    if (!s.empty()) out.segments.push_back(Unescape(s, false));
  }
  if (question == std::string_view::npos) return out;
  for (std::string_view pair : Split(target.substr(question + 1), '&')) {
    if (pair.empty()) continue;
    const size_t eq = pair.find('=');
    out.query.emplace_back(
        Unescape(pair.substr(0, eq), true),
        eq == std::string_view::npos ? std::string() : Unescape(pair.substr(eq + 1), true));
  }
  return out;
}

std::string_view ParsedTarget::Param(std::string_view name) const {
  for (const auto& [k, v] : query) {
    if (k == name) return v;
  }
  return {};
}

bool ParsedTarget::Has(std::string_view name) const {
  for (const auto& [k, v] : query) {
    if (k == name) return true;
  }
  return false;
}

bool ParsedTarget::Flag(std::string_view name) const { return IsTrue(Param(name)); }

std::optional<int64_t> ParsedTarget::Int(std::string_view name) const {
  const std::string_view text = Param(name);
  int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

RequestInfo ParseRequest(const kube::ServerRequest& request) {
  RequestInfo info;
  info.target = ParsedTarget::Parse(request.target);
  const auto& s = info.target.segments;
  size_t at = 0;
  if (s.size() >= 3 && s[0] == "api") {
    info.version = s[1];
    at = 2;
  } else if (s.size() >= 4 && s[0] == "apis") {
    info.group = s[1];
    info.version = s[2];
    at = 3;
  } else {
    return info;
  }
  bool old_watch = false;  // /api/v1/watch/pods, the form of very old clients
  if (s[at] == "watch" && at + 1 < s.size()) {
    old_watch = true;
    ++at;
  }
  // "namespaces/NS/status" and "finalize" are subresources of the namespace itself.
  if (s[at] == "namespaces" && at + 2 < s.size() && s[at + 2] != "status" &&
      s[at + 2] != "finalize") {
    info.ns = s[at + 1];
    at += 2;
  }
  info.resource_request = true;
  info.plural = s[at++];
  if (at < s.size()) info.name = s[at++];
  if (at < s.size()) info.subresource = s[at++];
  for (; at < s.size(); ++at) info.rest += (info.rest.empty() ? "" : "/") + s[at];
  // A namespace's own objects are cluster-scoped, but authorisation sees them in that namespace.
  info.verb = VerbOf(request.method, info);
  if (old_watch && request.method == "GET") info.verb = "watch";
  return info;
}

std::string_view MediaType(std::string_view content_type) {
  return Trim(content_type.substr(0, content_type.find(';')));
}

ApiResult<Representation> ReadAccept(std::string_view accept) {
  if (Trim(accept).empty()) return Representation{};
  for (std::string_view one : Split(accept, ',')) {
    const auto parts = Split(one, ';');
    const std::string_view type = Trim(parts[0]);
    if (type != "application/json" && type != "*/*" && type != "application/*") continue;
    Representation r;
    std::string_view as, group, version;
    for (size_t i = 1; i < parts.size(); ++i) {
      const std::string_view p = Trim(parts[i]);
      if (p.starts_with("as=")) as = p.substr(3);
      if (p.starts_with("g=")) group = p.substr(2);
      if (p.starts_with("v=")) version = p.substr(2);
    }
    if (as.empty()) return r;
    if (group != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) continue;
    r.meta_version = version;
    if (as == "Table") {
      r.as = Representation::As::kTable;
      return r;
    }
    if (as.starts_with("PartialObjectMetadata")) {
      r.as = Representation::As::kPartialMetadata;
      return r;
    }
  }
  return NotAcceptable("application/json");
}

}  // namespace stowage::sim
