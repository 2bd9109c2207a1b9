// ByteStream: one side of a connection, or the body of a response that has not ended.
//
// The only thing in the house that lives on an adapter's threads: bytes of exec, attach,
// port-forward and logs never pass the Executor. In the simulator the same interface runs on it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result/result.h"

namespace stowage::kube {

class ByteStream : public std::enable_shared_from_this<ByteStream> {
 public:
  virtual ~ByteStream() = default;

  // At most one read and one write at a time. `done` is called once, from the stream's own context
  // (never inside the call), and may start the next. An empty string is the end of the data.
  virtual void Read(std::function<void(Result<std::string>)> done) = 0;

  // Done when the bytes were handed on, so that a slow reader slows the writer down.
  virtual void Write(std::string bytes, std::function<void(Result<void>)> done) = 0;

  // No more writes; the other side reads the end. Where a half-close cannot be said (TLS), the
  // whole connection closes once what was written has been handed on.
  virtual void CloseWrite() = 0;

  // Ends both directions now; reads and writes under way end with kCancelled. May be repeated.
  virtual void Close() = 0;
};

using ByteStreamPtr = std::shared_ptr<ByteStream>;

// Copies both ways until both have ended or either fails; then closes both and calls `done` (which
// may be empty) once. Ends half-open: when one direction ends, the other goes on.
void Splice(ByteStreamPtr a, ByteStreamPtr b, std::function<void()> done);

// Copies `from` to `to` until the end or an error, then calls `done` (may be empty) with how it
// ended.
void Pump(ByteStreamPtr from, ByteStreamPtr to, std::function<void(Result<void>)> done);

}  // namespace stowage::kube
