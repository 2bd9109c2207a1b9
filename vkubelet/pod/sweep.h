// Sweep: deletes the copies in one member whose host pod does not exist any more, and has a brake.
//
// Only on synced caches; each copy only after a live GET on the host said that the pod is absent or
// another one; with the pod's UID as the provider's precondition. When more than max(10, 10 %) of
// the member's copies would go at once it stops and asks: a restored etcd or an empty cache must
// not empty a fleet. Copies that have finished do not count against the brake, since nothing stops
// with them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time/executor.h"
#include "kube/client/client.h"
#include "providers/api/provider.h"
#include "vkubelet/pod/options.h"

namespace stowage::vkubelet {

class Sweep {
 public:
  struct Deps {
    Executor& executor;
    kube::Client& host;
    providers::Provider& provider;
    std::string node;
    // Whether the host's cache knows the pod with this UID.
    std::function<bool(const providers::PodRef&)> on_host;
    std::function<bool()> synced;  // the host's cache and the provider's
    MemberHooks hooks;
  };
  explicit Sweep(Deps deps);
  ~Sweep();

  // A copy that may have no host pod; judged in the next pass.
  void Suspect(const providers::PodRef& ref) { suspects_.insert(ref); }

  // One pass over the suspects (`full`: over all copies). `done` when every deletion was asked for,
  // or the brake holds; at once when a pass is under way or the caches are not synced.
  void Run(bool full, std::function<void()> done);

  bool held() const { return held_; }
  uint64_t deletions() const { return deletions_; }

 private:
  struct Pass {
    std::vector<providers::PodRef> orphans;
    size_t next = 0;
    int open = 0;
    std::function<void()> done;
  };
  bool Orphan(const providers::PodRef& ref) const;
  std::vector<providers::PodRef> Candidates(bool full, int64_t* running, int64_t* copies);
  bool Brake(int64_t running, int64_t copies);
  void SetHeld(bool held, std::string message);
  void Pump();
  void CheckOnHost(const providers::PodRef& ref);
  void Delete(const providers::PodRef& ref);
  void Finish();

  Deps deps_;
  std::set<providers::PodRef> suspects_;
  std::unique_ptr<Pass> pass_;
  bool held_ = false;
  bool told_ = false;
  std::string held_message_;
  uint64_t deletions_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::vkubelet
