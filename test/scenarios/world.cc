#include "test/scenarios/world.h"

#include <glog/logging.h>

#include <utility>

#include "kube/api/base64.h"
#include "kube/api/well_known.h"
#include "sim/checkers/nothing_left.h"
#include "sim/checkers/settled.h"

namespace stowage::scenarios {
namespace {

constexpr char kClusterCrd[] =
#include "clusters_crd.inc"
    ;

// So many tasks without any time passing are a loop that never ends.
constexpr uint64_t kTasksAnInstant = 200'000;

constexpr int kNodesAMember = 2;

sim::MemberOptions OptionsOf(const std::string& name, int number) {
  sim::MemberOptions options;
  options.cluster = name;
  options.pod_cidr = "10." + std::to_string(100 + number) + ".0.0/16";
  sim::NodePool pool;
  pool.name = name + "-node";
  pool.count = kNodesAMember;
  pool.cpu = "2";
  pool.memory = "4Gi";
  options.pools = {pool};
  options.image_pull = {Milliseconds(200), Milliseconds(900)};
  options.batch_run = Seconds(4);
  return options;
}

std::string Named(const std::string& kind, const std::string& api, const std::string& name) {
  return R"({"apiVersion":")" + api + R"(","kind":")" + kind + R"(","metadata":{"name":")" + name +
         "\"}";
}

}  // namespace

// An informer of ours over a faulty link, never killed: shows that the cache itself loses nothing.
struct World::Follower {
  Follower(World& world, Cluster& cluster, std::unique_ptr<Link> l)
      : name("informer of pods of " + cluster.name()),
        server(cluster),
        link(std::move(l)),
        client(*link),
        pods(world.executor_, client, world.rng_.Stream("follower/" + cluster.name()),
             {.resource = kube::kPods, .page_size = 5},
             [](const kube::Object& pod) { return std::optional(sim::VersionOf(pod)); }) {
    pods.Start();
  }
  std::string name;
  Cluster& server;
  std::unique_ptr<Link> link;
  kube::Client client;
  kube::Informer<std::string> pods;
};

World::World(uint64_t seed, std::string show)
    : rng_(seed),
      journal_(executor_, std::move(show)),
      runs_once_(findings_),
      history_(findings_),
      capacity_(findings_),
      selectors_(findings_),
      moderation_(findings_) {
  SetUpHost();
  Rng shape = rng_.Stream("shape");
  const int members = shape.Chance(0.3) ? 3 : 2;
  for (int i = 0; i < members; ++i) SetUpMember(i);
  leader_election_ = shape.Chance(0.4);
  processes_.resize(leader_election_ ? 2 : 1);
  starts_of_.resize(processes_.size());
  AddRecorders();
  executor_.RunFor(Seconds(2));  // members register their nodes
}

World::~World() {
  processes_.clear();
  followers_.clear();
}

void World::SetUpHost() {
  host_ = std::make_unique<Cluster>(executor_, rng_.Stream("host"), "host");
  host_uid_ = host_->server().cluster_uid();
  host_->CreateYaml(kube::kCustomResourceDefinitions, kClusterCrd);
  host_->Create(kube::kNamespaces, "", Named("Namespace", "v1", "stowage-system") + "}");
  host_->Create(kube::kNamespaces, "", Named("Namespace", "v1", kApp) + "}");
  host_->Create(kube::kNamespaces, "", Named("Namespace", "v1", kRare) + "}");
}

void World::SetUpMember(int number) {
  const std::string name = "m" + std::to_string(number);
  members_.push_back(std::make_unique<Cluster>(executor_, rng_.Stream(name), name));
  Cluster& cluster = *members_.back();
  cluster.AddMember(OptionsOf(name, number));
  runs_once_.AddMember(name, cluster.member()->kubelet().log());
  capacity_.SetLimit(
      name, {{"cpu", kNodesAMember * 2000}, {"memory", kNodesAMember * (int64_t{4} << 30)}});
  host_->Create(kube::kSecrets, "stowage-system",
                Named("Secret", "v1", name) + R"(,"data":{"kubeconfig":")" +
                    kube::EncodeBase64(name) + "\"}}");
  host_->Create(kube::kClusters, "",
                Named("Cluster", "stowage.dev/v1alpha1", name) +
                    R"(,"spec":{"podNetwork":"none","trusted":true,"hostAddress":"10.9.9.9:6443",)"
                    R"("region":"r)" +
                    std::to_string(number) + R"(","kubeconfigSecretRef":{"name":")" + name +
                    R"("},"cost":{"coreHour":"0.0)" + std::to_string(number) + R"("}}})");
}

