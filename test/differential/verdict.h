// What a scheduler says of the nodes of a world, in the words of Kubernetes 1.20.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kube/api/object.h"
#include "test/differential/draft.h"

namespace stowage::differential {

// Of one pod. kube-scheduler tells which nodes fit, and of the others how often it met each reason.
struct RealVerdict {
  std::string error;  // it could not be asked, or said something else
  std::set<std::string> fits;
  std::map<std::string, int> reasons;
};

// A world as it stands in the API server, in the words it was meant in.
struct Asked {
  World world;
  std::vector<kube::Object> nodes, bound, incoming;
  std::vector<RealVerdict> verdicts;  // by incoming
};

// "0/5 nodes are available: 1 Insufficient cpu, 4 ...": reasons with their counts; the number of
// nodes in `nodes`, -1 if the text is another.
std::map<std::string, int> ParseReasons(const std::string& message, int& nodes);

// What the message says of the nodes of one of the worlds that are there.
RealVerdict ReadVerdict(const std::string& message, const World& world, int nodes);

}  // namespace stowage::differential
