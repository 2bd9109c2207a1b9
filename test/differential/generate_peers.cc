// Worlds whose answers depend on the pods that are there.
#include <algorithm>

#include "test/differential/maker.h"

namespace stowage::differential {
namespace {

constexpr int kPods = 3;  // that ask, in each world

PeerTerm RandomPeerTerm(Maker& m) {
  PeerTerm term;
  term.key = m.TopologyKey();
  term.selector = m.PodSelector();
  return term;
}

std::vector<Port> RandomPorts(Maker& m, int most) {
  std::vector<Port> ports;
  const int count = m.Between(1, most);
  for (int i = 0; i < count; ++i) {
    Port p{m.One({"80", "81"}) == "80" ? 80 : 81, m.One({"", "TCP", "UDP"}), ""};
    if (m.Chance(0.5)) p.ip = m.One({"0.0.0.0", "127.0.0.1", "10.0.0.1", "::", "::1"});
    const bool there = std::any_of(ports.begin(), ports.end(), [&](const Port& q) {
      return q.number == p.number;  // one pod does not name a port twice
    });
    if (!there) ports.push_back(p);
  }
  return ports;
}

// What only some of the world's pods say of namespaces.
void AddNamespaces(Maker& m, World& w, PeerTerm& term) {
  if (m.Chance(0.4)) term.namespaces.push_back(m.Namespace(w));
  if (m.Chance(0.2)) term.namespaces.push_back("elsewhere");
  if (!m.Chance(0.7)) return;
  Selector s;
  if (m.Chance(0.8)) {
    if (m.Chance(0.6)) s.labels["team"] = m.One({"red", "blue"});
    if (s.labels.empty() || m.Chance(0.3)) {
      const std::string op = m.One({"In", "NotIn", "Exists", "DoesNotExist"});
      const bool list = op == "In" || op == "NotIn";
      s.expressions.push_back(
          {"stage", op, list ? std::vector<std::string>{"live"} : std::vector<std::string>{}});
    }
  }
  term.namespace_selector = s;  // without any: all namespaces
}

void SpreadOverNamespaces(Maker& m, World& w) {
  for (PodDraft& pod : w.bound) pod.ns = m.Namespace(w);
  for (PodDraft& pod : w.incoming) pod.ns = m.Namespace(w);
}

void AddVersions(Maker& m, World& w) {
  for (auto* pods : {&w.bound, &w.incoming}) {
    for (PodDraft& pod : *pods) {
      if (m.Chance(0.85)) pod.labels["version"] = m.One({"v1", "v2"});
    }
  }
}

void AddLabelKeys(Maker& m, PeerTerm& term) {
  term.selector = {};
  if (m.Chance(0.5)) term.selector.labels["app"] = m.One({"web", "api", "db"});
  const bool same = m.Chance(0.5);
  (same ? term.match_keys : term.mismatch_keys).push_back("version");
  if (m.Chance(0.3)) (same ? term.mismatch_keys : term.match_keys).push_back("tier");
}

}  // namespace

void FillPorts(Maker& m, World& w) {
  w.members = m.Chance(0.5);
  m.PerhapsAlike(w);
  m.AddSomeBound(w, 4, 9);
  std::vector<std::vector<int>> taken(w.nodes.size());
  for (PodDraft& pod : w.bound) {
    pod.host_network = m.Chance(0.2);
    pod.containers[0].ports = RandomPorts(m, 2);
    if (!w.members) continue;
    // Pods that run side by side in a member do not clash.
    std::vector<int>& of_node = taken[pod.node];
    std::erase_if(pod.containers[0].ports, [&](const Port& p) {
      return std::find(of_node.begin(), of_node.end(), p.number) != of_node.end();
    });
    for (const Port& p : pod.containers[0].ports) of_node.push_back(p.number);
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    pod.host_network = m.Chance(0.2);
    pod.containers[0].ports = RandomPorts(m, 2);
    if (m.Chance(0.2)) {
      pod.init.resize(1);
      pod.init[0].sidecar = m.Chance(0.5);
      pod.init[0].ports = {{80, "TCP", ""}};
      std::erase_if(pod.containers[0].ports, [](const Port& p) { return p.number == 80; });
    }
  }
  m.PerhapsShrink(w);
}

void FillAffinity(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  m.AddSomeBound(w, m.Chance(0.2) ? 0 : 4, 9);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    const int terms = m.Chance(0.8) ? 1 : 2;
    for (int t = 0; t < terms; ++t) pod.affinity.push_back(RandomPeerTerm(m));
  }
  m.PerhapsShrink(w);
}

void FillAntiAffinity(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  m.AddSomeBound(w, 1, 6);
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    const int terms = m.Between(1, 2);
    for (int t = 0; t < terms; ++t) pod.anti_affinity.push_back(RandomPeerTerm(m));
  }
  m.PerhapsShrink(w);
}

void FillExistingAntiAffinity(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  m.AddSomeBound(w, 3, 6);
  for (PodDraft& pod : w.bound) {
    if (m.Chance(0.75)) pod.anti_affinity.push_back(RandomPeerTerm(m));
    if (m.Chance(0.2)) pod.avoided.push_back(RandomPeerTerm(m));
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    if (m.Chance(0.15)) pod.anti_affinity.push_back(RandomPeerTerm(m));
    if (m.Chance(0.2)) pod.avoided.push_back(RandomPeerTerm(m));
  }
  m.PerhapsShrink(w);
}

void FillNamespaces(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  m.AddSomeBound(w, 3, 7);
  for (PodDraft& pod : w.bound) {
    if (!m.Chance(0.2)) continue;
    pod.anti_affinity.push_back(RandomPeerTerm(m));
    AddNamespaces(m, w, pod.anti_affinity[0]);
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    std::vector<PeerTerm>& terms = m.Chance(0.5) ? pod.affinity : pod.anti_affinity;
    terms.push_back(RandomPeerTerm(m));
    AddNamespaces(m, w, terms[0]);
  }
  SpreadOverNamespaces(m, w);
}

void FillMatchLabelKeys(Maker& m, World& w) {
  w.members = m.Chance(0.6);
  m.PerhapsAlike(w);
  m.AddSomeBound(w, 3, 7);
  for (PodDraft& pod : w.bound) {
    if (!m.Chance(0.2)) continue;
    pod.anti_affinity.push_back(RandomPeerTerm(m));
    AddLabelKeys(m, pod.anti_affinity[0]);
  }
  for (int i = 0; i < kPods; ++i) {
    PodDraft& pod = m.AddIncoming(w);
    std::vector<PeerTerm>& terms = m.Chance(0.5) ? pod.affinity : pod.anti_affinity;
    terms.push_back(RandomPeerTerm(m));
    AddLabelKeys(m, terms[0]);
  }
  AddVersions(m, w);
}

}  // namespace stowage::differential
