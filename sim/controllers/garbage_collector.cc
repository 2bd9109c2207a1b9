#include "sim/controllers/garbage_collector.h"

#include <algorithm>

namespace stowage::sim {
namespace {

constexpr const char* kForeground = "foregroundDeletion";
constexpr const char* kOrphan = "orphan";

bool Skipped(const std::string& plural) { return plural == "events" || plural == "leases"; }

bool Gone(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kConflict;
}

kube::Outcome Settled(const Result<kube::Object>& r) {
  return r || Gone(r.error()) ? kube::Outcome::Ok() : kube::Outcome::Fail(r.error());
}

}  // namespace

GarbageCollector::GarbageCollector(Context& context, Discovery& discovery)
    : context_(context),
      discovery_(discovery),
      controller_(context.executor, context.rng.Stream("gc"), {.name = "garbage-collector"},
                  [this](const std::string& uid, Done done) { Reconcile(uid, std::move(done)); }) {
  discovery_.OnChange([this] { Refresh(); });
}

void GarbageCollector::Start() {
  Refresh();
  controller_.Start();
}

void GarbageCollector::Refresh() {
  if (refreshing_) return;
  refreshing_ = true;
  // A moment later: the server publishes a new collection just after its definition.
  context_.executor.RunAfter(Milliseconds(100), [this] {
    discovery_.Resources([this](Result<std::vector<ServedResource>> served) {
      refreshing_ = false;
      if (!served) {
        context_.executor.RunAfter(Seconds(1), [this] { Refresh(); });
        return;
      }
      std::set<std::string> present;
      for (const ServedResource& s : *served) {
        by_kind_[s.resource.api_version() + "/" + s.kind] = s.resource;
        if (Skipped(s.resource.plural)) continue;
        present.insert(s.resource.plural + "." + s.resource.version + "." + s.resource.group);
        Follow(s);
      }
      std::erase_if(informers_, [&](const auto& entry) { return !present.contains(entry.first); });
    });
  });
}

void GarbageCollector::Follow(const ServedResource& served) {
  const kube::Resource resource = served.resource;
  const std::string id = resource.plural + "." + resource.version + "." + resource.group;
  if (informers_.contains(id)) return;
  auto informer = std::make_unique<NodeInformer>(
      context_.executor, context_.client, context_.rng.Stream("gc/" + id),
      kube::ReflectorOptions{.resource = resource},
      [resource](const kube::Object& object) -> std::optional<Item> {
        Item item{std::string(object.uid()),
                  {resource, object.key(), std::string(object.resource_version()), OwnersOf(object),
                   object.deleting(), false, false}};
        for (kube::JsonRef f : object.metadata()["finalizers"].elements()) {
          item.node.foreground |= f.str() == kForeground;
          item.node.orphan |= f.str() == kOrphan;
        }
        return item;
      });
  informer->AddHandler([this](const NamespacedName&, const Item* before, const Item* after) {
    if (before) Remove(*before);
    if (after) Insert(*after);
    // Whoever hung on what is gone has a look at its owners.
    if (before && (!after || after->uid != before->uid)) {
      auto it = dependents_.find(before->uid);
      if (it != dependents_.end()) {
        for (const std::string& uid : it->second) controller_.Enqueue(uid);
      }
      for (const OwnerRef& owner : before->node.owners) controller_.Enqueue(owner.uid);
    }
  });
  informer->Start();
  informers_.emplace(id, std::move(informer));
}

void GarbageCollector::Insert(const Item& item) {
  nodes_[item.uid] = item.node;
  for (const OwnerRef& owner : item.node.owners) dependents_[owner.uid].insert(item.uid);
  const bool owner_side = item.node.deleting && (item.node.foreground || item.node.orphan);
  if (owner_side || !item.node.owners.empty()) controller_.Enqueue(item.uid);
}

void GarbageCollector::Remove(const Item& item) {
  nodes_.erase(item.uid);
  for (const OwnerRef& owner : item.node.owners) {
    auto it = dependents_.find(owner.uid);
    if (it == dependents_.end()) continue;
    it->second.erase(item.uid);
    if (it->second.empty()) dependents_.erase(it);
  }
}

void GarbageCollector::Reconcile(const std::string& uid, Done done) {
  auto it = nodes_.find(uid);
  if (it == nodes_.end()) return done(kube::Outcome::Ok());
  const Node node = it->second;
  if (node.deleting && node.orphan) {
    if (!ReleaseDependents(uid, node, done)) DropFinalizer(node, kOrphan, std::move(done));
    return;
  }
  if (node.deleting && node.foreground) {
    if (!DeleteDependents(uid, node, done)) DropFinalizer(node, kForeground, std::move(done));
    return;
  }
  if (node.deleting || node.owners.empty()) return done(kube::Outcome::Ok());
  CheckOwners(uid, node, std::move(done));
}

bool GarbageCollector::ReleaseDependents(const std::string& uid, const Node&, Done& done) {
  auto it = dependents_.find(uid);
  if (it == dependents_.end()) return false;
  const std::string first = *it->second.begin();
  DropOwners(first, nodes_.at(first), {uid}, [done](kube::Outcome outcome) {
    done(outcome.error ? std::move(outcome) : kube::Outcome::Again(Milliseconds(20)));
  });
  return true;
}

bool GarbageCollector::DeleteDependents(const std::string& uid, const Node&, Done& done) {
  auto it = dependents_.find(uid);
  if (it == dependents_.end()) return false;
  bool blocked = false;
  for (const std::string& dependent : it->second) {
    const Node& node = nodes_.at(dependent);
    const bool blocks = std::any_of(node.owners.begin(), node.owners.end(),
                                    [&](const OwnerRef& o) { return o.uid == uid && o.blocks; });
    blocked |= blocks;
    if (node.deleting) continue;
    context_.client.Delete(node.resource, node.key.ns, node.key.name,
                           {.uid = dependent, .propagation = blocks ? "Foreground" : "Background"},
                           [done](Result<kube::Object> r) {
                             done(r || Gone(r.error()) ? kube::Outcome::Again(Milliseconds(20))
                                                       : kube::Outcome::Fail(r.error()));
                           });
    return true;
  }
  if (!blocked) return false;
  done(kube::Outcome::Ok());  // the end of a dependent brings us back
  return true;
}

void GarbageCollector::DropFinalizer(const Node& node, const char* finalizer, Done done) {
  context_.client.Get(node.resource, node.key.ns, node.key.name,
                      [this, node, finalizer, done](Result<kube::Object> live) {
                        if (!live) return done(Settled(live));
                        kube::MutableJson patch;
                        patch.Set({"metadata", "resourceVersion"}, live->resource_version());
                        patch["metadata"]["finalizers"].Set(kube::JsonArray{});
                        for (kube::JsonRef f : live->metadata()["finalizers"].elements()) {
                          if (f.str() != finalizer) patch["metadata"]["finalizers"].Append(f);
                        }
                        context_.client.Patch(
                            node.resource, node.key.ns, node.key.name, kube::PatchType::kMerge,
                            std::move(patch).Freeze(), [done](Result<kube::Object> r) {
                              if (!r && r.error().code == ErrorCode::kConflict) {
                                return done(kube::Outcome::Again(Milliseconds(50)));
                              }
                              done(Settled(r));
                            });
                      });
}

void GarbageCollector::VerifyAbsent(const Node& node, const OwnerRef& owner,
                                    std::function<void(Result<bool>)> absent) {
  auto it = by_kind_.find(owner.api_version + "/" + owner.kind);
  if (it == by_kind_.end()) return absent(false);  // a kind we cannot look up: leave its dependents
  const kube::Resource resource = it->second;
  context_.client.Get(resource, resource.namespaced ? node.key.ns : "", owner.name,
                      [uid = owner.uid, absent](Result<kube::Object> live) {
                        if (live) return absent(live->uid() != uid);
                        if (live.error().code == ErrorCode::kNotFound) return absent(true);
                        absent(Err(live.error()));
                      });
}

void GarbageCollector::CheckOwners(const std::string& uid, const Node& node, Done done) {
  auto gone = std::make_shared<std::set<std::string>>();
  Gather gather([this, uid, node, gone, done](Result<void> r) {
    if (!r) return done(kube::Outcome::Fail(r.error()));
    if (gone->empty()) return done(kube::Outcome::Ok());
    if (gone->size() == node.owners.size()) return DeleteDependent(uid, node, done);
    DropOwners(uid, node, *gone, done);
  });
  for (const OwnerRef& owner : node.owners) {
    if (nodes_.contains(owner.uid)) continue;
    VerifyAbsent(node, owner, [gone, uid = owner.uid, one = gather.Add()](Result<bool> absent) {
      if (!absent) return one(Err(absent.error()));
      if (*absent) gone->insert(uid);
      one({});
    });
  }
  gather.Close();
}

void GarbageCollector::DeleteDependent(const std::string& uid, const Node& node, Done done) {
  context_.client.Delete(node.resource, node.key.ns, node.key.name,
                         {.uid = uid, .propagation = "Background"},
                         [done](Result<kube::Object> r) { done(Settled(r)); });
}

void GarbageCollector::DropOwners(const std::string& uid, const Node& node,
                                  const std::set<std::string>& gone, Done done) {
  context_.client.Get(node.resource, node.key.ns, node.key.name,
                      [this, uid, node, gone, done](Result<kube::Object> live) {
                        if (!live) return done(Settled(live));
                        if (live->uid() != uid) return done(kube::Outcome::Ok());
                        kube::MutableJson patch;
                        patch.Set({"metadata", "resourceVersion"}, live->resource_version());
                        patch["metadata"]["ownerReferences"].Set(kube::JsonArray{});
                        for (kube::JsonRef o : live->metadata()["ownerReferences"].elements()) {
                          if (!gone.contains(o["uid"].string()))
                            patch["metadata"]["ownerReferences"].Append(o);
                        }
                        context_.client.Patch(node.resource, node.key.ns, node.key.name,
                                              kube::PatchType::kMerge, std::move(patch).Freeze(),
                                              [done](Result<kube::Object> r) { done(Settled(r)); });
                      });
}

}  // namespace stowage::sim
