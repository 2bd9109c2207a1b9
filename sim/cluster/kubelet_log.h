// KubeletLog: what the kubelets of a member really started, append-only: the truth that checkers
// compare with ("no host UID ever starts twice").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time/types.h"

namespace stowage::sim {

class KubeletLog {
 public:
  struct Start {
    MonotonicTime at;
    std::string node, ns, pod;
    std::string uid;  // of the member's pod
    std::string
        origin_uid;  // of the host's pod (label stowage.dev/origin-uid); "" for a foreign pod
    std::string container;  // "" for the pod's sandbox
    int restart = 0;        // the attempt: 0 is the first
  };

  void Add(Start start) { starts_.push_back(std::move(start)); }
  const std::vector<Start>& starts() const { return starts_; }

  // Sentences about what must never happen: one (UID, container, attempt) started twice, or one
  // origin UID that ran as two pods.
  std::vector<std::string> Violations() const {
    std::vector<std::string> out;
    std::map<std::string, int> attempts;
    std::map<std::string, std::string> pod_of_origin;
    for (const Start& s : starts_) {
      const std::string what = s.uid + "/" + s.container + "#" + std::to_string(s.restart);
      if (++attempts[what] == 2) out.push_back("started twice: " + s.ns + "/" + s.pod + " " + what);
      if (s.origin_uid.empty()) continue;
      const auto [it, fresh] = pod_of_origin.emplace(s.origin_uid, s.uid);
      if (!fresh && it->second != s.uid) {
        out.push_back("origin " + s.origin_uid + " ran as " + it->second + " and as " + s.uid);
      }
    }
    return out;
  }

 private:
  std::vector<Start> starts_;
};

}  // namespace stowage::sim
