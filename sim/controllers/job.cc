#include "sim/controllers/job.h"

#include <algorithm>
#include <iterator>

#include "base/time/rfc3339.h"

namespace stowage::sim {
namespace {

bool Indexed(const kube::Object& job) { return job.spec()["completionMode"].str() == "Indexed"; }

std::string_view FinishedType(const kube::Object& job) {
  for (kube::JsonRef c : job.status()["conditions"].elements()) {
    const std::string_view type = c["type"].str();
    if ((type == "Complete" || type == "Failed") && c["status"].str() == "True") return type;
  }
  return {};
}

std::set<std::string> Uncounted(const kube::Object& job, const char* which) {
  std::set<std::string> uids;
  for (kube::JsonRef uid : job.status()["uncountedTerminatedPods"][which].elements()) {
    uids.insert(uid.string());
  }
  return uids;
}

// "1,3-5" and back.
std::string FormatIndexes(const std::set<int64_t>& indexes) {
  std::string out;
  for (auto it = indexes.begin(); it != indexes.end();) {
    const int64_t first = *it;
    int64_t last = first;
    while (++it != indexes.end() && *it == last + 1) last = *it;
    if (!out.empty()) out += ",";
    out += std::to_string(first);
    if (last > first) out += (last == first + 1 ? "," : "-") + std::to_string(last);
  }
  return out;
}

std::set<int64_t> ParseIndexes(std::string_view text) {
  std::set<int64_t> out;
  int64_t n = 0, first = -1;
  bool digits = false;
  const auto flush = [&] {
    if (!digits) return;
    for (int64_t i = first < 0 ? n : first; i <= n; ++i) out.insert(i);
    first = -1;
    n = 0;
    digits = false;
  };
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      n = n * 10 + (c - '0');
      digits = true;
    } else if (c == '-') {
      first = n;
      n = 0;
    } else {
      flush();
    }
  }
  flush();
  return out;
}

}  // namespace

JobController::JobController(Context& context)
    : context_(context),
      controller_(
          context.executor, context.rng.Stream("job"), {.name = "job"},
          [this](const NamespacedName& key, Done done) { Reconcile(key, std::move(done)); }) {
  context_.jobs->AddHandler(
      [this](const NamespacedName& key, const kube::Object* before, const kube::Object* after) {
        if (before && !after) expected_creations_.erase(std::string(before->uid()));
        controller_.Enqueue(key);
      });
  context_.pods.AddHandler([this](const NamespacedName& key, const PodInfo* before,
                                  const PodInfo* after) { OnPod(key, before, after); });
}

void JobController::OnPod(const NamespacedName& key, const PodInfo* before, const PodInfo* after) {
  const PodInfo& pod = after ? *after : *before;
  if (pod.owner_kind != "Job") return;
  if (after) owners_[{key.ns, after->owner_name}].insert(after->owner_uid);
  if (after && (!before || before->uid != after->uid)) {
    auto it = expected_creations_.find(after->owner_uid);
    if (it != expected_creations_.end() && it->second > 0) --it->second;
  }
  controller_.Enqueue({key.ns, pod.owner_name});
}

JobController::Counts JobController::Count(const kube::Object& job, const Pods& pods) const {
  Counts counts;
  counts.indexes_done = ParseIndexes(job.status()["completedIndexes"].str());
  const auto noted_good = Uncounted(job, "succeeded"), noted_bad = Uncounted(job, "failed");
  counts.succeeded = job.status()["succeeded"].i64() + static_cast<int64_t>(noted_good.size());
  counts.failed = job.status()["failed"].i64() + static_cast<int64_t>(noted_bad.size());
  for (const auto& [key, pod] : pods) {
    const bool noted = noted_good.contains(pod->uid) || noted_bad.contains(pod->uid);
    if (pod->phase == "Succeeded") {
      counts.succeeded += pod->tracked && !noted;
      if (pod->completion_index >= 0) counts.indexes_done.insert(pod->completion_index);
    } else if (pod->phase == "Failed") {
      counts.failed += pod->tracked && !noted;
    } else if (!pod->deleting) {
      ++counts.active;
      counts.ready += pod->ready;
      if (pod->completion_index >= 0) counts.indexes_active.insert(pod->completion_index);
    }
  }
  return counts;
}

