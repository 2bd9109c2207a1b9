#include "test/scenarios/workload.h"

#include <glog/logging.h>

#include <utility>

#include "kube/api/well_known.h"

namespace stowage::scenarios {
namespace {

constexpr const char* kPlacement =
    R"("schedulerName":"stowage","tolerations":[{"key":"virtual-kubelet.io/provider","operator":"Exists"}],)";
// One size for all: then room is a number of pods, and "it fits" has one answer.
constexpr const char* kSize = R"("resources":{"requests":{"cpu":"500m","memory":"256Mi"}})";

kube::Json Parsed(const std::string& json) {
  auto parsed = kube::Json::Parse(json);
  CHECK(parsed) << parsed.error().ToString() << ": " << json;
  return *parsed;
}

}  // namespace

Workload::Workload(World& world)
    : world_(world), rng_(world.rng().Stream("workload")), host_(world.host().client()) {}

void Workload::After(Duration delay, std::function<void()> f) {
  world_.executor().RunAfter(delay, [alive = alive_, f = std::move(f)] {
    if (*alive) f();
  });
}

void Workload::Create(Client& client, const kube::Resource& resource, const std::string& ns,
                      const std::string& json) {
  client.Create(resource, ns, Parsed(json), [json](Result<kube::Object> made) {
    // What cannot be created at all is a mistake of ours, and would test nothing.
    CHECK(made || made.error().code != ErrorCode::kInvalid) << made.error().ToString() << json;
  });
}

void Workload::Patch(const kube::Resource& resource, const std::string& ns, const std::string& name,
                     const std::string& json, std::string_view subresource) {
  host_.Patch(
      resource, ns, name, kube::PatchType::kMerge, Parsed(json), [](Result<kube::Object>) {},
      subresource);
}

void Workload::Delete(Client& client, const kube::Resource& resource, const std::string& ns,
                      const std::string& name, std::optional<int64_t> grace) {
  kube::DeleteOptions options;
  options.grace_seconds = grace;
  if (resource.plural != "pods") options.propagation = "Background";
  client.Delete(resource, ns, name, options, [](Result<kube::Object>) {});
}

void Workload::Start() {
  on_ = true;
  for (const char* name : {"c0", "c1"}) {
    Create(host_, kube::kConfigMaps, kApp,
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + std::string(name) +
               R"("},"data":{"v":"0"}})");
  }
  Create(host_, kube::kSecrets, kApp,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s0"},"data":{"v":"MA=="}})");
  for (const auto& member : world_.members()) {
    if (rng_.Chance(0.5)) {
      Create(member->client(), kube::kNamespaces, "",
             R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + std::string(kApp) +
                 "\"}}");
    }
  }
  for (int i = 0; i < 3; ++i) MembersOwnPod();
  ComeAndGo();
  Next();
}

void Workload::Stop() {
  on_ = false;
  for (const std::string& node : cordoned_) {
    Patch(kube::kNodes, "", node, R"({"spec":{"unschedulable":null}})");
  }
}

void Workload::Next() {
  After(Milliseconds(static_cast<int64_t>(rng_.Exponential(2500)) + 1), [this] {
    if (!on_) return;
    ++actions_;
    Act();
    Next();
  });
}

void Workload::Act() {
  struct Choice {
    uint64_t weight;
    void (Workload::*act)();
  };
  static constexpr Choice kChoices[] = {
      {10, &Workload::CreateDeployment},
      {10, &Workload::ChangeDeployment},
      {8, &Workload::CreateJob},
      {24, &Workload::CreatePod},
      {22, &Workload::DeletePod},
      {8, &Workload::CreateAgain},
      {18, &Workload::ReplaceNewPods},
      {12, &Workload::ChangePod},
      {4, &Workload::EndPod},
      {5, &Workload::ChangeConfig},
      {3, &Workload::DeleteNode},
      {3, &Workload::Cordon},
      {3, &Workload::StrangersPod},
      {3, &Workload::MembersOwnPod},
      {3, &Workload::LoseCopy},
  };
  uint64_t all = 0;
  for (const Choice& c : kChoices) all += c.weight;
  uint64_t n = rng_.Below(all);
  for (const Choice& c : kChoices) {
    if (n < c.weight) return (this->*c.act)();
    n -= c.weight;
  }
}

