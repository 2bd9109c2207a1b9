// Informer: keeps a local, typed image of one collection and says which keys changed.
//
// What it promises:
//  * Order: what is told of one key is in the order of the server; the store is changed first.
//  * Staleness: the store may be behind the server, never ahead, and only moves forward.
//  * Loss: after any break it resumes from the last resourceVersion, or lists anew on 410; no
//  change
//    is lost for good, though several may be told as one ("look at this key").
//  * Deletion: a key that is deleted and made again under the same name is told at least once; who
//    cares compares UIDs.
//  * Sync: has_synced() is false until the first whole list was taken over.
// Values are projections: `project` keeps what the reader needs, not the whole document, and
// nullopt leaves the object out. The Object it gets may be a part of a page of a list: a projection
// that shares it (Json::Share, a stored Object) keeps the whole page alive, so copy (Json::Copy,
// strings). A list is told as its pages come in, a slice of objects a task; items() is whole at
// has_synced().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/cache/reflector.h"
#include "kube/client/client.h"

namespace stowage::kube {

template <class T>
class Informer : private ReflectorSink {
 public:
  using Project = std::function<std::optional<T>(const Object&)>;
  // `before` and `after`: nullptr where there was, or is, nothing. Both only valid in the call.
  using Handler = std::function<void(const NamespacedName&, const T* before, const T* after)>;

  Informer(Executor& executor, Client& client, Rng rng, ReflectorOptions options, Project project)
      : project_(std::move(project)),
        reflector_(executor, client, std::move(rng), std::move(options), *this) {}

  // Handlers first, then Start(). Handlers are called in the order they were added.
  void AddHandler(Handler handler) { handlers_.push_back(std::move(handler)); }
  // Runs once when the first list was taken over (now, if it was).
  void OnSynced(std::function<void()> f) {
    if (synced_) return f();
    on_synced_.push_back(std::move(f));
  }
  void Start() { reflector_.Start(); }
  void Stop() { reflector_.Stop(); }

  bool has_synced() const { return synced_; }
  const T* Get(const NamespacedName& key) const {
    auto it = items_.find(key);
    return it == items_.end() ? nullptr : &it->second;
  }
  // Sorted by key.
  const std::map<NamespacedName, T>& items() const { return items_; }
  Reflector& reflector() { return reflector_; }

 private:
  void OnListStart() override {
    listed_.clear();
    swept_.reset();
  }
  void OnListed(const Object& object) override;
  bool Sweep() override;
  void OnUpsert(const Object& object) override;
  void OnDelete(const Object& object) override;
  void Tell(const NamespacedName& key, const T* before, const T* after) {
    for (const Handler& h : handlers_) h(key, before, after);
  }
  void Drop(const NamespacedName& key);

  Project project_;
  std::vector<Handler> handlers_;
  std::vector<std::function<void()>> on_synced_;
  std::map<NamespacedName, T> items_;
  // The keys of items_ that the list under way has had, by their place: no key is held twice.
  std::set<const NamespacedName*> listed_;
  std::optional<NamespacedName> swept_;  // how far Sweep() came
  bool synced_ = false;
  Reflector reflector_;  // last: it calls the rest
};

template <class T>
void Informer<T>::Drop(const NamespacedName& key) {
  auto node = items_.extract(key);
  if (!node.empty()) Tell(key, &node.mapped(), nullptr);
}

template <class T>
void Informer<T>::OnUpsert(const Object& object) {
  const NamespacedName key = object.key();
  std::optional<T> value = project_(object);
  if (!value) return Drop(key);
  auto it = items_.find(key);
  if (it == items_.end()) {
    const auto added = items_.emplace(key, std::move(*value)).first;
    Tell(key, nullptr, &added->second);
    return;
  }
  std::swap(it->second, *value);  // `value` is what was there before
  Tell(key, &*value, &it->second);
}

template <class T>
void Informer<T>::OnDelete(const Object& object) {
  Drop(object.key());
}

template <class T>
void Informer<T>::OnListed(const Object& object) {
  OnUpsert(object);
  const auto it = items_.find(object.key());
  if (it != items_.end()) listed_.insert(&it->first);
}

template <class T>
bool Informer<T>::Sweep() {
  constexpr int kKeysATask = 1000;
  auto it = swept_ ? items_.upper_bound(*swept_) : items_.begin();
  std::vector<NamespacedName> gone;
  for (int n = 0; n < kKeysATask && it != items_.end(); ++n, ++it) {
    swept_ = it->first;
    if (listed_.erase(&it->first) == 0) gone.push_back(it->first);
  }
  const bool finished = it == items_.end();
  for (const NamespacedName& key : gone) Drop(key);
  if (!finished) return false;
  swept_.reset();
  listed_.clear();
  if (!synced_) {
    synced_ = true;
    for (auto& f : std::exchange(on_synced_, {})) f();
  }
  return true;
}

}  // namespace stowage::kube
