#include <gtest/gtest.h>

#include "base/time/rfc3339.h"

namespace stowage {
namespace {

std::string Back(std::string_view text) {
  const auto t = ParseTime(text);
  return t ? FormatMicroTime(*t) : "error";
}

TEST(Rfc3339, ReadsWhatKubernetesWrites) {
  EXPECT_EQ(Back("2026-11-20T19:57:00Z"), "2026-11-20T19:57:00.000000Z");
  EXPECT_EQ(Back("2026-11-20T19:57:00.123456Z"), "2026-11-20T19:57:00.123456Z");
  EXPECT_EQ(Back("2026-11-20T19:57:00.1239999999Z"), "2026-11-20T19:57:00.123999Z");
  EXPECT_EQ(Back("2026-11-20T19:57:00+02:00"), "2026-11-20T17:57:00.000000Z");
  EXPECT_EQ(Back("2026-01-01T00:00:00-01:30"), "2026-01-01T01:30:00.000000Z");
  EXPECT_EQ(Back("1960-02-29T00:00:00.5Z"), "1960-02-29T00:00:00.500000Z");
  EXPECT_EQ(FormatTime(WallTime(Microseconds(-1))), "1969-12-31T23:59:59Z");
}

TEST(Rfc3339, RefusesTheRest) {
  for (const char* bad :
       {"", "2026-11-20", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T19:57:00", "2026-11-20T19:57:00.Z", "2026-11-20T19:57:00Zx",
        "2026-11-20T19:57:00+2:00", "yesterday", "2026-11-20T19:57:00+24:00",
        "-026-11-20T19:57:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"}) {
    EXPECT_EQ(Back(bad), "error") << bad;
  }
}

TEST(DurationText, ReadsGoSyntax) {
  const std::pair<const char*, Duration> table[] = {
      {"0", Duration(0)},
      {"300ms", Milliseconds(300)},
      {"1.5s", Milliseconds(1500)},
      {"1h30m", Minutes(90)},
      {"-2m", Minutes(-2)},
      {".5s", Milliseconds(500)},
      {"1h2m3s4ms", Hours(1) + Minutes(2) + Seconds(3) + Milliseconds(4)},
      {"10us", Microseconds(10)}};
  for (const auto& [text, d] : table) {
    ASSERT_TRUE(ParseDuration(text)) << text;
    EXPECT_EQ(*ParseDuration(text), d) << text;
  }
  for (const char* bad : {"", "5", "s", "1d", "1.s.", "1 s", "--1s", "99999999999999h", ".s"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

TEST(DurationText, WritesWhatItReads) {
  EXPECT_EQ(FormatDuration(Minutes(90)), "1h30m0s");
  EXPECT_EQ(FormatDuration(Milliseconds(1500)), "1.5s");
  EXPECT_EQ(FormatDuration(Milliseconds(20)), "20ms");
  EXPECT_EQ(FormatDuration(Duration(0)), "0s");
  EXPECT_EQ(FormatDuration(Seconds(-5)), "-5s");
  for (const int64_t us : {int64_t{1}, int64_t{999}, int64_t{1001}, int64_t{61'000'001}}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(Duration(us))), Duration(us));
  }
}

TEST(HumanDuration, ReadsAsKubectlAges) {
  const std::pair<Duration, const char*> table[] = {
      {Seconds(45), "45s"}, {Seconds(119), "119s"}, {Seconds(432), "7m12s"},
      {Hours(3), "3h"},     {Hours(52), "2d4h"},    {Hours(24) * 400, "400d"},
      {Minutes(12), "12m"}, {Duration(0), "0s"}};
  for (const auto& [d, text] : table) EXPECT_EQ(HumanDuration(d), text);
}

}  // namespace
}  // namespace stowage