std::string Workload::SpecJson(const std::string& container, const std::string& more) {
  const bool token = rng_.Chance(0.15);
  return std::string("{") + kPlacement + (token ? "" : R"("automountServiceAccountToken":false,)") +
         more + R"("containers":[{"name":"c",)" + container + "," + kSize + "}]}";
}

std::string Workload::PodJson(const std::string& name, const std::string& spec) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"("},"spec":)" + spec +
         "}";
}

std::string Workload::SomeSpec() {
  const std::string grace = rng_.Chance(0.3) ? R"("terminationGracePeriodSeconds":)" +
                                                   std::to_string(rng_.Between(1, 40)) + ","
                                             : "";
  switch (rng_.Below(8)) {
    case 0:  // crashes, again and again
      return SpecJson(R"("image":"busybox","command":["sh","-c","sleep 2; exit 3"])", grace);
    case 1:  // ends well
      return SpecJson(R"("image":"busybox","command":["sh","-c","sleep 5"])",
                      grace + R"("restartPolicy":"Never",)");
    case 2:  // ends badly
      return SpecJson(R"("image":"busybox","command":["sh","-c","sleep 1; exit 4"])",
                      grace + R"("restartPolicy":"Never",)");
    case 3: {  // needs what may not be there yet
      const std::string name = rng_.Chance(0.5) ? "c0" : "late" + std::to_string(next_name_);
      if (name != "c0" && rng_.Chance(0.8)) {
        After(Milliseconds(rng_.Between(100, 20'000)), [this, name] {
          Create(host_, kube::kConfigMaps, kApp,
                 R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
                     R"("},"data":{"v":"0"}})");
        });
      }
      return SpecJson(R"("image":"nginx","envFrom":[{"configMapRef":{"name":")" + name + "\"}}]",
                      grace);
    }
    case 4:
      return SpecJson(R"("image":"nginx","volumeMounts":[{"name":"s","mountPath":"/s"}])",
                      grace + R"("volumes":[{"name":"s","secret":{"secretName":"s0"}}],)");
    case 5:  // only there
      return SpecFor(SomeMember().name(), grace);
    case 6:  // takes its time to stop
      return SpecJson(R"("image":"busybox","command":["sh","-c","trap '' TERM; sleep 100000"])",
                      grace);
    default:
      return SpecJson(R"("image":"nginx")", grace);
  }
}

std::string Workload::SpecFor(const std::string& cluster, const std::string& more) {
  return SpecJson(R"("image":"nginx")",
                  more + R"("nodeSelector":{"stowage.dev/cluster":")" + cluster + "\"},");
}

// Often changed again and again while it begins.
void Workload::CreatePod() {
  const std::string name = "p" + std::to_string(next_name_++);
  Create(host_, kube::kPods, kApp, PodJson(name, SomeSpec()));
  if (!rng_.Chance(0.6)) return;
  for (int i = 0; i < 6; ++i) {
    After(Milliseconds(rng_.Between(1, 2500)), [this, name, i] {
      Patch(kube::kPods, kApp, name,
            R"({"metadata":{"labels":{"mark":")" + std::to_string(i) + R"("}}})");
    });
  }
}

// A pod alone in its namespace, about as often as what the namespace needs in a member is collected
// for want of pods. It goes where room is likely: to the dearest.
void Workload::ComeAndGo() {
  const std::string name = "p" + std::to_string(next_name_++);
  const std::string spec =
      SpecFor(world_.members().back()->name(), R"("terminationGracePeriodSeconds":1,)");
  Create(host_, kube::kPods, kRare, PodJson(name, spec));
  const int64_t life = rng_.Between(3000, 10'000);
  After(Milliseconds(life),
        [this, name] { Delete(host_, kube::kPods, kRare, name, std::nullopt); });
  After(Milliseconds(life + rng_.Between(24'000, 31'000)), [this] {
    if (on_) ComeAndGo();
  });
}

void Workload::CreateDeployment() {
  if (deployments_.size() >= 3) return ChangeDeployment();
  const std::string name = "d" + std::to_string(next_name_++);
  deployments_.push_back(name);
  Create(host_, kube::kDeployments, kApp,
         R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")" + name +
             R"("},"spec":{"replicas":)" + std::to_string(rng_.Between(1, 3)) +
             R"(,"selector":{"matchLabels":{"app":")" + name +
             R"("}},"template":{"metadata":{"labels":{"app":")" + name + R"("}},"spec":)" +
             SpecJson(R"("image":"nginx")", R"("terminationGracePeriodSeconds":5,)") + "}}}");
}

