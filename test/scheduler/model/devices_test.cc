#include "scheduler/model/devices.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "base/random/rng.h"
#include "scheduler/model/placement.h"
#include "test/scheduler/builders.h"

namespace stowage::scheduler {
namespace {

constexpr size_t kMilli = 3, kBytes = 4;  // the first numbers after the fixed ones

Devices Gpus(std::vector<std::vector<int64_t>> free) { return {{kMilli, kBytes}, std::move(free)}; }

Amounts Asks(int64_t milli, int64_t bytes, int32_t devices = 1) {
  Amounts out{100, 0, 1, milli, bytes};
  out.devices = devices;
  return out;
}

// Whether `pods` find devices, by trying all ways.
bool FindAll(const Devices& devices, const Amounts& demand, int64_t pods) {
  std::vector<std::vector<int64_t>> free = devices.free;
  const auto fits = [&](size_t d) {
    for (size_t i = 0; i < devices.resources.size(); ++i) {
      if (free[d][i] < Devices::PartOf(demand, devices.resources[i])) return false;
    }
    return true;
  };
  const auto take = [&](size_t d, int sign) {
    for (size_t i = 0; i < devices.resources.size(); ++i) {
      free[d][i] -= sign * Devices::PartOf(demand, devices.resources[i]);
    }
  };
  // The devices of one pod ascend.
  const std::function<bool(int64_t, int32_t, size_t)> place = [&](int64_t left, int32_t parts,
                                                                  size_t first) -> bool {
    if (left == 0) return true;
    if (parts == 0) return place(left - 1, demand.devices, 0);
    for (size_t d = first; d < free.size(); ++d) {
      if (!fits(d)) continue;
      take(d, 1);
      const bool found = place(left, parts - 1, d + 1);
      take(d, -1);
      if (found) return true;
    }
    return false;
  };
  return place(pods, demand.devices, 0);
}

TEST(DevicesTest, APartLiesOnOneDeviceWhateverTheSum) {
  const Devices two = Gpus({{500, 40}, {400, 40}});
  EXPECT_EQ(two.Fit(Asks(500, 0)), 1);
  EXPECT_EQ(two.Fit(Asks(600, 0)), 0);
  EXPECT_EQ(two.Fit(Asks(200, 0)), 4);
  EXPECT_EQ(two.Fit(Asks(200, 30)), 2);  // both resources of the same device
  EXPECT_EQ(two.Fit(Asks(0, 0)), kMaxPods);
}

TEST(DevicesTest, SeveralDevicesGiveEqualPartsRoundedUp) {
  const Devices three = Gpus({{1000, 9}, {1000, 9}, {500, 9}});
  EXPECT_EQ(three.Fit(Asks(1000, 0, 2)), 2);
  EXPECT_EQ(three.Fit(Asks(2000, 0, 2)), 1);
  EXPECT_EQ(three.Fit(Asks(999, 0, 2)), 2);  // 500 each
  EXPECT_EQ(three.Fit(Asks(1501, 0, 3)), 0);
  EXPECT_EQ(three.Fit(Asks(1500, 0, 3)), 1);
  EXPECT_EQ(three.Fit(Asks(4, 0, 4)), 0);
}

TEST(DevicesTest, FitIsWhatTryingAllWaysFinds) {
  Rng rng(5);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    Devices devices = Gpus({});
    for (int64_t n = rng.Between(1, 4); n > 0; --n) {
      const int64_t milli = rng.Between(0, 6);
      const int64_t bytes = rng.Between(0, 6);
      devices.free.push_back({milli, bytes});
    }
    const int64_t milli = rng.Between(0, 5);
    const int64_t bytes = rng.Between(0, 5);
    const Amounts demand = Asks(milli, bytes, static_cast<int32_t>(rng.Between(1, 3)));
    if (!devices.Concern(demand)) continue;
    const int64_t fit = devices.Fit(demand);
    refused += fit == 0;
    EXPECT_TRUE(FindAll(devices, demand, fit)) << round;
    EXPECT_FALSE(FindAll(devices, demand, fit + 1)) << round;
  }
  EXPECT_GT(refused, 200);
}

TEST(DevicesTest, WhoLeavesGivesBackWhatWasTaken) {
  Rng rng(6);
  for (int round = 0; round < 500; ++round) {
    Devices devices = Gpus({{9, 9}, {7, 9}, {5, 3}});
    const Devices before = devices;
    const Amounts demand = Asks(rng.Between(1, 4), 1, static_cast<int32_t>(rng.Between(1, 3)));
    const int64_t pods = rng.Between(0, devices.Fit(demand));
    std::vector<int64_t> on;
    devices.Take(demand, pods, on);
    for (int64_t left = pods; left > 0; --left) {
      // Those that stay can be told apart into pods.
      EXPECT_EQ(std::accumulate(on.begin(), on.end(), int64_t{0}), left * demand.devices);
      for (const int64_t n : on) EXPECT_LE(n, left);
      devices.GiveBack(demand, on);
    }
    EXPECT_EQ(devices, before);
  }
}

TEST(DevicesTest, PodsOfOneDeviceFillTheFullestFirst) {
  Devices devices = Gpus({{1000, 9}, {300, 9}, {700, 9}});
  std::vector<int64_t> on;
  devices.Take(Asks(300, 0), 2, on);
  EXPECT_EQ(on, (std::vector<int64_t>{0, 1, 1}));
}

class DevicesCheckTest : public testing::Test {
 protected:
  DevicesCheckTest() {
    problem_.resources.Intern("gpu-milli");
    problem_.resources.Intern("gpu-bytes");
    PodClass k = Pods("k", 2, Asks(600, 0));
    problem_.classes = {k};
    ClusterView c = Cluster("c", {Nodes(1, {4000, 0, 110, 1500})});
    c.shapes[0].devices = {{kMilli}, {{1000}, {500}}};
    problem_.clusters = {c};
    placement_.classes = {{"k", {{"c", 1}}, 1}};
    placement_.witness = {{"c", {{0, -1, 1, {{"k", -1, 1, 1, {1, 0}}}}}, 0}};
  }
  std::string Verdict() {
    const auto ok = CheckPlacement(problem_, placement_);
    return ok ? "right" : ok.error().message;
  }
  std::vector<int64_t>& On() { return placement_.witness[0].nodes[0].loads[0].on; }
  Problem problem_;
  Placement placement_;
};

TEST_F(DevicesCheckTest, TheCheckerFollowsEveryPodToItsDevice) {
  EXPECT_EQ(Verdict(), "right");
  On() = {0, 1};
  EXPECT_EQ(Verdict(), "c: a device holds too much");
  On() = {};
  EXPECT_EQ(Verdict(), "c: pods on no devices, or on some that are not there");
  On() = {0, 0};
  EXPECT_EQ(Verdict(), "c: pods without their number of devices");
  On() = {2, -1};
  EXPECT_EQ(Verdict(), "c: a device is given twice");
  problem_.classes[0].demand.devices = 2;
  On() = {1, 1};
  EXPECT_EQ(Verdict(), "right");
  problem_.classes[0].demand = {100, 0, 1};
  EXPECT_EQ(Verdict(), "c: devices for whom needs none");
}

TEST_F(DevicesCheckTest, DevicesAndTheirNodeMustAgree) {
  EXPECT_TRUE(Validate(problem_));
  problem_.clusters[0].shapes[0].free[kMilli] = 1400;
  EXPECT_EQ(Validate(problem_).error().message,
            "cluster c.shape.devices.gpu-milli: the node has 1400, but its devices have 1500");
  problem_.clusters[0].shapes[0].devices.free[0] = {};
  EXPECT_EQ(Validate(problem_).error().message, "cluster c.shape.devices: amounts are missing");
  problem_.classes[0].demand.devices = 0;
  EXPECT_EQ(Validate(problem_).error().message,
            "class k.demand.devices: 0 is not between 1 and 1024");
}

}  // namespace
}  // namespace stowage::scheduler
