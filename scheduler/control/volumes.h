// Volumes: where the volumes of pods can be attached, as the host's claims, volumes and storage
// classes say. Data stays where it is: a claim that no volume is bound to yet is marked with the
// virtual node of its first pod, and from then on its pods go there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/cache/informer.h"
#include "kube/client/client.h"
#include "scheduler/model/labels.h"

namespace stowage::scheduler {

// A claim that is to be marked, as it was seen.
struct ClaimToMark {
  std::string name;
  std::string resource_version;
};

class Volumes {
 public:
  // Whether a virtual node of this name exists: marks of others count for nothing.
  using NodeExists = std::function<bool(const std::string&)>;

  // `client` must outlive it. `changed`: pods may be allowed to go elsewhere than before.
  Volumes(Executor& executor, kube::Client& client, const Rng& rng, NodeExists node_exists,
          std::function<void()> changed);
  ~Volumes();

  // Nothing is watched before the first call. True: all is known, or it cannot be found out within
  // a few seconds (who may not read it goes on without). `changed` is called when that turns true.
  bool Known();
  void Stop();

  // For each claim whose volume is pinned, the terms of which any must match. A claim that the host
  // does not know, or that may be met anywhere, pins nothing.
  std::vector<std::vector<NodeSelectorTerm>> TermsOf(const std::string& ns,
                                                     const std::vector<std::string>& claims) const;
  // Those of the claims that have no volume and no mark that counts.
  std::vector<ClaimToMark> ToMark(const std::string& ns,
                                  const std::vector<std::string>& claims) const;

 private:
  struct Claim {
    std::string volume, storage_class, node, resource_version;
    bool operator==(const Claim&) const = default;
  };
  using Terms = std::vector<NodeSelectorTerm>;
  template <class T>
  std::unique_ptr<kube::Informer<T>> Watch(kube::Client& client, Rng rng,
                                           const kube::Resource& what,
                                           std::optional<T> (*project)(const kube::Object&));
  static std::optional<Claim> ProjectClaim(const kube::Object& claim);
  static std::optional<Terms> ProjectVolume(const kube::Object& volume);
  static std::optional<Terms> ProjectStorageClass(const kube::Object& storage_class);

  Executor& executor_;
  NodeExists node_exists_;
  std::function<void()> changed_;
  std::unique_ptr<kube::Informer<Claim>> claims_;
  std::unique_ptr<kube::Informer<Terms>> volumes_, classes_;
  std::optional<MonotonicTime> since_;  // watched
  TimerId give_up_ = TimerId::kNone;
};

}  // namespace stowage::scheduler
