// Garbage collection by ownerReferences: background (the default), foreground and orphan.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/controllers/context.h"
#include "sim/controllers/discovery.h"

namespace stowage::sim {

class GarbageCollector {
 public:
  GarbageCollector(Context& context, Discovery& discovery);
  void Start();
  bool idle() const {
    return controller_.queue().ready() == 0 && controller_.queue().working() == 0;
  }

 private:
  using Done = std::function<void(kube::Outcome)>;

  // What is kept of every object in the cluster that owns or is owned.
  struct Node {
    kube::Resource resource;
    NamespacedName key;
    std::string version;
    std::vector<OwnerRef> owners;
    bool deleting = false;
    bool foreground = false;  // has the finalizer foregroundDeletion
    bool orphan = false;      // has the finalizer orphan
  };
  struct Item {
    std::string uid;
    Node node;
  };
  using NodeInformer = kube::Informer<Item>;

  void Refresh();  // informers for what is served now
  void Follow(const ServedResource& served);
  void Insert(const Item& item);
  void Remove(const Item& item);
  void Reconcile(const std::string& uid, Done done);
  // The owner's side: what hangs on it while it is being deleted.
  bool ReleaseDependents(const std::string& uid, const Node& node, Done& done);
  bool DeleteDependents(const std::string& uid, const Node& node, Done& done);
  void DropFinalizer(const Node& node, const char* finalizer, Done done);
  // The dependent's side: whether its owners are still there.
  void CheckOwners(const std::string& uid, const Node& node, Done done);
  void VerifyAbsent(const Node& node, const OwnerRef& owner,
                    std::function<void(Result<bool>)> absent);
  void DeleteDependent(const std::string& uid, const Node& node, Done done);
  void DropOwners(const std::string& uid, const Node& node, const std::set<std::string>& gone,
                  Done done);

  Context& context_;
  Discovery& discovery_;
  std::map<std::string, std::unique_ptr<NodeInformer>> informers_;  // by "plural.version.group"
  std::map<std::string, kube::Resource> by_kind_;                   // "apiVersion/Kind"
  std::map<std::string, Node> nodes_;                               // by UID
  std::map<std::string, std::set<std::string>> dependents_;         // owner UID -> UIDs
  bool refreshing_ = false;
  mutable kube::Controller<std::string> controller_;
};

}  // namespace stowage::sim
