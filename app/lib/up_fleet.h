// The fleet of `stowage up`: what each embedded member has, costs and where it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kube/api/json.h"
#include "sim/cluster/member_options.h"

namespace stowage::app {

struct UpMember {
  std::string name;
  sim::MemberOptions options;
  kube::Json cluster_spec;  // spec of its Cluster object, without credentials
};

// On-prem, and priced cloud regions with elastic pools; `count` of them, at most 20.
std::vector<UpMember> DefaultFleet(int count);

}  // namespace stowage::app
