#include "app/manager/fleet.h"

#include <algorithm>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "kube/api/base64.h"
#include "kube/api/quantity.h"
#include "kube/api/views.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

constexpr Duration kRecheck = Seconds(30);  // of credentials that may have been renewed

std::optional<kube::Object> Whole(const kube::Object& object) {
  return kube::Object(kube::Json::Copy(object.json()));
}

Result<std::string> KubeconfigOf(const ClusterSpec& spec, const kube::Object& secret) {
  const std::string where = "Secret " + spec.kubeconfig.ns + "/" + spec.kubeconfig.name;
  const kube::JsonRef data = secret["data"][spec.kubeconfig.key];
  if (!data.is_string()) {
    return MakeError(ErrorCode::kInvalid, where + " has no key \"" + spec.kubeconfig.key + "\"");
  }
  auto text = kube::DecodeBase64(data.str());
  if (!text) return Err(WithContext(text.error(), where));
  return text;
}

// What a runtime is made from; another one means a new runtime. Never shown.
std::string IdentityOf(const kube::Object& cluster, const std::string& kubeconfig) {
  kube::MutableJson spec(cluster.spec());
  for (const char* free : {"cost", "elasticPools", "latency", "unschedulable"}) spec.Remove({free});
  return std::string(cluster.uid()) + "/" + std::to_string(spec.ref().Hash()) + "/" +
         std::to_string(StableHash(kubeconfig));
}

void SetAmounts(kube::JsonNode node, const std::map<std::string, int64_t>& amounts) {
  node.Set(kube::JsonObject{});
  for (const auto& [name, amount] : amounts)
    node[name] = kube::ResourceQuantity(name, amount).ToString();
}

}  // namespace

Fleet::Fleet(Deps deps, Rng rng, const ManagerOptions& options, std::string host_uid)
    : deps_(deps),
      rng_(std::move(rng)),
      options_(options),
      host_uid_(std::move(host_uid)),
      events_(deps.executor, deps.host, rng_.Stream("events"), "stowage", ""),
      host_objects_(deps.executor, deps.host, rng_.Stream("host-objects")),
      nodes_({deps.executor, deps.host, rng_.Stream("nodes")}),
      pods_({deps.executor, deps.host, rng_.Stream("pods")}, options.pods),
      clusters_(deps.executor, deps.host, rng_.Stream("clusters"), {.resource = kube::kClusters},
                Whole),
      controller_(
          deps.executor, rng_.Stream("fleet"),
          {.name = "fleet",
           .workers = 8,
           .backoff = {.min = Milliseconds(500), .max = Seconds(30)}},
          [this](const std::string& name, Done done) { Reconcile(name, std::move(done)); }) {
  clusters_.AddHandler([this](const kube::NamespacedName& key, const kube::Object*,
                              const kube::Object*) { controller_.Enqueue(key.name); });
  clusters_.OnSynced([this] { UpdatePlacement(); });
  if (options_.run_scheduler) {
    scheduler_ = std::make_unique<scheduler::Scheduler>(
        scheduler::Scheduler::Deps{deps_.executor, deps_.host, capacity_}, rng_.Stream("scheduler"),
        options_.scheduler);
  }
}

Fleet::~Fleet() {
  *alive_ = false;
  controller_.Stop();
  entries_.clear();
}

void Fleet::Start() {
  nodes_.Start();
  pods_.Start();
  clusters_.Start();
  controller_.Start();
  if (scheduler_) scheduler_->Start();
}

void Fleet::Reconcile(const std::string& name, Done done) {
  const kube::Object* found = clusters_.Get({"", name});
  if (!found) {
    Remove(name);
    return done(kube::Outcome::Ok());
  }
  auto spec = ParseCluster(*found, host_uid_);
  if (!spec) {
    Problem(name, "InvalidSpec", spec.error().message);
    return WriteStatus(name, std::move(done));
  }
  deps_.host.Get(kube::kSecrets, spec->kubeconfig.ns, spec->kubeconfig.name,
                 [this, spec = *spec, done, live = alive_](Result<kube::Object> secret) {
                   if (*live) OnCredentials(spec, std::move(secret), done);
                 });
}

