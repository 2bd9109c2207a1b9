// Where to connect: the server's URL taken apart, and the proxy on the way to it. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::kube {

struct ServerAddress {
  bool tls = true;
  std::string host;  // without the brackets of an IPv6 literal
  uint16_t port = 443;
  std::string path_prefix;  // "" or "/k8s/clusters/c1"

  std::string host_port() const;  // "[::1]:6443"
  std::string url() const;        // "https://[::1]:6443"
};

struct ProxyAddress {
  std::string host;
  uint16_t port = 0;
  std::string username, password;

  bool operator==(const ProxyAddress&) const = default;
};

// kInvalid says what is wrong with it.
Result<ServerAddress> ParseServerUrl(std::string_view url);

// From `proxy_url`, or, if that is "", from HTTPS_PROXY or HTTP_PROXY unless NO_PROXY names the
// server (host, domain suffix, address, CIDR range, "*"). Loopback is never proxied by the
// environment.
Result<std::optional<ProxyAddress>> ProxyFor(const ServerAddress& server,
                                             const std::string& proxy_url);

// Whether `list`, as NO_PROXY has it, names `server`.
bool NoProxyNames(std::string_view list, const ServerAddress& server);

}  // namespace stowage::kube
