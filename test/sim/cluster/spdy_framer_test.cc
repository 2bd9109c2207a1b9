#include "sim/cluster/spdy_framer.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/random/rng.h"

namespace stowage::sim {
namespace {

using Type = SpdyFrame::Type;
using std::string_view_literals::operator""sv;

SpdyFrame ReadOne(SpdyReader& reader, std::string_view bytes) {
  reader.Append(bytes);
  auto frame = reader.Next();
  EXPECT_TRUE(frame && *frame);
  return frame && *frame ? **frame : SpdyFrame{};
}

TEST(SpdyDictionary, IsTheOneOfTheSpecification) {
  const std::string_view words = SpdyDictionary();
  EXPECT_EQ(words.size(), 1423u);
  EXPECT_EQ(adler32(1, reinterpret_cast<const Bytef*>(words.data()), 1423), 0xe3c6a7c2u);
}

TEST(SpdyFramer, WritesTheBytesOfTheSpecification) {
  SpdyWriter writer;
  EXPECT_EQ(writer.Write({.flags = SpdyFrame::kFin, .stream_id = 5, .data = "ab"}),
            "\x00\x00\x00\x05\x01\x00\x00\x02"
            "ab"sv);
  EXPECT_EQ(writer.Write({.type = Type::kRstStream, .stream_id = 3, .value = 5}),
            "\x80\x03\x00\x03\x00\x00\x00\x08\x00\x00\x00\x03\x00\x00\x00\x05"sv);
  EXPECT_EQ(writer.Write({.type = Type::kPing, .value = 7}),
            "\x80\x03\x00\x06\x00\x00\x00\x04\x00\x00\x00\x07"sv);
  EXPECT_EQ(writer.Write({.type = Type::kWindowUpdate, .stream_id = 1, .value = 0x8000}),
            "\x80\x03\x00\x09\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x80\x00"sv);
}

TEST(SpdyFramer, KeepsOneCompressionContextOverManyHeaderBlocks) {
  SpdyWriter writer;
  SpdyReader reader;
  for (uint32_t id = 1; id < 400; id += 2) {
    const SpdyHeaders headers = {{"streamtype", "data"},
                                 {"port", std::to_string(8000 + id)},
                                 {"many", "a"},
                                 {"many", "b"},
                                 {"empty", ""}};
    const SpdyFrame frame = ReadOne(
        reader, writer.Write({.type = Type::kSynStream, .stream_id = id, .headers = headers}));
    ASSERT_EQ(frame.type, Type::kSynStream);
    EXPECT_EQ(frame.stream_id, id);
    ASSERT_EQ(frame.headers, headers);
  }
}

TEST(SpdyFramer, ReadsFramesThatComeByteByByte) {
  SpdyWriter writer;
  const std::string bytes =
      writer.Write({.type = Type::kSynReply, .stream_id = 1, .headers = {{"a", "b"}}}) +
      writer.Write({.flags = SpdyFrame::kFin, .stream_id = 1, .data = "hello"}) +
      writer.Write({.type = Type::kSettings, .settings = {{kSpdySettingInitialWindow, 9}}});
  SpdyReader reader;
  std::string data;
  int replies = 0, fins = 0, settings = 0;
  for (char c : bytes) {
    reader.Append(std::string_view(&c, 1));
    while (true) {
      auto frame = reader.Next();
      ASSERT_TRUE(frame);
      if (!*frame) break;
      replies += (*frame)->type == Type::kSynReply;
      if ((*frame)->type == Type::kSettings) settings += (*frame)->settings[0].second == 9;
      if ((*frame)->type == Type::kData) {
        data += (*frame)->data;
        fins += (*frame)->fin();
      }
    }
  }
  EXPECT_EQ(data, "hello");
  EXPECT_EQ(replies, 1);
  EXPECT_EQ(fins, 1);
  EXPECT_EQ(settings, 1);
}

TEST(SpdyFramer, RefusesWhatIsMalformed) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\x80\x02\x00\x06\x00\x00\x00\x04\x00\x00\x00\x01"sv, "version 2"},
      {"\x80\x03\x00\x01\x00\x00\x00\x02\x00\x00"sv, "too short"},
      {"\x80\x03\x00\x04\x00\x00\x00\x04\x00\xff\xff\xff"sv, "too short"},
      {"\x80\x03\x00\x01\x00\xff\xff\xff"sv, "more than 64 KiB"},
      {"\x00\x00\x00\x00\x00\x00\x00\x01x"sv, "stream 0"},
      {"\x80\x03\x00\x02\x00\x00\x00\x08\x00\x00\x00\x01zzzz"sv, "inflate"},
  };
  for (const auto& [bytes, words] : cases) {
    SpdyReader reader;
    reader.Append(bytes);
    const auto frame = reader.Next();
    ASSERT_FALSE(frame) << words;
    EXPECT_NE(frame.error().message.find(words), std::string::npos) << frame.error().message;
  }
}

TEST(SpdyFramer, HeadersThatInflateWithoutEndAreRefused) {
  SpdyWriter writer;
  SpdyReader reader;
  reader.Append(writer.Write({.type = Type::kSynStream,
                              .stream_id = 1,
                              .headers = {{"bomb", std::string(4 << 20, 'x')}}}));
  const auto frame = reader.Next();
  ASSERT_FALSE(frame);
  EXPECT_NE(frame.error().message.find("64 KiB"), std::string::npos);
}

TEST(SpdyFramer, RandomAndDamagedBytesAreReadOrRefused) {
  Rng rng = Rng(7).Stream("spdy");
  SpdyWriter writer;
  const std::string good =
      writer.Write({.type = Type::kSynStream, .stream_id = 1, .headers = {{"streamtype", "x"}}}) +
      writer.Write({.stream_id = 1, .data = std::string(100, 'd')}) +
      writer.Write({.type = Type::kGoAway, .stream_id = 1});
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = good;
    if (round % 2 == 0) {
      for (char& c : bytes) c = static_cast<char>(rng.Below(256));
    } else {
      for (int i = 0; i < 3; ++i)
        bytes[rng.Below(bytes.size())] = static_cast<char>(rng.Below(256));
    }
    SpdyReader reader;
    reader.Append(bytes);
    size_t handed_out = 0;
    while (true) {
      auto frame = reader.Next();
      refused += !frame;
      if (!frame || !*frame) break;
      handed_out += (*frame)->data.size();
    }
    ASSERT_LE(handed_out, bytes.size());
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace stowage::sim