void World::AddRecorders() {
  capacity_.came_late = [this](const std::string& uid) {
    const auto sender = bound_by_.find(uid);
    return sender != bound_by_.end() &&
           std::none_of(processes_.begin(), processes_.end(),
                        [&](const auto& p) { return p != nullptr && p->name() == sender->second; });
  };
  host_recorder_ = std::make_unique<sim::Recorder>(
      executor_, host_->transport(), kube::kPods,
      [this](const kube::Object* before, const kube::Object* after) {
        Note("host", before, after);
        history_.OnHostPod(before, after);
        capacity_.OnHostPod(before, after);
        selectors_.OnHostPod(before, after);
      });
  host_recorder_->Start();
  for (const auto& member : members_) {
    for (const kube::Resource* resource : {&kube::kPods, &kube::kConfigMaps}) {
      const bool pods = resource == &kube::kPods;
      recorders_.push_back(std::make_unique<sim::Recorder>(
          executor_, member->transport(), *resource,
          [this, pods, name = member->name()](const kube::Object* before,
                                              const kube::Object* after) {
            Note(name, before, after);
            foreign_.OnObject(name, before, after, findings_);
            if (!pods) return;
            history_.OnCopy(name, before, after);
            if (!after || sim::IsFinished(*after)) {
              runs_once_.OnEnded(std::string((after ? after : before)->uid()));
            }
          }));
      recorders_.back()->Start();
    }
  }
}

// What became of an object, for who reads along; a part of the trace.
void World::Note(const std::string& server, const kube::Object* before, const kube::Object* after) {
  const kube::Object& object = after ? *after : *before;
  std::string line = server + (after ? before ? " changed " : " made " : " gone ") +
                     sim::Describe(object) + "@" + std::string(object.resource_version());
  if (object["spec"].exists()) {
    line += " node=" + sim::NodeOf(object) + " phase=" + object.status()["phase"].string() +
            (object.deleting() ? " deleting" : "") +
            " origin=" + std::string(object.label(kube::kLabelOriginUid));
  }
  journal_.Add(line);
}

Cluster* World::FindServer(const std::string& name) {
  if (name == "host") return host_.get();
  for (const auto& member : members_) {
    if (member->name() == name) return member.get();
  }
  return nullptr;
}

std::unique_ptr<Link> World::Dial(const std::string& process, const std::string& server) {
  Cluster* cluster = FindServer(server);
  if (!cluster) return nullptr;
  const uint64_t number = next_link_++;
  Link::Deps deps{executor_,
                  cluster->transport(),
                  journal_,
                  counts_,
                  [this, process] {
                    if (!on_write) return;
                    for (size_t i = 0; i < processes_.size(); ++i) {
                      if (!processes_[i] || processes_[i]->name() != process) continue;
                      if (const auto tasks = on_write()) KillAfter(i, *tasks);
                    }
                  },
                  [this, process](const std::string& uid) { bound_by_[uid] = process; },
                  [this](const std::string& what) { moderation_.OnRead(what, executor_.Now()); },
                  [this](Link* link) {
                    links_.erase({link_numbers_[link], link});
                    link_numbers_.erase(link);
                  }};
  auto link = std::make_unique<Link>(std::move(deps), process, server,
                                     rng_.Stream("link/" + std::to_string(number)), plans_[server]);
  links_.insert({number, link.get()});
  link_numbers_[link.get()] = number;
  if (partitions_.contains(server)) link->faults().SetPartitioned(true);
  return link;
}

void World::StartProcess(size_t number) {
  if (processes_[number]) return;
  if (followers_.empty()) {
    followers_.push_back(std::make_unique<Follower>(*this, *host_, Dial("follower", "host")));
    for (const auto& member : members_) {
      followers_.push_back(
          std::make_unique<Follower>(*this, *member, Dial("follower", member->name())));
    }
  }
  const std::string name =
      "p" + std::to_string(number) + "." + std::to_string(++starts_of_[number]);
  journal_.Add("start " + name);
  processes_[number] =
      std::make_unique<Process>(executor_, rng_.Stream("process/" + name), name, leader_election_,
                                [this](const std::string& process, const std::string& server) {
                                  return Dial(process, server);
                                });
}

