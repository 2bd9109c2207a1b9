// Pods go where their volumes are, and a volume that is not there yet stays where its first pod is.
#include "scheduler/control/volumes.h"

#include "test/scheduler/control/scheduler_world.h"

namespace stowage::scheduler {
namespace {

kube::Object FromText(const std::string& json) { return kube::Object(*kube::Json::Parse(json)); }

kube::Object Claim(const std::string& name, const std::string& volume = "",
                   const std::string& storage_class = "") {
  return FromText(
      R"({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": "default", "name": ")" +
      name + R"("}, "spec": {"volumeName": ")" + volume + R"(", "storageClassName": ")" +
      storage_class + R"("}})");
}

kube::Object Volume(const std::string& name, const std::string& zone) {
  return FromText(
      R"({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": ")" + name +
      R"("}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                  {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [")" +
      zone + R"("]}]}]}}}})");
}

class VolumesTest : public SchedulerTest {
 protected:
  // Two members of one zone each; "a" is cheaper.
  void SetUp() override {
    for (const std::string name : {"a", "b"}) {
      MemberShape shape = Shape(4);
      shape.labels["topology.kubernetes.io/zone"] = "zone-" + name;
      board_.Set(name, {shape});
      host_.Put(NodeOf(name));
      fleet_.clusters[name].core_hour = Dollars(name == "a" ? 0.01 : 0.02);
    }
  }
  kube::Object PodWith(const std::string& name, const std::string& claim) {
    kube::MutableJson doc(WebPod(name).Build().json());
    doc.Set({"spec", "volumes"},
            *kube::Json::Parse(R"([{"name": "data", "persistentVolumeClaim": {"claimName": ")" +
                               claim + R"("}}])"));
    return kube::Object(std::move(doc).Freeze());
  }
  std::string MarkOf(const std::string& claim) {
    return std::string(host_.Get("PersistentVolumeClaim", {"default", claim})
                           .annotation(kube::kAnnotationVolumeNode));
  }
};

TEST_F(VolumesTest, APodGoesWhereItsVolumeIs) {
  host_.Put(Volume("pv", "zone-b"));
  host_.Put(Claim("data", "pv"));
  host_.Put(PodWith("db", "data"));
  host_.Put(PodWith("elsewhere", "unknown-to-the-host"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "b");
  EXPECT_EQ(NodeOfPod("elsewhere"), "a");
  EXPECT_EQ(MarkOf("data"), "");  // the volume itself says where it is
}

TEST_F(VolumesTest, WithoutSuchANodeItSaysWhyAndWaitsForTheVolumeToChange) {
  host_.Put(Volume("pv", "zone-c"));
  host_.Put(Claim("data", "pv"));
  host_.Put(PodWith("db", "data"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "");
  EXPECT_THAT(LastEvent("FailedScheduling"),
              HasSubstr("node(s) had volume node affinity conflict"));
  host_.Put(Volume("pv", "zone-a"));
  Settle(Seconds(15));
  EXPECT_EQ(NodeOfPod("db"), "a");
}

TEST_F(VolumesTest, TheFirstPodOfAClaimDecidesForThoseThatCome) {
  host_.Put(Claim("data"));
  host_.Put(PodWith("first", "data"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("first"), "a");
  EXPECT_EQ(MarkOf("data"), "a");
  host_.Delete("Pod", {"default", "first"});
  fleet_.clusters["a"].core_hour = Dollars(0.05);
  scheduler_->SetFleet(fleet_);
  host_.Put(PodWith("second", "data"));
  host_.Put(WebPod("free"));
  Settle();
  EXPECT_EQ(NodeOfPod("second"), "a");
  EXPECT_EQ(NodeOfPod("free"), "b");
}

TEST_F(VolumesTest, PodsThatRaceForOneClaimEndInOneCluster) {
  fleet_.clusters["a"].core_hour = Dollars(0);
  board_.Set("a", {Shape(0)});  // each pod fits into one of two clusters only
  MemberShape small{{}, {}, {{"cpu", 1000}, {"memory", 16 * kGi}, {"pods", 110}}, 1};
  board_.Set("a", {small});
  board_.Set("b", {small});
  host_.Put(Claim("data"));
  host_.Put(PodWith("one", "data"));
  host_.Put(PodWith("two", "data"));
  Start();
  Settle();
  const std::string mark = MarkOf("data");
  ASSERT_FALSE(mark.empty());
  EXPECT_EQ(host_.BoundTo(mark), 1u);
  EXPECT_EQ(host_.Bound(), 1u);  // the other cluster does not have the data
  board_.Set(mark, {Shape(1)});
  Settle(Seconds(30));
  EXPECT_EQ(host_.BoundTo(mark), 2u);
}

TEST_F(VolumesTest, AMarkOfANodeThatIsGoneCountsForNothing) {
  kube::MutableJson claim(Claim("data").json());
  claim.Set({"metadata", "annotations", kube::kAnnotationVolumeNode}, "gone");
  host_.Put(kube::Object(std::move(claim).Freeze()));
  host_.Put(PodWith("db", "data"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "a");
  EXPECT_EQ(MarkOf("data"), "a");
}

TEST_F(VolumesTest, AStorageClassMayBeOfSomeZonesOnly) {
  host_.Put(FromText(R"({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
      "metadata": {"name": "local"}, "allowedTopologies": [{"matchLabelExpressions": [
      {"key": "topology.kubernetes.io/zone", "values": ["zone-b", "zone-x"]}]}]})"));
  host_.Put(Claim("data", "", "local"));
  host_.Put(PodWith("db", "data"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "b");
}

TEST_F(VolumesTest, AnEphemeralVolumesClaimHasTheNamesOfPodAndVolume) {
  host_.Put(Volume("pv", "zone-b"));
  host_.Put(Claim("db-scratch", "pv"));
  kube::MutableJson doc(WebPod("db").Build().json());
  doc.Set({"spec", "volumes"}, *kube::Json::Parse(R"([{"name": "scratch", "ephemeral": {}}])"));
  host_.Put(kube::Object(std::move(doc).Freeze()));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "b");
}

TEST_F(VolumesTest, WhoMayNotReadThemGoesOnAfterAWhile) {
  host_.transport().Reply("GET", "/api/v1/persistentvolumes", 403, "{}");
  host_.Put(Claim("data"));
  host_.Put(PodWith("db", "data"));
  Start();
  Settle();
  EXPECT_EQ(NodeOfPod("db"), "");
  Settle(Seconds(6));
  EXPECT_EQ(NodeOfPod("db"), "a");
}

TEST_F(VolumesTest, NothingIsWatchedBeforeAPodHasVolumes) {
  Pods(3);
  Start();
  Settle();
  EXPECT_EQ(host_.Bound(), 3u);
  EXPECT_TRUE(host_.transport().Requests("GET", "/api/v1/persistentvolume").empty());
}

}  // namespace
}  // namespace stowage::scheduler
