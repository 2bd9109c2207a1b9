// What provider.h promises, sentence by sentence, over every provider.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kube/client/transport.h"
#include "test/providers/conformance/world.h"

namespace stowage::test {

std::ostream& operator<<(std::ostream& out, const WorldKind& kind) { return out << kind.name; }

kube::Object HostPod(const std::string& name, const std::string& uid, const std::string& ns) {
  return MakePod(ns, name)
      .Uid(uid.empty() ? "00000000-0000-4000-8000-" + name : uid)
      .Label("app", "web")
      .OnNode("vnode")
      .Build();
}

providers::PodRef RefOf(const kube::Object& pod) {
  return {std::string(pod.ns()), std::string(pod.name()), std::string(pod.uid())};
}

namespace {

using providers::Grace;
using providers::PodRef;
using providers::Provider;
using providers::RemotePod;

class ProviderConformance : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    world_ = GetParam().make();
    ASSERT_TRUE(loop().RunUntil([this] { return provider().Synced(); }));
  }
  TestLoop& loop() { return world_->loop; }
  Provider& provider() { return world_->provider(); }

  // The answer of one call, which must come, once, and not inside the call.
  template <class T>
  Result<T> Await(const std::function<void(std::function<void(Result<T>)>)>& call) {
    Answer<T> answer;
    call(answer.callback());
    EXPECT_FALSE(answer.has()) << "answered inside the call";
    if (!loop().RunUntil([&] { return answer.has(); }, Minutes(5))) {
      ADD_FAILURE() << "no answer";
      return MakeError(ErrorCode::kInternal, "no answer");
    }
    loop().RunFor(Milliseconds(1));
    EXPECT_EQ(answer.calls(), 1);
    return answer.get();
  }
  Result<void> Create(const kube::Object& pod) {
    return Await<void>([&](auto done) { provider().CreatePod(pod, done); });
  }
  Result<void> Update(const kube::Object& pod) {
    return Await<void>([&](auto done) { provider().UpdatePod(pod, done); });
  }
  Result<void> Delete(const PodRef& ref, Grace grace = {}) {
    return Await<void>([&](auto done) { provider().DeletePod(ref, grace, done); });
  }
  Result<RemotePod> Get(const PodRef& ref) {
    return Await<RemotePod>([&](auto done) { provider().GetPod(ref, done); });
  }
  Result<std::vector<RemotePod>> List() {
    return Await<std::vector<RemotePod>>([&](auto done) { provider().ListPods(done); });
  }
  std::string Phase(const PodRef& ref) {
    auto cached = provider().Cached(ref);
    return cached ? cached->status["phase"].string() : "none";
  }
  bool BecomesRunning(const PodRef& ref) {
    return loop().RunUntil([&] { return Phase(ref) == "Running"; });
  }
  bool Goes(const PodRef& ref) {
    return loop().RunUntil([&] { return !provider().Cached(ref) && provider().Synced(); });
  }
  void MakeRunning(const kube::Object& pod) {
    auto made = Create(pod);
    ASSERT_TRUE(made) << made.error().ToString();
    ASSERT_TRUE(BecomesRunning(RefOf(pod)));
  }

  std::unique_ptr<World> world_;
  const kube::Object web_ = HostPod("web");
  const PodRef ref_ = RefOf(web_);
};

#define EXPECT_CODE(result, expected)                                        \
  do {                                                                       \
    const auto& checked = (result);                                          \
    ASSERT_FALSE(checked);                                                   \
    EXPECT_EQ(checked.error().code, expected) << checked.error().ToString(); \
  } while (false)

// ---- CreatePod ----------------------------------------------------------------------------------

TEST_P(ProviderConformance, CreateMakesACopyThatIsKnownByTheHostPod) {
  MakeRunning(web_);
  auto remote = Get(ref_);
  ASSERT_TRUE(remote) << remote.error().ToString();
  EXPECT_EQ(remote->ref, ref_);
  EXPECT_EQ(remote->node, "vnode");
  EXPECT_EQ(remote->status["phase"].str(), "Running");
  EXPECT_FALSE(remote->deleting);
  EXPECT_GT(remote->version, 0u);
}

TEST_P(ProviderConformance, CreateMayBeRepeatedForOneUid) {
  MakeRunning(web_);
  EXPECT_TRUE(Create(web_));
  world_->Restart();
  EXPECT_TRUE(Create(web_)) << "also by a provider that remembers nothing";
  loop().RunFor(Seconds(5));
  EXPECT_EQ(world_->CopiesEver(ref_.uid), 1);
}

TEST_P(ProviderConformance, CreatesOfOneUidAtOnceMakeOneCopy) {
  Answer<void> first, second;
  provider().CreatePod(web_, first.callback());
  provider().CreatePod(web_, second.callback());
  ASSERT_TRUE(loop().RunUntil([&] { return first.has() && second.has(); }));
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  loop().RunFor(Seconds(5));
  EXPECT_EQ(world_->CopiesEver(ref_.uid), 1);
}

