// Watches: streams of changes, served from the history of the store.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time/executor.h"
#include "sim/apiserver/filter.h"
#include "sim/apiserver/store.h"
#include "sim/apiserver/value_responder.h"

namespace stowage::sim {

struct Call;
struct Core;
class WatchStream;

// What one watch asked for.
struct WatchOptions {
  const ResourceInfo* resource = nullptr;
  Representation representation;
  std::string table_objects;  // includeObject of Tables: "Metadata", "None" or "Object"
  ObjectFilter filter;
  std::optional<uint64_t> from;       // nullopt: the state first
  bool initial_end_bookmark = false;  // WatchList: a bookmark tells where the state ends
  bool bookmarks = false;
  Duration timeout{0};
};

class Watches {
 public:
  explicit Watches(Core& core) : core_(core) {}
  ~Watches();

  // Answers `call` with a stream, or with an error.
  void Start(const Call& call);

  // What was written up to `version` may be told; `collection` is the one that changed.
  void Changed(const std::string& collection, uint64_t version);
  void EndAll(const Error& why);
  // Ends those of a resource that is not served any more.
  void EndResource(const std::string& collection);

  int64_t count() const;
  uint64_t told() const { return told_; }

 private:
  friend class WatchStream;
  void Remove(const std::string& collection, const WatchStream* stream);

  Core& core_;
  std::map<std::string, std::vector<std::shared_ptr<WatchStream>>> streams_;
  uint64_t safe_version_ = 0;
  uint64_t told_ = 0;
};

}  // namespace stowage::sim
