// Solving to the end, for tests.
#pragma once

#include <gtest/gtest.h>

#include "scheduler/placement/engine.h"

namespace stowage::scheduler {

inline Incumbent RunToTheEnd(SolveSession& session, int64_t step = 100'000) {
  for (int i = 0; i < 10'000'000; ++i) {
    const Incumbent& incumbent = session.Step({step});
    if (incumbent.complete) return incumbent;
  }
  ADD_FAILURE() << "never complete";
  return {};
}

// The answer passes the checker, and its bound is none above its cost.
inline void ExpectRight(const Problem& problem, const Incumbent& answer) {
  const auto right = CheckPlacement(problem, answer.placement);
  EXPECT_TRUE(right) << right.error().message;
  EXPECT_LE(answer.lower_bound, answer.cost);
}

}  // namespace stowage::scheduler
