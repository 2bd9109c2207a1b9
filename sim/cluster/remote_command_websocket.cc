// Channels in WebSocket messages: the first byte says which.
#include <algorithm>
#include <utility>

#include "kube/api/base64.h"
#include "sim/cluster/remote_command_channels.h"
#include "sim/cluster/websocket_connection.h"

namespace stowage::sim {
namespace {

using Channel = CommandChannel;
using Kind = WebSocketMessage::Kind;

constexpr uint8_t kCloseChannel = 255;  // from version 5 on: the next byte's channel has ended

class WebSocketChannels : public CommandChannels,
                          public std::enable_shared_from_this<WebSocketChannels> {
 public:
  WebSocketChannels(LinkPtr link, std::string_view protocol, CommandStreams streams)
      : connection_(std::make_shared<WebSocketConnection>(std::move(link))),
        asked_(streams),
        version_(protocol.starts_with("v5.")   ? 5
                 : protocol.starts_with("v4.") ? 4
                                               : 1),
        base64_(protocol.ends_with("base64.channel.k8s.io")) {}

  void Start(Events events) override {
    events_ = std::move(events);
    connection_->Start({.on_message = [self = shared_from_this()](
                                          std::string_view data) { self->OnMessage(data); },
                        .on_end = [self = shared_from_this()] { self->End(true); },
                        .on_drained =
                            [self = shared_from_this()] {
                              if (const auto f = self->events_.on_drained) f();
                            }});
    // An empty message on the first channel that we write tells that the connection stands.
    Write(asked_.stdout_open   ? Channel::kStdout
          : asked_.stderr_open ? Channel::kStderr
                               : Channel::kError,
          "");
    if (const auto f = events_.on_ready) f();
  }

  void Send(Channel channel, std::string_view bytes) override {
    if (!bytes.empty()) Write(channel, bytes);
  }
  void Consumed(size_t bytes) override {
    unconsumed_ -= std::min(unconsumed_, bytes);
    connection_->SetReading(unconsumed_ < kUnconsumedMax);
  }
  bool full() const override { return queued() >= kFull; }
  size_t queued() const override { return connection_->queued(); }
  bool speaks_status() const override { return version_ >= 4; }
  void Finish() override {
    End(false);
    connection_->Shutdown(kWebSocketNormal, "");
  }
  void Close() override {
    End(false);
    connection_->Close();
  }

 private:
  static constexpr size_t kUnconsumedMax = 1 << 20;
  static constexpr size_t kFull = 256 << 10;

  void Write(Channel channel, std::string_view bytes) {
    const auto number = static_cast<char>(channel);
    if (base64_) {
      const std::string text = static_cast<char>('0' + number) + kube::EncodeBase64(bytes);
      return connection_->Send(Kind::kText, text);
    }
    connection_->Send(Kind::kBinary, std::string(1, number).append(bytes));
  }

  void OnMessage(std::string_view data) {
    if (data.empty()) return;
    auto number = static_cast<uint8_t>(data[0]);
    data.remove_prefix(1);
    if (version_ >= 5 && number == kCloseChannel) {
      if (data.empty() || data[0] != static_cast<char>(Channel::kStdin)) return;
      if (const auto f = events_.on_stdin_end) f();
      return;
    }
    std::string decoded;
    if (base64_) {
      number = static_cast<uint8_t>(number - '0');
      Result<std::string> bytes = kube::DecodeBase64(data);
      if (!bytes) return;
      decoded = std::move(*bytes);
      data = decoded;
    }
    const auto channel = static_cast<Channel>(number);
    const auto on_bytes = events_.on_bytes;
    if (!on_bytes || data.empty()) return;
    if (channel == Channel::kStdin && asked_.stdin_open) {
      unconsumed_ += data.size();
      on_bytes(channel, data);
      if (unconsumed_ >= kUnconsumedMax) connection_->SetReading(false);
    } else if (channel == Channel::kResize) {
      on_bytes(channel, data);
    }
  }

  void End(bool tell) {
    if (std::exchange(ended_, true)) return;
    const Events events = std::exchange(events_, {});
    if (tell && events.on_end) events.on_end();
  }

  std::shared_ptr<WebSocketConnection> connection_;
  CommandStreams asked_;
  int version_;
  bool base64_;
  Events events_;
  size_t unconsumed_ = 0;
  bool ended_ = false;
};

}  // namespace

std::shared_ptr<CommandChannels> MakeWebSocketChannels(LinkPtr link, std::string_view protocol,
                                                       CommandStreams streams) {
  return std::make_shared<WebSocketChannels>(std::move(link), protocol, streams);
}

}  // namespace stowage::sim
