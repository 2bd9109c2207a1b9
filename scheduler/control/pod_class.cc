#include "scheduler/control/pod_class.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "base/random/rng.h"
#include "base/time/rfc3339.h"
#include "kube/api/views.h"
#include "scheduler/control/constraints.h"
#include "scheduler/control/relations.h"

namespace stowage::scheduler {
namespace {

constexpr std::string_view kPodGroup = "scheduling.x-k8s.io/pod-group";
constexpr std::string_view kPodGroupMin = "pod-group.scheduling.sigs.k8s.io/min-available";
constexpr std::string_view kPodGroupScope = "stowage.dev/pod-group-scope";

// All of the spec that decides the class, as text. Equal texts are equal classes.
std::string ClassText(const kube::Object& pod, const PodRelations& relations) {
  const kube::JsonRef spec = pod.spec();
  std::string text = std::to_string(spec["priority"].i64()) + '\n' + relations.ns;
  for (const auto& [key, value] : relations.labels) text += '\n' + key + '=' + value;
  for (const HostPort& p : relations.ports) {
    text += '\n' + p.protocol + p.ip + ':' + std::to_string(p.port);
  }
  const auto add = [&](kube::JsonRef part) {
    text += '\n';
    text += part.Dump();
  };
  text += '\n';
  text += pod.annotation(kPodGroupScope);
  add(spec["preemptionPolicy"]);
  add(spec["nodeSelector"]);
  add(spec["affinity"]);
  add(spec["topologySpreadConstraints"]);
  add(spec["tolerations"]);
  add(spec["overhead"]);
  add(spec["resources"]);
  for (const kube::JsonRef c : spec["containers"].elements()) add(c["resources"]);
  for (const kube::JsonRef c : spec["initContainers"].elements()) {
    add(c["resources"]);
    text += c["restartPolicy"].str();
  }
  return text;
}

void ReadGang(const kube::Object& pod, ClassSpec& out) {
  const std::string_view group = pod.label(kPodGroup);
  if (group.empty()) return;
  out.gang = pod.key().ns + "/" + std::string(group);
  const std::string_view least = pod.label(kPodGroupMin);
  const auto [end, error] =
      std::from_chars(least.data(), least.data() + least.size(), out.gang_min);
  if (!least.empty() && (error != std::errc() || end != least.data() + least.size() ||
                         out.gang_min < 1 || out.gang_min > kMaxPods)) {
    out.gang_min = 1;
    out.invalid = std::string(kPodGroupMin) + ": \"" + std::string(least) + "\" is no count";
  }
  out.gang_in_one_cluster = pod.annotation(kPodGroupScope) == "cluster";
}

std::string Hex(uint64_t value) {
  char buffer[17];
  std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(value));
  return buffer;
}

// Length first: no two lists give one text.
void AddText(const std::vector<LabelRequirement>& requirements, std::string& text) {
  text += '\n' + std::to_string(requirements.size());
  for (const LabelRequirement& r : requirements) {
    text += ' ' + std::to_string(r.key.size()) + r.key + std::to_string(static_cast<int>(r.op));
    for (const std::string& v : r.values) text += ' ' + std::to_string(v.size()) + '=' + v;
  }
}

void AddText(const std::vector<NodeSelectorTerm>& terms, std::string& text) {
  text += "\nany of " + std::to_string(terms.size());
  for (const NodeSelectorTerm& t : terms) {
    AddText(t.labels, text);
    AddText(t.fields, text);
  }
}

// An ephemeral volume's claim has the names of pod and volume.
std::vector<std::string> ClaimsOf(const kube::Object& pod) {
  std::vector<std::string> out;
  for (const kube::JsonRef v : pod.spec()["volumes"].elements()) {
    if (v["persistentVolumeClaim"].exists()) {
      out.push_back(v["persistentVolumeClaim"]["claimName"].string());
    } else if (v["ephemeral"].exists()) {
      out.push_back(std::string(pod.name()) + '-' + v["name"].string());
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

uint64_t ReportedMessage(kube::JsonRef status) {
  for (const kube::JsonRef c : status["conditions"].elements()) {
    if (c["type"].str() != "PodScheduled" || c["status"].str() != "False") continue;
    if (c["reason"].str() == "Unschedulable") return StableHash(c["message"].str());
  }
  return 0;
}

}  // namespace

ClassPtr ClassBook::ClassOf(const kube::Object& pod) {
  const kube::JsonRef spec = pod.spec();
  PodRelations relations;
  const Result<void> understood = ParseRelations(pod, relations);
  std::string text = ClassText(pod, relations);
  if (ClassPtr known = Known(text)) return known;
  auto made = std::make_shared<ClassSpec>();
  made->priority = static_cast<int32_t>(spec["priority"].i64());
  made->demand = resources_.FromMap(kube::PodView(pod).requests());
  PodConstraints constraints;
  if (const Result<void> ok = ParseConstraints(spec, constraints); !ok) {
    made->invalid = ok.error().message;
  }
  ReadGang(pod, *made);
  made->may_preempt = spec["preemptionPolicy"].str() != "Never";
  if (!understood) made->invalid = understood.error().message;
  selects_namespaces_ = selects_namespaces_ || SelectsNamespaces(relations);
  made->relations = std::make_shared<const PodRelations>(std::move(relations));
  made->constraints = std::make_shared<const PodConstraints>(std::move(constraints));
  Name(*made, text);
  by_text_.insert_or_assign(std::move(text), made);
  return made;
}

ClassPtr ClassBook::WithVolumes(const ClassPtr& own,
                                std::vector<std::vector<NodeSelectorTerm>> volumes) {
  if (volumes.empty()) return own;
  std::sort(volumes.begin(), volumes.end());
  std::string text = "volumes " + own->key;
  for (const auto& terms : volumes) AddText(terms, text);
  if (ClassPtr known = Known(text)) return known;
  auto made = std::make_shared<ClassSpec>(*own);
  made->own = own;
  PodConstraints constraints = *own->constraints;
  constraints.volumes = std::move(volumes);
  made->constraints = std::make_shared<const PodConstraints>(std::move(constraints));
  Name(*made, text);
  by_text_.insert_or_assign(std::move(text), made);
  return made;
}

ClassPtr ClassBook::Known(const std::string& text) const {
  const auto it = by_text_.find(text);
  return it == by_text_.end() ? nullptr : it->second.lock();
}

// Two texts of one hash: practically never, but a key must be unique.
void ClassBook::Name(ClassSpec& made, std::string text) {
  if (by_text_.size() >= drop_at_) DropUnused();
  uint64_t hash = StableHash(text);
  made.key = Hex(hash);
  for (auto it = text_of_key_.find(made.key); it != text_of_key_.end() && it->second != text;
       it = text_of_key_.find(made.key)) {
    hash = HashCombine(hash, 1);
    made.key = Hex(hash);
  }
  text_of_key_[made.key] = std::move(text);
}

void ClassBook::DropUnused() {
  std::erase_if(text_of_key_, [&](const auto& entry) {
    const auto it = by_text_.find(entry.second);
    return it == by_text_.end() || it->second.expired();
  });
  std::erase_if(by_text_, [](const auto& entry) { return entry.second.expired(); });
  drop_at_ = std::max<size_t>(1024, 2 * by_text_.size());
}

std::optional<SchedulerPod> ProjectPod(const kube::Object& pod, std::string_view scheduler_name,
                                       ClassBook& book) {
  const std::string_view phase = pod.status()["phase"].str();
  if (phase == "Succeeded" || phase == "Failed") return std::nullopt;
  SchedulerPod out;
  out.node = pod.spec()["nodeName"].string();
  out.ours = pod.spec()["schedulerName"].str() == scheduler_name;
  if (out.node.empty() && !out.ours) return std::nullopt;
  out.uid = pod.uid();
  out.created = ParseTime(pod.metadata()["creationTimestamp"].str()).value_or(WallTime{});
  out.gated = !pod.spec()["schedulingGates"].empty();
  out.deleting = pod.deleting();
  out.reported = ReportedMessage(pod.status());
  out.spec = book.ClassOf(pod);
  out.claims = ClaimsOf(pod);
  return out;
}

}  // namespace stowage::scheduler
