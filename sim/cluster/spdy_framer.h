// SPDY/3.1 on the wire: frames, and header blocks, which share one compression context a direction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result/result.h"

namespace stowage::sim {

// Names in lower case; several values of one name are several entries.
using SpdyHeaders = std::vector<std::pair<std::string, std::string>>;

// The first value, or "".
std::string_view SpdyHeader(const SpdyHeaders& headers, std::string_view name);

struct SpdyFrame {
  enum class Type {
    kSynStream = 1,
    kSynReply = 2,
    kRstStream = 3,
    kSettings = 4,
    kPing = 6,
    kGoAway = 7,
    kHeaders = 8,
    kWindowUpdate = 9,
    kData = 0x10000,  // no control frame has this number
  };
  static constexpr uint8_t kFin = 1;

  Type type = Type::kData;
  uint8_t flags = 0;
  uint32_t stream_id = 0;  // GOAWAY: the last one that was accepted
  uint32_t value = 0;      // RST_STREAM, GOAWAY: status; PING: id; WINDOW_UPDATE: delta
  uint8_t priority = 0;
  SpdyHeaders headers;
  std::vector<std::pair<uint32_t, uint32_t>> settings;  // id, value
  std::string data;

  bool fin() const { return (flags & kFin) != 0; }
};

// Status codes of RST_STREAM.
constexpr uint32_t kSpdyProtocolError = 1, kSpdyInvalidStream = 2, kSpdyRefusedStream = 3,
                   kSpdyCancel = 5;
// Of GOAWAY.
constexpr uint32_t kSpdyGoAwayOk = 0, kSpdyGoAwayProtocolError = 1;
constexpr uint32_t kSpdySettingInitialWindow = 7;
constexpr int64_t kSpdyInitialWindow = 64 << 10;

// The dictionary that both sides prime their compression with.
std::string_view SpdyDictionary();

// Bytes to frames. Holds at most one control frame (64 KiB); the data of long frames is handed on
// as it comes, in pieces of which only the last has the frame's flags.
class SpdyReader {
 public:
  SpdyReader();
  ~SpdyReader();

  void Append(std::string_view bytes) { buffer_.append(bytes); }
  // nullopt: more bytes are needed. kInvalid: the connection cannot go on.
  Result<std::optional<SpdyFrame>> Next();

 private:
  struct Inflater;
  std::optional<SpdyFrame> NextData();
  Result<std::optional<SpdyFrame>> ReadControl(uint16_t type, uint8_t flags, std::string_view body);
  Result<SpdyHeaders> ReadHeaders(std::string_view block);

  std::unique_ptr<Inflater> inflater_;
  std::string buffer_;
  size_t at_ = 0;  // read so far
  // The data frame under way.
  std::optional<SpdyFrame> data_;
  size_t data_left_ = 0;
};

// Frames to bytes.
class SpdyWriter {
 public:
  SpdyWriter();
  ~SpdyWriter();
  // `frame.data` is at most 16 MiB - 1.
  std::string Write(const SpdyFrame& frame);

 private:
  struct Deflater;
  std::string WriteHeaders(const SpdyHeaders& headers);
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace stowage::sim
