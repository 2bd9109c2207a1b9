#include "sim/controllers/disruption.h"

#include <algorithm>
#include <charconv>

#include "base/time/rfc3339.h"

namespace stowage::sim {
namespace {

const kube::Resource kBudgets{"policy", "v1", "poddisruptionbudgets", true};
constexpr Duration kEvictionSeenWithin = Minutes(2);

// A count, or a percentage of `total` rounded up; nullopt: neither.
std::optional<int64_t> CountOf(kube::JsonRef value, int64_t total) {
  if (value.is_int()) return value.i64();
  const std::string_view text = value.str();
  int64_t percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end == text.data() + text.size() || *end != '%') return std::nullopt;
  return (percent * total + 99) / 100;
}

int64_t Desired(kube::JsonRef spec, int64_t expected) {
  if (const auto most_away = CountOf(spec["maxUnavailable"], expected)) {
    return std::max<int64_t>(0, expected - *most_away);
  }
  return CountOf(spec["minAvailable"], expected).value_or(0);
}

}  // namespace

DisruptionController::DisruptionController(Context& context)
    : context_(context),
      budgets_(context.MakeInformer(kBudgets)),
      controller_(
          context.executor, context.rng.Stream("disruption"), {.name = "disruption"},
          [this](const NamespacedName& key, Done done) { Reconcile(key, std::move(done)); }) {
  budgets_->AddHandler([this](const NamespacedName& key, const kube::Object*, const kube::Object*) {
    controller_.Enqueue(key);
  });
  context_.pods.AddHandler([this](const NamespacedName& key, const PodInfo* before,
                                  const PodInfo* after) { OnPod(key, before, after); });
}

void DisruptionController::Start() {
  budgets_->Start();
  controller_.Start();
}

void DisruptionController::OnPod(const NamespacedName& key, const PodInfo* before,
                                 const PodInfo* after) {
  const auto& items = budgets_->items();
  for (auto it = items.lower_bound({key.ns, ""}); it != items.end() && it->first.ns == key.ns;
       ++it) {
    const auto selector = kube::LabelSelector::FromJson(it->second.spec()["selector"]);
    if (!selector) continue;
    if ((before && selector->Matches(before->labels)) ||
        (after && selector->Matches(after->labels))) {
      controller_.Enqueue(it->first);
    }
  }
}

DisruptionController::Counts DisruptionController::Count(
    const kube::Object& budget, const std::set<std::string>& evicted) const {
  Counts counts;
  const auto selector = kube::LabelSelector::FromJson(budget.spec()["selector"]);
  if (!selector) return counts;
  const std::string ns(budget.ns());
  std::set<std::string> owners;
  const auto& pods = context_.pods.items();
  for (auto it = pods.lower_bound({ns, ""}); it != pods.end() && it->first.ns == ns; ++it) {
    const PodInfo& pod = it->second;
    if (pod.finished() || !selector->Matches(pod.labels)) continue;
    ++counts.pods;
    counts.healthy += pod.ready && !pod.deleting && !evicted.contains(it->first.name);
    // What is expected is what the owners want, not what happens to be there.
    const kube::Object* set =
        pod.owner_kind == "ReplicaSet" ? context_.replica_sets->Get({ns, pod.owner_name}) : nullptr;
    if (!set || set->uid() != pod.owner_uid) {
      ++counts.expected;
    } else if (owners.insert(pod.owner_uid).second) {
      counts.expected += set->spec()["replicas"].i64(1);
    }
  }
  if (budget.spec()["minAvailable"].is_int()) counts.expected = counts.pods;
  return counts;
}

void DisruptionController::Reconcile(const NamespacedName& key, Done done) {
  if (!context_.synced()) return done(kube::Outcome::Again(Milliseconds(50)));
  const kube::Object* budget = budgets_->Get(key);
  if (!budget || budget->deleting()) return done(kube::Outcome::Ok());
  kube::MutableJson next(budget->json());
  kube::JsonNode status = next["status"];
  const WallTime now = context_.executor.WallNow();
  std::set<std::string> evicted;
  for (auto [pod, at] : budget->status()["disruptedPods"].members()) {
    const auto time = ParseTime(at.str());
    const PodInfo* info = context_.pods.Get({key.ns, std::string(pod)});
    if (info && !info->deleting && time && now - *time < kEvictionSeenWithin) {
      evicted.insert(std::string(pod));
    } else {
      next.Remove({"status", "disruptedPods", pod});
    }
  }
  const Counts counts = Count(*budget, evicted);
  const int64_t desired = Desired(budget->spec(), counts.expected);
  const int64_t allowed = counts.pods == 0 ? 0 : std::max<int64_t>(0, counts.healthy - desired);
  status["observedGeneration"] = budget->metadata()["generation"].i64();
  status["expectedPods"] = counts.expected;
  status["currentHealthy"] = counts.healthy;
  status["desiredHealthy"] = desired;
  status["disruptionsAllowed"] = allowed;
  PutCondition(next, "DisruptionAllowed", allowed > 0 ? "True" : "False",
               allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now);
  const bool again = !evicted.empty();
  const auto finished = [done, again] {
    done(again ? kube::Outcome::Again(kEvictionSeenWithin) : kube::Outcome::Ok());
  };
  if (next.ref()["status"] == budget->status()) return finished();
  context_.client.Update(
      kBudgets, key.ns, key.name, std::move(next).Freeze(),
      [done, finished](Result<kube::Object> result) {
        if (result || result.error().code == ErrorCode::kNotFound) return finished();
        done(kube::Outcome::Fail(result.error()));
      },
      "status");
}

}  // namespace stowage::sim
