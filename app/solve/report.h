// What `stowage solve` prints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time/types.h"
#include "scheduler/model/placement.h"
#include "scheduler/solvers/anytime.h"

namespace stowage::app {

// A number of costs' units: whole, or billionths of a currency unit.
struct CostUnit {
  bool nano = false;
  // A JSON number: 12, or 0.0425 where the unit is nano.
  std::string Format(int64_t cost) const;
};

struct Report {
  std::string format;
  scheduler::SearchStatus status = scheduler::SearchStatus::kUnknown;
  CostUnit unit;
  std::optional<int64_t> cost;                // of the best answer
  std::optional<int64_t> bound;               // proven: nothing costs less
  std::vector<scheduler::NamedBound> bounds;  // the kinds that it is the best of
  std::vector<scheduler::TierResult> tiers;
  std::vector<std::string> relaxed;  // what the bound leaves out
  std::string violation;             // of the best try, where not everything has a place
  int64_t iterations = 0;
  std::string solver;
  std::optional<uint64_t> hash;
  std::map<std::string, int64_t> pods_by_cluster;  // of our own model
  // Members of the JSON object below "hash": "assignment" and, for our own model, "unplaced" and
  // "witness"; explanations. "" where nothing was asked for, or there is none.
  std::string answer;
  void AddMember(const std::string& text) { answer += (answer.empty() ? "" : ",\n") + text; }
};

std::string_view NameOf(scheduler::SearchStatus status);  // "optimal", "feasible" ...

// (cost - bound) / cost, rounded up to nine places: "0.000012346"; "null" where one is not known.
std::string GapOf(std::optional<int64_t> cost, std::optional<int64_t> bound);

// One JSON object, a member a line.
std::string ToJson(const Report& report, Duration took);

// "1.234": seconds with three places.
std::string Seconds3(Duration d);

std::string HashText(uint64_t hash);  // 16 hexadecimal digits

}  // namespace stowage::app
