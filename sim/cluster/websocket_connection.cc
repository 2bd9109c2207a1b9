#include "sim/cluster/websocket_connection.h"

#include <utility>

namespace stowage::sim {

using Kind = WebSocketMessage::Kind;

void WebSocketConnection::Start(Events events) {
  events_ = std::move(events);
  link_->Start(
      {.on_bytes = [self = shared_from_this()](std::string_view bytes) { self->OnBytes(bytes); },
       .on_end =
           [self = shared_from_this()] {
             self->link_->Finish();
             self->End(true);
           },
       .on_drained =
           [self = shared_from_this()] {
             if (self->ended_) return;
             self->UpdateReading();
             if (const auto f = self->events_.on_drained) f();
           }});
}

void WebSocketConnection::OnBytes(std::string_view bytes) {
  if (ended_) return;
  reader_.Append(bytes);
  while (!ended_) {
    Result<std::optional<WebSocketMessage>> message = reader_.Next();
    if (!message) {
      const bool too_big = message.error().code == ErrorCode::kTooManyRequests;
      Send(Kind::kClose, WebSocketCloseData(too_big ? kWebSocketTooBig : kWebSocketProtocolError,
                                            message.error().message));
      link_->Finish();
      return End(true);
    }
    if (!*message) break;
    OnMessage(**message);
  }
  if (!ended_) UpdateReading();
}

void WebSocketConnection::OnMessage(const WebSocketMessage& message) {
  switch (message.kind) {
    case Kind::kText:
    case Kind::kBinary:
      if (const auto f = events_.on_message) f(message.data);
      return;
    case Kind::kPing:
      return Send(Kind::kPong, message.data);
    case Kind::kPong:
      return;
    case Kind::kClose:
      Send(Kind::kClose, std::string_view(message.data).substr(0, 2));
      link_->Finish();
      return End(true);
  }
}

void WebSocketConnection::Send(Kind kind, std::string_view data) {
  if (!ended_) link_->Write(WebSocketFrame(kind, data));
}

void WebSocketConnection::SetReading(bool reading) {
  wanted_ = reading;
  if (!ended_) UpdateReading();
}

void WebSocketConnection::Shutdown(uint16_t code, std::string_view reason) {
  Send(Kind::kClose, WebSocketCloseData(code, reason));
  if (!ended_) link_->SetReading(true);
  link_->Finish();
  End(false);
}

void WebSocketConnection::Close() {
  End(false);
  link_->Close();
}

void WebSocketConnection::End(bool tell) {
  if (std::exchange(ended_, true)) return;
  const Events events = std::exchange(events_, {});
  if (tell && events.on_end) events.on_end();
}

namespace {

class WebSocketLink : public Link, public std::enable_shared_from_this<WebSocketLink> {
 public:
  WebSocketLink(Executor& executor, std::shared_ptr<WebSocketConnection> connection)
      : executor_(executor), connection_(std::move(connection)) {}

  void Start(Events events) override {
    connection_->Start({.on_message = std::move(events.on_bytes),
                        .on_end = std::move(events.on_end),
                        .on_drained = std::move(events.on_drained)});
  }
  void Write(std::string bytes) override {
    if (bytes.empty()) return;
    // What one task writes is one message: a frame's head and data are not sent apart.
    pending_ += bytes;
    if (std::exchange(posted_, true)) return;
    executor_.Post([self = shared_from_this()] { self->Flush(); });
  }
  size_t queued() const override { return pending_.size() + connection_->queued(); }
  void SetReading(bool reading) override { connection_->SetReading(reading); }
  void Finish() override {
    Flush();
    finished_ = true;
    connection_->Shutdown(kWebSocketNormal, "");
  }
  // After Finish() what is queued still goes out: the connection ends by itself.
  void Close() override {
    pending_.clear();
    if (!finished_) connection_->Close();
  }

 private:
  void Flush() {
    posted_ = false;
    const std::string bytes = std::exchange(pending_, {});
    if (!bytes.empty()) connection_->Send(Kind::kBinary, bytes);
  }

  Executor& executor_;
  std::shared_ptr<WebSocketConnection> connection_;
  std::string pending_;
  bool posted_ = false;
  bool finished_ = false;
};

}  // namespace

LinkPtr MakeWebSocketLink(Executor& executor, std::shared_ptr<WebSocketConnection> connection) {
  return std::make_shared<WebSocketLink>(executor, std::move(connection));
}

}  // namespace stowage::sim
