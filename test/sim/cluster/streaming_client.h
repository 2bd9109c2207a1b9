// Small clients of the streaming protocols, over any ByteStream.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/time/executor.h"
#include "kube/client/byte_stream.h"
#include "sim/cluster/spdy_framer.h"

namespace stowage::sim {

// Reads all the time (or never), and writes one thing after the other.
class RawClient : public std::enable_shared_from_this<RawClient> {
 public:
  RawClient(Executor& executor, kube::ByteStreamPtr stream)
      : executor_(executor), stream_(std::move(stream)) {}
  virtual ~RawClient() { stream_->Close(); }
  void Start() { Read(); }
  void Send(const std::string& bytes) {
    unsent_ += bytes;
    Pump();
  }
  void Leave() { stream_->Close(); }

  Duration read_delay{0};  // before each read: a slow reader
  bool ended = false;
  size_t unsent() const { return unsent_.size() + in_flight_; }

 protected:
  virtual void OnBytes(const std::string& bytes) = 0;

 private:
  void Read() {
    stream_->Read([weak = weak_from_this()](Result<std::string> bytes) {
      auto self = weak.lock();
      if (!self) return;
      if (!bytes || bytes->empty()) {
        self->ended = true;
        return;
      }
      self->OnBytes(*bytes);
      self->executor_.RunAfter(self->read_delay, [weak] {
        if (auto again = weak.lock()) again->Read();
      });
    });
  }
  void Pump() {
    if (in_flight_ > 0 || unsent_.empty()) return;
    std::string piece = unsent_.substr(0, 32 << 10);
    unsent_.erase(0, piece.size());
    in_flight_ = piece.size();
    stream_->Write(std::move(piece), [weak = weak_from_this()](Result<void>) {
      auto self = weak.lock();
      if (!self) return;
      self->in_flight_ = 0;
      self->Pump();
    });
  }

  Executor& executor_;
  kube::ByteStreamPtr stream_;
  std::string unsent_;
  size_t in_flight_ = 0;
};

class SpdyClient : public RawClient {
 public:
  using RawClient::RawClient;
  struct Stream {
    std::string data;
    bool replied = false, fin = false, reset = false;
    int64_t granted = kSpdyInitialWindow;
  };

  uint32_t Open(SpdyHeaders headers, bool fin = false) {
    const uint32_t id = std::exchange(next_, next_ + 2);
    Write({.type = SpdyFrame::Type::kSynStream,
           .flags = fin ? SpdyFrame::kFin : uint8_t{0},
           .stream_id = id,
           .headers = std::move(headers)});
    return id;
  }
  void Data(uint32_t id, const std::string& data, bool fin = false) {
    for (size_t at = 0; at < data.size() || (fin && at == data.size()); at += 16 << 10) {
      const bool last = at + (16 << 10) >= data.size();
      Write({.flags = fin && last ? SpdyFrame::kFin : uint8_t{0},
             .stream_id = id,
             .data = data.substr(at, 16 << 10)});
      if (last) break;
    }
  }
  void Write(const SpdyFrame& frame) { Send(writer_.Write(frame)); }

  std::map<uint32_t, Stream> streams;
  std::map<uint32_t, int> pings;
  int64_t goaway = -1;  // the status of a GOAWAY
  bool grants = false;  // answer data with WINDOW_UPDATE
  uint32_t next_ = 1;

 private:
  void OnBytes(const std::string& bytes) override {
    reader_.Append(bytes);
    while (true) {
      auto frame = reader_.Next();
      if (!frame || !*frame) return;
      OnFrame(**frame);
    }
  }
  void OnFrame(const SpdyFrame& f) {
    using Type = SpdyFrame::Type;
    if (f.type == Type::kPing) ++pings[f.value];
    if (f.type == Type::kGoAway) goaway = f.value;
    if (f.type == Type::kWindowUpdate) streams[f.stream_id].granted += f.value;
    if (f.type == Type::kSynReply) streams[f.stream_id].replied = true;
    if (f.type == Type::kRstStream) streams[f.stream_id].reset = true;
    if (f.type != Type::kData) return;
    Stream& s = streams[f.stream_id];
    s.data += f.data;
    s.fin |= f.fin();
    if (!grants || f.data.empty()) return;
    const auto n = static_cast<uint32_t>(f.data.size());
    Write({.type = Type::kWindowUpdate, .stream_id = f.stream_id, .value = n});
    Write({.type = Type::kWindowUpdate, .stream_id = 0, .value = n});
  }
  SpdyReader reader_;
  SpdyWriter writer_;
};

class WebSocketClient : public RawClient {
 public:
  using RawClient::RawClient;
  void Message(const std::string& data, uint8_t first = 0x82) {
    std::string out{static_cast<char>(first)};
    if (data.size() < 126) {
      out += static_cast<char>(0x80 | data.size());
    } else {
      out += static_cast<char>(0xff);
      for (int i = 7; i >= 0; --i) out += static_cast<char>(data.size() >> (8 * i) & 0xff);
    }
    Send(out + std::string(4, '\0') + data);  // masked with zeros
  }

  std::map<int, std::string> channels;  // what came, by the first byte
  std::string all;                      // without framing
  int close_code = 0;
  std::string pong;

 private:
  void OnBytes(const std::string& bytes) override {
    buffer_ += bytes;
    while (buffer_.size() >= 2) {
      size_t length = static_cast<uint8_t>(buffer_[1]), head = 2;
      const int extra = length == 126 ? 2 : length == 127 ? 8 : 0;
      if (buffer_.size() < head + static_cast<size_t>(extra)) return;
      if (extra > 0) length = 0;
      for (int i = 0; i < extra; ++i) length = length << 8 | static_cast<uint8_t>(buffer_[head++]);
      if (buffer_.size() < head + length) return;
      const int opcode = buffer_[0] & 0x0f;
      const std::string data = buffer_.substr(head, length);
      buffer_.erase(0, head + length);
      if (opcode == 8 && length >= 2) {
        close_code = static_cast<uint8_t>(data[0]) << 8 | static_cast<uint8_t>(data[1]);
      } else if (opcode == 10) {
        pong = data;
      } else if (!data.empty()) {
        channels[static_cast<uint8_t>(data[0])] += data.substr(1);
        all += data;
      }
    }
  }
  std::string buffer_;
};

}  // namespace stowage::sim
