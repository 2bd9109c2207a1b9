#include "app/lib/run_config.h"

#include <gtest/gtest.h>

namespace stowage::app {
namespace {

std::string Refusal(std::string_view yaml) {
  ManagerOptions options;
  auto applied = ApplyRunConfig(yaml, options);
  return applied ? "accepted" : applied.error().message;
}

TEST(RunConfigTest, EverySettingReachesTheManager) {
  ManagerOptions options;
  auto applied = ApplyRunConfig(R"(
schedulerName: mine
latency:
  sources: [{region: eu, weight: 3}, {region: us}]
  costPerMillisecond: "0.0001"
  maximumMilliseconds: 80
data: {region: eu, gibPerHour: 2}
once: {restart: "0.02", waitingHour: "0.5", runSeconds: 7200}
carbonPerTonne: "80"
)",
                                options);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(options.scheduler.scheduler_name, "mine");
  const auto& d = options.defaults;
  ASSERT_EQ(d.latency_sources.size(), 2u);
  EXPECT_EQ(d.latency_sources[0].region, "eu");
  EXPECT_EQ(d.latency_us_max, 80'000);
  EXPECT_EQ(d.cost_per_ms, *scheduler::ParsePrice("0.0001"));
  EXPECT_EQ(d.data_region, "eu");
  EXPECT_EQ(d.data_mib_per_hour, 2048);
  EXPECT_EQ(d.once.restart, *scheduler::ParsePrice("0.02"));
  EXPECT_EQ(d.once.waiting, *scheduler::ParsePrice("0.5"));
  EXPECT_EQ(d.once.run_seconds, 7200);
  EXPECT_EQ(d.carbon_per_tonne, *scheduler::ParsePrice("80"));
}

TEST(RunConfigTest, WeightsOfSourcesAreRelative) {
  ManagerOptions options;
  ASSERT_TRUE(ApplyRunConfig("latency: {sources: [{region: a, weight: 3}, {region: b, weight: 1}]}",
                             options));
  EXPECT_EQ(options.defaults.latency_sources[0].weight_ppm, 750'000);
  EXPECT_EQ(options.defaults.latency_sources[1].weight_ppm, 250'000);
}

TEST(RunConfigTest, WhatIsNotSaidStays) {
  ManagerOptions options;
  options.scheduler.scheduler_name = "before";
  ASSERT_TRUE(ApplyRunConfig("{}", options));
  ASSERT_TRUE(ApplyRunConfig("", options));
  EXPECT_EQ(options.scheduler.scheduler_name, "before");
  EXPECT_FALSE(options.defaults.latency_us_max.has_value());
}

TEST(RunConfigTest, AnUnknownFieldIsRefusedWithThoseThatAreKnown) {
  EXPECT_EQ(
      Refusal("schedulername: x"),
      "configuration: unknown field \"schedulername\"; known are carbonPerTonne, data, latency, "
      "once, schedulerName");
  EXPECT_NE(Refusal("latency: {maxMs: 3}").find("latency: unknown field \"maxMs\""),
            std::string::npos);
  EXPECT_NE(Refusal("once: {runSeconds: 0}").find("once.runSeconds: must be"), std::string::npos);
  EXPECT_NE(Refusal("latency: {sources: [{regoin: a}]}").find("latency.sources[]"),
            std::string::npos);
  EXPECT_NE(Refusal("data: {zone: a}").find("data: unknown field \"zone\""), std::string::npos);
}

TEST(RunConfigTest, WrongTypesAndValuesAreRefused) {
  EXPECT_NE(Refusal("latency: fast").find("latency: must be a map"), std::string::npos);
  EXPECT_NE(Refusal("latency: {sources: [{region: a, weight: 0}]}").find("weight"),
            std::string::npos);
  EXPECT_NE(Refusal("latency: {sources: [{weight: 1}]}").find("region"), std::string::npos);
  EXPECT_NE(Refusal("latency: {costPerMillisecond: \"much\"}").find("latency.costPerMillisecond"),
            std::string::npos);
  EXPECT_NE(Refusal("latency: {costPerMillisecond: 0.1}").find("latency.costPerMillisecond"),
            std::string::npos);
  EXPECT_NE(Refusal("latency: {maximumMilliseconds: soon}").find("latency.maximumMilliseconds"),
            std::string::npos);
  EXPECT_NE(Refusal("latency: {maximumMilliseconds: -1}").find("latency.maximumMilliseconds"),
            std::string::npos);
  EXPECT_NE(Refusal("data: {region: a, gibPerHour: -2}").find("data.gibPerHour"),
            std::string::npos);
  EXPECT_NE(Refusal("schedulerName: [a]").find("schedulerName"), std::string::npos);
  EXPECT_NE(Refusal("a: [").find("line "), std::string::npos);
}

}  // namespace
}  // namespace stowage::app
