#include "test/differential/our_scheduler.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "providers/kubernetes/capacity.h"
#include "scheduler/control/constraints.h"
#include "scheduler/control/fleet.h"
#include "scheduler/control/round.h"
#include "scheduler/placement/fast_lane.h"
#include "scheduler/solvers/greedy.h"
#include "test/differential/maker.h"

namespace stowage::differential {
namespace {

using namespace stowage::scheduler;

constexpr Iterations kEnough{1'000'000'000};

const GreedySolver& Solver() {
  static const GreedySolver solver;
  return solver;
}

std::string After(const std::string& text, const std::string& before) {
  return text.starts_with(before) ? text.substr(before.size()) : "";
}

// Our words are those of later releases.
std::set<std::string> OldReasons(const Refusal& refusal) {
  if (refusal.filter == "NodeAffinity") return {"node(s) didn't match Pod's node affinity"};
  if (const auto taint = After(refusal.reason, "node(s) had untolerated taint "); !taint.empty()) {
    return {"node(s) had taint " + taint + ", that the pod didn't tolerate"};
  }
  if (refusal.filter != "NodeResourcesFit") return {refusal.reason};
  std::set<std::string> out;
  for (size_t at = 0; at < refusal.detail.size();) {  // "needs cpu 4, ...; needs memory ..."
    const std::string rest = After(refusal.detail.substr(at), "needs ");
    if (rest.empty()) return {refusal.reason};
    const std::string name = rest.substr(0, rest.find(' '));
    out.insert(name == "pods" ? "Too many pods" : "Insufficient " + name);
    const size_t next = refusal.detail.find("; ", at);
    at = next == std::string::npos ? refusal.detail.size() : next + 2;
  }
  return out;
}

// Volumes are not read from API objects yet: their terms are, as those of node affinity.
void AddVolumes(const Asked& asked, const PodDraft& pod, PodConstraints& constraints) {
  for (const std::string& claim : pod.claims) {
    for (const VolumeDraft& v : asked.world.volumes) {
      if (v.name != claim) continue;
      kube::MutableJson spec;
      spec.Set({"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"},
               VolumeObject(v)["spec"]["nodeAffinity"]["required"]);
      PodConstraints read;
      if (ParseConstraints(spec.ref(), read)) constraints.volumes.push_back(*read.required);
    }
  }
}

class Ours {
 public:
  explicit Ours(const Asked& asked) : asked_(asked), fleet_(board_, book_) {
    for (const auto& [name, labels] : asked.world.namespaces) {
      const Labels all(labels.begin(), labels.end());
      fleet_.SetNamespace(name, &all);
    }
  }

  CapacityBoard& board() { return board_; }

  void AddNode(const kube::Object& node) {
    if (const auto projected = ProjectNode(node)) {
      fleet_.SetNode(std::string(node.name()), *projected);
    }
  }

  void AddBound(const kube::Object& pod) {
    if (const auto projected = ProjectPod(pod, kScheduler, book_)) {
      fleet_.Occupy(projected->uid, projected->node, projected->spec, projected->deleting);
    }
  }

  OurVerdict Ask(size_t pod) {
    OurVerdict out;
    const auto projected = ProjectPod(asked_.incoming[pod], kScheduler, book_);
    if (!projected || !projected->waits() || !projected->spec->invalid.empty()) {
      out.error = projected ? "not understood: " + projected->spec->invalid : "not ours";
      return out;
    }
    Explain(*projected->spec, asked_.world.incoming[pod], out);
    if (out.error.empty() && asked_.world.incoming[pod].claims.empty()) {
      out.placed = Place(asked_.incoming[pod], projected->spec);
    }
    return out;
  }

 private:
  // What each cluster says of a first pod of the class.
  void Explain(const ClassSpec& spec, const PodDraft& draft, OurVerdict& out) {
    auto constraints = std::make_shared<PodConstraints>(*spec.constraints);
    AddVolumes(asked_, draft, *constraints);
    ProblemDelta delta;
    fleet_.TakeChanges(delta);
    Problem problem{*delta.resources, {}, delta.set_clusters, {}};
    problem.namespaces = delta.namespaces.value_or(Namespaces());
    const PodClass pods{.key = spec.key,
                        .count = 0,
                        .priority = spec.priority,
                        .demand = spec.demand,
                        .constraints = constraints,
                        .relations = spec.relations};
    ExplainByLane(problem, pods, out);
    problem.classes.push_back(pods);
    if (const auto valid = Validate(problem); !valid) {
      out.error = valid.error().message;
      return;
    }
    const auto session = MakeEngine(Solver())->Start(std::move(problem), {});
    session->Step(kEnough);
    const auto why = session->Explain(spec.key);
    if (!why) {
      out.error = "no explanation";
      return;
    }
    Read(*why, out);
  }

  // The same by the fast lane, for which the class is a new one.
  static void ExplainByLane(const Problem& problem, const PodClass& pods, OurVerdict& out) {
    Instance instance{SolveOptions()};
    ProblemDelta delta{.resources = problem.resources, .set_clusters = problem.clusters};
    delta.namespaces = problem.namespaces;
    instance.Apply(std::move(delta));
    Work work(kEnough.count);
    instance.Prepare(work);
    const auto search = Solver().Start(instance, {});
    search->Step(work);
    FastLane lane(instance, *search->best(), {});
    const auto k = lane.Learn(pods);
    if (!k) {
      out.error = k.error().message;
      return;
    }
    OurVerdict by_lane;
    Read(lane.Explain(*k), by_lane);
    out.lane_fits = by_lane.fits;
    out.lane_reasons = by_lane.reasons;
    const auto decision = lane.Place(*k);
    if (decision) out.lane_placed = instance.clusters()[decision->j]->name;
  }

  static void Read(const ClassExplanation& why, OurVerdict& out) {
    for (const ClusterVerdict& v : why.clusters) {
      if (!v.refusal) {
        out.fits.insert(v.cluster);
        continue;
      }
      out.of[v.cluster] = OldReasons(*v.refusal);
      for (const std::string& reason : out.of[v.cluster]) ++out.reasons[reason];
    }
  }

  // A round of this pod alone, as the scheduler runs it.
  std::string Place(const kube::Object& pod, const ClassPtr& spec) {
    Rounds rounds(Solver(), fleet_, "differential");
    rounds.Begin({{{pod.key(), std::string(pod.uid())}, spec}});
    while (!rounds.Step(kEnough.count)) {
    }
    return rounds.Finish().at(0).node;
  }

  const Asked& asked_;
  CapacityBoard board_;
  ClassBook book_;
  Fleet fleet_;
};

std::string MemberOf(const kube::Object& node) { return std::string(node.label(kCluster)); }

kube::Object VirtualNode(const std::string& member) {
  kube::MutableJson json;
  json.Set({"metadata", "name"}, member);
  json.Set({"metadata", "labels", kCluster}, member);
  const kube::JsonNode ready = json["status"]["conditions"].Append(kube::JsonObject{});
  ready["type"] = "Ready";
  ready["status"] = "True";
  return kube::Object(std::move(json).Freeze());
}

std::vector<MemberShape> Shapes(const std::vector<kube::Object>& nodes) {
  std::map<kube::NamespacedName, providers::NodeFacts> facts;
  for (const kube::Object& node : nodes) facts.emplace(node.key(), providers::FactsOf(node));
  std::vector<MemberShape> out;
  for (const providers::NodeShape& s : providers::ComputeCapacity(facts, {}, {}).shapes) {
    const Labels labels(s.labels.begin(), s.labels.end());
    out.push_back({labels, ParseTaints(s.taints), s.allocatable, s.count});
  }
  return out;
}

}  // namespace

OurVerdict AskByNode(const Asked& asked, size_t pod) {
  Ours ours(asked);
  for (const kube::Object& node : asked.nodes) ours.AddNode(node);
  for (const kube::Object& bound : asked.bound) ours.AddBound(bound);
  return ours.Ask(pod);
}

OurVerdict AskByMember(const Asked& asked, size_t pod) {
  Ours ours(asked);
  std::map<std::string, std::vector<kube::Object>> members;
  std::map<std::string, std::string> member_of;
  for (const kube::Object& node : asked.nodes) {
    members[MemberOf(node)].push_back(node);
    member_of[std::string(node.name())] = MemberOf(node);
  }
  for (const auto& [member, nodes] : members) {
    ours.board().Set(member, Shapes(nodes));
    ours.AddNode(VirtualNode(member));
  }
  for (const kube::Object& bound : asked.bound) {
    kube::MutableJson on_member(bound.json());
    on_member.Set({"spec", "nodeName"}, member_of[bound.spec()["nodeName"].string()]);
    ours.AddBound(kube::Object(std::move(on_member).Freeze()));
  }
  return ours.Ask(pod);
}

}  // namespace stowage::differential
