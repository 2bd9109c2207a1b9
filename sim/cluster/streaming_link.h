// Link: a connection's bytes on the Executor, whatever carries them, with a bounded way to write.
//
// A ByteStream speaks from its adapter's threads and takes one write at a time; the protocols here
// want neither. All of a Link is on the Executor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time/executor.h"
#include "kube/client/byte_stream.h"

namespace stowage::sim {

class Link {
 public:
  // Told in tasks of their own; what an event captures is kept until the end or Close().
  struct Events {
    std::function<void(std::string_view bytes)> on_bytes;
    std::function<void()> on_end;      // last, once: the peer left or the connection broke
    std::function<void()> on_drained;  // what was queued has been handed on
  };

  virtual ~Link() = default;
  virtual void Start(Events events) = 0;
  // Queued: the writer looks at queued() and waits for on_drained where there is too much.
  virtual void Write(std::string bytes) = 0;
  virtual size_t queued() const = 0;
  // A link that does not read makes its peer wait.
  virtual void SetReading(bool reading) = 0;
  // Hands on what is queued, then says the end. Reading goes on.
  virtual void Finish() = 0;
  virtual void Close() = 0;  // both directions, now; no event follows
};

using LinkPtr = std::shared_ptr<Link>;

LinkPtr MakeStreamLink(Executor& executor, kube::ByteStreamPtr stream);

}  // namespace stowage::sim