JobController::Verdict JobController::Judge(const kube::Object& job, const Counts& counts) const {
  const kube::JsonRef spec = job.spec();
  if (counts.failed > spec["backoffLimit"].i64(6)) {
    return {"Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"};
  }
  const auto started = ParseTime(job.status()["startTime"].str());
  if (started && spec["activeDeadlineSeconds"].exists() &&
      context_.executor.WallNow() >= *started + Seconds(spec["activeDeadlineSeconds"].i64())) {
    return {"Failed", "DeadlineExceeded", "Job was active longer than specified deadline"};
  }
  const bool enough = spec["completions"].exists() ? counts.succeeded >= spec["completions"].i64()
                                                   : counts.succeeded > 0 && counts.active == 0;
  if (enough)
    return {"Complete", "CompletionsReached", "Reached expected number of succeeded pods"};
  return {};
}

std::optional<Duration> JobController::LookAgain(const kube::Object& job) const {
  const WallTime now = context_.executor.WallNow();
  const std::string_view finished = FinishedType(job);
  if (finished.empty()) {
    const auto started = ParseTime(job.status()["startTime"].str());
    if (!started || !job.spec()["activeDeadlineSeconds"].exists()) return std::nullopt;
    return *started + Seconds(job.spec()["activeDeadlineSeconds"].i64()) - now;
  }
  if (!job.spec()["ttlSecondsAfterFinished"].exists()) return std::nullopt;
  for (kube::JsonRef c : job.status()["conditions"].elements()) {
    if (c["type"].str() != finished) continue;
    const auto at = ParseTime(c["lastTransitionTime"].str());
    if (at) return *at + Seconds(job.spec()["ttlSecondsAfterFinished"].i64()) - now;
  }
  return std::nullopt;
}

void JobController::Reconcile(const NamespacedName& key, Done done) {
  if (!context_.synced()) return done(kube::Outcome::Again(Milliseconds(50)));
  if (ReleaseOrphans(key, done)) return;
  const kube::Object* found = context_.jobs->Get(key);
  if (!found) return done(kube::Outcome::Ok());
  const kube::Object job = *found;
  const Pods pods = context_.PodsOf(key.ns, std::string(job.uid()));
  const Counts counts = Count(job, pods);
  if (RemoveFinalizers(job, pods, done)) return;
  if (job.deleting()) return done(kube::Outcome::Ok());
  if (WriteStatus(job, pods, counts, done)) return;
  if (!FinishedType(job).empty()) {
    if (CleanUpFinished(job, pods, done)) return;
  } else if (expected_creations_[std::string(job.uid())] == 0 && Manage(job, pods, counts, done)) {
    return;
  }
  const auto again = LookAgain(job);
  done(again ? kube::Outcome::Again(std::max(*again, Milliseconds(10))) : kube::Outcome::Ok());
}

// Pods of a Job that is gone will never be counted: nobody else would let them go.
bool JobController::ReleaseOrphans(const NamespacedName& key, Done& done) {
  const auto known = owners_.find(key);
  if (known == owners_.end()) return false;
  const kube::Object* job = context_.jobs->Get(key);
  Pods orphans;
  for (auto it = known->second.begin(); it != known->second.end();) {
    const Pods pods = context_.PodsOf(key.ns, *it);
    if (!job || job->uid() != *it) {
      std::copy_if(pods.begin(), pods.end(), std::back_inserter(orphans),
                   [](const auto& pod) { return pod.second->tracked; });
    }
    it = pods.empty() ? known->second.erase(it) : std::next(it);
  }
  if (known->second.empty()) owners_.erase(known);
  if (orphans.empty()) return false;
  DropFinalizers(orphans, std::move(done));
  return true;
}

bool JobController::RemoveFinalizers(const kube::Object& job, const Pods& pods, Done& done) {
  const auto good = Uncounted(job, "succeeded"), bad = Uncounted(job, "failed");
  const bool ending = job.deleting() || !FinishedType(job).empty();
  Pods ripe;
  for (const auto& [key, pod] : pods) {
    const bool noted = good.contains(pod->uid) || bad.contains(pod->uid);
    // A pod that goes before it has finished will never be counted: it is replaced.
    const bool lost = pod->deleting && !pod->finished() && (ending || pod->stopped);
    if (pod->tracked && (noted || lost || job.deleting())) ripe.emplace_back(key, pod);
  }
  if (ripe.empty()) return false;
  DropFinalizers(ripe, std::move(done));
  return true;
}