void Fleet::OnCredentials(const ClusterSpec& spec, Result<kube::Object> secret, Done done) {
  const kube::Object* cluster = clusters_.Get({"", spec.name});
  if (!cluster) return done(kube::Outcome::Again(Duration(0)));
  Entry& entry = entries_[spec.name];
  const std::string where = "Secret " + spec.kubeconfig.ns + "/" + spec.kubeconfig.name;
  if (!secret) {
    if (secret.error().code != ErrorCode::kNotFound)
      return done(kube::Outcome::Fail(secret.error()));
    // The credentials that are in use stay in use: only a new start needs the Secret.
    if (!entry.runtime) {
      Problem(
          spec.name, "SecretNotFound",
          where + " not found: `stowage join` makes it, or create it with the member's kubeconfig");
    }
    return WriteStatus(spec.name, std::move(done));
  }
  auto kubeconfig = KubeconfigOf(spec, *secret);
  if (!kubeconfig) {
    Problem(spec.name, "InvalidCredentials", kubeconfig.error().message);
    return WriteStatus(spec.name, std::move(done));
  }
  const std::string identity = IdentityOf(*cluster, *kubeconfig);
  if (!entry.runtime || entry.identity != identity) {
    entry.runtime.reset();
    if (auto built = Build(entry, spec, *kubeconfig); !built) {
      const bool port = built.error().code == ErrorCode::kAlreadyExists;
      Problem(spec.name, port ? "EndpointUnavailable" : "InvalidCredentials",
              built.error().message);
      return WriteStatus(spec.name, std::move(done));
    }
    entry.identity = identity;
    entry.problem.clear();
    entry.problem_reason.clear();
  }
  entry.spec = spec;
  entry.has_spec = true;
  UpdatePlacement();
  WriteStatus(spec.name, std::move(done));
}

Result<void> Fleet::Build(Entry& entry, const ClusterSpec& spec, const std::string& kubeconfig) {
  ASSIGN_OR_RETURN(std::unique_ptr<kube::Transport> transport,
                   deps_.members.Connect(spec.name, kubeconfig));
  MemberRuntime::Deps deps{
      deps_.executor,
      deps_.host,
      host_objects_,
      deps_.endpoints,
      nodes_,
      pods_,
      capacity_,
      [this, name = spec.name] { controller_.queue().AddAfter(name, Milliseconds(100)); },
      options_.kubelet_clients};
  const std::string stream = "member/" + spec.name + "/" + std::to_string(++builds_);
  ASSIGN_OR_RETURN(entry.runtime, MemberRuntime::Make(std::move(deps), rng_.Stream(stream), spec,
                                                      std::move(transport)));
  LogInfo("member taken over", {{"cluster", spec.name}, {"region", spec.region}});
  return {};
}

void Fleet::Problem(const std::string& name, std::string reason, std::string message) {
  Entry& entry = entries_[name];
  if (entry.problem == message) return;
  LogWarning("cluster cannot be served",
             {{"cluster", name}, {"reason", reason}, {"message", message}});
  if (const kube::Object* cluster = clusters_.Get({"", name})) {
    events_.Record(kube::ObjectReference::Of(*cluster), kube::EventRecorder::Type::kWarning, reason,
                   message);
  }
  entry.problem = std::move(message);
  entry.problem_reason = std::move(reason);
}

void Fleet::Remove(const std::string& name) {
  if (entries_.erase(name) == 0) return;
  status_written_.erase(name);
  LogInfo("cluster removed; its pods are left as they are", {{"cluster", name}});
  UpdatePlacement();
}

