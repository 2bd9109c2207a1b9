// The dials of the memory provider. That it keeps the contract is for the conformance suite to say.
#include "providers/memory/memory_provider.h"

#include <gtest/gtest.h>

#include "test/support/builders.h"
#include "test/support/test_loop.h"

namespace stowage::providers {
namespace {

class MemoryProviderTest : public testing::Test {
 protected:
  test::TestLoop loop_;
  MemoryMember member_{loop_.executor(), loop_.rng("member")};
  MemoryProvider provider_{loop_.executor(), member_, "vnode"};
  const kube::Object web_ = test::MakePod("shop", "web").Uid("uid-1");
  const PodRef ref_{"shop", "web", "uid-1"};

  Duration TimeOf(const std::function<void(std::function<void()>)>& call) {
    const MonotonicTime since = loop_.executor().Now();
    bool done = false;
    call([&] { done = true; });
    EXPECT_TRUE(loop_.RunUntil([&] { return done; }));
    return loop_.executor().Now() - since;
  }
  Result<void> Create() {
    test::Answer<void> answer;
    provider_.CreatePod(web_, answer.callback());
    EXPECT_TRUE(loop_.RunUntil([&] { return answer.has(); }));
    return answer.get();
  }
};

TEST_F(MemoryProviderTest, EveryAnswerTakesTheLatency) {
  member_.dials.latency = Milliseconds(30);
  EXPECT_EQ(TimeOf([&](auto done) { provider_.Probe([done](Result<Health>) { done(); }); }),
            Milliseconds(30));
}

TEST_F(MemoryProviderTest, ACallThatHangsEndsWithItsTimeout) {
  member_.FaultNext("Probe", MemoryMember::Fault::kHang);
  EXPECT_EQ(TimeOf([&](auto done) {
              provider_.Probe([done](Result<Health> health) {
                EXPECT_EQ(health.error().code, ErrorCode::kUnavailable);
                done();
              });
            }),
            Seconds(30));
}

TEST_F(MemoryProviderTest, ErrorsComeAtTheirRateAndFromTheSeed) {
  member_.dials.error_rate = 0.3;
  int failed = 0, answered = 0;
  for (int i = 0; i < 1000; ++i) {
    provider_.Probe([&](Result<Health> health) {
      ++answered;
      failed += !health;
    });
  }
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(answered, 1000);
  EXPECT_GT(failed, 240);
  EXPECT_LT(failed, 360);
}

TEST_F(MemoryProviderTest, WhatWasSentBeforeACrashIsDoneInTheMember) {
  member_.dials.latency = Milliseconds(10);
  {
    MemoryProvider doomed(loop_.executor(), member_, "vnode");
    doomed.CreatePod(web_, [](Result<void>) { FAIL() << "the provider is gone"; });
  }
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(member_.starts("uid-1"), 1);
}

TEST_F(MemoryProviderTest, PodsThatNeedNotRunForEverSucceed) {
  member_.dials.run_for = Seconds(5);
  kube::MutableJson job(web_.json());
  job.Set({"spec", "restartPolicy"}, "Never");
  provider_.CreatePod(kube::Object(std::move(job).Freeze()), [](Result<void>) {});
  loop_.RunFor(Seconds(4));
  EXPECT_EQ(provider_.Cached(ref_)->status["phase"].str(), "Running");
  loop_.RunFor(Seconds(2));
  EXPECT_EQ(provider_.Cached(ref_)->status["phase"].str(), "Succeeded");
}

TEST_F(MemoryProviderTest, AClusterThatCrashesLosesItsPods) {
  ASSERT_TRUE(Create());
  loop_.RunFor(Seconds(1));
  member_.LoseAllPods();
  loop_.RunFor(Milliseconds(1));
  provider_.EachCached([](const RemotePod&) { ADD_FAILURE() << "nothing may be cached"; });
}

}  // namespace
}  // namespace stowage::providers
