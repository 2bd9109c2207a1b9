// PodWatch: the member's pods that are ours, from a watch; small projections of them.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "kube/cache/informer.h"
#include "providers/kubernetes/cidr.h"
#include "providers/kubernetes/dependents.h"
#include "providers/kubernetes/options.h"
#include "providers/kubernetes/status.h"

namespace stowage::providers {

using Needs = std::vector<DependentKey>;

// One remote pod of ours.
struct PodCopy {
  RemotePod pod;
  std::string uid;                     // of the remote object
  std::shared_ptr<const Needs> needs;  // shared by pods that need the same
};

// What `remote` needs, as keys of the host's objects; its token Secret included.
Needs NeedsOfCopy(const kube::Object& remote, Accounts accounts);

class PodWatch {
 public:
  using Handler = kube::Informer<PodCopy>::Handler;

  PodWatch(Executor& executor, kube::Client& member, const MemberOptions& options,
           const CidrMap& cidrs, Rng rng, Handler handler);

  void Start() { informer_.Start(); }
  // All pods were seen since start, and the view is kept current.
  bool current() const { return informer_.has_synced() && informer_.reflector().current(); }
  bool has_synced() const { return informer_.has_synced(); }

  const PodCopy* Find(const PodRef& ref) const;
  // By names alone; nullptr if that pod has another UID than `ref` asks for (if it asks).
  const PodCopy* FindByName(const PodRef& ref) const;
  // By the member's names and UID.
  const PodCopy* FindByRemote(const kube::NamespacedName& key, const std::string& uid) const {
    const PodCopy* copy = informer_.Get(key);
    return copy && copy->uid == uid ? copy : nullptr;
  }
  const std::map<kube::NamespacedName, PodCopy>& items() const { return informer_.items(); }

 private:
  PodCopy Project(const kube::Object& remote);
  std::shared_ptr<const Needs> Share(Needs needs);

  const MemberOptions& options_;
  const CidrMap& cidrs_;
  std::map<Needs, std::shared_ptr<const Needs>> shared_needs_;
  size_t sweep_at_ = 256;
  mutable kube::Informer<PodCopy> informer_;  // reflector() is not const
};

}  // namespace stowage::providers
