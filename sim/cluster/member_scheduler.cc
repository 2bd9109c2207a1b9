#include "sim/cluster/member_scheduler.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "kube/api/well_known.h"

namespace stowage::sim {
namespace {

constexpr std::string_view kDefaultScheduler = "default-scheduler";

bool MatchesExpression(kube::JsonRef expression, const std::string_view* value) {
  kube::Requirement r;
  r.key = expression["key"].string();
  const std::string_view op = expression["operator"].str();
  using Op = kube::Requirement::Op;
  r.op = op == "In"             ? Op::kIn
         : op == "NotIn"        ? Op::kNotIn
         : op == "Exists"       ? Op::kExists
         : op == "DoesNotExist" ? Op::kDoesNotExist
         : op == "Gt"           ? Op::kGt
                                : Op::kLt;
  for (const kube::JsonRef v : expression["values"].elements()) r.values.push_back(v.string());
  return r.Matches(value);
}

// One nodeSelectorTerm: all of its expressions; an empty one matches nothing.
bool MatchesTerm(kube::JsonRef term, const MemberNode& node) {
  if (term["matchExpressions"].empty() && term["matchFields"].empty()) return false;
  for (const kube::JsonRef e : term["matchExpressions"].elements()) {
    const kube::JsonRef label = node.labels[e["key"].str()];
    const std::string_view value = label.str();
    if (!MatchesExpression(e, label.exists() ? &value : nullptr)) return false;
  }
  for (const kube::JsonRef e : term["matchFields"].elements()) {
    const std::string_view name = node.name;
    if (e["key"].str() != "metadata.name" || !MatchesExpression(e, &name)) return false;
  }
  return true;
}

bool MatchesNodeAffinity(kube::JsonRef spec, const MemberNode& node) {
  for (const kube::JsonRef::Member want : spec["nodeSelector"].members()) {
    if (node.labels[want.key].str("\x01") != want.value.str()) return false;
  }
  const kube::JsonRef required =
      spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  if (!required.exists() || required.is_null()) return true;
  for (const kube::JsonRef term : required["nodeSelectorTerms"].elements()) {
    if (MatchesTerm(term, node)) return true;
  }
  return false;
}

// The first taint that keeps the pod away; nullptr: none.
const kube::Taint* Untolerated(const std::vector<kube::Toleration>& tolerations,
                               const MemberNode& node) {
  for (const kube::Taint& taint : node.taints) {
    if (taint.effect == "PreferNoSchedule") continue;
    if (std::none_of(tolerations.begin(), tolerations.end(),
                     [&](const kube::Toleration& t) { return t.Tolerates(taint); })) {
      return &taint;
    }
  }
  return nullptr;
}

// "TCP/80/0.0.0.0": the same port and protocol, and addresses that overlap.
bool PortsClash(const std::string& a, const std::string& b) {
  const size_t ia = a.rfind('/'), ib = b.rfind('/');
  if (a.substr(0, ia) != b.substr(0, ib)) return false;
  const std::string ha = a.substr(ia + 1), hb = b.substr(ib + 1);
  return ha == hb || ha == "0.0.0.0" || hb == "0.0.0.0";
}

int64_t Amount(const kube::ResourceMap& map, const std::string& name) {
  auto it = map.find(name);
  return it == map.end() ? 0 : it->second;
}

int64_t PreferredScore(kube::JsonRef spec, const MemberNode& node) {
  int64_t score = 0;
  for (const kube::JsonRef p :
       spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
           .elements()) {
    if (MatchesTerm(p["preference"], node)) score += p["weight"].i64();
  }
  return score;
}

}  // namespace

MemberNode ProjectMemberNode(const kube::Object& object) {
  const kube::NodeView view(object);
  return MemberNode{.name = std::string(object.name()),
                    .allocatable = view.allocatable(),
                    .taints = view.taints(),
                    .labels = kube::Json::Copy(object.metadata()["labels"]),
                    .unschedulable = view.unschedulable()};
}

MemberScheduler::MemberScheduler(Executor& executor, kube::Client& client, Rng rng, Duration pace,
                                 kube::Informer<MemberPod>& pods, kube::Informer<MemberNode>& nodes)
    : executor_(executor),
      client_(client),
      pods_(pods),
      nodes_(nodes),
      events_(executor, client, std::move(rng), std::string(kDefaultScheduler), ""),
      pace_(pace) {
  pods_.AddHandler(
      [this](const kube::NamespacedName& key, const MemberPod* before, const MemberPod* after) {
        const bool freed = before && (!after || after->terminated) && !before->node.empty();
        OnPod(key, after);
        if (freed) WakeParked();
      });
  nodes_.AddHandler(
      [this](const kube::NamespacedName&, const MemberNode* before, const MemberNode* after) {
        const bool same = before && after && before->allocatable == after->allocatable &&
                          before->taints == after->taints &&
                          before->unschedulable == after->unschedulable &&
                          before->labels == after->labels;
        if (!same) WakeParked();
      });
}

MemberScheduler::~MemberScheduler() { *alive_ = false; }

void MemberScheduler::OnPod(const kube::NamespacedName& key, const MemberPod* after) {
  const bool ours = after && after->node.empty() && after->scheduler_name == kDefaultScheduler &&
                    !after->terminated && !after->deletion_grace && !after->gated;
  if (ours) {
    if (binding_.contains(key) || parked_.contains(key)) return;
    active_.insert(key);
    return Pump();
  }
  active_.erase(key);
  parked_.erase(key);
  if (after && !after->node.empty() && !after->terminated) {
    Charge(key, after->node, after->requests);
  } else if (!after || after->terminated) {
    Release(key);
  }
}

void MemberScheduler::Charge(const kube::NamespacedName& key, const std::string& node,
                             const kube::ResourceMap& requests) {
  Release(key);
  charged_[key] = node;
  charges_[key] = requests;
  NodeUse& use = use_[node];
  for (const auto& [name, amount] : requests) use.used[name] += amount;
  use.pods.insert(key);
}

void MemberScheduler::Release(const kube::NamespacedName& key) {
  auto it = charged_.find(key);
  if (it == charged_.end()) return;
  NodeUse& use = use_[it->second];
  for (const auto& [name, amount] : charges_[key]) use.used[name] -= amount;
  use.pods.erase(key);
  charges_.erase(key);
  charged_.erase(it);
}

void MemberScheduler::WakeParked() {
  active_.merge(parked_);
  parked_.clear();
  Pump();
}

void MemberScheduler::Pump() {
  if (pump_set_ || active_.empty()) return;
  pump_set_ = true;
  executor_.RunAfter(pace_, [this, alive = alive_] {
    if (!*alive) return;
    pump_set_ = false;
    if (!pods_.has_synced() || !nodes_.has_synced()) {
      if (!active_.empty()) {
        pump_set_ = true;
        executor_.RunAfter(Milliseconds(50), [this, alive2 = alive_] {
          if (!*alive2) return;
          pump_set_ = false;
          Pump();
        });
      }
      return;
    }
    // Highest priority first, then the oldest, then by name.
    const kube::NamespacedName* best = nullptr;
    const MemberPod* best_pod = nullptr;
    for (auto it = active_.begin(); it != active_.end();) {
      const MemberPod* pod = pods_.Get(*it);
      if (!pod) {
        it = active_.erase(it);
        continue;
      }
      if (!best || pod->priority > best_pod->priority ||
          (pod->priority == best_pod->priority && pod->created < best_pod->created)) {
        best = &*it;
        best_pod = pod;
      }
      ++it;
    }
    if (!best) return;
    const kube::NamespacedName key = *best;
    active_.erase(key);
    Schedule(key);
    Pump();
  });
}

bool MemberScheduler::AnyMatchInDomain(kube::JsonRef term, const kube::NamespacedName& self,
                                       const std::string& own_ns, const MemberNode& node) const {
  const std::string topology = term["topologyKey"].string();
  const kube::JsonRef domain = node.labels[topology];
  if (!domain.exists()) return false;
  const Result<kube::LabelSelector> selector = kube::LabelSelector::FromJson(term["labelSelector"]);
  if (!selector) return false;
  for (const auto& [key, where] : charged_) {
    if (key == self) continue;
    bool in_namespace = term["namespaces"].empty() ? key.ns == own_ns : false;
    for (const kube::JsonRef ns : term["namespaces"].elements()) in_namespace |= ns.str() == key.ns;
    if (!in_namespace) continue;
    const MemberNode* other = where == node.name ? &node : nodes_.Get({"", where});
    if (!other || other->labels[topology].str("\x01") != domain.str()) continue;
    const MemberPod* pod = pods_.Get(key);
    if (pod && selector->Matches(pod->labels)) return true;
  }
  return false;
}

bool MemberScheduler::FitsPodAffinity(const MemberPod& pod, const kube::NamespacedName& key,
                                      const MemberNode& node, bool anti) const {
  const kube::JsonRef terms = pod.spec["affinity"][anti ? "podAntiAffinity" : "podAffinity"]
                                      ["requiredDuringSchedulingIgnoredDuringExecution"];
  for (const kube::JsonRef term : terms.elements()) {
    const bool found = AnyMatchInDomain(term, key, key.ns, node);
    if (found == anti) {
      if (anti || found) return false;
      // The first of a group that wants its own kind near may start anywhere.
      const Result<kube::LabelSelector> selector =
          kube::LabelSelector::FromJson(term["labelSelector"]);
      bool any = false;
      for (const auto& [other, where] : charged_) {
        const MemberPod* p = pods_.Get(other);
        any |= p && other != key && other.ns == key.ns && selector && selector->Matches(p->labels);
      }
      if (any || !selector || !selector->Matches(pod.labels)) return false;
    }
  }
  if (!anti) return true;
  // What runs there may not want us near: symmetric anti-affinity.
  for (const auto& [other, where] : charged_) {
    const MemberPod* p = pods_.Get(other);
    if (!p || other == key) continue;
    const kube::JsonRef theirs =
        p->spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    for (const kube::JsonRef term : theirs.elements()) {
      const std::string topology = term["topologyKey"].string();
      const MemberNode* there = nodes_.Get({"", where});
      if (!there || there->labels[topology].str("\x01") != node.labels[topology].str("\x02"))
        continue;
      const Result<kube::LabelSelector> selector =
          kube::LabelSelector::FromJson(term["labelSelector"]);
      if (selector && other.ns == key.ns && selector->Matches(pod.labels)) return false;
    }
  }
  return true;
}

// "" if the node fits; else why not, counted in `reasons`.
std::string MemberScheduler::Filter(const MemberPod& pod, const kube::NamespacedName& key,
                                    const MemberNode& node,
                                    std::map<std::string, int>& reasons) const {
  auto refuse = [&](const std::string& reason) {
    ++reasons[reason];
    return reason;
  };
  const std::vector<kube::Toleration> tolerations = kube::ReadTolerations(pod.spec["tolerations"]);
  if (node.unschedulable) {
    const kube::Taint cordon{"node.kubernetes.io/unschedulable", "", "NoSchedule"};
    if (std::none_of(tolerations.begin(), tolerations.end(),
                     [&](const auto& t) { return t.Tolerates(cordon); })) {
      return refuse("node(s) were unschedulable");
    }
  }
  if (const kube::Taint* taint = Untolerated(tolerations, node)) {
    return refuse("node(s) had untolerated taint {" + taint->key + ": " + taint->value + "}");
  }
  if (!MatchesNodeAffinity(pod.spec, node))
    return refuse("node(s) didn't match Pod's node affinity/selector");
  auto use = use_.find(node.name);
  for (const std::string& port : pod.host_ports) {
    if (use == use_.end()) break;
    for (const kube::NamespacedName& other : use->second.pods) {
      const MemberPod* p = pods_.Get(other);
      if (p && std::any_of(p->host_ports.begin(), p->host_ports.end(),
                           [&](const std::string& q) { return PortsClash(port, q); })) {
        return refuse("node(s) didn't have free ports for the requested pod ports");
      }
    }
  }
  std::string first;
  for (const auto& [name, amount] : pod.requests) {
    const int64_t used = use == use_.end() ? 0 : Amount(use->second.used, name);
    if (amount == 0 || used + amount <= Amount(node.allocatable, name)) continue;
    const std::string reason = refuse(name == "pods" ? "Too many pods" : "Insufficient " + name);
    if (first.empty()) first = reason;
  }
  if (!first.empty()) return first;
  if (!FitsPodAffinity(pod, key, node, false))
    return refuse("node(s) didn't match pod affinity rules");
  if (!FitsPodAffinity(pod, key, node, true))
    return refuse("node(s) didn't match pod anti-affinity rules");
  return "";
}

void MemberScheduler::Schedule(const kube::NamespacedName& key) {
  const MemberPod* pod = pods_.Get(key);
  if (!pod || !pod->node.empty()) return;
  std::map<std::string, int> reasons;
  const MemberNode* best = nullptr;
  int64_t best_score = -1;
  for (const auto& [name, node] : nodes_.items()) {
    if (!Filter(*pod, key, node, reasons).empty()) continue;
    // Least allocated of cpu and memory, 0 to 100, and preferences by their weight.
    int64_t score = PreferredScore(pod->spec, node) * 200;
    for (const char* resource : {"cpu", "memory"}) {
      const int64_t total = Amount(node.allocatable, resource);
      auto use = use_.find(node.name);
      const int64_t used = (use == use_.end() ? 0 : Amount(use->second.used, resource)) +
                           Amount(pod->requests, resource);
      if (total > 0)
        score += static_cast<int64_t>(static_cast<__int128>(std::max<int64_t>(total - used, 0)) *
                                      100 / total);
    }
    for (const kube::Taint& taint : node.taints) {
      if (taint.effect == "PreferNoSchedule") score = std::max<int64_t>(score - 100, 0);
    }
    if (score > best_score) {
      best = &node;
      best_score = score;
    }
  }
  if (best) return Bind(key, *pod, best->name);
  std::string message = "0/" + std::to_string(nodes_.items().size()) + " nodes are available";
  for (auto it = reasons.begin(); it != reasons.end(); ++it) {
    message += (it == reasons.begin() ? ": " : ", ") + std::to_string(it->second) + " " + it->first;
  }
  TellUnschedulable(key, *pod, message + ".");
}

void MemberScheduler::Bind(const kube::NamespacedName& key, const MemberPod& pod,
                           const std::string& node) {
  Charge(key, node, pod.requests);  // assumed until the watch says so, or the bind fails
  binding_.insert(key);
  const std::string uid = pod.uid;
  client_.Bind(key.ns, key.name, node, {}, uid,
               [this, alive = alive_, key, node, uid](Result<void> bound) {
                 if (!*alive) return;
                 binding_.erase(key);
                 if (bound) {
                   return events_.Record({"v1", "Pod", key.ns, key.name, uid, ""},
                                         kube::EventRecorder::Type::kNormal, "Scheduled",
                                         "Successfully assigned " + key.ToString() + " to " + node);
                 }
                 const MemberPod* now = pods_.Get(key);
                 if (now && !now->node.empty()) return;  // it is bound after all
                 Release(key);
                 if (!now) return;
                 executor_.RunAfter(Seconds(1), [this, alive2 = alive_, key] {
                   if (!*alive2) return;
                   OnPod(key, pods_.Get(key));
                 });
               });
}

void MemberScheduler::TellUnschedulable(const kube::NamespacedName& key, const MemberPod& pod,
                                        const std::string& message) {
  parked_.insert(key);
  if (pod.unschedulable_told && pod.unschedulable_message == message) return;
  events_.Record({"v1", "Pod", key.ns, key.name, pod.uid, ""}, kube::EventRecorder::Type::kWarning,
                 "FailedScheduling", message);
  kube::MutableJson patch;
  patch.Set({"metadata", "uid"}, pod.uid);
  kube::SetCondition(patch["status"]["conditions"],
                     {"PodScheduled", "False", "Unschedulable", message}, executor_.WallNow());
  client_.Patch(kube::kPods, key.ns, key.name, kube::PatchType::kStrategicMerge,
                std::move(patch).Freeze(), [](Result<kube::Object>) {}, "status",
                {.field_manager = "kube-scheduler"});
}

}  // namespace stowage::sim
