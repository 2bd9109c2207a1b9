// Reflector: one collection of an API server, followed without loss: list (in pages), watch from
// the list's resourceVersion, resume after a break, list anew on 410.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/client/client.h"

namespace stowage::kube {

struct ReflectorOptions {
  Resource resource;
  std::string ns;  // "" for all
  std::string label_selector;
  std::string field_selector;
  int64_t page_size = 250;              // more, and the task that takes a page over grows past 5 ms
  Duration watch_timeout = Minutes(8);  // asked of the server; jittered up to twice that
  Duration backoff_min = Milliseconds(200);
  Duration backoff_max = Seconds(30);
};

// What a Reflector tells. A list comes object by object, in slices of one task each, so that
// neither a long task nor all documents at once are ever needed:
//   OnListStart, OnListed..., Sweep until it returns true     a whole list was taken over
//   OnListStart, OnListed..., OnListStart, ...                it broke off and began anew
// then what the watch brings, until the next OnListStart. A list only moves objects forward, so
// what OnListed told stays true even if its list breaks off.
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;
  virtual void OnListStart() = 0;
  virtual void OnListed(const Object& object) = 0;  // part of a page: copy what must be kept
  // The list is whole: drops what it did not have, some at a time; true when there is no more.
  virtual bool Sweep() = 0;
  virtual void OnUpsert(const Object& object) = 0;
  virtual void OnDelete(const Object& object) = 0;
};

class Reflector {
 public:
  // All references must outlive it; destroying it ends all calls under way.
  Reflector(Executor& executor, Client& client, Rng rng, ReflectorOptions options,
            ReflectorSink& sink);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  void Start();
  void Stop();

  // True while a watch is open that follows a whole list.
  bool current() const;
  // Why it is not current, for conditions and logs; nullopt if it is, or has only just begun.
  const std::optional<Error>& last_error() const;
  uint64_t lists() const;  // how many whole lists were taken over
  uint64_t relists_after_gone() const;
  const std::string& resource_version() const;  // of the last thing seen, bookmarks included

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::kube