void World::Kill(size_t number) {
  kills_.erase(number);
  if (!processes_[number]) return;
  journal_.Add("kill " + processes_[number]->name());
  processes_[number].reset();
}

void World::KillAfter(size_t number, uint64_t tasks) {
  kills_.emplace(number, executor_.tasks_run() + tasks);
}

void World::SetPlan(const std::string& server, sim::FaultPlan plan) {
  plans_[server] = plan;
  for (const auto& [n, link] : links_) {
    if (link->server() == server) link->faults().SetPlan(plan);
  }
}

void World::SetPartitioned(const std::string& server, bool partitioned) {
  if (partitioned) {
    partitions_.insert(server);
  } else {
    partitions_.erase(server);
  }
  const auto links = links_;  // what is released may open others
  for (const auto& entry : links) {
    if (!links_.contains(entry) || entry.second->server() != server) continue;
    entry.second->faults().SetPartitioned(partitioned);
  }
}

void World::Disconnect(const std::string& server) {
  const auto links = links_;
  for (const auto& entry : links) {
    if (links_.contains(entry) && entry.second->server() == server) {
      entry.second->faults().BreakWatches();
    }
  }
}

void World::AfterTask() {
  runs_once_.Check();
  for (auto it = kills_.begin(); it != kills_.end();) {
    const auto [number, at] = *it++;
    if (executor_.tasks_run() >= at) Kill(number);
  }
  if (executor_.Now() != instant_) {
    instant_ = executor_.Now();
    tasks_at_instant_ = 0;
  } else if (++tasks_at_instant_ == kTasksAnInstant) {
    findings_.Add("progress", "time stands still: " + std::to_string(kTasksAnInstant) +
                                  " tasks in one instant");
  }
}

void World::Run(Duration span) {
  bool over = false;
  executor_.RunAfter(span, [&over] { over = true; });
  while (!over && tasks_at_instant_ < kTasksAnInstant && executor_.Step()) AfterTask();
}

void World::CheckManager(const sim::Snapshot& snapshot, sim::Findings& findings) {
  const Process* leader = nullptr;
  for (const auto& process : processes_) {
    if (process && process->manager().leading()) leader = process.get();
  }
  if (!leader) return findings.Add("manager", "nobody leads");
  const auto stats = leader->manager().stats();
  size_t bound = 0, running = 0, pending = 0;
  for (const kube::Object& pod : snapshot.host.pods) {
    bound += !sim::NodeOf(pod).empty();
    running += !sim::NodeOf(pod).empty() && !sim::IsFinished(pod);
    pending += sim::NodeOf(pod).empty();
  }
  const auto differs = [&](const std::string& what, size_t has, size_t wants) {
    if (has == wants) return;
    findings.Add("manager", leader->name() + ": " + what + ": " + std::to_string(has) +
                                " in its caches, " + std::to_string(wants) + " on the server");
  };
  differs("bound pods", stats.pods, bound);
  differs("pods that take room", stats.scheduler.occupants, running);
  differs("pods that wait", stats.scheduler.pending, pending);
  differs("assumed pods", stats.scheduler.assumed, 0);
  differs("clusters that are ready", stats.clusters_ready, members_.size());
}

sim::Findings World::Look() {
  sim::Snapshot snapshot{host_uid_, host_->Snapshot(), {}};
  for (const auto& member : members_) snapshot.members.push_back(member->Snapshot());
  sim::Findings findings;
  sim::CheckSettled(snapshot, findings);
  sim::CheckNothingLeft(snapshot, findings);
  for (size_t i = 0; i < followers_.size(); ++i) {
    const auto& server = i == 0 ? snapshot.host : snapshot.members[i - 1];
    sim::CheckCacheEqual(followers_[i]->name, followers_[i]->pods.items(), server.pods, findings);
  }
  CheckManager(snapshot, findings);
  return findings;
}

}  // namespace stowage::scenarios
