#include "app/lib/thread_pool.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace stowage::app {
namespace {

TEST(ThreadPoolTest, EveryJobIsDoneOnceBeforeRunReturns) {
  for (const int threads : {1, 2, 7}) {
    ThreadPool pool(threads);
    for (size_t jobs = 0; jobs < 200; ++jobs) {
      std::vector<int> done(jobs, 0);
      pool.Run(jobs, [&](size_t i) { ++done[i]; });
      EXPECT_EQ(done, std::vector<int>(jobs, 1));
    }
  }
}

TEST(ThreadPoolTest, ResultsOfOneRunAreSeenByTheNext) {
  ThreadPool pool(3);
  std::vector<int64_t> values(64, 1), sums(64, 0);
  for (int round = 0; round < 20; ++round) {
    pool.Run(64, [&](size_t i) { sums[i] = values[i] + values[(i + 1) % 64]; });
    pool.Run(64, [&](size_t i) { values[i] = sums[i]; });
  }
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), int64_t{0}), int64_t{64} << 20);
}

}  // namespace
}  // namespace stowage::app
