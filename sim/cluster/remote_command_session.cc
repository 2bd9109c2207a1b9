#include "sim/cluster/remote_command_session.h"

#include <algorithm>
#include <utility>

#include "kube/api/json.h"

namespace stowage::sim {
namespace {

using Channel = CommandChannel;

constexpr size_t kStdinMax = 16 << 20;   // unread by the process
constexpr size_t kOutputMax = 16 << 20;  // of a process that does not wait for its reader
constexpr Duration kStdinLook = Milliseconds(20);

kube::MutableJson Status(bool success, const std::string& message) {
  kube::MutableJson status;
  status["metadata"] = kube::JsonObject{};
  status["status"] = success ? "Success" : "Failure";
  if (!message.empty()) status["message"] = message;
  return status;
}

kube::MutableJson ExitStatus(int code) {
  const std::string number = std::to_string(code);
  kube::MutableJson status =
      Status(false, "command terminated with non-zero exit code: exit status " + number);
  status["reason"] = "NonZeroExitCode";
  const kube::JsonNode cause = status["details"]["causes"].Append(kube::JsonObject{});
  cause["reason"] = "ExitCode";
  cause["message"] = number;
  return status;
}

kube::MutableJson InternalError(const std::string& message) {
  kube::MutableJson status = Status(false, "Internal error occurred: " + message);
  status["reason"] = "InternalError";
  status["details"]["causes"].Append(kube::JsonObject{})["message"] = message;
  status["code"] = 500;
  return status;
}

// What a runtime says of a command that it cannot start, as the kubelet passes it on.
std::string StartFailure(bool attach, const Error& error) {
  const std::string what = attach ? "attaching to container: " : "executing command in container: ";
  const size_t at = error.message.find("exec: \"");
  if (attach || at == std::string::npos) return "error " + what + error.message;
  return "error " + what +
         "failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: "
         "unable to start container process: " +
         error.message.substr(at);
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Executor& executor, std::shared_ptr<CommandChannels> channels, RemoteCommand command)
      : executor_(executor), channels_(std::move(channels)), command_(std::move(command)) {}
  ~Session() { executor_.Cancel(stdin_timer_); }

  // The channels' events keep us until they end.
  void Run() {
    const auto self = shared_from_this();
    channels_->Start(
        {.on_ready = [self] { self->Begin(); },
         .on_bytes = [self](Channel c, std::string_view bytes) { self->OnBytes(c, bytes); },
         .on_stdin_end =
             [self] {
               if (self->io_) self->io_->CloseStdin();
             },
         .on_drained =
             [self] {
               if (self->io_) self->io_->PauseOutput(false);
             },
         .on_end = [self] { self->io_ = nullptr; }});
  }

 private:
  void Begin() {
    const std::weak_ptr<Session> weak = weak_from_this();
    auto output = [weak](Channel channel) {
      return [weak, channel](std::string_view bytes) {
        if (auto self = weak.lock()) self->OnOutput(channel, bytes);
      };
    };
    IoSink sink;
    sink.on_stdout = output(Channel::kStdout);
    sink.on_stderr = output(Channel::kStderr);
    sink.on_exit = [weak](int code) {
      if (auto self = weak.lock()) self->OnExit(code);
    };
    Result<std::unique_ptr<IoSession>> io = command_.start(std::move(sink));
    if (!io) {
      return End(InternalError(StartFailure(command_.attach, io.error())));
    }
    io_ = std::move(*io);
  }

  void OnOutput(Channel channel, std::string_view bytes) {
    const bool wanted =
        channel == Channel::kStdout ? command_.streams.stdout_open : command_.streams.stderr_open;
    if (!wanted) return;
    channels_->Send(channel, bytes);
    if (channels_->queued() > kOutputMax) return Abandon();
    if (io_ && channels_->full()) io_->PauseOutput(true);
  }

  void OnExit(int code) {
    if (code == 0 || command_.attach) return End(Status(true, ""));
    End(ExitStatus(code));
  }

  void End(kube::MutableJson status) {
    const auto self = shared_from_this();
    const kube::Json frozen = std::move(status).Freeze();
    if (channels_->speaks_status()) {
      channels_->Send(Channel::kError, frozen.Dump());
    } else if (frozen["status"].str() != "Success") {
      channels_->Send(Channel::kError, frozen["message"].str());
    }
    channels_->Finish();
    Release();
  }

  // A client that reads so slowly that there is no room left.
  void Abandon() {
    channels_->Close();
    Release();
  }

  // The session may be what is calling us: it ends in a task of its own.
  void Release() {
    executor_.Cancel(stdin_timer_);
    executor_.Post([io = std::shared_ptr<IoSession>(std::move(io_))] {});
  }

  void OnBytes(Channel channel, std::string_view bytes) {
    if (channel == Channel::kResize) return OnResize(bytes);
    unread_ += bytes.size();
    if (io_) io_->WriteStdin(bytes);
    Acknowledge();
  }

  // More is taken from the client as long as the process reads what it got.
  void Acknowledge() {
    if (!io_ || io_->StdinPending() < kStdinMax) {
      return channels_->Consumed(std::exchange(unread_, 0));
    }
    if (std::exchange(looking_, true)) return;
    stdin_timer_ = executor_.RunAfter(kStdinLook, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->looking_ = false;
      self->Acknowledge();
    });
  }

  // One JSON object after another.
  void OnResize(std::string_view bytes) {
    constexpr size_t kSizeMax = 4096;
    resize_ += bytes;
    while (true) {
      const size_t end = resize_.find('}');
      if (end == std::string::npos) break;
      const Result<kube::Json> size = kube::Json::Parse(resize_.substr(0, end + 1));
      resize_.erase(0, end + 1);
      if (!size || !io_) continue;
      constexpr int64_t kMax = 65535;
      const int64_t columns = (*size)["Width"].i64(), rows = (*size)["Height"].i64();
      if (columns < 1 || rows < 1) continue;
      io_->Resize(static_cast<int>(std::min(columns, kMax)),
                  static_cast<int>(std::min(rows, kMax)));
    }
    if (resize_.size() > kSizeMax) resize_.clear();
  }

  Executor& executor_;
  std::shared_ptr<CommandChannels> channels_;
  RemoteCommand command_;
  std::unique_ptr<IoSession> io_;
  std::string resize_;
  size_t unread_ = 0;
  TimerId stdin_timer_ = TimerId::kNone;
  bool looking_ = false;
};

}  // namespace

void RunRemoteCommand(Executor& executor, std::shared_ptr<CommandChannels> channels,
                      RemoteCommand command) {
  std::make_shared<Session>(executor, std::move(channels), std::move(command))->Run();
}

}  // namespace stowage::sim
