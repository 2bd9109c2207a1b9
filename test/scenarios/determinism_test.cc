// A run is its seed: twice the same seed, twice the same requests at the same times with the same
// ends.
#include <gtest/gtest.h>

#include "test/scenarios/seed_run.h"

namespace stowage::scenarios {
namespace {

class Determinism : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Determinism, TheSameSeedTellsTheSameStory) {
  const RunOptions options{.seed = GetParam(), .fault_seconds = 60};
  const RunResult first = RunSeed(options), second = RunSeed(options);
  EXPECT_GT(first.trace_lines, 100u);
  EXPECT_EQ(first.trace_lines, second.trace_lines);
  EXPECT_EQ(first.trace_hash, second.trace_hash);
  EXPECT_EQ(first.tasks, second.tasks);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Determinism, ::testing::Values(1, 7, 19, 45));

TEST(Seeds, AnotherSeedTellsAnotherStory) {
  const RunResult first = RunSeed({.seed = 1, .fault_seconds = 20});
  const RunResult second = RunSeed({.seed = 2, .fault_seconds = 20});
  EXPECT_NE(first.trace_hash, second.trace_hash);
}

}  // namespace
}  // namespace stowage::scenarios
