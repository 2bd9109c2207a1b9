#include "sim/cluster/port_forward_session.h"

#include <charconv>
#include <map>
#include <utility>

#include "sim/cluster/spdy_connection.h"

namespace stowage::sim {
namespace {

constexpr Duration kCreationTimeout = Seconds(30);
constexpr size_t kOutputMax = 16 << 20;

// 0: not a port.
int ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = ec == std::errc() && end == text.data() + text.size();
  return whole && port >= 1 && port <= 65535 ? port : 0;
}

// One connection: what the streams carry, to and from a port.
class Forward : public std::enable_shared_from_this<Forward> {
 public:
  explicit Forward(Executor& executor) : executor_(executor) {}
  ~Forward() { executor_.Cancel(timer_); }

  SpdyStreamPtr error, data;

  void Await(std::function<void()> give_up) {
    timer_ = executor_.RunAfter(kCreationTimeout, std::move(give_up));
  }

  // The data stream's events keep us until it or the port's connection has ended.
  void Begin(const PortConnector& connect, int port, const std::string& pod) {
    executor_.Cancel(timer_);
    const std::weak_ptr<Forward> weak = weak_from_this();
    PortSink sink;
    sink.on_bytes = [weak](std::string_view bytes) {
      if (auto self = weak.lock()) self->OnAnswer(bytes);
    };
    sink.on_close = [weak] {
      if (auto self = weak.lock()) self->End("");
    };
    Result<std::unique_ptr<PortSession>> session = connect(port, std::move(sink));
    if (!session) {
      return End("error forwarding port " + std::to_string(port) + " to pod " + pod + ": " +
                 session.error().message);
    }
    session_ = std::move(*session);
    const auto self = shared_from_this();
    data->SetEvents({.on_data = [self](std::string_view bytes) { self->OnData(bytes); },
                     .on_fin =
                         [self] {
                           if (self->session_) self->session_->CloseWrite();
                         },
                     .on_reset = [self] { self->End(""); },
                     .on_drained = [self] { self->Acknowledge(); }});
    if (!early_.empty()) OnData(std::exchange(early_, {}));
    if (early_fin_ && session_) session_->CloseWrite();
  }

  // Until the error stream is there as well.
  void Hold() {
    const std::weak_ptr<Forward> weak = weak_from_this();
    data->SetEvents({.on_data =
                         [weak](std::string_view bytes) {
                           if (auto self = weak.lock()) self->early_ += bytes;
                         },
                     .on_fin =
                         [weak] {
                           if (auto self = weak.lock()) self->early_fin_ = true;
                         }});
  }

  void End(const std::string& message) {
    const auto self = shared_from_this();
    if (std::exchange(ended_, true)) return;
    executor_.Cancel(timer_);
    if (error) {
      error->Write(message);
      error->Finish();
    }
    if (data) {
      data->Finish();
      // What the client still sends has no taker; its end is waited for.
      data->SetEvents({});
      data->Consumed(unread_);
    }
    executor_.Post([session = std::shared_ptr<PortSession>(std::move(session_))] {});
  }

 private:
  void OnData(std::string_view bytes) {
    unread_ += bytes.size();
    if (session_) session_->Write(bytes);
    Acknowledge();
  }
  // Nothing more is asked for while the client does not read the answers.
  void Acknowledge() {
    if (data->queued() < SpdyStream::kFull) data->Consumed(std::exchange(unread_, 0));
  }
  void OnAnswer(std::string_view bytes) {
    data->Write(bytes);
    if (data->queued() <= kOutputMax) return;
    data->Reset(kSpdyCancel);
    End("");
  }

  Executor& executor_;
  std::unique_ptr<PortSession> session_;
  std::string early_;
  size_t unread_ = 0;
  TimerId timer_ = TimerId::kNone;
  bool early_fin_ = false;
  bool ended_ = false;
};

class PortForward : public std::enable_shared_from_this<PortForward> {
 public:
  PortForward(Executor& executor, LinkPtr link, std::string pod, PortConnector connect)
      : executor_(executor),
        connection_(std::make_shared<SpdyConnection>(std::move(link))),
        pod_(std::move(pod)),
        connect_(std::move(connect)) {}

  void Run() {
    connection_->Start({.on_stream = [self = shared_from_this()](
                                         const SpdyStreamPtr& s) { return self->OnStream(s); },
                        .on_end = [self = shared_from_this()] { self->pending_.clear(); }});
  }

 private:
  bool OnStream(const SpdyStreamPtr& stream) {
    const std::string_view type = stream->header("streamtype");
    const bool is_error = type == "error";
    if (ParsePort(stream->header("port")) == 0 || (!is_error && type != "data")) return false;
    std::string id(stream->header("requestid"));
    // Clients of old name no request: their two streams follow each other.
    if (id.empty()) id = std::to_string(is_error ? stream->id() : stream->id() - 2);
    std::shared_ptr<Forward>& pair = pending_[id];
    if (!pair) {
      pair = std::make_shared<Forward>(executor_);
      pair->Await([weak = weak_from_this(), id] {
        if (auto self = weak.lock()) self->GiveUp(id);
      });
    }
    const std::shared_ptr<Forward> forward = pair;
    SpdyStreamPtr& slot = is_error ? forward->error : forward->data;
    if (slot) return false;
    slot = stream;
    if (!is_error) forward->Hold();
    if (forward->error && forward->data) {
      pending_.erase(id);
      // In a task of its own, after the frame's reply.
      executor_.Post([self = shared_from_this(), forward] {
        forward->Begin(self->connect_, ParsePort(forward->data->header("port")), self->pod_);
      });
    }
    return true;
  }

  void GiveUp(const std::string& id) {
    auto it = pending_.find(id);
    if (it == pending_.end()) return;
    const std::shared_ptr<Forward> forward = std::move(it->second);
    pending_.erase(it);
    forward->End("request " + id + ": timed out waiting for streams");
    if (!forward->error && forward->data) forward->data->Reset(kSpdyCancel);
  }

  Executor& executor_;
  std::shared_ptr<SpdyConnection> connection_;
  std::string pod_;
  PortConnector connect_;
  std::map<std::string, std::shared_ptr<Forward>> pending_;  // by request
};

}  // namespace

void RunPortForward(Executor& executor, LinkPtr link, std::string pod, PortConnector connect) {
  std::make_shared<PortForward>(executor, std::move(link), std::move(pod), std::move(connect))
      ->Run();
}

}  // namespace stowage::sim