TEST_P(ProviderConformance, APodThatTheMemberCanNeverTakeIsInvalid) {
  EXPECT_CODE(Create(HostPod("dns", "", "kube-system")), ErrorCode::kInvalid);
}

TEST_P(ProviderConformance, ANameThatIsNotOursStaysUntouched) {
  world_->PutForeignPod("shop", "web");
  EXPECT_CODE(Create(web_), ErrorCode::kAlreadyExists);
  EXPECT_CODE(Get(ref_), ErrorCode::kNotFound);
  EXPECT_CODE(Update(web_), ErrorCode::kNotFound);
  EXPECT_CODE(Delete(ref_, {0}), ErrorCode::kNotFound);
  loop().RunFor(Seconds(5));
  EXPECT_TRUE(world_->ForeignPodIsUntouched("shop", "web"));
}

TEST_P(ProviderConformance, AnOlderPodOfTheNameMustGoFirst) {
  MakeRunning(web_);
  const kube::Object newer = HostPod("web", "newer-uid");
  EXPECT_CODE(Create(newer), ErrorCode::kConflict);
  EXPECT_CODE(Get(RefOf(newer)), ErrorCode::kNotFound);
  EXPECT_EQ(Phase(ref_), "Running");
  EXPECT_TRUE(Delete(ref_));
  ASSERT_TRUE(Goes(ref_));
  MakeRunning(newer);
  EXPECT_CODE(Get(ref_), ErrorCode::kNotFound);
}

TEST_P(ProviderConformance, AnUnknownOutcomeThatHappenedIsFoundAndNotRepeated) {
  world_->FaultNext("CreatePod", CallFault::kLostAnswer);
  EXPECT_CODE(Create(web_), ErrorCode::kUnknownOutcome);
  EXPECT_TRUE(Get(ref_)) << "it was made";
  EXPECT_TRUE(Create(web_));
  ASSERT_TRUE(BecomesRunning(ref_));
  loop().RunFor(Seconds(5));
  EXPECT_EQ(world_->CopiesEver(ref_.uid), 1);
}

TEST_P(ProviderConformance, AnUnknownOutcomeThatDidNotHappenIsRepeated) {
  world_->FaultNext("CreatePod", CallFault::kHang);
  EXPECT_CODE(Create(web_), ErrorCode::kUnknownOutcome);
  EXPECT_CODE(Get(ref_), ErrorCode::kNotFound);
  MakeRunning(web_);
  EXPECT_EQ(world_->CopiesEver(ref_.uid), 1);
}

TEST_P(ProviderConformance, AFailedCreateMakesNothingAndMayBeRepeated) {
  world_->FaultNext("CreatePod", CallFault::kError);
  EXPECT_CODE(Create(web_), ErrorCode::kUnavailable);
  EXPECT_CODE(Get(ref_), ErrorCode::kNotFound);
  MakeRunning(web_);
}

// ---- UpdatePod ----------------------------------------------------------------------------------

TEST_P(ProviderConformance, UpdateBringsChangesAndMayBeRepeated) {
  MakeRunning(web_);
  kube::MutableJson changed(web_.json());
  changed.Set({"metadata", "labels", "tier"}, "gold");
  const kube::Object pod(std::move(changed).Freeze());
  const uint64_t before = Get(ref_)->version;
  auto updated = Update(pod);
  EXPECT_TRUE(updated) << updated.error().ToString();
  const uint64_t after = Get(ref_)->version;
  EXPECT_GT(after, before);
  EXPECT_TRUE(Update(pod));
  EXPECT_EQ(Get(ref_)->version, after) << "equal already: nothing is written";
}

TEST_P(ProviderConformance, UpdateOfACopyThatIsNotThereIsNotFound) {
  EXPECT_CODE(Update(web_), ErrorCode::kNotFound);
}

// ---- DeletePod ----------------------------------------------------------------------------------

TEST_P(ProviderConformance, DeleteAsksAndNotFoundIsTheEnd) {
  MakeRunning(web_);
  EXPECT_TRUE(Delete(ref_));
  auto stopping = Get(ref_);
  ASSERT_TRUE(stopping) << "it is given its grace";
  EXPECT_TRUE(stopping->deleting);
  ASSERT_TRUE(Goes(ref_));
  EXPECT_CODE(Delete(ref_), ErrorCode::kNotFound);
  EXPECT_CODE(Get(ref_), ErrorCode::kNotFound);
}

