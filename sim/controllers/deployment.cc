#include "sim/controllers/deployment.h"

#include <algorithm>
#include <charconv>

#include "base/random/rng.h"
#include "base/time/rfc3339.h"

namespace stowage::sim {
namespace {

constexpr const char* kRevision = "deployment.kubernetes.io/revision";

int64_t RevisionOf(const kube::Object& object) {
  const std::string_view text = object.annotation(kRevision);
  int64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

// Annotations that its ReplicaSets do not get.
bool StaysOnDeployment(std::string_view key) {
  return key == kRevision || key == "kubectl.kubernetes.io/last-applied-configuration" ||
         key == "deprecated.deployment.rollback.to";
}

int64_t Wanted(const kube::Object& object) { return object.spec()["replicas"].i64(1); }
int64_t Available(const kube::Object& rs) { return rs.status()["availableReplicas"].i64(); }

// "25%" of `total`, or a plain number.
int64_t Share(kube::JsonRef value, int64_t total, bool round_up, int64_t fallback_percent) {
  if (value.is_int()) return value.i64();
  int64_t percent = fallback_percent;
  const std::string_view text = value.str();
  std::from_chars(text.data(), text.data() + text.size(), percent);
  return (percent * total + (round_up ? 99 : 0)) / 100;
}

struct Limits {
  int64_t surge, unavailable;
};

Limits RollingLimits(const kube::Object& deployment) {
  const kube::JsonRef rolling = deployment.spec().Find({"strategy", "rollingUpdate"});
  const int64_t n = Wanted(deployment);
  Limits limits{Share(rolling["maxSurge"], n, true, 25),
                Share(rolling["maxUnavailable"], n, false, 25)};
  if (limits.surge == 0 && limits.unavailable == 0) limits.unavailable = 1;
  return limits;
}

// The template without what the controller itself adds.
kube::Json PlainTemplate(kube::JsonRef pod_template) {
  kube::MutableJson plain(pod_template);
  plain.Remove({"metadata", "labels", kTemplateHash});
  return std::move(plain).Freeze();
}

std::string HashName(kube::JsonRef pod_template) {
  Rng letters(pod_template.Hash());
  return letters.Name(9);
}

}  // namespace

DeploymentController::DeploymentController(Context& context)
    : context_(context),
      controller_(
          context.executor, context.rng.Stream("deployment"), {.name = "deployment"},
          [this](const NamespacedName& key, Done done) { Reconcile(key, std::move(done)); }) {
  context_.deployments->AddHandler([this](const NamespacedName& key, const kube::Object*,
                                          const kube::Object*) { controller_.Enqueue(key); });
  context_.replica_sets->AddHandler(
      [this](const NamespacedName& key, const kube::Object* before, const kube::Object* after) {
        for (const OwnerRef& owner : OwnersOf(after ? *after : *before)) {
          if (owner.controller && owner.kind == "Deployment")
            controller_.Enqueue({key.ns, owner.name});
        }
      });
  context_.pods.AddHandler(
      [this](const NamespacedName& key, const PodInfo* before, const PodInfo* after) {
        // Recreate waits for the old pods to be gone altogether.
        if (after || before->owner_kind != "ReplicaSet") return;
        const kube::Object* rs = context_.replica_sets->Get({key.ns, before->owner_name});
        if (!rs) return;
        for (const OwnerRef& owner : OwnersOf(*rs)) controller_.Enqueue({key.ns, owner.name});
      });
}

DeploymentController::Sets DeploymentController::OwnedSets(const kube::Object& deployment) const {
  Sets sets;
  const std::string ns(deployment.ns());
  const auto& items = context_.replica_sets->items();
  for (auto it = items.lower_bound({ns, ""}); it != items.end() && it->first.ns == ns; ++it) {
    for (const OwnerRef& owner : OwnersOf(it->second)) {
      if (owner.controller && owner.uid == deployment.uid()) sets.push_back(&it->second);
    }
  }
  return sets;
}

void DeploymentController::Reconcile(const NamespacedName& key, Done done) {
  if (!context_.synced()) return done(kube::Outcome::Again(Milliseconds(50)));
  const kube::Object* found = context_.deployments->Get(key);
  if (!found) return done(kube::Outcome::Ok());
  const kube::Object deployment = *found;
  const Sets sets = OwnedSets(deployment);
  const kube::Json wanted = PlainTemplate(deployment.spec()["template"]);
  const kube::Object* current = nullptr;
  int64_t newest_old = 0;
  for (const kube::Object* rs : sets) {
    if (PlainTemplate(rs->spec()["template"]) == wanted) {
      if (!current || rs->name() < current->name()) current = rs;
    }
  }
  for (const kube::Object* rs : sets) {
    if (rs != current) newest_old = std::max(newest_old, RevisionOf(*rs));
  }
  if (deployment.deleting()) return UpdateStatus(deployment, sets, current, std::move(done));
  const bool paused = deployment.spec()["paused"].boolean();
  if (current && SyncRevision(deployment, *current, newest_old + 1, done)) return;
  if (!paused || sets.size() <= 1) {
    if (!(paused && !current) && Roll(deployment, sets, current, done)) return;
  }
  if (CleanUp(deployment, sets, current, done)) return;
  UpdateStatus(deployment, sets, current, std::move(done));
}

bool DeploymentController::SyncRevision(const kube::Object& deployment, const kube::Object& current,
                                        int64_t revision, Done& done) {
  const std::string text = std::to_string(std::max(revision, RevisionOf(current)));
  kube::MutableJson notes;  // `rollout history` reads the change's cause from the set
  for (auto [key, value] : deployment.metadata()["annotations"].members()) {
    if (!StaysOnDeployment(key) && current.annotation(key) != value.str()) notes[key] = value;
  }
  const auto annotate = [&](const kube::Resource& resource, const kube::Object& object) {
    kube::MutableJson patch;
    if (&object == &current) patch.Set({"metadata", "annotations"}, notes.ref());
    patch.Set({"metadata", "annotations", kRevision}, text);
    context_.client.Patch(
        resource, object.ns(), object.name(), kube::PatchType::kMerge, std::move(patch).Freeze(),
        [done](Result<kube::Object> result) {
          done(result ? kube::Outcome::Ok() : kube::Outcome::Fail(result.error()));
        });
  };
  if (current.annotation(kRevision) != text || notes.ref().size() > 0) {
    annotate(kube::kReplicaSets, current);
    return true;
  }
  if (deployment.annotation(kRevision) != text) {
    annotate(kube::kDeployments, deployment);
    return true;
  }
  return false;
}

bool DeploymentController::Roll(const kube::Object& deployment, const Sets& sets,
                                const kube::Object* current, Done& done) {
  const int64_t wanted = Wanted(deployment);
  int64_t total = 0, old_pods = 0;
  for (const kube::Object* rs : sets) {
    total += Wanted(*rs);
    if (rs != current) {
      for (const auto& [key, pod] :
           context_.PodsOf(std::string(rs->ns()), std::string(rs->uid()))) {
        old_pods += !pod->finished();
      }
    }
  }
  int64_t revision = 1;
  for (const kube::Object* rs : sets) revision = std::max(revision, RevisionOf(*rs) + 1);
  if (deployment.spec().Find({"strategy", "type"}).str() == "Recreate") {
    for (const kube::Object* rs : sets) {
      if (rs != current && Wanted(*rs) > 0) {
        Scale(deployment, *rs, 0, std::move(done));
        return true;
      }
    }
    if (old_pods > 0) return false;  // a pod's end brings us back
    if (!current) {
      CreateSet(deployment, wanted, revision, std::move(done));
      return true;
    }
    if (Wanted(*current) == wanted) return false;
    Scale(deployment, *current, wanted, std::move(done));
    return true;
  }
  const Limits limits = RollingLimits(deployment);
  const int64_t have = current ? Wanted(*current) : 0;
  if (have > wanted) {
    Scale(deployment, *current, wanted, std::move(done));
    return true;
  }
  const int64_t room = std::max<int64_t>(0, wanted + limits.surge - total);
  const int64_t target = std::min(wanted, have + room);
  if (!current) {
    CreateSet(deployment, target, revision, std::move(done));
    return true;
  }
  if (target > have) {
    Scale(deployment, *current, target, std::move(done));
    return true;
  }
  return RollDown(deployment, sets, current, wanted, done);
}

bool DeploymentController::RollDown(const kube::Object& deployment, const Sets& sets,
                                    const kube::Object* current, int64_t wanted, Done& done) {
  const Limits limits = RollingLimits(deployment);
  int64_t available = 0;
  for (const kube::Object* rs : sets) available += Available(*rs);
  Sets old;
  for (const kube::Object* rs : sets) {
    if (rs != current && Wanted(*rs) > 0) old.push_back(rs);
  }
  std::sort(old.begin(), old.end(), [](const kube::Object* a, const kube::Object* b) {
    return std::pair(RevisionOf(*a), a->name()) < std::pair(RevisionOf(*b), b->name());
  });
  // Pods that do not serve go first: they cost no availability.
  for (const kube::Object* rs : old) {
    const int64_t idle = Wanted(*rs) - Available(*rs);
    if (idle <= 0) continue;
    Scale(deployment, *rs, Wanted(*rs) - idle, std::move(done));
    return true;
  }
  const int64_t spare = available - (wanted - limits.unavailable);
  if (spare <= 0 || old.empty()) return false;
  Scale(deployment, *old[0], std::max<int64_t>(0, Wanted(*old[0]) - spare), std::move(done));
  return true;
}

void DeploymentController::CreateSet(const kube::Object& deployment, int64_t replicas,
                                     int64_t revision, Done done) {
  const kube::Json plain = PlainTemplate(deployment.spec()["template"]);
  const std::string hash = HashName(plain);
  kube::MutableJson rs;
  rs["apiVersion"] = "apps/v1";
  rs["kind"] = "ReplicaSet";
  const std::string name = std::string(deployment.name()) + "-" + hash;
  rs.Set({"metadata", "name"}, name);
  rs.Set({"metadata", "namespace"}, deployment.ns());
  rs.Set({"metadata", "labels"}, plain["metadata"]["labels"]);
  rs.Set({"metadata", "labels", kTemplateHash}, hash);
  for (auto [key, value] : deployment.metadata()["annotations"].members()) {
    if (!StaysOnDeployment(key)) rs.Set({"metadata", "annotations", key}, value);
  }
  rs.Set({"metadata", "annotations", kRevision}, std::to_string(revision));
  SetController(rs, "apps/v1", "Deployment", deployment);
  rs.Set({"spec", "replicas"}, replicas);
  rs.Set({"spec", "minReadySeconds"}, deployment.spec()["minReadySeconds"].i64());
  rs.Set({"spec", "selector"}, deployment.spec()["selector"]);
  rs.Set({"spec", "selector", "matchLabels", kTemplateHash}, hash);
  rs.Set({"spec", "template"}, plain);
  rs.Set({"spec", "template", "metadata", "labels", kTemplateHash}, hash);
  const auto about = kube::ObjectReference::Of(deployment);
  context_.client.Create(
      kube::kReplicaSets, deployment.ns(), std::move(rs).Freeze(),
      [this, about, name, replicas, done](Result<kube::Object> made) {
        if (made) {
          context_.deployment_events.Record(
              about, kube::EventRecorder::Type::kNormal, "ScalingReplicaSet",
              "Scaled up replica set " + name + " from 0 to " + std::to_string(replicas));
          return done(kube::Outcome::Ok());
        }
        // It may be ours of a moment ago: the watch will tell.
        if (made.error().code == ErrorCode::kAlreadyExists)
          return done(kube::Outcome::Again(Milliseconds(200)));
        done(kube::Outcome::Fail(made.error()));
      });
}

void DeploymentController::Scale(const kube::Object& deployment, const kube::Object& rs,
                                 int64_t replicas, Done done) {
  kube::MutableJson patch;
  patch.Set({"metadata", "resourceVersion"}, rs.resource_version());  // only if it is as we saw it
  patch.Set({"spec", "replicas"}, replicas);
  const auto about = kube::ObjectReference::Of(deployment);
  const int64_t before = Wanted(rs);
  context_.client.Patch(
      kube::kReplicaSets, rs.ns(), rs.name(), kube::PatchType::kMerge, std::move(patch).Freeze(),
      [this, about, name = std::string(rs.name()), before, replicas,
       done](Result<kube::Object> scaled) {
        if (!scaled) return done(kube::Outcome::Fail(scaled.error()));
        context_.deployment_events.Record(
            about, kube::EventRecorder::Type::kNormal, "ScalingReplicaSet",
            std::string(replicas > before ? "Scaled up" : "Scaled down") + " replica set " + name +
                " from " + std::to_string(before) + " to " + std::to_string(replicas));
        done(kube::Outcome::Ok());
      });
}

bool DeploymentController::CleanUp(const kube::Object& deployment, const Sets& sets,
                                   const kube::Object* current, Done& done) {
  const int64_t keep = deployment.spec()["revisionHistoryLimit"].i64(10);
  Sets idle;
  for (const kube::Object* rs : sets) {
    const bool empty = Wanted(*rs) == 0 && rs->status()["replicas"].i64() == 0;
    if (rs != current && empty && !rs->deleting()) idle.push_back(rs);
  }
  if (static_cast<int64_t>(idle.size()) <= keep) return false;
  const kube::Object* oldest = *std::min_element(idle.begin(), idle.end(), [](auto* a, auto* b) {
    return std::pair(RevisionOf(*a), a->name()) < std::pair(RevisionOf(*b), b->name());
  });
  context_.client.Delete(kube::kReplicaSets, oldest->ns(), oldest->name(),
                         {.uid = std::string(oldest->uid())}, [done](Result<kube::Object> gone) {
                           if (gone || gone.error().code == ErrorCode::kNotFound) {
                             return done(kube::Outcome::Ok());
                           }
                           done(kube::Outcome::Fail(gone.error()));
                         });
  return true;
}

std::optional<Duration> DeploymentController::UntilDeadline(const kube::Object& deployment) const {
  for (kube::JsonRef c : deployment.status()["conditions"].elements()) {
    if (c["type"].str() != "Progressing") continue;
    const auto since = ParseTime(c["lastUpdateTime"].str());
    const int64_t limit = deployment.spec()["progressDeadlineSeconds"].i64(600);
    if (since && c["reason"].str() != "NewReplicaSetAvailable") {
      return *since + Seconds(limit) - context_.executor.WallNow();
    }
  }
  return std::nullopt;
}

void DeploymentController::UpdateProgress(const kube::Object& deployment, kube::MutableJson& next,
                                          bool complete, bool moved,
                                          std::string_view set_name) const {
  const WallTime now = context_.executor.WallNow();
  const std::string set = "ReplicaSet \"" + std::string(set_name) + "\"";
  const auto left = UntilDeadline(deployment);
  if (complete) {
    PutCondition(next, "Progressing", "True", "NewReplicaSetAvailable",
                 set + " has successfully progressed.", now, true);
  } else if (moved || !left) {
    PutCondition(next, "Progressing", "True", "ReplicaSetUpdated", set + " is progressing.", now,
                 true);
    if (!moved) return;
    for (size_t i = 0; i < next.ref()["status"]["conditions"].size(); ++i) {
      kube::JsonNode c = next["status"]["conditions"].At(i);
      if (c.ref()["type"].str() == "Progressing") c["lastUpdateTime"] = FormatTime(now);
    }
  } else if (*left <= Duration(0)) {
    PutCondition(next, "Progressing", "False", "ProgressDeadlineExceeded",
                 set + " has timed out progressing.", now, true);
  }
}

void DeploymentController::UpdateStatus(const kube::Object& deployment, const Sets& sets,
                                        const kube::Object* current, Done done) {
  int64_t replicas = 0, ready = 0, available = 0;
  for (const kube::Object* rs : sets) {
    replicas += rs->status()["replicas"].i64();
    ready += rs->status()["readyReplicas"].i64();
    available += Available(*rs);
  }
  const int64_t wanted = Wanted(deployment);
  const int64_t updated = current ? current->status()["replicas"].i64() : 0;
  kube::MutableJson next(deployment.json());
  kube::JsonNode status = next["status"];
  status["observedGeneration"] = deployment.metadata()["generation"].i64();
  const kube::JsonRef old = deployment.status();
  bool moved = false;
  const std::pair<const char*, int64_t> counts[] = {
      {"replicas", replicas},
      {"updatedReplicas", updated},
      {"readyReplicas", ready},
      {"availableReplicas", available},
      {"unavailableReplicas", std::max<int64_t>(0, std::max(wanted, replicas) - available)}};
  for (const auto& [name, n] : counts) {
    moved |= old[name].i64() != n && std::string_view(name) != "unavailableReplicas";
    if (n > 0) {
      next["status"][name] = n;
    } else {
      next["status"].Remove(name);
    }
  }
  const bool enough = available >= wanted - RollingLimits(deployment).unavailable;
  const WallTime now = context_.executor.WallNow();
  PutCondition(next, "Available", enough ? "True" : "False",
               enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
               enough ? "Deployment has minimum availability."
                      : "Deployment does not have minimum availability.",
               now, true);
  const bool complete = updated == wanted && replicas == wanted && available == wanted;
  UpdateProgress(deployment, next, complete, moved, current ? current->name() : "");
  const auto left = complete ? std::nullopt : UntilDeadline(deployment);
  const auto finished = [done, left] {
    done(left && *left > Duration(0) ? kube::Outcome::Again(*left + Seconds(1))
                                     : kube::Outcome::Ok());
  };
  if (next.ref()["status"] == old) return finished();
  context_.client.Update(
      kube::kDeployments, deployment.ns(), deployment.name(), std::move(next).Freeze(),
      [done, finished](Result<kube::Object> result) {
        if (result || result.error().code == ErrorCode::kNotFound) return finished();
        done(kube::Outcome::Fail(result.error()));
      },
      "status");
}

}  // namespace stowage::sim
