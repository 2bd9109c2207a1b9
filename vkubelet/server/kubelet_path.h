// The kubelet's API as the host's API server speaks it, and its translation to the words of an API
// server's pod sub-resources. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::vkubelet {

struct PodPath {
  std::string verb;  // "log", "exec", "attach", "portforward"
  std::string ns, pod;
  std::string uid;    // "" where the path has none
  std::string query;  // in the API server's words, percent-encoded
};

// "/exec/ns/pod[/uid]/container?command=ls&input=1" ... kNotFound: no such path; kInvalid: what is
// wrong with the query.
Result<PodPath> ParsePodPath(std::string_view target);

}  // namespace stowage::vkubelet
