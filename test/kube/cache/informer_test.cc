#include "kube/cache/informer.h"

#include <gtest/gtest.h>

#include "kube/api/well_known.h"
#include "test/kube/cache/collection_server.h"
#include "test/support/fake_transport.h"
#include "test/support/test_loop.h"

namespace stowage::kube {
namespace {

using test::CollectionServer;
using test::TestLoop;

// An informer over a CollectionServer; values are "value@uid".
class InformerTest : public ::testing::Test {
 protected:
  using Strings = Informer<std::string>;

  void Start(int64_t page_size = 500) {
    options_.resource = kPods;
    options_.page_size = page_size;
    informer_ = std::make_unique<Strings>(loop_.executor(), client_, loop_.rng(), options_,
                                          [this](const Object& o) -> std::optional<std::string> {
                                            ++projected_;
                                            if (o["value"].str() == "hidden") return std::nullopt;
                                            return o["value"].string() + "@" + std::string(o.uid());
                                          });
    informer_->AddHandler(
        [this](const NamespacedName& key, const std::string* before, const std::string* after) {
          told_.push_back(key.name + ":" + (before ? *before : "-") + ">" + (after ? *after : "-"));
        });
    informer_->Start();
  }
  bool Synced() {
    return loop_.RunUntil([&] { return informer_->reflector().current(); });
  }
  std::map<std::string, std::string> Cached() const {
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : informer_->items()) out[key.name] = value;
    return out;
  }
  bool Converges(Duration limit = Minutes(10)) {
    return loop_.RunUntil([&] { return Cached() == server_.Contents(); }, limit);
  }
  void Fill(int n) {
    for (int i = 0; i < n; ++i) server_.Put("p" + std::to_string(1000 + i), "v");
  }