void Workload::ChangeDeployment() {
  if (deployments_.empty()) return CreatePod();
  const size_t i = rng_.Below(deployments_.size());
  const std::string name = deployments_[i];
  switch (rng_.Below(3)) {
    case 0:
      return Patch(kube::kDeployments, kApp, name,
                   R"({"spec":{"replicas":)" + std::to_string(rng_.Below(5)) + "}}");
    case 1:
      return Patch(kube::kDeployments, kApp, name,
                   R"({"spec":{"template":{"metadata":{"annotations":{"roll":")" +
                       std::to_string(rng_.Below(1000)) + R"("}}}}})");
    default:
      deployments_.erase(deployments_.begin() + static_cast<int64_t>(i));
      return Delete(host_, kube::kDeployments, kApp, name, std::nullopt);
  }
}

void Workload::CreateJob() {
  const std::string name = "j" + std::to_string(next_name_++);
  const std::string container =
      rng_.Chance(0.7) ? R"("image":"work:1")"
                       : R"("image":"busybox","command":["sh","-c","sleep 1; exit 1"])";
  Create(host_, kube::kJobs, kApp,
         R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":")" + name +
             R"("},"spec":{"backoffLimit":1,"completions":)" + std::to_string(rng_.Between(1, 3)) +
             R"(,"parallelism":2,"template":{"spec":)" +
             SpecJson(container, R"("restartPolicy":"Never",)") + "}}}");
  if (rng_.Chance(0.5)) {
    After(Seconds(rng_.Between(1, 60)),
          [this, name] { Delete(host_, kube::kJobs, kApp, name, std::nullopt); });
  }
}

const kube::Object* Workload::SomePod() {
  std::vector<const kube::Object*> ours;
  for (const auto& [key, pod] : world_.host_pods()) {
    if (key.ns == kApp) ours.push_back(&pod);
  }
  return ours.empty() ? nullptr : ours[rng_.Below(ours.size())];
}

Cluster& Workload::SomeMember() { return *world_.members()[rng_.Below(world_.members().size())]; }

void Workload::DeletePod() {
  const kube::Object* pod = SomePod();
  if (!pod) return CreatePod();
  std::optional<int64_t> grace;
  if (rng_.Chance(0.3)) grace = rng_.Between(1, 60);
  if (rng_.Chance(0.15)) grace = 0;
  if (grace == 0) world_.history().Forced(std::string(pod->uid()));
  const std::string name(pod->name());
  Delete(host_, kube::kPods, kApp, name, grace);
  if (grace != 0 && rng_.Chance(0.15)) {  // impatient
    After(Milliseconds(rng_.Between(1, 4000)), [this, name, uid = std::string(pod->uid())] {
      world_.history().Forced(uid);
      kube::DeleteOptions options;
      options.grace_seconds = rng_.Chance(0.5) ? 0 : 1;
      options.uid = uid;
      host_.Delete(kube::kPods, kApp, name, options, [](Result<kube::Object>) {});
    });
  }
}

