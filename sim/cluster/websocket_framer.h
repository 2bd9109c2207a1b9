// RFC 6455 on the wire: the handshake's answer, and frames put together to messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::sim {

// Sec-WebSocket-Accept for a client's Sec-WebSocket-Key.
std::string WebSocketAccept(std::string_view key);

struct WebSocketMessage {
  enum class Kind : uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };
  Kind kind = Kind::kBinary;
  std::string data;
};

// Why a connection is closed.
constexpr uint16_t kWebSocketNormal = 1000, kWebSocketProtocolError = 1002, kWebSocketTooBig = 1009,
                   kWebSocketInternalError = 1011;

// The payload of a close frame.
std::string WebSocketCloseData(uint16_t code, std::string_view reason);

// What a client sends: masked frames. Control frames come between the fragments of a message.
class WebSocketReader {
 public:
  static constexpr size_t kMessageMax = 4 << 20;

  void Append(std::string_view bytes) { buffer_.append(bytes); }
  // nullopt: more bytes are needed. kInvalid: the protocol is broken; kTooManyRequests: a message
  // of more than kMessageMax. Either ends the connection.
  Result<std::optional<WebSocketMessage>> Next();

 private:
  Result<std::optional<WebSocketMessage>> OnFrame(uint8_t first, std::string payload);

  std::string buffer_;
  size_t at_ = 0;
  std::optional<WebSocketMessage> fragments_;  // of a message under way
};

// A server's frame: whole, not masked.
std::string WebSocketFrame(WebSocketMessage::Kind kind, std::string_view data);

}  // namespace stowage::sim
