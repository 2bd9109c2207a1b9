// The sessions behind container_io.h: output on its way to a client, terminals, and port
// connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/container.h"

namespace stowage::sim {

// Output of a program on its way to one sink: gathered, and told in a task of its own. Dead once
// its session was destroyed.
class SinkBuffer : public std::enable_shared_from_this<SinkBuffer> {
 public:
  SinkBuffer(Executor& executor, IoSink sink, bool tty);
  void Write(bool is_stderr, std::string_view bytes);
  void Exit(int code);
  void Kill() { dead_ = true; }
  ShellOutput Output(bool is_stderr);

 private:
  void Post();
  void Flush();

  Executor& executor_;
  IoSink sink_;
  bool tty_;
  bool dead_ = false;
  bool posted_ = false;
  std::string pending_[2];
  std::optional<int> exit_code_;
};

// All sinks that are attached to one container.
class OutputHub {
 public:
  void Add(const std::shared_ptr<SinkBuffer>& sink) { sinks_.push_back(sink); }
  void Write(bool is_stderr, std::string_view bytes);
  void Exit(int code);

 private:
  std::vector<std::weak_ptr<SinkBuffer>> sinks_;
};

// A session over a program's input; with a tty the line discipline of a terminal.
class ProgramSession : public IoSession {
 public:
  struct Parts {
    std::shared_ptr<SinkBuffer> sink;
    ShellInputPtr input;  // nullptr: stdin is not open
    std::weak_ptr<Shell> program;
    bool tty = false;
    bool hang_up = false;  // at the end of the session
  };
  explicit ProgramSession(Parts parts) : parts_(std::move(parts)) {}
  ~ProgramSession() override;
  void WriteStdin(std::string_view bytes) override;
  void CloseStdin() override;
  void Resize(int columns, int rows) override;
  size_t StdinPending() const override { return parts_.input ? parts_.input->buffer.size() : 0; }
  void PauseOutput(bool paused) override;

 private:
  void Key(char c);
  Parts parts_;
  std::string line_;
};

// One HTTP connection to a container.
std::unique_ptr<PortSession> MakePortSession(std::weak_ptr<Container> container, Executor& executor,
                                             int port, PortSink sink);

}  // namespace stowage::sim
