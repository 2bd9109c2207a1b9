#include "sim/apiserver/store.h"

#include <charconv>

namespace stowage::sim {

const std::string& Entry::text() const {
  if (text_.empty()) text_ = json_.Dump();
  return text_;
}

Store::Store(std::unique_ptr<Storage> storage, size_t history_limit,
             std::function<void(const std::string&)> changed)
    : storage_(std::move(storage)), history_limit_(history_limit), changed_(std::move(changed)) {}

Result<void> Store::Load() {
  std::optional<Error> broken;
  auto version = storage_->Load([&](Storage::Row row) {
    auto json = kube::Json::Parse(row.json);
    if (!json) {
      broken = WithContext(json.error(), row.collection + " " + row.ns + "/" + row.name);
      return;
    }
    const std::string_view rv = (*json)["metadata"]["resourceVersion"].str();
    uint64_t n = 0;
    std::from_chars(rv.data(), rv.data() + rv.size(), n);
    kube::NamespacedName key{row.ns, row.name};
    auto entry = std::make_shared<const Entry>(key, n, kube::Json::Copy(*json));
    if (collection(row.collection).objects.emplace(key, std::move(entry)).second) ++object_count_;
    version_ = std::max(version_, n);
  });
  if (broken) return Err(*broken);
  if (!version) return Err(version.error());
  version_ = std::max(version_, *version);
  compacted_ = version_;
  for (auto& [name, c] : collections_) c.forgotten = version_;
  return {};
}

Collection& Store::collection(std::string_view name) {
  auto it = collections_.find(name);
  if (it == collections_.end()) {
    it = collections_.emplace(std::string(name), Collection{}).first;
    it->second.forgotten = compacted_;
  }
  return it->second;
}

EntryPtr Store::Get(std::string_view collection, const kube::NamespacedName& key) const {
  auto c = collections_.find(collection);
  if (c == collections_.end()) return nullptr;
  auto it = c->second.objects.find(key);
  return it == c->second.objects.end() ? nullptr : it->second;
}

EntryPtr Store::Put(std::string_view name, const kube::NamespacedName& key,
                    kube::MutableJson object) {
  ++version_;
  object.Set({"metadata", "resourceVersion"}, std::to_string(version_));
  Collection& c = collection(name);
  // A copy as small as can be: what was being built has slack.
  auto entry = std::make_shared<const Entry>(key, version_, object.Snapshot());
  EntryPtr& slot = c.objects[key];
  if (!slot) ++object_count_;
  StoreEvent event{slot, entry, nullptr, version_};
  slot = entry;
  if (storage_->durable())
    storage_->Write({std::string(name), key.ns, key.name, entry->text()}, version_);
  Record(c, std::move(event));
  changed_(std::string(name));
  return entry;
}

EntryPtr Store::Delete(std::string_view name, const kube::NamespacedName& key) {
  Collection& c = collection(name);
  auto it = c.objects.find(key);
  if (it == c.objects.end()) return nullptr;
  ++version_;
  kube::MutableJson object(it->second->json());
  object.Set({"metadata", "resourceVersion"}, std::to_string(version_));
  auto last = std::make_shared<const Entry>(key, version_, object.Snapshot());
  StoreEvent event{it->second, nullptr, last, version_};
  c.objects.erase(it);
  --object_count_;
  if (storage_->durable()) storage_->Write({std::string(name), key.ns, key.name, ""}, version_);
  Record(c, std::move(event));
  changed_(std::string(name));
  return last;
}

void Store::Record(Collection& c, StoreEvent event) {
  c.history.push_back(std::move(event));
  while (c.history.size() > history_limit_) {
    c.forgotten = c.history.front().version;
    c.history.pop_front();
    ++c.first_event;
  }
}

void Store::CompactHistory() {
  compacted_ = version_;
  for (auto& [name, c] : collections_) {
    c.first_event += c.history.size();
    c.history.clear();
    c.forgotten = version_;
  }
}

ApiResult<void> Store::Scan(std::string_view name, std::string_view ns, uint64_t version,
                            const std::optional<kube::NamespacedName>& from,
                            const std::function<bool(const EntryPtr&)>& take) {
  Collection& c = collection(name);
  if (version < c.forgotten) {
    return Expired(
        "The provided continue parameter is too old to display a consistent list result. You can "
        "start a new list without the continue parameter.");
  }
  // What each key held at `version`, where it has changed since: the `before` of its first change.
  std::map<kube::NamespacedName, EntryPtr> then;
  for (auto e = c.history.rbegin(); e != c.history.rend() && e->version > version; ++e) {
    then[e->after ? e->after->key() : e->before->key()] = e->before;
  }
  const kube::NamespacedName start = from ? *from : kube::NamespacedName{std::string(ns), ""};
  auto now = from ? c.objects.upper_bound(start) : c.objects.lower_bound(start);
  auto old = from ? then.upper_bound(start) : then.lower_bound(start);
  while (now != c.objects.end() || old != then.end()) {
    const bool use_old = old != then.end() && (now == c.objects.end() || old->first <= now->first);
    const kube::NamespacedName& key = use_old ? old->first : now->first;
    if (!ns.empty() && key.ns != ns) return {};
    const EntryPtr entry = use_old ? old->second : now->second;
    if (use_old) {
      if (now != c.objects.end() && now->first == key) ++now;
      ++old;
    } else {
      ++now;
    }
    if (entry && !take(entry)) return {};
  }
  return {};
}

}  // namespace stowage::sim