void JobController::DropFinalizers(const Pods& pods, Done done) {
  Gather gather(
      [done](Result<void> r) { done(r ? kube::Outcome::Ok() : kube::Outcome::Fail(r.error())); });
  for (const auto& [key, pod] : pods) {
    kube::MutableJson patch;
    patch.Set({"metadata", "uid"}, pod->uid);
    patch["metadata"]["$deleteFromPrimitiveList/finalizers"].Append(kJobFinalizer);
    context_.client.Patch(kube::kPods, key.ns, key.name, kube::PatchType::kStrategicMerge,
                          std::move(patch).Freeze(), [one = gather.Add()](Result<kube::Object> r) {
                            const bool gone = !r && (r.error().code == ErrorCode::kNotFound ||
                                                     r.error().code == ErrorCode::kConflict);
                            one(r || gone ? Result<void>{} : Err(r.error()));
                          });
  }
  gather.Close();
}

bool JobController::WriteStatus(const kube::Object& job, const Pods& pods, const Counts& counts,
                                Done& done) {
  kube::MutableJson next(job.json());
  const WallTime now = context_.executor.WallNow();
  if (!job.status()["startTime"].exists() && !job.spec()["suspend"].boolean()) {
    next.Set({"status", "startTime"}, FormatTime(now));
  }
  auto good = Uncounted(job, "succeeded"), bad = Uncounted(job, "failed");
  int64_t succeeded = job.status()["succeeded"].i64(), failed = job.status()["failed"].i64();
  std::set<std::string> tracked;
  for (const auto& [key, pod] : pods) {
    if (pod->tracked) tracked.insert(pod->uid);
  }
  // What was noted and has lost its finalizer is counted; what has finished since is noted.
  succeeded += std::erase_if(good, [&](const auto& uid) { return !tracked.contains(uid); });
  failed += std::erase_if(bad, [&](const auto& uid) { return !tracked.contains(uid); });
  for (const auto& [key, pod] : pods) {
    if (!pod->tracked) continue;
    if (pod->phase == "Succeeded") good.insert(pod->uid);
    if (pod->phase == "Failed") bad.insert(pod->uid);
  }
  const auto set = [&](const char* name, int64_t n) {
    if (n > 0 || job.status()[name].exists()) next["status"][name] = n;
  };
  set("active", counts.active);
  set("succeeded", succeeded);
  set("failed", failed);
  next["status"]["ready"] = counts.ready;
  next["status"]["terminating"] =
      static_cast<int64_t>(std::count_if(pods.begin(), pods.end(), [](const auto& p) {
        return p.second->deleting && !p.second->finished();
      }));
  next["status"]["uncountedTerminatedPods"].Set(kube::JsonObject{});
  for (const auto& uid : good) next["status"]["uncountedTerminatedPods"]["succeeded"].Append(uid);
  for (const auto& uid : bad) next["status"]["uncountedTerminatedPods"]["failed"].Append(uid);
  if (Indexed(job)) next["status"]["completedIndexes"] = FormatIndexes(counts.indexes_done);
  const Verdict verdict = Judge(job, counts);
  if (!verdict.type.empty() && FinishedType(job).empty() && good.empty() && bad.empty()) {
    PutCondition(next, verdict.type, "True", verdict.reason, verdict.message, now);
    if (verdict.type == "Complete") next.Set({"status", "completionTime"}, FormatTime(now));
    context_.job_events.Record(kube::ObjectReference::Of(job),
                               verdict.type == "Complete" ? kube::EventRecorder::Type::kNormal
                                                          : kube::EventRecorder::Type::kWarning,
                               verdict.type == "Complete" ? "Completed" : verdict.reason,
                               verdict.type == "Complete" ? "Job completed" : verdict.message);
  }
  if (next.ref()["status"] == job.status()) return false;
  context_.client.Update(
      kube::kJobs, job.ns(), job.name(), std::move(next).Freeze(),
      [done](Result<kube::Object> r) {
        if (r || r.error().code == ErrorCode::kNotFound) return done(kube::Outcome::Ok());
        done(kube::Outcome::Fail(r.error()));
      },
      "status");
  return true;
}

bool JobController::CleanUpFinished(const kube::Object& job, const Pods& pods, Done& done) {
  Pods active;
  for (const auto& pod : pods) {
    if (!pod.second->finished() && !pod.second->deleting) active.push_back(pod);
  }
  if (!active.empty()) {
    DeletePods(active, std::move(done));
    return true;
  }
  const auto left = LookAgain(job);
  if (!left || *left > Duration(0)) return false;
  context_.client.Delete(kube::kJobs, job.ns(), job.name(),
                         {.uid = std::string(job.uid()), .propagation = "Background"},
                         [done](Result<kube::Object>) { done(kube::Outcome::Ok()); });
  return true;
}

