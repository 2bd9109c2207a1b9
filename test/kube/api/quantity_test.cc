#include "kube/api/quantity.h"

#include <gtest/gtest.h>

namespace stowage::kube {
namespace {

std::string Canonical(std::string_view text) {
  const auto q = Quantity::Parse(text);
  return q ? q->ToString() : "error";
}
Quantity Q(std::string_view text) {
  const auto q = Quantity::Parse(text);
  EXPECT_TRUE(q) << text;
  return q ? *q : Quantity();
}

TEST(Quantity, PrintsCanonically) {
  const std::pair<const char*, const char*> table[] = {{"0", "0"},
                                                       {"0m", "0"},
                                                       {"00.00Ki", "0"},
                                                       {"1", "1"},
                                                       {"+1", "1"},
                                                       {"-1", "-1"},
                                                       {"100m", "100m"},
                                                       {"1000m", "1"},
                                                       {"1500m", "1500m"},
                                                       {"0.5", "500m"},
                                                       {".5", "500m"},
                                                       {"5.", "5"},
                                                       {"1.25", "1250m"},
                                                       {"0.001", "1m"},
                                                       {"0.0001", "100u"},
                                                       {"1000", "1k"},
                                                       {"1024", "1024"},
                                                       {"1000000", "1M"},
                                                       {"1500", "1500"},
                                                       {"12e6", "12e6"},
                                                       {"1E3", "1e3"},
                                                       {"1e0", "1"},
                                                       {"1E", "1E"},
                                                       {"1e-3", "1e-3"},
                                                       {"100e1", "1e3"},
                                                       {"1Ki", "1Ki"},
                                                       {"1024Ki", "1Mi"},
                                                       {"0.5Ki", "512"},
                                                       {"1.5Gi", "1536Mi"},
                                                       {"1000Ki", "1000Ki"},
                                                       {"128Mi", "128Mi"},
                                                       {"1G", "1G"},
                                                       {"1.5G", "1500M"},
                                                       {"1n", "1n"},
                                                       {"0.1n", "1n"},
                                                       {"-0.1n", "-1n"},
                                                       {"1.0000000001", "1000000001n"},
                                                       {"0.0001Ki", "102400u"},
                                                       {"-1.5Ki", "-1536"},
                                                       {"-1Ki", "-1Ki"},
                                                       {"0000123", "123"},
                                                       {"1Ei", "1Ei"},
                                                       {"1.1Ki", "1126400m"},
                                                       {"1e18", "1e18"},
                                                       {"10E", "10E"}};
  for (const auto& [text, canonical] : table) EXPECT_EQ(Canonical(text), canonical) << text;
}

TEST(Quantity, RefusesWhatKubernetesRefuses) {
  for (const char* text : {"",
                           " ",
                           "1 ",
                           " 1",
                           "1i",
                           "1ki",
                           "1mi",
                           "0.1mi",
                           "1K",
                           "1.1.M",
                           "1+1.0M",
                           "aoeu",
                           ".5i",
                           "-3.01i",
                           "-3.01e-",
                           "1e",
                           "1e+",
                           "1e1.5",
                           "--1",
                           "1,5",
                           "0x10",
                           "1MiB",
                           "1e99999999999999999999",
                           "NaN",
                           "1_000"}) {
    EXPECT_FALSE(Quantity::Parse(text)) << text;
  }
}

TEST(Quantity, RefusalNamesTheText) {
  const auto q = Quantity::Parse("1GB");
  ASSERT_FALSE(q);
  EXPECT_EQ(q.error().code, ErrorCode::kInvalid);
  EXPECT_NE(q.error().message.find("\"1GB\""), std::string::npos);
}

TEST(Quantity, RoundsUpAwayFromZero) {
  EXPECT_EQ(Q("100u").Milli(), 1);
  EXPECT_EQ(Q("-100u").Milli(), -1);
  EXPECT_EQ(Q("1001u").Milli(), 2);
  EXPECT_EQ(Q("1500m").Whole(), 2);
  EXPECT_EQ(Q("0.1").Whole(), 1);
  EXPECT_EQ(Q("1.5Gi").Whole(), 1610612736);
}

TEST(Quantity, CapsInsteadOfOverflowing) {
  EXPECT_EQ(Q("8Ei").Whole(), INT64_MAX);
  EXPECT_EQ(Q("100000000000Ei").Whole(), INT64_MAX);
  EXPECT_EQ(Q("1e1000").Whole(), INT64_MAX);
  EXPECT_EQ(Q("-1e1000").Whole(), INT64_MIN);
  EXPECT_EQ(Q("10E").Milli(), INT64_MAX);
  EXPECT_EQ(Q("1e-2147483648").ToString(), "1e-9");
  EXPECT_EQ(Q("1" + std::string(100, '0')).Whole(), INT64_MAX);
  EXPECT_EQ(Q("0." + std::string(100, '0') + "1").ToString(), "1n");
}

TEST(Quantity, KeepsEveryDigitOfLongNumbers) {
  EXPECT_EQ(Q("9223372036854775807").Whole(), INT64_MAX);
  EXPECT_EQ(Q("9223372036854775806").Whole(), INT64_MAX - 1);
  EXPECT_EQ(Q("1234567890.123456789").ToString(), "1234567890123456789n");
}

TEST(Quantity, ComparesAcrossSuffixes) {
  EXPECT_EQ(Q("1024Mi"), Q("1Gi"));
  EXPECT_EQ(Q("0.1"), Q("100m"));
  EXPECT_LT(Q("1G"), Q("1Gi"));
  EXPECT_GT(Q("0"), Q("-1m"));
}

TEST(Quantity, AddsAndSubtractsInTheFormatOfTheLeft) {
  EXPECT_EQ((Q("1Gi") + Q("512Mi")).ToString(), "1536Mi");
  EXPECT_EQ((Q("1") - Q("100m")).ToString(), "900m");
  EXPECT_EQ((Quantity() + Q("1Mi")).ToString(), "1Mi");
  EXPECT_EQ((Q("1e28") + Q("1e30")).Whole(), INT64_MAX);
}

TEST(Quantity, CountsCpuInMilliAndAllElseWhole) {
  EXPECT_EQ(ResourceAmount("cpu", Q("1.5")), 1500);
  EXPECT_EQ(ResourceAmount("memory", Q("1Ki")), 1024);
  EXPECT_EQ(ResourceAmount("example.com/gpu", Q("2")), 2);
  EXPECT_EQ(ResourceQuantity("cpu", 1500).ToString(), "1500m");
  EXPECT_EQ(ResourceQuantity("memory", 1 << 20).ToString(), "1Mi");
  EXPECT_EQ(ResourceQuantity("pods", 110).ToString(), "110");
}

TEST(Quantity, CanonicalTextReadsBackAsItself) {
  for (const char* text :
       {"1", "1m", "123u", "5n", "1.5Gi", "7e9", "3e-6", "999Ei", "17E", "-42Mi"}) {
    const std::string canonical = Canonical(text);
    EXPECT_EQ(Canonical(canonical), canonical) << text;
    EXPECT_EQ(Q(canonical), Q(text));
  }
}

}  // namespace
}  // namespace stowage::kube
