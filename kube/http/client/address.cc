#include "kube/http/client/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdlib>

namespace stowage::kube {
namespace {

struct Url {
  std::string_view scheme, userinfo, host, path;
  std::optional<uint16_t> port;
};

Result<Url> Split(std::string_view text, std::string_view what) {
  const auto wrong = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalid,
                     std::string(what) + " \"" + std::string(text) +
                         "\" is no URL like https://host:6443: " + std::string(why));
  };
  Url url;
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos) return wrong("it has no scheme");
  url.scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 3);
  const size_t slash = rest.find('/');
  url.path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  // From here on the text may hold a password: it must not be part of a message.
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = authority.substr(0, at);
    text = "(with credentials)";
    authority = authority.substr(at + 1);
  }
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return wrong("a bracket is not closed");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const size_t end = authority.find(':');
    url.host = authority.substr(0, end);
    port = end == std::string_view::npos ? std::string_view() : authority.substr(end);
  }
  if (url.host.empty()) return wrong("it has no host");
  if (!port.empty()) {
    unsigned number = 0;
    const auto [last, ec] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
    if (port.front() != ':' || ec != std::errc() || last != port.data() + port.size() ||
        number == 0 || number > 65535) {
      return wrong("the port is not between 1 and 65535");
    }
    url.port = static_cast<uint16_t>(number);
  }
  return url;
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<uint32_t> Ipv4(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool CidrHolds(std::string_view range, std::string_view host) {
  const size_t slash = range.find('/');
  if (slash == std::string_view::npos) return false;
  const auto base = Ipv4(range.substr(0, slash)), address = Ipv4(host);
  unsigned bits = 0;
  std::from_chars(range.data() + slash + 1, range.data() + range.size(), bits);
  if (!base || !address || bits > 32) return false;
  const uint32_t mask = bits == 0 ? 0 : ~uint32_t{0} << (32 - bits);
  return (*base & mask) == (*address & mask);
}

std::string_view Environment(const char* upper, const char* lower) {
  const char* value = std::getenv(upper);
  if (value == nullptr || *value == '\0') value = std::getenv(lower);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

std::string ServerAddress::host_port() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ServerAddress::url() const { return (tls ? "https://" : "http://") + host_port(); }

Result<ServerAddress> ParseServerUrl(std::string_view text) {
  // kubectl takes a bare host for plain HTTP.
  std::string with_scheme(text);
  if (!text.empty() && text.find("://") == std::string_view::npos)
    with_scheme = "http://" + with_scheme;
  ASSIGN_OR_RETURN(const Url url, Split(with_scheme, "server"));
  if (url.scheme != "https" && url.scheme != "http") {
    return MakeError(ErrorCode::kInvalid,
                     "server \"" + with_scheme + "\" is neither https nor http");
  }
  ServerAddress server;
  server.tls = url.scheme == "https";
  server.host = url.host;
  server.port = url.port.value_or(server.tls ? 443 : 80);
  std::string_view path = url.path;
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  server.path_prefix = path;
  return server;
}

bool NoProxyNames(std::string_view list, const ServerAddress& server) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view entry = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (entry.empty()) continue;
    if (entry == "*" || entry == server.host || entry == server.host_port()) return true;
    if (CidrHolds(entry, server.host)) return true;
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    const std::string suffix = entry.front() == '.' ? std::string(entry) : "." + std::string(entry);
    if (server.host.ends_with(suffix)) return true;
  }
  return false;
}

Result<std::optional<ProxyAddress>> ProxyFor(const ServerAddress& server,
                                             const std::string& proxy_url) {
  std::string text = proxy_url;
  if (text.empty()) {
    if (server.host == "localhost" || server.host == "::1" || server.host.starts_with("127.")) {
      return std::nullopt;
    }
    text = server.tls ? Environment("HTTPS_PROXY", "https_proxy")
                      : Environment("HTTP_PROXY", "http_proxy");
    if (text.empty() || NoProxyNames(Environment("NO_PROXY", "no_proxy"), server)) {
      return std::nullopt;
    }
    if (text.find("://") == std::string::npos) text = "http://" + text;
  }
  ASSIGN_OR_RETURN(const Url url, Split(text, "proxy"));
  if (url.scheme != "http") {
    return MakeError(ErrorCode::kUnsupported,
                     "proxies of scheme \"" + std::string(url.scheme) +
                         "\" are not supported; use an http:// proxy, which tunnels TLS");
  }
  ProxyAddress proxy;
  proxy.host = url.host;
  proxy.port = url.port.value_or(8080);
  const size_t colon = url.userinfo.find(':');
  proxy.username = PercentDecoded(url.userinfo.substr(0, colon));
  if (colon != std::string_view::npos) {
    proxy.password = PercentDecoded(url.userinfo.substr(colon + 1));
  }
  return proxy;
}

}  // namespace stowage::kube
