// The five channels of one exec or attach, whatever protocol carries them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time/executor.h"
#include "sim/cluster/streaming_link.h"

namespace stowage::sim {

// The numbers are those of the WebSocket protocols.
enum class CommandChannel : uint8_t { kStdin, kStdout, kStderr, kError, kResize };

// What the client asked for.
struct CommandStreams {
  bool stdin_open = false, stdout_open = false, stderr_open = false, tty = false;
};

class CommandChannels {
 public:
  struct Events {
    std::function<void()> on_ready;  // first: everything that was asked for is there
    // Of kStdin and kResize. The bytes of stdin count until Consumed().
    std::function<void(CommandChannel channel, std::string_view bytes)> on_bytes;
    std::function<void()> on_stdin_end;
    std::function<void()> on_drained;  // after full()
    std::function<void()> on_end;      // last, once: the client left, or never came
  };

  virtual ~CommandChannels() = default;
  virtual void Start(Events events) = 0;
  // To kStdout, kStderr or kError.
  virtual void Send(CommandChannel channel, std::string_view bytes) = 0;
  virtual void Consumed(size_t bytes) = 0;
  virtual bool full() const = 0;
  virtual size_t queued() const = 0;
  // The error channel speaks metav1.Status (from version 4 on) and not plain text.
  virtual bool speaks_status() const = 0;
  // All has been said: ends every channel, then the connection. No event follows.
  virtual void Finish() = 0;
  virtual void Close() = 0;  // now; no event follows
};

// `version`: 1 to 4, of X-Stream-Protocol-Version.
std::shared_ptr<CommandChannels> MakeSpdyChannels(Executor& executor, LinkPtr link, int version,
                                                  CommandStreams streams);
// `protocol`: what Sec-WebSocket-Protocol agreed on; "" is channel.k8s.io.
std::shared_ptr<CommandChannels> MakeWebSocketChannels(LinkPtr link, std::string_view protocol,
                                                       CommandStreams streams);

}  // namespace stowage::sim
