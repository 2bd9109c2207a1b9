// The fields of a Node that are ours, and the patches that bring a Node there. Pure.
//
// Three-way: what is desired, what is there, and what we set before (kept in an annotation).
// Labels, taints, annotations, conditions and resources of others stay; what we set and do not want
// any more goes; cordoning (spec.unschedulable) is never touched.
#pragma once

#include <optional>
#include <string>

#include "base/time/types.h"
#include "kube/api/object.h"
#include "providers/api/provider.h"
#include "vkubelet/node/options.h"
#include "vkubelet/node/probe_tracker.h"

namespace stowage::vkubelet {

struct NodeFacts {
  Reachability reachability = Reachability::kNotProbed;
  std::optional<Error> error;                   // of the last probe, if it failed
  std::string member_version;                   // "" if it never answered
  std::optional<providers::Capacity> capacity;  // nullopt: not known now; what is there stays
  std::optional<std::string> sweep_held;        // why, if it is
};

// Whether this Node was made by a Stowage: one that was not is never touched.
bool IsOurNode(const kube::Object& node);

// A whole Node, for its creation.
kube::Json NewNode(const VirtualNodeOptions& options, const NodeFacts& facts, WallTime now);

// A JSON merge patch of metadata and spec; nullopt if all is as it should be. It carries the
// resourceVersion where it replaces the taints, which are a list.
std::optional<kube::Json> MetadataPatch(const VirtualNodeOptions& options, const NodeFacts& facts,
                                        const kube::Object& node);

struct StatusChange {
  kube::Json patch;            // strategic merge: conditions and addresses by type
  bool capacity_only = false;  // may wait
};
// nullopt if nothing but heartbeats would change; `heartbeat` asks for those, too.
std::optional<StatusChange> StatusPatch(const VirtualNodeOptions& options, const NodeFacts& facts,
                                        const kube::Object& node, WallTime now, bool heartbeat);

}  // namespace stowage::vkubelet