  TestLoop loop_;
  CollectionServer server_{loop_.executor()};
  Client client_{server_};
  ReflectorOptions options_;
  std::vector<std::string> told_;
  int projected_ = 0;
  std::unique_ptr<Strings> informer_;
};

TEST_F(InformerTest, TakesOverAListAndThenFollows) {
  server_.Put("a", "1");
  Start();
  EXPECT_FALSE(informer_->has_synced());
  ASSERT_TRUE(Synced());
  EXPECT_TRUE(informer_->has_synced());
  server_.Put("a", "2");
  server_.Put("b", "1");
  server_.Delete("a");
  ASSERT_TRUE(Converges());
  EXPECT_EQ(told_, (std::vector<std::string>{"a:->1@uid-1", "a:1@uid-1>2@uid-1", "b:->1@uid-2",
                                             "a:2@uid-1>-"}));
  EXPECT_EQ(informer_->reflector().lists(), 1u);
}

TEST_F(InformerTest, AnEmptyCollectionIsSyncedToo) {
  Start();
  bool synced = false;
  informer_->OnSynced([&] { synced = true; });
  ASSERT_TRUE(Synced());
  EXPECT_TRUE(synced);
  bool at_once = false;
  informer_->OnSynced([&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

TEST_F(InformerTest, ReadsAllPages) {
  Fill(25);
  Start(10);
  ASSERT_TRUE(Synced());
  EXPECT_EQ(Cached(), server_.Contents());
  EXPECT_EQ(server_.lists, 1);
}

TEST_F(InformerTest, SaysItIsSyncedOnlyWhenTheLastPageIsIn) {
  Fill(25);
  Start(10);
  informer_->OnSynced([&] { EXPECT_EQ(Cached().size(), 25u); });
  ASSERT_TRUE(loop_.RunUntil([&] { return !told_.empty(); }));
  EXPECT_FALSE(informer_->has_synced());
  ASSERT_TRUE(Synced());
}

TEST_F(InformerTest, HandsALargeListOverInShortTasks) {
  Fill(1000);
  Start();
  int most_in_a_task = 0;
  while (!informer_->has_synced()) {
    const int before = projected_;
    ASSERT_TRUE(loop_.sim().Step());
    most_in_a_task = std::max(most_in_a_task, projected_ - before);
  }
  EXPECT_LE(most_in_a_task, 100);
  EXPECT_EQ(projected_, 1000);
}

TEST_F(InformerTest, PagesThatExpireMidwayAreReadAnewWithoutPages) {
  Fill(25);
  Start(10);
  ASSERT_TRUE(loop_.RunUntil([&] { return !told_.empty(); }));
  server_.Delete("p1003");  // was in the first page
  server_.Compact();
  ASSERT_TRUE(Synced());
  EXPECT_EQ(server_.pages_expired, 1);
  EXPECT_EQ(Cached(), server_.Contents());
  EXPECT_FALSE(Cached().contains("p1003"));
}

TEST_F(InformerTest, ResumesFromTheLastVersionWithoutListing) {
  server_.Put("a", "1");
  Start();
  ASSERT_TRUE(Synced());
  loop_.RunFor(Minutes(1));
  server_.BreakWatches();
  server_.Put("b", "1");
  server_.Delete("a");
  ASSERT_TRUE(Converges(Seconds(1)));
  EXPECT_EQ(server_.lists, 1);
  EXPECT_EQ(informer_->reflector().lists(), 1u);
}

TEST_F(InformerTest, BookmarksMoveTheVersionOn) {
  Start();
  ASSERT_TRUE(Synced());
  server_.Put("a", "1");
  server_.SendBookmarks();
  loop_.RunFor(Minutes(1));
  server_.Compact();
  server_.BreakWatches();
  server_.Put("b", "1");
  ASSERT_TRUE(Converges());
  EXPECT_EQ(server_.lists, 1);
}

TEST_F(InformerTest, ListsAnewWhenTheVersionIsGoneAndTellsMissedDeletions) {
  server_.Put("a", "1");
  server_.Put("b", "1");
  Start();
  ASSERT_TRUE(Synced());
  told_.clear();
  server_.BreakWatches();
  server_.Delete("a");
  server_.Put("c", "1");
  server_.Compact();
  ASSERT_TRUE(Converges());
  ASSERT_TRUE(Synced());
  EXPECT_EQ(informer_->reflector().relists_after_gone(), 1u);
  EXPECT_EQ(std::count(told_.begin(), told_.end(), "a:1@uid-1>-"), 1);
  EXPECT_EQ(std::count(told_.begin(), told_.end(), "c:->1@uid-3"), 1);
}

TEST_F(InformerTest, AnErrorEventThatComesThroughListsAnewToo) {
  server_.Put("a", "1");
  server_.gone_as_error_status = true;
  Start();
  ASSERT_TRUE(Synced());
  server_.BreakWatches();
  server_.Delete("a");
  server_.Compact();
  ASSERT_TRUE(Converges());
  EXPECT_EQ(informer_->reflector().relists_after_gone(), 1u);
}

TEST_F(InformerTest, GoneWhileTheWatchIsOpenListsAnew) {
  Start();
  ASSERT_TRUE(Synced());
  loop_.RunFor(Minutes(1));
  server_.hold = true;
  server_.Put("a", "1");
  server_.BreakWatches(Error{ErrorCode::kGone, "too old", std::nullopt});
  ASSERT_TRUE(Converges(Seconds(1)));
  EXPECT_EQ(server_.lists, 2);
}

TEST_F(InformerTest, TellsThatANameWasMadeAnew) {
  server_.Put("a", "1");
  Start();
  ASSERT_TRUE(Synced());
  told_.clear();
  server_.BreakWatches();
  server_.Delete("a");
  server_.Put("a", "1");
  server_.Compact();
  ASSERT_TRUE(Converges());
  EXPECT_EQ(told_, (std::vector<std::string>{"a:1@uid-1>1@uid-2"}));
}

TEST_F(InformerTest, ManyMissedDeletionsAreAllTold) {
  Fill(3500);
  Start();
  ASSERT_TRUE(Synced());
  told_.clear();
  server_.BreakWatches();
  for (int i = 0; i < 3500; i += 2) server_.Delete("p" + std::to_string(1000 + i));
  server_.Compact();
  ASSERT_TRUE(Converges());
  EXPECT_EQ(std::count_if(told_.begin(), told_.end(),
                          [](const std::string& t) { return t.ends_with(">-"); }),
            1750);
}

TEST_F(InformerTest, LeavesOutWhatTheProjectionRefuses) {
  server_.Put("a", "hidden");
  server_.Put("b", "1");
  Start();
  ASSERT_TRUE(Synced());
  EXPECT_EQ(informer_->items().size(), 1u);
  server_.Put("b", "hidden");
  server_.Put("a", "1");
  loop_.RunFor(Seconds(1));
  EXPECT_EQ(Cached(), (std::map<std::string, std::string>{{"a", "1@uid-1"}}));
  EXPECT_EQ(told_.back(), "a:->1@uid-1");
}

TEST_F(InformerTest, WatchesThatCloseAtOnceAreOpenedEverMoreSlowly) {
  Start();
  ASSERT_TRUE(Synced());
  server_.close_at_once = true;
  server_.BreakWatches();
  loop_.RunFor(Minutes(10));
  EXPECT_LT(server_.watches, 60);
  EXPECT_GT(server_.watches, 10);
  server_.close_at_once = false;
  server_.Put("a", "1");
  EXPECT_TRUE(Converges(Minutes(1)));
  EXPECT_EQ(server_.lists, 1);
}

TEST_F(InformerTest, OutlivesAnOutageOfTheServer) {
  server_.Put("a", "1");
  Start();
  ASSERT_TRUE(Synced());
  server_.refuse_all = true;
  server_.BreakWatches();
  loop_.RunFor(Minutes(30));
  EXPECT_FALSE(informer_->reflector().current());
  EXPECT_EQ(informer_->reflector().last_error()->code, ErrorCode::kUnavailable);
  EXPECT_EQ(Cached().size(), 1u) << "what was known stays";
  server_.Put("a", "2");
  server_.refuse_all = false;
  EXPECT_TRUE(Converges(Minutes(1)));
  ASSERT_TRUE(Synced());
  EXPECT_FALSE(informer_->reflector().last_error());
}

TEST_F(InformerTest, AWatchThatFallsSilentIsReplaced) {
  Start();
  ASSERT_TRUE(Synced());
  for (int i = 0; i < 3; ++i) {
    loop_.RunFor(Minutes(1));
    server_.SendBookmarks();
  }
  server_.hold = true;  // a stall: nothing comes, nothing ends
  server_.Put("a", "1");
  loop_.RunFor(Minutes(2));
  EXPECT_EQ(server_.watches, 1);
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(server_.watches, 2);
  server_.hold = false;
  server_.Put("b", "1");
  EXPECT_TRUE(Converges(Seconds(1)));
}

TEST_F(InformerTest, AStallWithoutBookmarksEndsWithTheTimeoutThatWasAsked) {
  Start();
  ASSERT_TRUE(Synced());
  server_.hold = true;
  loop_.RunFor(Minutes(18));
  EXPECT_GE(server_.watches, 2);
}

TEST_F(InformerTest, MayBeDestroyedAtAnyMoment) {
  Fill(300);
  for (int steps = 0; steps < 40; ++steps) {
    Start(100);
    for (int i = 0; i < steps; ++i) loop_.sim().Step();
    informer_.reset();
    const int told = projected_;
    loop_.RunFor(Minutes(1));
    EXPECT_EQ(projected_, told);
    EXPECT_EQ(server_.open_watches(), 0);
  }
}

TEST_F(InformerTest, StopsAndStartsAgain) {
  server_.Put("a", "1");
  Start();
  ASSERT_TRUE(Synced());
  informer_->Stop();
  server_.Delete("a");
  loop_.RunFor(Minutes(1));
  EXPECT_EQ(Cached().size(), 1u);
  informer_->Start();
  EXPECT_TRUE(Converges(Seconds(1)));
}

// Whatever breaks in whatever order: when the server is quiet and well, cache and server are equal,
// and the handlers' story of every key adds up.
class InformerFuzz : public InformerTest, public ::testing::WithParamInterface<int> {};

TEST_P(InformerFuzz, EqualsTheServerWhenQuiet) {
  Rng rng = Rng(static_cast<uint64_t>(GetParam())).Stream("interleaving");
  Start(rng.Between(1, 7));
  std::map<std::string, std::string> story;
  informer_->AddHandler(
      [&](const NamespacedName& key, const std::string* before, const std::string* after) {
        EXPECT_EQ(before ? *before : "", story.contains(key.name) ? story[key.name] : "");
        if (after) story[key.name] = *after;
        if (!after) story.erase(key.name);
      });
  for (int i = 0; i < 400; ++i) {
    const std::string name = "p" + std::to_string(rng.Below(12));
    switch (rng.Below(12)) {
      case 0:
        server_.BreakWatches();
        break;
      case 1:
        server_.BreakWatches(Error{ErrorCode::kUnavailable, "reset", std::nullopt});
        break;
      case 2:
        server_.BreakWatches(Error{ErrorCode::kGone, "old", std::nullopt});
        break;
      case 3:
        server_.Compact();
        break;
      case 4:
        server_.SendBookmarks();
        break;
      case 5:
        server_.refuse_all = rng.Chance(0.4);
        break;
      case 6:
        server_.close_at_once = rng.Chance(0.3);
        break;
      case 7:
        server_.gone_as_error_status = rng.Chance(0.5);
        break;
      case 8:
        server_.Delete(name);
        break;
      default:
        server_.Put(name, rng.Chance(0.1) ? "x" : std::to_string(i));
    }
    for (uint64_t n = rng.Below(4); n > 0; --n) loop_.sim().Step();
    if (rng.Chance(0.1)) loop_.RunFor(Milliseconds(rng.Between(1, 20000)));
  }
  server_.refuse_all = server_.close_at_once = false;
  EXPECT_TRUE(Converges());
  EXPECT_EQ(story, Cached());
}

INSTANTIATE_TEST_SUITE_P(Seeds, InformerFuzz, ::testing::Range(0, 100));

}  // namespace
}  // namespace stowage::kube