void Fleet::UpdatePlacement() {
  if (!scheduler_) return;
  scheduler::FleetConfig fleet;
  fleet.defaults = options_.defaults;
  for (const auto& [name, entry] : entries_) {
    if (!entry.has_spec) continue;
    fleet.clusters[name] = entry.spec.placement;
    fleet.links.insert(fleet.links.end(), entry.spec.links.begin(), entry.spec.links.end());
  }
  scheduler_->SetFleet(std::move(fleet));
}

kube::Json Fleet::StatusOf(const Entry& entry, const kube::Object& cluster) const {
  kube::MutableJson next;
  next["status"] = cluster.status();
  if (!next.ref()["status"].is_object()) next["status"].Set(kube::JsonObject{});
  const WallTime now = deps_.executor.WallNow();
  kube::Condition ready{"Ready", "Unknown", "NotProbed", "the member was not reached yet"};
  if (!entry.problem.empty()) {
    ready = {"Ready", "False", entry.problem_reason, entry.problem};
  } else if (const kube::Object* node = nodes_.Find(std::string(cluster.name()))) {
    const kube::JsonRef c = kube::FindCondition(node->status()["conditions"], "Ready");
    if (c.exists())
      ready = {"Ready", c["status"].string(), c["reason"].string(), c["message"].string()};
    std::string version = node->status()["nodeInfo"]["kubeletVersion"].string();
    if (version.ends_with("-stowage")) version.resize(version.size() - 8);
    if (!version.empty()) next["status"]["version"] = version;
  }
  kube::SetCondition(next["status"]["conditions"], ready, now);
  if (entry.runtime) {
    const auto& held = entry.runtime->sweep_held();
    kube::SetCondition(
        next["status"]["conditions"],
        {"SweepHeld", held ? "True" : "False", held ? "TooManyOrphans" : "NothingHeld",
         held.value_or("copies without a pod on the host are deleted as they are found")},
        now);
    if (auto capacity = entry.runtime->capacity()) {
      next["status"]["nodes"] = capacity->nodes;
      next["status"]["readyNodes"] = capacity->ready_nodes;
      SetAmounts(next["status"]["capacity"], capacity->capacity);
      SetAmounts(next["status"]["allocatable"], capacity->allocatable);
    }
  }
  return std::move(next).Freeze();
}

void Fleet::WriteStatus(const std::string& name, Done done) {
  const kube::Object* cluster = clusters_.Get({"", name});
  if (!cluster) return done(kube::Outcome::Ok());
  const kube::Json next = StatusOf(entries_[name], *cluster);
  const auto settled = [done](const Result<kube::Object>& r) {
    if (r || r.error().code == ErrorCode::kNotFound) return done(kube::Outcome::Again(kRecheck));
    done(kube::Outcome::Fail(r.error()));
  };
  if (next["status"] == cluster->status()) return settled(*cluster);
  // Ready is written at once; all else at most every status_interval.
  const auto ready_of = [](kube::JsonRef status) {
    return kube::FindCondition(status["conditions"], "Ready")["status"].string();
  };
  auto& written = status_written_.try_emplace(name, MonotonicTime::min()).first->second;
  const MonotonicTime now = deps_.executor.Now();
  if (ready_of(next["status"]) == ready_of(cluster->status()) && written != MonotonicTime::min() &&
      now < written + options_.status_interval) {
    return done(kube::Outcome::Again(written + options_.status_interval - now));
  }
  written = now;
  deps_.host.Patch(
      kube::kClusters, "", name, kube::PatchType::kMerge, next,
      [settled](Result<kube::Object> r) { settled(r); }, "status");
}

Manager::Stats Fleet::stats() const {
  Manager::Stats stats;
  stats.clusters = clusters_.items().size();
  for (const auto& [name, entry] : entries_) {
    stats.clusters_ready += nodes_.reachability(name) == vkubelet::Reachability::kReachable;
  }
  stats.pods = pods_.pods();
  stats.synced = clusters_.has_synced() && pods_.synced();
  if (scheduler_) stats.scheduler = scheduler_->stats();
  return stats;
}

}  // namespace stowage::app
