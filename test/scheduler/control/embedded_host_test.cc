// The scheduler against the embedded API server: its own binding rules, watches and events.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/api/well_known.h"
#include "scheduler/control/scheduler.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "test/scheduler/builders.h"
#include "test/support/builders.h"
#include "test/support/test_loop.h"

namespace stowage::scheduler {
namespace {

class EmbeddedHostTest : public testing::Test {
 protected:
  EmbeddedHostTest()
      : server_(loop_.executor(), loop_.rng("server"), {.name = "host"}),
        transport_(loop_.executor(), server_, {.latency = Milliseconds(2)}),
        client_(transport_) {
    loop_.RunFor(Seconds(1));
  }

  // As a client would send it: what the server gives is left out.
  void Make(const kube::Resource& resource, const kube::Json& built) {
    kube::MutableJson doc(built);
    for (const char* field : {"uid", "resourceVersion", "creationTimestamp"}) {
      doc.Remove({"metadata", field});
    }
    const kube::Json object = std::move(doc).Freeze();
    std::optional<Error> error;
    bool done = false;
    client_.Create(resource, object["metadata"]["namespace"].str(), object,
                   [&](Result<kube::Object> made) {
                     done = true;
                     if (!made) error = made.error();
                   });
    ASSERT_TRUE(loop_.RunUntil([&] { return done; }));
    ASSERT_FALSE(error) << error->ToString();
  }
  void Member(const std::string& name, int64_t nodes) {
    board_.Set(name, {{{}, {}, {{"cpu", 4000}, {"memory", 16 * kGi}, {"pods", 110}}, nodes}});
    test::NodeBuilder node(name);
    node.Label(kube::kLabelCluster, name).Taint(kube::kTaintProvider, "stowage", "NoSchedule");
    Make(kube::kNodes, node.Json());
  }
  void Pod(const std::string& name) {
    test::PodBuilder pod("default", name);
    pod.Scheduler("stowage").Requests({{"cpu", "1"}, {"memory", "1Gi"}});
    Make(kube::kPods, pod.Json());
  }
  std::vector<kube::Object> List(const kube::Resource& resource) {
    std::optional<std::vector<kube::Object>> all;
    client_.ListAll(resource, "", {}, [&](Result<std::vector<kube::Object>> list) {
      all = list.value_or(std::vector<kube::Object>());
    });
    EXPECT_TRUE(loop_.RunUntil([&] { return all.has_value(); }));
    return all.value_or(std::vector<kube::Object>());
  }
  std::map<std::string, int> PodsByNode() {
    std::map<std::string, int> count;
    for (const kube::Object& pod : List(kube::kPods)) ++count[pod.spec()["nodeName"].string()];
    return count;
  }
  std::unique_ptr<Scheduler> NewScheduler(const std::string& stream) {
    auto scheduler = std::make_unique<Scheduler>(Scheduler::Deps{loop_.executor(), client_, board_},
                                                 loop_.rng(stream));
    FleetConfig fleet;
    fleet.clusters["cloud"].core_hour = Dollars(0.05);
    scheduler->SetFleet(fleet);
    scheduler->Start();
    return scheduler;
  }

  test::TestLoop loop_;
  sim::ApiServer server_;
  sim::DirectTransport transport_;
  kube::Client client_;
  CapacityBoard board_;
};

TEST_F(EmbeddedHostTest, BindsWithAnAnnotationAndAnEventOnEachPod) {
  Member("onprem", 1);
  Member("cloud", 1);
  const auto scheduler = NewScheduler("s");
  for (int i = 0; i < 10; ++i) Pod("web-" + std::to_string(i));
  loop_.RunFor(Seconds(2));
  EXPECT_EQ(PodsByNode(), (std::map<std::string, int>{{"onprem", 4}, {"cloud", 4}, {"", 2}}));
  int unschedulable = 0;
  for (const kube::Object& pod : List(kube::kPods)) {
    if (pod.spec()["nodeName"].exists()) {
      const auto why = kube::Json::Parse(pod.annotation(kube::kAnnotationPlacement));
      ASSERT_TRUE(why);
      EXPECT_EQ((*why)["cluster"].str(), pod.spec()["nodeName"].str());
    }
    for (const kube::JsonRef c : pod.status()["conditions"].elements()) {
      unschedulable += c["type"].str() == "PodScheduled" && c["reason"].str() == "Unschedulable";
    }
  }
  EXPECT_EQ(unschedulable, 2);
  std::map<std::string, int> reasons;
  for (const kube::Object& event : List(kube::kEvents)) ++reasons[event["reason"].string()];
  EXPECT_EQ(reasons["Scheduled"], 8);
  EXPECT_EQ(reasons["FailedScheduling"], 2);
}

TEST_F(EmbeddedHostTest, TwoThatRaceOverLostConnectionsBindEveryPodOnce) {
  Member("onprem", 10);
  Member("cloud", 10);
  const auto one = NewScheduler("one"), two = NewScheduler("two");
  for (int i = 0; i < 60; ++i) {
    Pod("web-" + std::to_string(i));
    if (i % 20 == 10) server_.DropConnections();
    if (i == 40) server_.CompactHistory();
  }
  loop_.RunFor(Minutes(2));
  EXPECT_EQ(PodsByNode()[""], 0);
  for (const Scheduler* s : {one.get(), two.get()}) {
    EXPECT_EQ(s->stats().occupants, 60u);
    EXPECT_EQ(s->stats().assumed, 0u);
    EXPECT_EQ(s->stats().pending, 0u);
  }
  EXPECT_EQ(one->stats().bound + two->stats().bound, 60u);
}

}  // namespace
}  // namespace stowage::scheduler
