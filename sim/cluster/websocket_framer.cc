#include "sim/cluster/websocket_framer.h"

#include <openssl/sha.h>

#include <utility>

#include "kube/api/base64.h"

namespace stowage::sim {
namespace {

using Kind = WebSocketMessage::Kind;

constexpr uint8_t kFinBit = 0x80, kReservedBits = 0x70, kMaskBit = 0x80;
constexpr size_t kControlMax = 125;

bool IsControl(uint8_t opcode) { return opcode >= 8; }

tl::unexpected<Error> Malformed(const std::string& what) {
  return MakeError(ErrorCode::kInvalid, "WebSocket: " + what);
}

}  // namespace

std::string WebSocketAccept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // of the RFC
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return kube::EncodeBase64(
      std::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::string WebSocketCloseData(uint16_t code, std::string_view reason) {
  std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return out.append(reason.substr(0, kControlMax - 2));
}

Result<std::optional<WebSocketMessage>> WebSocketReader::Next() {
  while (true) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    auto wait = [this]() -> std::optional<WebSocketMessage> {
      buffer_.erase(0, std::exchange(at_, 0));
      return std::nullopt;
    };
    if (rest.size() < 2) return wait();
    const auto first = static_cast<uint8_t>(rest[0]), second = static_cast<uint8_t>(rest[1]);
    if (first & kReservedBits) return Malformed("reserved bits are set");
    if (!(second & kMaskBit)) return Malformed("a client's frame is not masked");
    const uint8_t code = second & 0x7f;
    const size_t extra = code == 126 ? 2 : code == 127 ? 8 : 0;
    const size_t head = 2 + extra + 4;
    if (rest.size() < head) return wait();
    uint64_t length = extra == 0 ? code : 0;
    for (size_t i = 0; i < extra; ++i) length = length << 8 | static_cast<uint8_t>(rest[2 + i]);
    const bool control = IsControl(first & 0x0f);
    if (control && (length > kControlMax || !(first & kFinBit))) {
      return Malformed("a control frame in pieces or of more than 125 bytes");
    }
    const size_t before = fragments_ ? fragments_->data.size() : 0;
    if (length > kMessageMax || (!control && before + length > kMessageMax)) {
      return MakeError(ErrorCode::kTooManyRequests, "WebSocket: a message of more than 4 MiB");
    }
    if (rest.size() - head < length) return wait();
    std::string payload(rest.substr(head, length));
    const std::string_view mask = rest.substr(2 + extra, 4);
    for (size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    }
    at_ += head + length;
    Result<std::optional<WebSocketMessage>> message = OnFrame(first, std::move(payload));
    if (!message || *message) return message;
  }
}

Result<std::optional<WebSocketMessage>> WebSocketReader::OnFrame(uint8_t first,
                                                                 std::string payload) {
  const uint8_t opcode = first & 0x0f;
  if (opcode > 10 || (opcode > 2 && opcode < 8)) {
    return Malformed("opcode " + std::to_string(opcode));
  }
  if (IsControl(opcode)) {
    return WebSocketMessage{static_cast<Kind>(opcode), std::move(payload)};
  }
  if ((opcode == 0) != fragments_.has_value()) {
    return Malformed("the fragments of messages are mixed up");
  }
  if (opcode == 0) {
    fragments_->data += payload;
  } else {
    fragments_ = WebSocketMessage{static_cast<Kind>(opcode), std::move(payload)};
  }
  if (!(first & kFinBit)) return std::nullopt;
  return std::exchange(fragments_, std::nullopt);
}

std::string WebSocketFrame(Kind kind, std::string_view data) {
  std::string out;
  out += static_cast<char>(kFinBit | static_cast<uint8_t>(kind));
  const uint64_t n = data.size();
  const int width = n <= 125 ? 0 : n <= 0xffff ? 2 : 8;
  out += static_cast<char>(width == 0 ? n : width == 2 ? 126 : 127);
  for (int i = width - 1; i >= 0; --i) out += static_cast<char>(n >> (8 * i) & 0xff);
  return out.append(data);
}

}  // namespace stowage::sim
