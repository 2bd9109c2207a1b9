#include "test/differential/verdict.h"

#include <cctype>
#include <cstdio>

#include "test/differential/old_words.h"
#include "test/differential/real_scheduler.h"

namespace stowage::differential {
namespace {

constexpr const char* kNotSelectedReason = "node(s) didn't match Pod's node affinity";

// The key of the taint in "node(s) had taint {key: value}, that the pod didn't tolerate".
std::string TaintIn(const std::string& reason) {
  const std::string before = "node(s) had taint {";
  if (!reason.starts_with(before)) return "";
  return reason.substr(before.size(), reason.find(':') - before.size());
}

bool OfAnotherWorld(const std::string& taint, const World& world) {
  if (taint.size() < 2 || taint[0] != 'w' || !std::isdigit(static_cast<unsigned char>(taint[1]))) {
    return false;
  }
  return taint != world.name && !taint.ends_with(kNotSelected);
}

}  // namespace

std::map<std::string, int> ParseReasons(const std::string& message, int& nodes) {
  std::map<std::string, int> reasons;
  nodes = -1;
  int length = 0;
  if (std::sscanf(message.c_str(), "0/%d nodes are available: %n", &nodes, &length) != 1 ||
      length == 0) {
    nodes = -1;
    return reasons;
  }
  std::string rest = message.substr(length);
  if (rest.ends_with('.')) rest.pop_back();
  for (size_t at = 0; at < rest.size();) {
    size_t end = rest.find(", ", at);
    while (end != std::string::npos && !std::isdigit(static_cast<unsigned char>(rest[end + 2]))) {
      end = rest.find(", ", end + 2);
    }
    const std::string part = rest.substr(at, end == std::string::npos ? end : end - at);
    const size_t space = part.find(' ');
    reasons[part.substr(space + 1)] += std::atoi(part.c_str());
    at = end == std::string::npos ? rest.size() : end + 2;
  }
  return reasons;
}

RealVerdict ReadVerdict(const std::string& message, const World& world, int nodes) {
  RealVerdict out;
  int seen = 0;
  for (const auto& [reason, count] : ParseReasons(message, seen)) {
    const std::string taint = TaintIn(reason);
    if (reason.starts_with(kFits)) {
      out.fits.insert(reason.substr(std::string(kFits).size()));
    } else if (OfAnotherWorld(taint, world)) {
      continue;
    } else if (taint.ends_with(kNotSelected)) {
      out.reasons[kNotSelectedReason] += count;
    } else if (reason != "node(s) didn't match pod affinity/anti-affinity") {  // said twice
      out.reasons[reason] += count;
    }
  }
  if (seen != nodes) out.error = "of " + std::to_string(nodes) + " nodes: " + message;
  return out;
}

}  // namespace stowage::differential
