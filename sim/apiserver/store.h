// Store: all objects of an embedded API server, their one sequence of resourceVersions, and the
// recent history from which watches and consistent pages are served.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/api/object.h"
#include "sim/apiserver/status.h"
#include "sim/apiserver/storage.h"

namespace stowage::sim {

// One version of one object; immutable and shared between the store, its history and answers.
class Entry {
 public:
  Entry(kube::NamespacedName key, uint64_t version, kube::Json json)
      : key_(std::move(key)), version_(version), json_(std::move(json)) {}
  const kube::NamespacedName& key() const { return key_; }
  uint64_t version() const { return version_; }
  const kube::Json& json() const { return json_; }
  // Compact JSON, made once when it is first wanted.
  const std::string& text() const;

 private:
  kube::NamespacedName key_;
  uint64_t version_;
  kube::Json json_;
  mutable std::string text_;
};
using EntryPtr = std::shared_ptr<const Entry>;

struct StoreEvent {
  EntryPtr before;  // nullptr: created
  EntryPtr after;   // nullptr: deleted
  EntryPtr last;    // of a deletion: the object as it went, with the version of the deletion
  uint64_t version = 0;
};

// The objects of one resource.
struct Collection {
  std::map<kube::NamespacedName, EntryPtr> objects;
  std::deque<StoreEvent> history;
  uint64_t first_event = 0;  // number of history.front() since the beginning
  uint64_t forgotten = 0;    // versions up to here are not in the history any more
  uint64_t end_event() const { return first_event + history.size(); }
};

class Store {
 public:
  // `changed` is told the collection's name after every change.
  Store(std::unique_ptr<Storage> storage, size_t history_limit,
        std::function<void(const std::string&)> changed);

  // Reads what the storage holds; nothing if it is a new one.
  Result<void> Load();

  uint64_t version() const { return version_; }
  int64_t object_count() const { return object_count_; }
  Collection& collection(std::string_view name);
  EntryPtr Get(std::string_view collection, const kube::NamespacedName& key) const;

  // Stores `object`, whose metadata.resourceVersion is set here to the next one.
  EntryPtr Put(std::string_view collection, const kube::NamespacedName& key,
               kube::MutableJson object);
  // The object as it went, with the version of the deletion.
  EntryPtr Delete(std::string_view collection, const kube::NamespacedName& key);

  // The state at `version` of the keys after `from` (all if empty) in namespace `ns` ("" for all),
  // in order, as long as `take` returns true. 410 if the history does not go back so far.
  ApiResult<void> Scan(std::string_view collection, std::string_view ns, uint64_t version,
                       const std::optional<kube::NamespacedName>& from,
                       const std::function<bool(const EntryPtr&)>& take);

  void CompactHistory();
  void AfterFlush(Task f) { storage_->AfterFlush(std::move(f)); }

  // Of all collections, by name.
  const std::map<std::string, Collection, std::less<>>& collections() const { return collections_; }

 private:
  void Record(Collection& c, StoreEvent event);

  std::unique_ptr<Storage> storage_;
  size_t history_limit_;
  std::function<void(const std::string&)> changed_;
  std::map<std::string, Collection, std::less<>> collections_;
  uint64_t version_ = 0;
  uint64_t compacted_ = 0;
  int64_t object_count_ = 0;
};

}  // namespace stowage::sim
