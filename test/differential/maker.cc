#include "test/differential/maker.h"

#include <set>

namespace stowage::differential {

const std::map<std::string, Map>& Overheads() {
  static const std::map<std::string, Map> all = {{"thin", {{"cpu", "50m"}, {"memory", "64Mi"}}},
                                                 {"thick", {{"cpu", "750m"}}}};
  return all;
}

World Maker::NewWorld() {
  World world;
  world.name = "w" + std::to_string(number_);
  const std::string slot = "d" + std::to_string(number_ % kSlots) + "-";
  for (const char* ns : {"a", "b", "c"}) {
    Map& labels = world.namespaces[slot + ns];
    labels["kubernetes.io/metadata.name"] = slot + ns;
    if (Chance(0.8)) labels["team"] = One({"red", "blue"});
    if (Chance(0.5)) labels["stage"] = One({"test", "live"});
  }
  const int nodes = Between(3, 5), first_member = Between(1, nodes - 1);
  for (int i = 0; i < nodes; ++i) {
    NodeDraft& node = world.nodes.emplace_back();
    node.name = world.name + "-n" + std::to_string(i);
    node.labels[kHost] = node.name;
    node.labels[kCluster] = world.name + (i < first_member ? "-x" : "-y");
    node.labels["world"] = world.name;
    if (Chance(0.92)) node.labels[kZone] = One({"za", "zb", "zc"});
    if (Chance(0.92)) node.labels[kRack] = One({"r1", "r2"});
    if (Chance(0.8)) node.labels["disk"] = One({"ssd", "hdd"});
    if (Chance(0.8)) node.labels["generation"] = std::to_string(Between(1, 9));
    node.taints.push_back({world.name, "", "NoSchedule"});
    node.allocatable = {
        {"cpu", "16"}, {"memory", "32Gi"}, {"ephemeral-storage", "100Gi"}, {"pods", "50"}};
  }
  return world;
}

PodDraft Maker::NewPod(const World& world, const std::string& name) {
  PodDraft pod;
  pod.ns = world.namespaces.begin()->first;
  pod.name = name;
  pod.labels["app"] = One({"web", "api", "db"});
  if (Chance(0.7)) pod.labels["tier"] = One({"front", "back"});
  pod.containers[0].requests = {{"cpu", "100m"}};
  return pod;
}

PodDraft& Maker::AddBound(World& world, int node) {
  PodDraft pod = NewPod(world, world.name + "-b" + std::to_string(world.bound.size()));
  pod.node = node;
  pod.tolerations.push_back({"", "Exists", "", ""});
  return world.bound.emplace_back(std::move(pod));
}

PodDraft& Maker::AddIncoming(World& world) {
  return world.incoming.emplace_back(
      NewPod(world, world.name + "-p" + std::to_string(world.incoming.size())));
}

void Maker::AddSomeBound(World& world, int least, int most) {
  const int count = Between(least, most);
  for (int i = 0; i < count; ++i) {
    AddBound(world, Between(0, static_cast<int>(world.nodes.size()) - 1));
  }
}

void Maker::PerhapsShrink(World& world) {
  if (world.members || !Chance(0.3)) return;
  for (NodeDraft& node : world.nodes) {
    if (Chance(0.7)) node.allocatable["cpu"] = "150m";
  }
  for (PodDraft& pod : world.incoming) pod.containers[0].requests.clear();
}

void Maker::PerhapsAlike(World& world) {
  if (!Chance(0.4)) return;
  for (NodeDraft& node : world.nodes) {
    for (const char* key : {kRack, "disk", "generation"}) node.labels.erase(key);
    node.labels[kZone] = One({"za", "za", "zb"});
  }
}

void Maker::Finish(World& world) {
  for (PodDraft& pod : world.bound) {
    // kube-scheduler forgets a port with the first of two pods that have it: there are never two.
    const bool may_clash = !pod.containers[0].ports.empty() && !world.members;
    pod.finished = !pod.terminating && !may_clash && Chance(0.04);
  }
  if (!world.members) {
    // What pods said when they were bound need not be so any more.
    for (PodDraft& pod : world.bound) {
      if (Chance(0.15)) pod.node_selector["disk"] = "gone";
    }
    return;
  }
  std::set<int> used;
  for (PodDraft& pod : world.bound) {
    used.insert(pod.node);
    pod.node_selector["slot"] = std::to_string(pod.node);
  }
  for (size_t i = 0; i < world.nodes.size(); ++i) {
    const bool own = used.contains(static_cast<int>(i));
    world.nodes[i].labels["slot"] = own ? std::to_string(i) : "none";
  }
}

Selector Maker::PodSelector() {
  Selector s;
  if (Chance(0.04)) {
    s.absent = true;
  } else if (Chance(0.6)) {
    s.labels["app"] = One({"web", "api", "db"});
    if (Chance(0.2)) s.labels["tier"] = One({"front", "back"});
  } else if (Chance(0.95)) {
    if (Chance(0.6)) s.expressions.push_back({"app", One({"In", "NotIn"}), {"web", "db"}});
    if (s.expressions.empty() || Chance(0.4)) {
      const std::string op = One({"Exists", "DoesNotExist", "In", "NotIn"});
      const bool list = op == "In" || op == "NotIn";
      s.expressions.push_back(
          {"tier", op, list ? std::vector<std::string>{"back"} : std::vector<std::string>{}});
    }
  }
  return s;  // without any: all pods
}

std::string Maker::TopologyKey() { return One({kZone, kZone, kRack, kHost, kCluster}); }

const std::string& Maker::Namespace(World& world) {
  auto it = world.namespaces.begin();
  std::advance(it, Between(0, 2));
  return it->first;
}

const std::vector<Row>& Rows() {
  static const std::vector<Row> all = {
      {"NodeResourcesFit", "requests", FillResources},
      {"NodeResourcesFit", "init containers, sidecars, overhead", FillInitContainers},
      {"NodeAffinity", "nodeSelector", FillNodeSelector},
      {"NodeAffinity", "required node affinity", FillNodeAffinity},
      {"TaintToleration", "taints", FillTaints},
      {"NodeUnschedulable", "cordoned nodes", FillUnschedulable},
      {"NodePorts", "host ports", FillPorts},
      {"VolumeBinding", "node affinity of volumes", FillVolumes},
      {"InterPodAffinity", "affinity", FillAffinity},
      {"InterPodAffinity", "anti-affinity", FillAntiAffinity},
      {"InterPodAffinity", "anti-affinity of existing pods", FillExistingAntiAffinity},
      {"InterPodAffinity", "namespaces, namespaceSelector", FillNamespaces},
      {"InterPodAffinity", "matchLabelKeys, mismatchLabelKeys", FillMatchLabelKeys},
      {"PodTopologySpread", "maxSkew", FillSpread},
      {"PodTopologySpread", "minDomains", FillMinDomains},
      {"PodTopologySpread", "node inclusion policies", FillSpreadPolicies},
      {"PodTopologySpread", "matchLabelKeys", FillSpreadLabelKeys},
      {"all", "everything at once", FillEverything},
  };
  return all;
}

World MakeWorld(const Row& row, uint64_t seed, size_t index, int number) {
  const std::string stream = std::string(row.name) + "/" + std::to_string(index);
  Maker maker(Rng(seed).Stream(stream), number);
  World world = maker.NewWorld();
  row.fill(maker, world);
  maker.Finish(world);
  return world;
}

}  // namespace stowage::differential
