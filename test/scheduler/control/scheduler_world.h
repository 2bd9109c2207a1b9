// SchedulerTest: a scheduler, a host and members, in virtual time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "kube/api/well_known.h"
#include "scheduler/control/scheduler.h"
#include "test/scheduler/builders.h"
#include "test/scheduler/control/fake_host.h"
#include "test/support/test_loop.h"

namespace stowage::scheduler {

using test::MakeNode;
using test::MakePod;
using testing::HasSubstr;

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() : host_(loop_.executor()) {}

  // A virtual node with `nodes` member nodes of 4 cores and 16 GiB.
  void Member(const std::string& name, int64_t nodes) {
    board_.Set(name, {Shape(nodes)});
    host_.Put(NodeOf(name));
  }
  static MemberShape Shape(int64_t nodes) {
    return {{}, {}, {{"cpu", 4000}, {"memory", 16 * kGi}, {"pods", 110}}, nodes};
  }
  static kube::Object NodeOf(const std::string& name) {
    return MakeNode(name)
        .Label(kube::kLabelCluster, name)
        .Taint(kube::kTaintProvider, "stowage", "NoSchedule")
        .Build();
  }
  static test::PodBuilder WebPod(const std::string& name) {
    test::PodBuilder pod = MakePod("default", name);
    pod.Scheduler("stowage").Requests({{"cpu", "1"}, {"memory", "1Gi"}});
    return pod;
  }
  void Pods(int n, const std::string& prefix = "web-") {
    for (int i = 0; i < n; ++i) host_.Put(WebPod(prefix + std::to_string(i)));
  }
  void Start(SchedulerOptions options = {}) {
    scheduler_ = std::make_unique<Scheduler>(
        Scheduler::Deps{loop_.executor(), host_.client(), board_}, loop_.rng(), options);
    scheduler_->SetFleet(fleet_);
    scheduler_->Start();
  }
  void Settle(Duration span = Milliseconds(100)) { loop_.RunFor(span); }
  std::string NodeOfPod(const std::string& name) {
    return host_.Pod("default", name).spec()["nodeName"].string();
  }
  kube::Json Why(const std::string& name) {
    const auto text = host_.Pod("default", name).annotation(kube::kAnnotationPlacement);
    EXPECT_LT(text.size(), 1024u);
    return kube::Json::Parse(text).value_or(kube::Json());
  }
  std::string LastEvent(const std::string& reason) {
    for (auto it = host_.events.rbegin(); it != host_.events.rend(); ++it) {
      if (it->reason == reason) return it->message;
    }
    return "";
  }

  test::TestLoop loop_;
  FakeHost host_;
  CapacityBoard board_;
  FleetConfig fleet_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace stowage::scheduler