// Another pod under the name, as soon as the name is free.
void Workload::CreateAgain() {
  const kube::Object* pod = SomePod();
  if (!pod || !pod->name().starts_with('p')) return CreatePod();
  const std::string name(pod->name());
  const bool force = rng_.Chance(0.5);
  if (force) world_.history().Forced(std::string(pod->uid()));
  Delete(host_, kube::kPods, kApp, name, force ? std::optional<int64_t>(0) : std::nullopt);
  const std::string again = PodJson(name, SomeSpec());
  for (const int64_t wait : {1, 1500, 9000, 31'000}) {
    After(Milliseconds(wait), [this, again] { Create(host_, kube::kPods, kApp, again); });
  }
}

// Some are made and, before much could become of them, taken away by force.
void Workload::ReplaceNewPods() {
  for (uint64_t n = rng_.Between(1, 5); n > 0; --n) {
    const std::string name = "p" + std::to_string(next_name_++);
    Create(host_, kube::kPods, kApp, PodJson(name, SomeSpec()));
    After(Milliseconds(rng_.Between(1, rng_.Chance(0.5) ? 500 : 5000)),
          [this, name] { Replace(name); });
  }
}

// By another pod of the name: in its place, anywhere, or for a cluster that nobody has joined yet.
void Workload::Replace(const std::string& name) {
  const auto it = world_.host_pods().find({kApp, name});
  if (it == world_.host_pods().end()) return;
  const std::string node = sim::NodeOf(it->second);
  world_.history().Forced(std::string(it->second.uid()));
  Delete(host_, kube::kPods, kApp, name, 0);
  std::string spec = SpecFor("m9", "");
  switch (rng_.Below(4)) {
    case 0:
      return;  // by none
    case 1:
      spec = node.empty() ? SomeSpec() : SpecFor(node, "");
      break;
    case 2:
      spec = SomeSpec();
      break;
    default:
      break;
  }
  After(Milliseconds(1),
        [this, again = PodJson(name, spec)] { Create(host_, kube::kPods, kApp, again); });
}

void Workload::ChangePod() {
  const kube::Object* pod = SomePod();
  if (!pod) return CreatePod();
  Patch(kube::kPods, kApp, std::string(pod->name()),
        R"({"metadata":{"labels":{"mark":")" + std::to_string(rng_.Below(1000)) + R"("}}})");
}

// Somebody ends a pod on the host, as an eviction does: so it stays, whatever its member says.
void Workload::EndPod() {
  const kube::Object* pod = SomePod();
  if (!pod || sim::NodeOf(*pod).empty() || sim::IsFinished(*pod)) return CreatePod();
  Patch(kube::kPods, kApp, std::string(pod->name()),
        R"({"metadata":{"uid":")" + std::string(pod->uid()) +
            R"("},"status":{"phase":"Failed","reason":"Evicted"}})",
        "status");
}

void Workload::ChangeConfig() {
  const std::string n = std::to_string(rng_.Below(1000));
  switch (rng_.Below(3)) {
    case 0:
      return Patch(kube::kSecrets, kApp, "s0", R"({"stringData":{"v":")" + n + "\"}}");
    case 1:  // gone, and there again
      Delete(host_, kube::kConfigMaps, kApp, "c0", std::nullopt);
      return After(Milliseconds(rng_.Between(1, 8000)), [this, n] {
        Create(host_, kube::kConfigMaps, kApp,
               R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c0"},"data":{"v":")" +
                   n + "\"}}");
      });
    default:
      return Patch(kube::kConfigMaps, kApp, "c0", R"({"data":{"v":")" + n + "\"}}");
  }
}

void Workload::DeleteNode() { Delete(host_, kube::kNodes, "", SomeMember().name(), std::nullopt); }

void Workload::Cordon() {
  const std::string node = SomeMember().name();
  cordoned_.push_back(node);
  Patch(kube::kNodes, "", node, R"({"spec":{"unschedulable":true}})");
  After(Seconds(rng_.Between(2, 30)),
        [this, node] { Patch(kube::kNodes, "", node, R"({"spec":{"unschedulable":null}})"); });
}

// A pod of somebody else, in the member, under the name that one of ours will have.
void Workload::StrangersPod() {
  Create(
      SomeMember().client(), kube::kPods, kApp,
      PodJson(
          "p" + std::to_string(next_name_),
          R"({"automountServiceAccountToken":false,"containers":[{"name":"x","image":"nginx"}]})"));
}

void Workload::MembersOwnPod() {
  Cluster& member = SomeMember();
  if (foreign_.size() > 4) {
    const auto [cluster, name] = foreign_.front();
    foreign_.erase(foreign_.begin());
    world_.foreign().Released(cluster->name(), {kOther, name});
    return Delete(cluster->client(), kube::kPods, kOther, name, 1);
  }
  const std::string name = "own" + std::to_string(next_name_++);
  foreign_.emplace_back(&member, name);
  Create(member.client(), kube::kPods, kOther,
         PodJson(name, std::string(
                           R"({"automountServiceAccountToken":false,"containers":[{"name":"x",)") +
                           R"("image":"nginx",)" + kSize + "}]}"));
}

// An owner of a member deletes one of our copies there. Only where the host knows that it began:
// who deletes a copy before anybody could be told of its start has it started anew.
void Workload::LoseCopy() {
  const kube::Object* pod = SomePod();
  if (!pod || pod->status()["phase"].str() != "Running") return CreatePod();
  Cluster* member = world_.FindServer(sim::NodeOf(*pod));
  world_.history().Lost(std::string(pod->uid()));
  if (member) Delete(member->client(), kube::kPods, kApp, std::string(pod->name()), 1);
}

}  // namespace stowage::scenarios
