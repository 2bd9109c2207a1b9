#include "sim/controllers/replica_set.h"

#include <algorithm>
#include <tuple>

namespace stowage::sim {
namespace {

constexpr int64_t kBurst = 500;  // pods created or deleted in one step

// Which pod goes first: those that serve least, then the newest.
bool GoesBefore(const std::pair<NamespacedName, const PodInfo*>& a,
                const std::pair<NamespacedName, const PodInfo*>& b) {
  const auto rank = [](const auto& entry) {
    const PodInfo& p = *entry.second;
    const int phase = p.phase == "Running" ? 1 : 0;
    return std::tuple(!p.node.empty(), phase, p.ready, p.deletion_cost, -p.restarts,
                      -p.created.time_since_epoch().count(), entry.first.name);
  };
  return rank(a) < rank(b);
}

}  // namespace

ReplicaSetController::ReplicaSetController(Context& context)
    : context_(context),
      controller_(
          context.executor, context.rng.Stream("replicaset"), {.name = "replicaset"},
          [this](const NamespacedName& key, Done done) { Reconcile(key, std::move(done)); }) {
  context_.replica_sets->AddHandler(
      [this](const NamespacedName& key, const kube::Object* before, const kube::Object* after) {
        if (before && !after) expected_.erase(std::string(before->uid()));
        controller_.Enqueue(key);
      });
  context_.pods.AddHandler([this](const NamespacedName& key, const PodInfo* before,
                                  const PodInfo* after) { OnPod(key, before, after); });
}

void ReplicaSetController::OnPod(const NamespacedName& key, const PodInfo* before,
                                 const PodInfo* after) {
  const PodInfo& pod = after ? *after : *before;
  const bool made = after && (!before || before->uid != after->uid);
  if (before && (!after || after->deleting || made)) {
    if (auto it = expected_.find(before->owner_uid); it != expected_.end()) {
      it->second.deletions.erase(before->uid);
    }
  }
  if (made) {
    auto it = expected_.find(after->owner_uid);
    if (it != expected_.end() && it->second.creations > 0) --it->second.creations;
  }
  if (pod.owner_kind == "ReplicaSet") {
    controller_.Enqueue({key.ns, pod.owner_name});
  } else if (pod.owner_uid.empty() && after && !after->deleting) {
    for (const auto& [rs_key, rs] : context_.replica_sets->items()) {  // one of them may adopt it
      if (rs_key.ns == key.ns) controller_.Enqueue(rs_key);
    }
  }
}

void ReplicaSetController::Adopt(const kube::Object& rs) {
  auto selector = kube::LabelSelector::FromJson(rs.spec()["selector"]);
  if (!selector || selector->everything()) return;
  for (const auto& [key, pod] : context_.PodsOf(std::string(rs.ns()), "")) {
    if (pod->deleting || pod->finished() || !selector->Matches(pod->labels)) continue;
    if (!adopting_.insert(pod->uid).second) continue;
    kube::MutableJson patch;
    patch.Set({"metadata", "uid"}, pod->uid);
    SetController(patch, "apps/v1", "ReplicaSet", rs);
    context_.client.Patch(kube::kPods, key.ns, key.name, kube::PatchType::kStrategicMerge,
                          std::move(patch).Freeze(),
                          [this, uid = pod->uid](Result<kube::Object>) { adopting_.erase(uid); });
  }
}

void ReplicaSetController::Reconcile(const NamespacedName& key, Done done) {
  if (!context_.synced()) return done(kube::Outcome::Again(Milliseconds(50)));
  const kube::Object* found = context_.replica_sets->Get(key);
  if (!found) return done(kube::Outcome::Ok());
  const kube::Object rs = *found;
  const Pods all = context_.PodsOf(key.ns, std::string(rs.uid()));
  auto selector = kube::LabelSelector::FromJson(rs.spec()["selector"]);
  if (!selector) return done(kube::Outcome::Ok());  // validation refuses such objects
  Pods active;
  for (const auto& pod : all) {
    if (!pod.second->finished() && !pod.second->deleting && selector->Matches(pod.second->labels)) {
      active.push_back(pod);
    }
  }
  const Expectation& expected = expected_[std::string(rs.uid())];
  if (!rs.deleting() && expected.met()) {
    Adopt(rs);
    const int64_t wanted = rs.spec()["replicas"].i64(1);
    const int64_t have = static_cast<int64_t>(active.size());
    if (have < wanted) return CreatePods(rs, std::min(wanted - have, kBurst), std::move(done));
    if (have > wanted) {
      return DeletePods(rs, std::move(active), std::min(have - wanted, kBurst), std::move(done));
    }
  }
  UpdateStatus(rs, active, std::move(done));
}

void ReplicaSetController::CreatePods(const kube::Object& rs, int64_t count, Done done) {
  const std::string uid(rs.uid());
  const NamespacedName key = rs.key();
  expected_[uid].creations += static_cast<int>(count);
  Gather gather([done](Result<void> result) {
    done(result ? kube::Outcome::Ok() : kube::Outcome::Fail(result.error()));
  });
  const kube::ObjectReference about = kube::ObjectReference::Of(rs);
  for (int64_t i = 0; i < count; ++i) {
    const kube::Json pod =
        PodFromTemplate(rs.spec()["template"], rs, "apps/v1", "ReplicaSet", key.name + "-")
            .Freeze();
    context_.client.Create(kube::kPods, key.ns, pod,
                           [this, uid, about, one = gather.Add()](Result<kube::Object> made) {
                             if (made) {
                               context_.replica_set_events.Record(
                                   about, kube::EventRecorder::Type::kNormal, "SuccessfulCreate",
                                   "Created pod: " + std::string(made->name()));
                               return one({});
                             }
                             auto it = expected_.find(uid);
                             if (it != expected_.end() && it->second.creations > 0)
                               --it->second.creations;
                             context_.replica_set_events.Record(
                                 about, kube::EventRecorder::Type::kWarning, "FailedCreate",
                                 "Error creating: " + made.error().message);
                             one(Err(made.error()));
                           });
  }
  gather.Close();
}

void ReplicaSetController::DeletePods(const kube::Object& rs, Pods pods, int64_t count, Done done) {
  std::sort(pods.begin(), pods.end(), GoesBefore);
  pods.resize(static_cast<size_t>(count));
  const std::string uid(rs.uid());
  const kube::ObjectReference about = kube::ObjectReference::Of(rs);
  Gather gather([done](Result<void> result) {
    done(result ? kube::Outcome::Ok() : kube::Outcome::Fail(result.error()));
  });
  for (const auto& [key, pod] : pods) {
    const std::string pod_uid = pod->uid;
    expected_[uid].deletions.insert(pod_uid);
    context_.client.Delete(kube::kPods, key.ns, key.name, {.uid = pod_uid},
                           [this, uid, pod_uid, about, name = key.name,
                            one = gather.Add()](Result<kube::Object> gone) {
                             if (gone) {
                               context_.replica_set_events.Record(
                                   about, kube::EventRecorder::Type::kNormal, "SuccessfulDelete",
                                   "Deleted pod: " + name);
                               return one({});
                             }
                             if (auto it = expected_.find(uid); it != expected_.end())
                               it->second.deletions.erase(pod_uid);
                             const auto code = gone.error().code;
                             if (code == ErrorCode::kNotFound || code == ErrorCode::kConflict)
                               return one({});
                             one(Err(gone.error()));
                           });
  }
  gather.Close();
}

void ReplicaSetController::UpdateStatus(const kube::Object& rs, const Pods& pods, Done done) {
  const Duration min_ready = Seconds(rs.spec()["minReadySeconds"].i64());
  const WallTime now = context_.executor.WallNow();
  int64_t ready = 0, available = 0, labelled = 0;
  std::optional<Duration> look_again;
  for (const auto& [key, pod] : pods) {
    bool all_labels = true;
    for (auto [k, v] : rs.spec().Find({"template", "metadata", "labels"}).members()) {
      auto it = pod->labels.find(std::string(k));
      all_labels &= it != pod->labels.end() && it->second == v.str();
    }
    labelled += all_labels;
    if (!pod->ready) continue;
    ++ready;
    const Duration left = pod->ready_since + min_ready - now;
    if (left <= Duration(0)) {
      ++available;
    } else if (!look_again || left < *look_again) {
      look_again = left;
    }
  }
  const auto finished = [done, look_again] {
    done(look_again ? kube::Outcome::Again(*look_again) : kube::Outcome::Ok());
  };
  kube::MutableJson next(rs.json());
  kube::JsonNode status = next["status"];
  status["replicas"] = static_cast<int64_t>(pods.size());
  const auto set = [&](const char* name, int64_t n) {
    if (n > 0) {
      status[name] = n;
    } else {
      status.Remove(name);
    }
  };
  set("fullyLabeledReplicas", labelled);
  set("readyReplicas", ready);
  set("availableReplicas", available);
  status["observedGeneration"] = rs.metadata()["generation"].i64();
  if (next.ref()["status"] == rs.status()) return finished();
  context_.client.Update(
      kube::kReplicaSets, rs.ns(), rs.name(), std::move(next).Freeze(),
      [done, finished](Result<kube::Object> updated) {
        if (updated || updated.error().code == ErrorCode::kNotFound) return finished();
        done(kube::Outcome::Fail(updated.error()));
      },
      "status");
}

}  // namespace stowage::sim
