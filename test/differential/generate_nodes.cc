// Worlds whose answers depend on nodes alone.
#include "test/differential/maker.h"

namespace stowage::differential {
namespace {

constexpr int kPods = 3;  // that ask, in each world
constexpr const char* kGpu = "example.com/gpu";

std::string Cpu(Maker& m, int most_milli) {
  const int milli = m.Between(1, most_milli / 50) * 50;
  if (m.Chance(0.3))
    return std::to_string(milli / 1000) + "." + std::to_string(1000 + milli % 1000).substr(1);
  return std::to_string(milli) + "m";
}

std::string Memory(Maker& m, int most_mib) {
  const int mib = m.Between(1, most_mib / 128) * 128;
  if (m.Chance(0.15)) return std::to_string(mib) + "M";
  if (m.Chance(0.15)) return std::to_string(mib) + "e6";
  if (m.Chance(0.15)) return std::to_string(int64_t{mib} << 20);
  return std::to_string(mib) + "Mi";
}

// What a container of a pod may ask: each resource with some probability.
Map Requests(Maker& m, int cpu, int memory) {
  Map out;
  if (m.Chance(0.7)) out["cpu"] = Cpu(m, cpu);
  if (m.Chance(0.6)) out["memory"] = Memory(m, memory);
  if (m.Chance(0.2)) out["ephemeral-storage"] = std::to_string(m.Between(1, 6)) + "Gi";
  return out;
}

// Nodes where all topologies are.
void LabelAll(Maker& m, World& w) {
  for (NodeDraft& node : w.nodes) {
    node.labels.try_emplace(kZone, m.One({"za", "zb", "zc"}));
    node.labels.try_emplace(kRack, m.One({"r1", "r2"}));
  }
}

void SmallNodes(Maker& m, World& w) {
  for (NodeDraft& node : w.nodes) {
    node.allocatable = {{"cpu", std::to_string(m.Between(2, 8) * 500) + "m"},
                        {"memory", std::to_string(m.Between(2, 8)) + "Gi"},
                        {"pods", std::to_string(m.Between(2, 6))}};
    if (m.Chance(0.8)) {
      node.allocatable["ephemeral-storage"] = std::to_string(m.Between(2, 12)) + "Gi";
    }
    if (m.Chance(0.6)) node.allocatable[kGpu] = std::to_string(m.Between(0, 3));
  }
}

void FillNodesUp(Maker& m, World& w) {
  for (size_t n = 0; n < w.nodes.size(); ++n) {
    const int pods = m.Between(0, 2), most = w.members ? 400 : 1000;  // members are never too full
    for (int i = 0; i < pods; ++i) {
      PodDraft& pod = m.AddBound(w, static_cast<int>(n));
      pod.containers[0].requests = {{"cpu", Cpu(m, most)}, {"memory", Memory(m, most)}};
    }
  }
}

std::string Value(Maker& m, const std::string& key) {
  if (key == "disk") return m.One({"ssd", "hdd"});
  if (key == kZone) return m.One({"za", "zb", "zc"});
  if (key == kRack) return m.One({"r1", "r2"});
  return std::to_string(m.Between(1, 9));
}

Expression NodeExpression(Maker& m) {
  const std::string key = m.One({"disk", kZone, kRack, "generation", "generation", "absent"});
  if (key == "generation" && m.Chance(0.7)) {
    const std::string limit =
        m.Chance(0.8) ? std::to_string(m.Between(2, 8)) : m.One({"-1", "+3", "007", "x"});
    return {key, m.One({"Gt", "Lt"}), {limit}};
  }
  const std::string op = m.One({"In", "In", "NotIn", "NotIn", "Exists", "DoesNotExist"});
  Expression e{key, op, {}};
  if (op != "In" && op != "NotIn") return e;
  e.values.push_back(Value(m, key));
  if (m.Chance(0.4)) e.values.push_back(Value(m, key));
  return e;
}

Expression PlaceExpression(Maker& m) {
  const std::string key = m.One({kZone, kRack, "disk"});
  Expression e{key, m.One({"In", "In", "NotIn"}), {Value(m, key)}};
  if (m.Chance(0.5)) e.values.push_back(Value(m, key));
  return e;
}

NodeTerm RandomTerm(Maker& m, World& w, bool fields) {
  NodeTerm term;
  const int count = fields && m.Chance(0.3) ? 0 : m.Chance(0.7) ? 1 : 2;
  for (int i = 0; i < count; ++i) term.labels.push_back(NodeExpression(m));
  if (fields && m.Chance(0.6)) {
    term.fields.push_back({"metadata.name", m.One({"In", "NotIn"}), {m.One(w.nodes).name}});
  }
  return term;
}

}  // namespace

void FillResources(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  SmallNodes(m, w);
  FillNodesUp(m, w);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    pod.containers.resize(m.Between(1, 2));
    for (Container& c : pod.containers) c.requests = Requests(m, 1600, 2048);
    if (m.Chance(0.05)) pod.containers[0].requests = {{"cpu", "0"}, {"memory", "0"}};
    if (m.Chance(0.3)) {  // a limit alone is a request
      pod.containers[0].limits = {{"cpu", Cpu(m, 2500)}};
      pod.containers[0].requests.erase("cpu");
    }
    if (m.Chance(0.35)) {
      const std::string devices = std::to_string(m.Between(0, 2));
      pod.containers[0].requests[kGpu] = pod.containers[0].limits[kGpu] = devices;
    }
  }
}

