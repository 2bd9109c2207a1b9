// The server's side of one WebSocket connection over a Link, after the handshake.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sim/cluster/streaming_link.h"
#include "sim/cluster/websocket_framer.h"

namespace stowage::sim {

class WebSocketConnection : public std::enable_shared_from_this<WebSocketConnection> {
 public:
  struct Events {
    std::function<void(std::string_view data)> on_message;  // text and binary alike
    std::function<void()> on_end;  // last, once: the client left or broke the protocol
    std::function<void()> on_drained;
  };

  explicit WebSocketConnection(LinkPtr link) : link_(std::move(link)) {}
  ~WebSocketConnection() { link_->Close(); }

  // The link keeps the connection until its end.
  void Start(Events events);
  void Send(WebSocketMessage::Kind kind, std::string_view data);
  size_t queued() const { return link_->queued(); }
  void SetReading(bool reading);
  // Says why, and ends after what is queued. No event follows.
  void Shutdown(uint16_t code, std::string_view reason);
  void Close();  // now; no event follows

 private:
  static constexpr size_t kRepliesMax = 1 << 20;

  void OnBytes(std::string_view bytes);
  void OnMessage(const WebSocketMessage& message);
  void End(bool tell);
  void UpdateReading() { link_->SetReading(wanted_ && link_->queued() < kRepliesMax); }

  LinkPtr link_;
  Events events_;
  WebSocketReader reader_;
  bool wanted_ = true;
  bool ended_ = false;
};

// A link whose bytes travel in binary messages: how SPDY goes through a WebSocket.
LinkPtr MakeWebSocketLink(Executor& executor, std::shared_ptr<WebSocketConnection> connection);

}  // namespace stowage::sim
