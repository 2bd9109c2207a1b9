#include "sim/cluster/spdy_framer.h"

#include <zlib.h>

#include <algorithm>

namespace stowage::sim {
namespace {

using Type = SpdyFrame::Type;

constexpr size_t kControlMax = 64 << 10;
constexpr size_t kHeadersMax = 64 << 10;  // once inflated
constexpr size_t kHead = 8;

uint32_t U32(std::string_view bytes, size_t at) {
  uint32_t n = 0;
  for (size_t i = 0; i < 4; ++i) n = n << 8 | static_cast<uint8_t>(bytes[at + i]);
  return n;
}

void PutU32(std::string& out, uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
}

void PutText(std::string& out, std::string_view text) {
  PutU32(out, static_cast<uint32_t>(text.size()));
  out += text;
}

tl::unexpected<Error> Malformed(const std::string& what) {
  return MakeError(ErrorCode::kInvalid, "SPDY: " + what);
}

const Bytef* Bytes(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

}  // namespace

std::string_view SpdyHeader(const SpdyHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct SpdyReader::Inflater {
  z_stream z{};
  bool ready = false;
  Inflater() { ready = inflateInit(&z) == Z_OK; }
  ~Inflater() {
    if (ready) inflateEnd(&z);
  }

  Result<std::string> Inflate(std::string_view block) {
    std::string out;
    char piece[4096];
    z.next_in = const_cast<Bytef*>(Bytes(block));
    z.avail_in = static_cast<uInt>(block.size());
    while (true) {
      z.next_out = reinterpret_cast<Bytef*>(piece);
      z.avail_out = sizeof(piece);
      int code = ready ? inflate(&z, Z_SYNC_FLUSH) : Z_MEM_ERROR;
      out.append(piece, sizeof(piece) - z.avail_out);
      if (code == Z_NEED_DICT) {
        const std::string_view words = SpdyDictionary();
        code = inflateSetDictionary(&z, Bytes(words), static_cast<uInt>(words.size()));
        if (code != Z_OK) return Malformed("headers compressed with another dictionary");
        continue;
      }
      if (code != Z_OK && code != Z_BUF_ERROR) return Malformed("headers that do not inflate");
      if (out.size() > kHeadersMax) return Malformed("headers of more than 64 KiB");
      if (z.avail_out > 0) break;  // all that the block holds
    }
    if (z.avail_in > 0) return Malformed("headers with bytes left over");
    return out;
  }
};

SpdyReader::SpdyReader() = default;
SpdyReader::~SpdyReader() = default;

Result<std::optional<SpdyFrame>> SpdyReader::Next() {
  if (data_left_ > 0) return NextData();
  if (at_ > 0 && (at_ == buffer_.size() || at_ > kControlMax)) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < kHead) return std::nullopt;
  const uint32_t first = U32(rest, 0), second = U32(rest, 4);
  const auto flags = static_cast<uint8_t>(second >> 24);
  const size_t length = second & 0xffffff;
  if ((first & 0x80000000) == 0) {
    if (first == 0) return Malformed("data for stream 0");
    at_ += kHead;
    data_ = SpdyFrame{.type = Type::kData, .flags = flags, .stream_id = first};
    data_left_ = length;
    if (length > 0) return NextData();
    return std::exchange(data_, std::nullopt);
  }
  if ((first >> 16) != 0x8003) {
    return Malformed("version " + std::to_string(first >> 16 & 0x7fff) + " instead of 3");
  }
  if (length > kControlMax) return Malformed("a control frame of more than 64 KiB");
  if (rest.size() < kHead + length) return std::nullopt;
  at_ += kHead + length;
  return ReadControl(static_cast<uint16_t>(first & 0xffff), flags, rest.substr(kHead, length));
}

std::optional<SpdyFrame> SpdyReader::NextData() {
  const size_t n = std::min(data_left_, buffer_.size() - at_);
  if (n == 0) {
    buffer_.clear();
    at_ = 0;
    return std::nullopt;
  }
  SpdyFrame piece = *data_;
  piece.data = buffer_.substr(at_, n);
  at_ += n;
  data_left_ -= n;
  if (data_left_ > 0) {
    piece.flags = 0;
  } else {
    data_.reset();
  }
  return piece;
}

Result<std::optional<SpdyFrame>> SpdyReader::ReadControl(uint16_t type, uint8_t flags,
                                                         std::string_view body) {
  SpdyFrame frame;
  frame.type = static_cast<Type>(type);
  frame.flags = flags;
  auto need = [&](size_t least) { return body.size() >= least; };
  switch (frame.type) {
    case Type::kSynStream:
      if (!need(10)) return Malformed("a SYN_STREAM that is too short");
      frame.stream_id = U32(body, 0) & 0x7fffffff;
      frame.priority = static_cast<uint8_t>(body[8]) >> 5;
      body.remove_prefix(10);
      break;
    case Type::kSynReply:
    case Type::kHeaders:
      if (!need(4)) return Malformed("a header frame that is too short");
      frame.stream_id = U32(body, 0) & 0x7fffffff;
      body.remove_prefix(4);
      break;
    case Type::kRstStream:
    case Type::kGoAway:
    case Type::kWindowUpdate:
      if (!need(8)) return Malformed("a control frame that is too short");
      frame.stream_id = U32(body, 0) & 0x7fffffff;
      frame.value = U32(body, 4);
      return frame;
    case Type::kPing:
      if (!need(4)) return Malformed("a PING that is too short");
      frame.value = U32(body, 0);
      return frame;
    case Type::kSettings: {
      if (!need(4) || (body.size() - 4) / 8 < U32(body, 0)) {
        return Malformed("SETTINGS that are too short");
      }
      for (size_t i = 0, n = U32(body, 0); i < n; ++i) {
        frame.settings.emplace_back(U32(body, 4 + 8 * i) & 0xffffff, U32(body, 8 + 8 * i));
      }
      return frame;
    }
    default:
      return frame;  // to be ignored, says the specification
  }
  ASSIGN_OR_RETURN(frame.headers, ReadHeaders(body));
  return frame;
}

Result<SpdyHeaders> SpdyReader::ReadHeaders(std::string_view block) {
  if (!inflater_) inflater_ = std::make_unique<Inflater>();
  ASSIGN_OR_RETURN(const std::string text, inflater_->Inflate(block));
  std::string_view rest = text;
  auto number = [&rest]() -> std::optional<uint32_t> {
    if (rest.size() < 4) return std::nullopt;
    const uint32_t n = U32(rest, 0);
    rest.remove_prefix(4);
    return n;
  };
  auto word = [&]() -> std::optional<std::string_view> {
    const std::optional<uint32_t> n = number();
    if (!n || *n > rest.size()) return std::nullopt;
    const std::string_view out = rest.substr(0, *n);
    rest.remove_prefix(*n);
    return out;
  };
  const std::optional<uint32_t> count = number();
  if (!count) return Malformed("a header block without a count");
  SpdyHeaders headers;
  for (uint32_t i = 0; i < *count; ++i) {
    const auto name = word();
    const auto values = name ? word() : std::nullopt;
    if (!values || name->empty()) return Malformed("a header block that ends too early");
    for (size_t at = 0; at <= values->size();) {
      const size_t end = std::min(values->find('\0', at), values->size());
      headers.emplace_back(*name, values->substr(at, end - at));
      at = end + 1;
    }
  }
  return headers;
}

struct SpdyWriter::Deflater {
  z_stream z{};
  bool ready = false;
  Deflater() {
    // A small window: header blocks are short, and there is one context for each connection.
    ready = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 11, 1, Z_DEFAULT_STRATEGY) == Z_OK;
    const std::string_view words = SpdyDictionary();
    if (ready) deflateSetDictionary(&z, Bytes(words), static_cast<uInt>(words.size()));
  }
  ~Deflater() {
    if (ready) deflateEnd(&z);
  }
};

SpdyWriter::SpdyWriter() = default;
SpdyWriter::~SpdyWriter() = default;

std::string SpdyWriter::WriteHeaders(const SpdyHeaders& headers) {
  SpdyHeaders joined;
  for (const auto& [name, value] : headers) {
    auto it = std::find_if(joined.begin(), joined.end(), [&](auto& h) { return h.first == name; });
    if (it == joined.end()) {
      joined.emplace_back(name, value);
    } else {
      it->second += '\0' + value;
    }
  }
  std::string text;
  PutU32(text, static_cast<uint32_t>(joined.size()));
  for (const auto& [name, value] : joined) {
    PutText(text, name);
    PutText(text, value);
  }
  if (!deflater_) deflater_ = std::make_unique<Deflater>();
  z_stream& z = deflater_->z;
  std::string out;
  char piece[1024];
  z.next_in = const_cast<Bytef*>(Bytes(text));
  z.avail_in = static_cast<uInt>(text.size());
  do {
    z.next_out = reinterpret_cast<Bytef*>(piece);
    z.avail_out = sizeof(piece);
    if (!deflater_->ready || deflate(&z, Z_SYNC_FLUSH) == Z_STREAM_ERROR) break;
    out.append(piece, sizeof(piece) - z.avail_out);
  } while (z.avail_out == 0);
  return out;
}

std::string SpdyWriter::Write(const SpdyFrame& frame) {
  std::string out;
  if (frame.type == Type::kData) {
    PutU32(out, frame.stream_id);
    PutU32(out, static_cast<uint32_t>(frame.flags) << 24 |
                    static_cast<uint32_t>(frame.data.size() & 0xffffff));
    return out + frame.data;
  }
  std::string body;
  switch (frame.type) {
    case Type::kSynStream:
      PutU32(body, frame.stream_id);
      PutU32(body, 0);
      body += static_cast<char>(frame.priority << 5);
      body += '\0';
      body += WriteHeaders(frame.headers);
      break;
    case Type::kSynReply:
    case Type::kHeaders:
      PutU32(body, frame.stream_id);
      body += WriteHeaders(frame.headers);
      break;
    case Type::kPing:
      PutU32(body, frame.value);
      break;
    case Type::kSettings:
      PutU32(body, static_cast<uint32_t>(frame.settings.size()));
      for (const auto& [id, value] : frame.settings) {
        PutU32(body, id);
        PutU32(body, value);
      }
      break;
    default:
      PutU32(body, frame.stream_id);
      PutU32(body, frame.value);
  }
  PutU32(out, 0x80030000 | static_cast<uint32_t>(frame.type));
  PutU32(out, static_cast<uint32_t>(frame.flags) << 24 | static_cast<uint32_t>(body.size()));
  return out + body;
}

}  // namespace stowage::sim
