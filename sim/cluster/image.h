// What is known of images by their names: which ones exist, and what they run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::sim {

struct ImageProfile {
  enum class Kind {
    kTools,   // busybox, alpine, debian ...: a shell and the common tools; no command: a shell
    kServer,  // nginx, httpd, registry, redis ...: serves for ever
    kPause,
    kHello,    // hello-world: a greeting, then 0
    kUnknown,  // somebody's application: any command exists and serves, or finishes as a batch job
  };
  Kind kind = Kind::kUnknown;
  std::string program;                   // of a server: "nginx"
  std::vector<int> ports;                // where the pod names none
  std::vector<std::string> start_lines;  // to standard error
};

ImageProfile DescribeImage(std::string_view image);

// Why the image cannot be pulled, worded as a runtime does; nullopt: it can. Names that cannot
// exist are those of the registry "invalid" (or *.invalid), tags "missing", and what is no image
// name.
std::optional<std::string> PullError(std::string_view image);
bool IsValidImageName(std::string_view image);  // else the reason is InvalidImageName

// "docker.io/library/nginx:latest" for "nginx"; stable sha256 digests made of names.
std::string CanonicalImage(std::string_view image);
std::string ImageDigest(std::string_view image);

}  // namespace stowage::sim
