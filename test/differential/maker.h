// Maker: what all generators of worlds share. A world depends on the seed, the row and its number.
#pragma once

#include <string>
#include <vector>

#include "base/random/rng.h"
#include "test/differential/draft.h"

namespace stowage::differential {

inline constexpr const char* kZone = "topology.kubernetes.io/zone";
inline constexpr const char* kRack = "rack";
inline constexpr const char* kHost = "kubernetes.io/hostname";
inline constexpr const char* kCluster = "stowage.dev/cluster";
inline constexpr int kSlots = 25;  // worlds that may be there at a time have their own namespaces
// RuntimeClasses with an overhead, by name.
const std::map<std::string, Map>& Overheads();

class Maker {
 public:
  Maker(Rng rng, int number) : rng_(rng), number_(number) {}

  Rng& rng() { return rng_; }
  bool Chance(double p) { return rng_.Chance(p); }
  int Between(int lo, int hi) { return static_cast<int>(rng_.Between(lo, hi)); }
  template <class T>
  const T& One(const std::vector<T>& of) {
    return of[rng_.Below(of.size())];
  }
  std::string One(std::initializer_list<const char*> of) {
    return of.begin()[rng_.Below(of.size())];
  }

  // 3 to 5 roomy nodes of two members, with labels zone, rack, disk and generation, here and there
  // without; three namespaces.
  World NewWorld();
  // In the first namespace, small, with random labels app and tier.
  PodDraft& AddBound(World& world, int node);
  PodDraft& AddIncoming(World& world);
  // `least` to `most` bound pods, somewhere.
  void AddSomeBound(World& world, int least, int most);
  // In some worlds nodes have less room than their pods ask for; those that ask want none of it.
  void PerhapsShrink(World& world);
  // In some worlds nodes differ in their zones only, so that members have several of one shape.
  void PerhapsAlike(World& world);
  // To be called last: what makes a world one of members, too.
  void Finish(World& world);

  Selector PodSelector();  // over app and tier
  std::string TopologyKey();
  const std::string& Namespace(World& world);  // any of the world's

 private:
  PodDraft NewPod(const World& world, const std::string& name);
  Rng rng_;
  int number_;
};

// A kind of world, and the plugin of kube-scheduler that it asks about.
struct Row {
  const char* plugin;
  const char* name;
  void (*fill)(Maker& maker, World& world);
};
const std::vector<Row>& Rows();
// The `index`th of the row; `number` only names it, so that it can be made again under another
// name.
World MakeWorld(const Row& row, uint64_t seed, size_t index, int number);

// generate_*.cc
void FillResources(Maker& m, World& w);
void FillInitContainers(Maker& m, World& w);
void FillNodeSelector(Maker& m, World& w);
void FillNodeAffinity(Maker& m, World& w);
void FillTaints(Maker& m, World& w);
void FillUnschedulable(Maker& m, World& w);
void FillPorts(Maker& m, World& w);
void FillVolumes(Maker& m, World& w);
void FillAffinity(Maker& m, World& w);
void FillAntiAffinity(Maker& m, World& w);
void FillExistingAntiAffinity(Maker& m, World& w);
void FillNamespaces(Maker& m, World& w);
void FillMatchLabelKeys(Maker& m, World& w);
void FillSpread(Maker& m, World& w);
void FillMinDomains(Maker& m, World& w);
void FillSpreadPolicies(Maker& m, World& w);
void FillSpreadLabelKeys(Maker& m, World& w);
void FillEverything(Maker& m, World& w);

}  // namespace stowage::differential