TEST_P(ProviderConformance, DeleteAgainShortensTheGrace) {
  MakeRunning(web_);
  EXPECT_TRUE(Delete(ref_));
  const auto again = Delete(ref_, {0});
  EXPECT_TRUE(again || again.error().code == ErrorCode::kNotFound);
  ASSERT_TRUE(loop().RunUntil([&] { return !provider().Cached(ref_); }, Milliseconds(100)));
}

TEST_P(ProviderConformance, DeleteOfAnotherUidTouchesNothing) {
  MakeRunning(web_);
  EXPECT_CODE(Delete({"shop", "web", "older-uid"}, {0}), ErrorCode::kNotFound);
  loop().RunFor(Seconds(2));
  EXPECT_EQ(Phase(ref_), "Running");
  EXPECT_FALSE(provider().Cached(ref_)->deleting);
}

TEST_P(ProviderConformance, ADeleteWhoseAnswerIsLostMayBeRepeated) {
  MakeRunning(web_);
  world_->FaultNext("DeletePod", CallFault::kLostAnswer);
  EXPECT_CODE(Delete(ref_), ErrorCode::kUnknownOutcome);
  const auto again = Delete(ref_);
  EXPECT_TRUE(again || again.error().code == ErrorCode::kNotFound);
  ASSERT_TRUE(Goes(ref_));
}

// ---- GetPod, ListPods, Probe --------------------------------------------------------------------

TEST_P(ProviderConformance, AMemberThatDoesNotAnswerSaysNothingAboutItsPods) {
  MakeRunning(web_);
  world_->SetReachable(false);
  EXPECT_CODE(Get(ref_), ErrorCode::kUnavailable);
  EXPECT_CODE(Delete(ref_), ErrorCode::kUnavailable);
  EXPECT_CODE(List(), ErrorCode::kUnavailable);
  EXPECT_CODE(Await<providers::Health>([&](auto done) { provider().Probe(done); }),
              ErrorCode::kUnavailable);
  EXPECT_FALSE(provider().Synced());
  EXPECT_TRUE(provider().Cached(ref_)) << "what was seen is still known";
  world_->SetReachable(true);
  ASSERT_TRUE(loop().RunUntil([&] { return provider().Synced(); }));
  EXPECT_TRUE(Get(ref_));
}

TEST_P(ProviderConformance, GetAsksTheMemberAndNotTheCache) {
  MakeRunning(web_);
  world_->FaultNext("GetPod", CallFault::kError);
  EXPECT_CODE(Get(ref_), ErrorCode::kUnavailable);
}

TEST_P(ProviderConformance, ListHasAllOfOursAndNothingElse) {
  world_->PutForeignPod("shop", "theirs");
  MakeRunning(HostPod("b"));
  MakeRunning(HostPod("a"));
  MakeRunning(HostPod("c", "", "blog"));
  auto all = List();
  ASSERT_TRUE(all) << all.error().ToString();
  std::string names;
  for (const RemotePod& pod : *all) names += pod.ref.ns + "/" + pod.ref.name + " ";
  EXPECT_EQ(names, "blog/c shop/a shop/b ");
  std::set<std::string> cached;
  provider().EachCached(
      [&](const RemotePod& pod) { cached.insert(pod.ref.ns + "/" + pod.ref.name); });
  EXPECT_EQ(cached, (std::set<std::string>{"blog/c", "shop/a", "shop/b"}));
}

TEST_P(ProviderConformance, ProbeTellsTheVersion) {
  auto health = Await<providers::Health>([&](auto done) { provider().Probe(done); });
  ASSERT_TRUE(health) << health.error().ToString();
  EXPECT_EQ(health->version.substr(0, 1), "v");
  EXPECT_GE(health->latency, Duration(0));
}

// ---- The listener and the view ------------------------------------------------------------------

TEST_P(ProviderConformance, TheListenerHearsOfEveryChangeAndAgainOfWhatWas) {
  RecordingListener first;
  provider().SetListener(&first);
  MakeRunning(web_);
  EXPECT_TRUE(first.Heard(ref_.uid));
  first.changed.clear();
  world_->LosePod("shop", "web");
  ASSERT_TRUE(Goes(ref_));
  EXPECT_TRUE(first.Heard(ref_.uid)) << "also that it went";

  const kube::Object other = HostPod("other");
  MakeRunning(other);
  RecordingListener second;
  provider().SetListener(&second);
  const size_t told_first = first.changed.size();
  EXPECT_TRUE(loop().RunUntil([&] { return second.Heard(std::string(other.uid())); }));
  provider().SetListener(nullptr);
  world_->LosePod("shop", "other");
  ASSERT_TRUE(Goes(RefOf(other)));
  EXPECT_EQ(first.changed.size(), told_first);
}

