#include "sim/cluster/image.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "base/random/rng.h"

namespace stowage::sim {
namespace {

using Kind = ImageProfile::Kind;

struct Name {
  std::string registry, repository, tag;
};

Name Split(std::string_view image) {
  Name n;
  std::string_view rest = image.substr(0, image.find('@'));
  const size_t slash = rest.find('/');
  const std::string_view first = rest.substr(0, slash);
  if (slash != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos ||
                                          first == "localhost" || first == "invalid")) {
    n.registry = first;
    rest.remove_prefix(slash + 1);
  } else {
    n.registry = "docker.io";
  }
  const size_t colon = rest.rfind(':');
  n.repository = rest.substr(0, colon);
  n.tag = colon == std::string_view::npos ? "latest" : rest.substr(colon + 1);
  if (n.registry == "docker.io" && n.repository.find('/') == std::string::npos) {
    n.repository = "library/" + n.repository;
  }
  return n;
}

}  // namespace

ImageProfile DescribeImage(std::string_view image) {
  const Name name = Split(image);
  const std::string base = name.repository.substr(name.repository.rfind('/') + 1);
  static constexpr std::string_view kTools[] = {"busybox", "alpine", "debian", "ubuntu",
                                                "bash",    "fedora", "centos", "curl",
                                                "perl",    "python", "node"};
  if (std::find(std::begin(kTools), std::end(kTools), base) != std::end(kTools))
    return {.kind = Kind::kTools};
  if (base.starts_with("pause")) return {.kind = Kind::kPause, .program = "pause"};
  if (base == "hello-world") return {.kind = Kind::kHello};
  static const std::map<std::string_view, ImageProfile> kServers = {
      {"nginx", {Kind::kServer, "nginx", {80}, {"start worker processes"}}},
      {"httpd", {Kind::kServer, "httpd-foreground", {80}, {"resuming normal operations"}}},
      {"caddy", {Kind::kServer, "caddy", {80}, {"serving initial configuration"}}},
      {"traefik", {Kind::kServer, "traefik", {80}, {"Configuration loaded"}}},
      {"registry", {Kind::kServer, "registry", {5000}, {"listening on [::]:5000"}}},
      {"redis", {Kind::kServer, "redis-server", {6379}, {"Ready to accept connections"}}},
      {"memcached", {Kind::kServer, "memcached", {11211}, {}}},
      {"postgres",
       {Kind::kServer, "postgres", {5432}, {"database system is ready to accept connections"}}},
      {"mysql", {Kind::kServer, "mysqld", {3306}, {"mysqld: ready for connections."}}},
      {"whoami", {Kind::kServer, "whoami", {80}, {"Starting up on port 80"}}},
      {"echo-server", {Kind::kServer, "echo-server", {80}, {"Echo server listening on port 80."}}},
      {"echoserver", {Kind::kServer, "echoserver", {8080}, {}}},
      {"agnhost", {Kind::kServer, "agnhost", {8080}, {}}},
  };
  if (auto it = kServers.find(base); it != kServers.end()) return it->second;
  return {.kind = Kind::kUnknown, .program = base, .ports = {}};
}

bool IsValidImageName(std::string_view image) {
  if (image.empty() || image.size() > 500) return false;
  const std::string_view path = image.substr(0, image.find('@'));
  return std::all_of(path.begin(), path.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("._-/:").find(c) != std::string_view::npos;
                     }) &&
         !path.starts_with('/') && !path.ends_with('/') && !path.ends_with(':') &&
         !path.starts_with(':');
}

std::optional<std::string> PullError(std::string_view image) {
  const Name name = Split(image);
  const std::string whole = CanonicalImage(image);
  if (name.registry == "invalid" || name.registry.ends_with(".invalid")) {
    return "failed to pull and unpack image \"" + whole + "\": failed to resolve reference \"" +
           whole + "\": dial tcp: lookup " + name.registry + ": no such host";
  }
  if (name.tag == "missing") {
    return "failed to pull and unpack image \"" + whole + "\": failed to resolve reference \"" +
           whole + "\": " + whole + ": not found";
  }
  return std::nullopt;
}

std::string CanonicalImage(std::string_view image) {
  const Name name = Split(image);
  const std::string base = name.registry + "/" + name.repository;
  const size_t at = image.find('@');
  return at == std::string_view::npos ? base + ":" + name.tag
                                      : base + std::string(image.substr(at));
}

std::string ImageDigest(std::string_view image) {
  std::string digest = "sha256:";
  uint64_t h = StableHash(CanonicalImage(image));
  for (int i = 0; i < 4; ++i) {
    std::array<char, 17> hex{};
    std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(h));
    digest += hex.data();
    h = HashCombine(h, static_cast<uint64_t>(i) + 1);
  }
  return digest;
}

}  // namespace stowage::sim
