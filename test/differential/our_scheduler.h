// What our filters say of the same objects, through the same translation as in production.
#pragma once

#include <map>
#include <set>
#include <string>

#include "test/differential/verdict.h"

namespace stowage::differential {

struct OurVerdict {
  std::string error;
  std::set<std::string> fits;                       // where one more pod may go
  std::map<std::string, int> reasons;               // of the others
  std::map<std::string, std::set<std::string>> of;  // the reasons by node or member

  // Of a whole round with the pod: where it was placed; "" nowhere.
  std::string placed;

  // The same three from the fast lane.
  std::set<std::string> lane_fits;
  std::map<std::string, int> lane_reasons;
  std::string lane_placed;
};

// Every node as a cluster of its own, as if it were a virtual node.
OurVerdict AskByNode(const Asked& asked, size_t pod);

// The nodes as those of the members that their label stowage.dev/cluster names: of each member its
// node shapes are known, and which pods it runs.
OurVerdict AskByMember(const Asked& asked, size_t pod);

}  // namespace stowage::differential
