#include "base/log/log.h"

#include <gtest/gtest.h>

namespace stowage {
namespace {

TEST(FormatLog, WritesKeysAndValues) {
  EXPECT_EQ(FormatLog("pod created", {{"pod", "default/web"}, {"count", 3}}),
            "pod created pod=default/web count=3");
  EXPECT_EQ(FormatLog("plain", {}), "plain");
}

TEST(FormatLog, QuotesWhatWouldBreakALine) {
  EXPECT_EQ(FormatLog("m", {{"a", ""}, {"b", "two words"}, {"c", "x=y"}}),
            "m a=\"\" b=\"two words\" c=\"x=y\"");
  EXPECT_EQ(FormatLog("m", {{"a", "say \"hi\"\\\nnext\r"}}),
            "m a=\"say \\\"hi\\\"\\\\\\nnext\\r\"");
}

TEST(FormatLog, ShowsErrorsWithTheirCode) {
  EXPECT_EQ(FormatLog("m", {{"error", Error{ErrorCode::kNotFound, "no pod", std::nullopt}}}),
            "m error=\"NotFound: no pod\"");
}

TEST(Trace, DependsOnLinesAndTheirOrder) {
  Trace a, b, c;
  for (const char* line : {"x", "y"}) a.Add(line);
  for (const char* line : {"x", "y"}) b.Add(line);
  for (const char* line : {"y", "x"}) c.Add(line);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_NE(a.hash(), c.hash());
  EXPECT_EQ(a.lines(), 2u);
}

}  // namespace
}  // namespace stowage