bool JobController::Manage(const kube::Object& job, const Pods& pods, const Counts& counts,
                           Done& done) {
  const kube::JsonRef spec = job.spec();
  const bool stop = spec["suspend"].boolean() || !Judge(job, counts).type.empty();
  int64_t wanted = stop ? 0 : spec["parallelism"].i64(1);
  if (!stop && spec["completions"].exists()) {
    wanted = std::min(wanted, spec["completions"].i64() - counts.succeeded);
  } else if (!stop && counts.succeeded > 0) {
    wanted = counts.active;  // a work queue whose first pod succeeded: no new ones
  }
  if (counts.active > wanted) {
    Pods extra;
    for (const auto& pod : pods) {
      if (!pod.second->finished() && !pod.second->deleting) extra.push_back(pod);
    }
    extra.resize(static_cast<size_t>(counts.active - std::max<int64_t>(0, wanted)));
    DeletePods(extra, std::move(done));
    return true;
  }
  // A deleted pod that has not ended yet may still be running: its replacement waits.
  int64_t ending = 0;
  for (const auto& [key, pod] : pods) ending += pod->deleting && !pod->finished();
  const int64_t missing = wanted - counts.active - ending;
  if (missing <= 0) return false;
  // Failures in a row slow the next attempt down: 10 s, 20 s ... 6 min.
  if (counts.failed > 0) {
    WallTime last{};
    for (const auto& [key, pod] : pods) last = std::max(last, pod->created);
    const Duration pause =
        std::min(Seconds(10ll << std::min<int64_t>(counts.failed - 1, 6)), Seconds(360));
    const Duration left = last + pause - context_.executor.WallNow();
    if (left > Duration(0)) {
      done(kube::Outcome::Again(left));
      return true;
    }
  }
  CreatePods(job, counts, std::min<int64_t>(missing, 500), std::move(done));
  return true;
}

void JobController::CreatePods(const kube::Object& job, const Counts& counts, int64_t count,
                               Done done) {
  const std::string uid(job.uid());
  const NamespacedName key = job.key();
  const auto about = kube::ObjectReference::Of(job);
  expected_creations_[uid] += static_cast<int>(count);
  Gather gather(
      [done](Result<void> r) { done(r ? kube::Outcome::Ok() : kube::Outcome::Fail(r.error())); });
  int64_t index = -1;
  for (int64_t i = 0; i < count; ++i) {
    std::string prefix = key.name + "-";
    if (Indexed(job)) {
      do ++index;
      while (counts.indexes_done.contains(index) || counts.indexes_active.contains(index));
      prefix += std::to_string(index) + "-";
    }
    kube::MutableJson pod = PodFromTemplate(job.spec()["template"], job, "batch/v1", "Job", prefix);
    pod["metadata"]["finalizers"].Append(kJobFinalizer);
    if (index >= 0) {
      const std::string text = std::to_string(index);
      pod.Set({"metadata", "annotations", kJobIndexAnnotation}, text);
      pod.Set({"metadata", "labels", kJobIndexAnnotation}, text);
      for (size_t c = 0; c < pod.ref()["spec"]["containers"].size(); ++c) {
        kube::JsonNode env = pod["spec"]["containers"].At(c)["env"].Append(kube::JsonObject{});
        env["name"] = "JOB_COMPLETION_INDEX";
        env["value"] = text;
      }
    }
    context_.client.Create(kube::kPods, key.ns, std::move(pod).Freeze(),
                           [this, uid, about, one = gather.Add()](Result<kube::Object> made) {
                             if (made) {
                               context_.job_events.Record(
                                   about, kube::EventRecorder::Type::kNormal, "SuccessfulCreate",
                                   "Created pod: " + std::string(made->name()));
                               return one({});
                             }
                             auto it = expected_creations_.find(uid);
                             if (it != expected_creations_.end() && it->second > 0) --it->second;
                             one(Err(made.error()));
                           });
  }
  gather.Close();
}

void JobController::DeletePods(const Pods& pods, Done done) {
  Gather gather(
      [done](Result<void> r) { done(r ? kube::Outcome::Ok() : kube::Outcome::Fail(r.error())); });
  for (const auto& [key, pod] : pods) {
    context_.client.Delete(kube::kPods, key.ns, key.name, {.uid = pod->uid},
                           [one = gather.Add()](Result<kube::Object> gone) {
                             const bool fine = gone || gone.error().code == ErrorCode::kNotFound ||
                                               gone.error().code == ErrorCode::kConflict;
                             one(fine ? Result<void>{} : Err(gone.error()));
                           });
  }
  gather.Close();
}

}  // namespace stowage::sim
