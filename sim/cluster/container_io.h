// Bytes in and out of the containers of one pod: exec, attach and port-forward, without any word
// about the protocol that carries them (SPDY and WebSocket live in streaming.h).
//
// All of it is on the Executor. Sinks are called in tasks of their own, never inside the call that
// caused them, and not after the session was destroyed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace stowage::sim {

// What a session tells its owner.
struct IoSink {
  std::function<void(std::string_view bytes)> on_stdout;
  std::function<void(std::string_view bytes)> on_stderr;  // never called with a tty
  // Last, once: the exit code of the process (137 when it was killed). For Attach: when the
  // container ended. All output came before it.
  std::function<void(int exit_code)> on_exit;
};

struct IoOptions {
  std::vector<std::string> command;  // of Exec only
  bool stdin_open = false;           // bytes may be written; otherwise the process reads the end
  bool tty = false;                  // echo, a prompt, line editing, CRLF, Ctrl-C and Ctrl-D
};

// One exec or attach. Destroying an exec hangs its process up; destroying an attach changes
// nothing.
class IoSession {
 public:
  virtual ~IoSession() = default;
  virtual void WriteStdin(std::string_view bytes) = 0;  // ignored once the process has ended
  virtual void CloseStdin() = 0;
  virtual void Resize(int columns, int rows) = 0;  // $COLUMNS and $LINES follow
  // What was written and the process has not read yet: a writer waits where it is much.
  virtual size_t StdinPending() const { return 0; }
  // Paused, the process of an exec is held up where it writes, as by a full pipe; what an attached
  // container writes still comes, since others read it, too.
  virtual void PauseOutput(bool /*paused*/) {}
};

struct PortSink {
  std::function<void(std::string_view bytes)> on_bytes;
  std::function<void()> on_close;  // last, once: the server closed the connection
};

// One connection to a port of the pod. Destroying it closes the connection.
class PortSession {
 public:
  virtual ~PortSession() = default;
  virtual void Write(std::string_view bytes) = 0;
  virtual void CloseWrite() = 0;  // half-close: what was asked for is still answered
};

// The streams of one running pod. A pointer to it is valid only inside the call that handed it out;
// the sessions outlive it.
class PodIo {
 public:
  virtual ~PodIo() = default;

  // What Exec and Attach would say of `container`, without starting anything.
  virtual Result<void> CheckContainer(std::string_view /*container*/) const { return {}; }

  // `container` empty: the pod's only one, or the one that kubectl.kubernetes.io/default-container
  // names. kInvalid: no such container, or it must be named; kUnavailable: it is not running.
  // A command that does not exist is kInvalid with the message of a container runtime ("exec:
  // "foo": executable file not found in $PATH").
  virtual Result<std::unique_ptr<IoSession>> Exec(std::string_view container, IoOptions options,
                                                  IoSink sink) = 0;
  // To the container's main process. `options.command` is not used; tty must be what the container
  // has (kInvalid otherwise).
  virtual Result<std::unique_ptr<IoSession>> Attach(std::string_view container, IoOptions options,
                                                    IoSink sink) = 0;
  // kUnavailable, as a refused connection is worded, where no container listens on `port`.
  virtual Result<std::unique_ptr<PortSession>> Connect(int port, PortSink sink) = 0;
};

}  // namespace stowage::sim
