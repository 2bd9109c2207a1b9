#include "sim/cluster/websocket_framer.h"

#include <gtest/gtest.h>

#include "base/random/rng.h"

namespace stowage::sim {
namespace {

using Kind = WebSocketMessage::Kind;
using std::string_view_literals::operator""sv;

// As clients send: masked.
std::string ClientFrame(uint8_t first, std::string_view data) {
  constexpr std::string_view kMask = "\x11\x22\x33\x44";
  std::string out{static_cast<char>(first)};
  if (data.size() < 126) {
    out += static_cast<char>(0x80 | data.size());
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(data.size() >> (8 * i) & 0xff);
  }
  out += kMask;
  for (size_t i = 0; i < data.size(); ++i) out += static_cast<char>(data[i] ^ kMask[i % 4]);
  return out;
}

TEST(WebSocketFramer, AnswersTheHandshakeOfTheRfc) {
  EXPECT_EQ(WebSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketFramer, ReadsTheMaskedHelloOfTheRfc) {
  WebSocketReader reader;
  reader.Append("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"sv);
  const auto message = reader.Next();
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->kind, Kind::kText);
  EXPECT_EQ((*message)->data, "Hello");
}

TEST(WebSocketFramer, WritesEveryWidthOfLength) {
  EXPECT_EQ(WebSocketFrame(Kind::kText, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(WebSocketFrame(Kind::kBinary, std::string(256, 'x')).substr(0, 4),
            "\x82\x7e\x01\x00"sv);
  EXPECT_EQ(WebSocketFrame(Kind::kBinary, std::string(65536, 'x')).substr(0, 10),
            "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"sv);
}

TEST(WebSocketFramer, PutsFragmentsTogetherAroundAPing) {
  WebSocketReader reader;
  reader.Append(ClientFrame(0x02, "ab") + ClientFrame(0x89, "p") + ClientFrame(0x80, "cd"));
  auto message = reader.Next();
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->kind, Kind::kPing);
  message = reader.Next();
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->kind, Kind::kBinary);
  EXPECT_EQ((*message)->data, "abcd");
  message = reader.Next();
  EXPECT_TRUE(message && !*message);
}

TEST(WebSocketFramer, RefusesWhatTheRfcForbids) {
  const std::pair<std::string, std::string_view> cases[] = {
      {std::string("\x81\x01x", 3), "not masked"},
      {ClientFrame(0xc2, "x"), "reserved"},
      {ClientFrame(0x83, "x"), "opcode"},
      {ClientFrame(0x80, "x"), "mixed up"},
      {ClientFrame(0x02, "x") + ClientFrame(0x82, "y"), "mixed up"},
      {ClientFrame(0x09, "x"), "control frame"},
      {ClientFrame(0x89, std::string(126, 'x')), "control frame"},
      {std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 14), "4 MiB"},
  };
  for (const auto& [bytes, words] : cases) {
    WebSocketReader reader;
    reader.Append(bytes);
    const auto message = reader.Next();
    ASSERT_FALSE(message) << words;
    EXPECT_NE(message.error().message.find(words), std::string::npos) << message.error().message;
  }
}

TEST(WebSocketFramer, FragmentsTogetherAreBoundedToo) {
  WebSocketReader reader;
  reader.Append(ClientFrame(0x02, std::string(3 << 20, 'x')));
  ASSERT_TRUE(reader.Next());
  reader.Append(ClientFrame(0x00, std::string(2 << 20, 'x')));
  const auto message = reader.Next();
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kTooManyRequests);
}

TEST(WebSocketFramer, RandomBytesAreReadOrRefused) {
  Rng rng = Rng(8).Stream("websocket");
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = ClientFrame(0x82, std::string(40, 'x')) + ClientFrame(0x88, "\x03\xe8");
    for (int i = 0; i < (round % 2 == 0 ? 60 : 2); ++i) {
      bytes[rng.Below(bytes.size())] = static_cast<char>(rng.Below(256));
    }
    WebSocketReader reader;
    reader.Append(bytes);
    while (true) {
      const auto message = reader.Next();
      refused += !message;
      if (!message || !*message) break;
      ASSERT_LE((*message)->data.size(), bytes.size());
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace stowage::sim