void FillInitContainers(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  SmallNodes(m, w);
  FillNodesUp(m, w);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    pod.containers[0].requests = Requests(m, 1200, 1536);
    pod.init.resize(m.Between(1, 3));
    for (Container& c : pod.init) {
      c.sidecar = m.Chance(0.45);
      c.requests = c.sidecar ? Requests(m, 700, 1024) : Requests(m, 2200, 3072);
      if (m.Chance(0.15)) c.requests[kGpu] = c.limits[kGpu] = "1";
    }
    if (m.Chance(0.4)) pod.runtime_class = m.One({"thin", "thick"});
  }
}

void FillNodeSelector(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    const int count = m.Chance(0.7) ? 1 : 2;
    for (int k = 0; k < count; ++k) {
      const std::string key = m.One({"disk", kZone, kRack, kRack});
      pod.node_selector[key] = Value(m, key);
    }
  }
}

void FillNodeAffinity(Maker& m, World& w) {
  w.members = m.Chance(0.5);
  for (NodeDraft& node : w.nodes) {
    if (m.Chance(0.15)) node.labels["generation"] = m.One({"0", "old", "007", "3.5"});
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    const int terms = m.Between(1, 2);
    for (int t = 0; t < terms; ++t) pod.node_terms.push_back(RandomTerm(m, w, !w.members));
    if (m.Chance(0.2)) pod.node_selector["disk"] = "ssd";
  }
}

void FillTaints(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  const auto effect = [&] {
    return m.One({"NoSchedule", "NoSchedule", "NoExecute", "PreferNoSchedule"});
  };
  for (NodeDraft& node : w.nodes) {
    for (const char* key : {"spot", "gpu", "team"}) {
      if (!m.Chance(0.5)) continue;
      node.taints.insert(node.taints.begin() + m.Between(1, static_cast<int>(node.taints.size())),
                         {key, m.One({"", "x", "y"}), effect()});
    }
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    const int count = m.Between(1, 4);
    for (int t = 0; t < count; ++t) {
      Toleration toleration{m.One({"spot", "gpu", "team"}), m.One({"Exists", "Equal", ""}), "", ""};
      if (toleration.op == "Exists" && m.Chance(0.05)) toleration.key = "";
      if (toleration.op != "Exists") toleration.value = m.One({"", "x", "y"});
      if (m.Chance(0.4)) toleration.effect = effect();
      pod.tolerations.push_back(toleration);
    }
  }
}

void FillUnschedulable(Maker& m, World& w) {
  for (NodeDraft& node : w.nodes) node.unschedulable = m.Chance(0.6);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    if (m.Chance(0.6)) continue;
    Toleration t{"node.kubernetes.io/unschedulable", m.One({"Exists", "Equal", ""}), "", ""};
    if (m.Chance(0.5)) t.effect = m.One({"NoSchedule", "NoExecute"});
    if (t.op == "Exists" && m.Chance(0.1)) t.key = "";
    if (t.op != "Exists" && m.Chance(0.2)) t.value = "x";
    pod.tolerations.push_back(t);
  }
}

void FillVolumes(Maker& m, World& w) {
  w.members = m.Chance(0.5);
  LabelAll(m, w);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    const int volumes = m.Between(1, 2);
    for (int v = 0; v < volumes; ++v) {
      VolumeDraft& volume = w.volumes.emplace_back();
      volume.ns = pod.ns;
      volume.name = w.name + "-v" + std::to_string(w.volumes.size());
      const int terms = m.Between(1, 2);
      for (int t = 0; t < terms; ++t) volume.terms.push_back({{PlaceExpression(m)}, {}});
      pod.claims.push_back(volume.name);
    }
  }
}

}  // namespace stowage::differential
