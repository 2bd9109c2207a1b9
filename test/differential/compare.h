// Compares a real kube-scheduler's verdicts on a world with ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/differential/verdict.h"

namespace stowage::differential {

struct Comparison {
  int64_t cases = 0;       // incoming pods
  int64_t verdicts = 0;    // of single nodes, on all that the cases name
  int64_t refused = 0;     // of these, by the real one
  int64_t reasons = 0;     // compared: one for each that the real one gave a node
  int64_t members = 0;     // verdicts of members that were compared besides
  int64_t exceptions = 0;  // verdicts that differ as README.md says they may
  std::vector<std::string> disagreements;
};

// Verdicts node by node and their reasons, as often as each was given; then, if the world is one of
// members, for each of these whether any of its nodes fits; and that a round places the pod just
// where it may go.
Comparison Compare(const Asked& asked);

// Sums over worlds.
struct Tally {
  int64_t cases = 0, verdicts = 0, refused = 0, reasons = 0, members = 0, exceptions = 0;
  int64_t asked_again = 0, disagreements = 0;
  void Add(const Comparison& c);
};

}  // namespace stowage::differential