TEST_P(ProviderConformance, TheListenerHearsTheMembersEventsOfOurPods) {
  RecordingListener listener;
  provider().SetListener(&listener);
  MakeRunning(web_);
  world_->EmitEvent("shop", "web");
  ASSERT_TRUE(loop().RunUntil([&] {
    return std::any_of(listener.events.begin(), listener.events.end(),
                       [](const auto& event) { return event.second == "BackOff"; });
  }));
  EXPECT_EQ(listener.events.back().first, ref_);
  provider().SetListener(nullptr);
}

TEST_P(ProviderConformance, ANewProviderIsNotSyncedUntilItHasSeenAllPods) {
  MakeRunning(web_);
  world_->Restart();
  EXPECT_FALSE(provider().Synced());
  EXPECT_FALSE(provider().Cached(ref_));
  ASSERT_TRUE(loop().RunUntil([&] { return provider().Synced(); }));
  EXPECT_EQ(Phase(ref_), "Running");
  EXPECT_FALSE(provider().Cached({"shop", "web", "older-uid"})) << "another pod's copy";
}

TEST_P(ProviderConformance, VersionsGrowWithEveryChange) {
  ASSERT_TRUE(Create(web_));
  ASSERT_TRUE(loop().RunUntil([&] { return provider().Cached(ref_).has_value(); }));
  const uint64_t created = provider().Cached(ref_)->version;
  ASSERT_TRUE(BecomesRunning(ref_));
  EXPECT_GT(provider().Cached(ref_)->version, created);
}

TEST_P(ProviderConformance, CallsUnderWayDoNotComeBackToAProviderThatIsGone) {
  MakeRunning(web_);
  Answer<void> created, deleted, updated;
  Answer<RemotePod> got;
  Answer<std::vector<RemotePod>> listed;
  Answer<providers::Health> probed;
  Answer<kube::UpgradeReply> opened;
  RecordingListener listener;
  provider().SetListener(&listener);
  provider().CreatePod(HostPod("late"), created.callback());
  provider().UpdatePod(web_, updated.callback());
  provider().DeletePod(ref_, {}, deleted.callback());
  provider().GetPod(ref_, got.callback());
  provider().ListPods(listed.callback());
  provider().Probe(probed.callback());
  world_->streams().OpenStream({ref_, "log", "", "GET", {}}, opened.callback());
  world_->Destroy();
  loop().RunFor(Minutes(2));
  EXPECT_EQ(created.calls() + updated.calls() + deleted.calls() + got.calls() + listed.calls() +
                probed.calls() + opened.calls(),
            0);
  EXPECT_TRUE(listener.changed.empty());
}

// ---- Optional abilities -------------------------------------------------------------------------

TEST_P(ProviderConformance, CapacityDoesNotMoveAsOurOwnPodsStart) {
  RecordingListener listener;
  provider().SetListener(&listener);
  ASSERT_TRUE(loop().RunUntil([&] { return world_->capacity().GetCapacity().has_value(); }));
  const auto before = *world_->capacity().GetCapacity();
  EXPECT_GT(before.allocatable.at("cpu"), 0);
  for (int i = 0; i < 5; ++i) MakeRunning(HostPod("pod-" + std::to_string(i)));
  loop().RunFor(Seconds(2));
  const auto after = *world_->capacity().GetCapacity();
  EXPECT_EQ(after.allocatable, before.allocatable);
  EXPECT_EQ(after.shapes, before.shapes);
  EXPECT_GT(listener.capacity_changes, 0) << "told once that it is known";
  provider().SetListener(nullptr);
}

TEST_P(ProviderConformance, CapacityIsUnknownUntilTheViewIsWhole) {
  world_->Restart();
  EXPECT_CODE(world_->capacity().GetCapacity(), ErrorCode::kUnavailable);
}

TEST_P(ProviderConformance, StreamsReachOurPodsAndNoOthers) {
  MakeRunning(web_);
  world_->PutForeignPod("shop", "theirs");
  const auto open = [&](const PodRef& ref, const std::string& verb) {
    return Await<kube::UpgradeReply>([&](auto done) {
      world_->streams().OpenStream({ref, verb, "", "GET", {}}, done);
    });
  };
  auto log = open({"shop", "web", ""}, "log");
  ASSERT_TRUE(log) << log.error().ToString();
  EXPECT_EQ(log->status, 200);
  ASSERT_TRUE(log->stream);
  std::string text;
  log->stream->Read([&](Result<std::string> chunk) { text = chunk.value_or("error"); });
  EXPECT_TRUE(loop().RunUntil([&] { return !text.empty(); }));
  EXPECT_NE(text.find("web"), text.npos) << text;
  EXPECT_CODE(open({"shop", "theirs", ""}, "log"), ErrorCode::kNotFound);
  EXPECT_CODE(open({"shop", "web", "older-uid"}, "log"), ErrorCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Over, ProviderConformance,
                         testing::Values(WorldKind{"Memory", MakeMemoryWorld},
                                         WorldKind{"Kubernetes", MakeKubernetesWorld}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace stowage::test
