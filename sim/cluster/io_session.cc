#include "sim/cluster/io_session.h"

#include <utility>

namespace stowage::sim {

SinkBuffer::SinkBuffer(Executor& executor, IoSink sink, bool tty)
    : executor_(executor), sink_(std::move(sink)), tty_(tty) {}

void SinkBuffer::Write(bool is_stderr, std::string_view bytes) {
  std::string& to = pending_[is_stderr && !tty_ ? 1 : 0];
  if (!tty_) {
    to.append(bytes);
  } else {
    for (char c : bytes) {
      if (c == '\n' && !to.ends_with('\r')) to += '\r';
      to += c;
    }
  }
  Post();
}

void SinkBuffer::Exit(int code) {
  exit_code_ = code;
  Post();
}

void SinkBuffer::Post() {
  if (dead_ || std::exchange(posted_, true)) return;
  executor_.Post([self = shared_from_this()] { self->Flush(); });
}

void SinkBuffer::Flush() {
  posted_ = false;
  const std::string out = std::exchange(pending_[0], {}), err = std::exchange(pending_[1], {});
  if (!dead_ && !out.empty() && sink_.on_stdout) sink_.on_stdout(out);
  if (!dead_ && !err.empty() && sink_.on_stderr) sink_.on_stderr(err);
  if (dead_ || !exit_code_) return;
  dead_ = true;
  if (sink_.on_exit) sink_.on_exit(*exit_code_);
}

ShellOutput SinkBuffer::Output(bool is_stderr) {
  return MakeShellOutput([self = shared_from_this(), is_stderr](std::string_view bytes) {
    self->Write(is_stderr, bytes);
  });
}

void OutputHub::Write(bool is_stderr, std::string_view bytes) {
  std::erase_if(sinks_, [](const auto& s) { return s.expired(); });
  for (const auto& weak : sinks_) {
    if (auto sink = weak.lock()) sink->Write(is_stderr, bytes);
  }
}

void OutputHub::Exit(int code) {
  for (const auto& weak : std::exchange(sinks_, {})) {
    if (auto sink = weak.lock()) sink->Exit(code);
  }
}

ProgramSession::~ProgramSession() {
  parts_.sink->Kill();
  if (!parts_.hang_up) return;
  if (auto program = parts_.program.lock()) program->Signal(kSigHup);
}

void ProgramSession::WriteStdin(std::string_view bytes) {
  if (!parts_.input) return;
  if (!parts_.tty) return parts_.input->Add(bytes);
  for (char c : bytes) Key(c);
}

void ProgramSession::CloseStdin() {
  if (parts_.input) parts_.input->Close();
}

void ProgramSession::Resize(int columns, int rows) {
  auto program = parts_.program.lock();
  if (!program || program->ended()) return;
  program->Set("COLUMNS", std::to_string(columns));
  program->Set("LINES", std::to_string(rows));
}

void ProgramSession::PauseOutput(bool paused) {
  auto program = parts_.program.lock();
  if (program && parts_.hang_up) program->Hold(paused);  // of an exec: it is ours alone
}

void ProgramSession::Key(char c) {
  constexpr char kCtrlC = 3, kCtrlD = 4, kBackspace = 8, kDelete = 127;
  if (c == '\r' || c == '\n') {
    parts_.sink->Write(false, "\n");
    parts_.input->Add(std::exchange(line_, {}) + "\n");
  } else if (c == kBackspace || c == kDelete) {
    if (line_.empty()) return;
    line_.pop_back();
    parts_.sink->Write(false, "\b \b");
  } else if (c == kCtrlC) {
    line_.clear();
    parts_.sink->Write(false, "^C\n");
    if (auto program = parts_.program.lock()) program->Interrupt();
  } else if (c == kCtrlD) {
    if (!line_.empty()) return parts_.input->Add(std::exchange(line_, {}));
    parts_.input->Close();
  } else if (c >= ' ' || c == '\t' || c < 0) {
    if (line_.size() >= 4096) return;
    line_ += c;
    parts_.sink->Write(false, std::string_view(&c, 1));
  }
}

namespace {

// What outlives the session by one task.
struct PortState {
  PortSink sink;
  std::string pending;
  bool closing = false;
  bool dead = false;
};

class HttpPortSession : public PortSession {
 public:
  HttpPortSession(std::weak_ptr<Container> container, Executor& executor, int port, PortSink sink)
      : container_(std::move(container)),
        executor_(executor),
        port_(port),
        state_(std::make_shared<PortState>()) {
    state_->sink = std::move(sink);
  }
  ~HttpPortSession() override { state_->dead = true; }

  void Write(std::string_view bytes) override {
    constexpr size_t kRequestMax = 1 << 20;
    buffer_.append(bytes);
    if (buffer_.size() > kRequestMax) return Answer("", true);
    while (const size_t n = HttpRequestLength(buffer_)) {
      auto container = container_.lock();
      if (!container || !container->Listens(port_)) return Answer("", true);
      const HttpAnswer answer = container->Http(std::string_view(buffer_).substr(0, n), port_);
      buffer_.erase(0, n);
      Answer(answer.bytes, answer.close);
    }
  }
  void CloseWrite() override { Answer("", true); }

 private:
  void Answer(std::string_view bytes, bool close) {
    state_->pending.append(bytes);
    state_->closing |= close;
    executor_.Post([state = state_] {
      const std::string out = std::exchange(state->pending, {});
      if (!state->dead && !out.empty() && state->sink.on_bytes) state->sink.on_bytes(out);
      if (state->dead || !state->closing) return;
      state->dead = true;
      if (state->sink.on_close) state->sink.on_close();
    });
  }

  std::weak_ptr<Container> container_;
  Executor& executor_;
  int port_;
  std::shared_ptr<PortState> state_;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<PortSession> MakePortSession(std::weak_ptr<Container> container, Executor& executor,
                                             int port, PortSink sink) {
  return std::make_unique<HttpPortSession>(std::move(container), executor, port, std::move(sink));
}

}  // namespace stowage::sim
