// Findings: what checkers object to, as sentences.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stowage::sim {

struct Finding {
  std::string checker;
  std::string what;
};

class Findings {
 public:
  void Add(std::string checker, std::string what) {
    if (all_.size() < kMax) all_.push_back({std::move(checker), std::move(what)});
  }
  bool empty() const { return all_.empty(); }
  const std::vector<Finding>& all() const { return all_; }

 private:
  static constexpr size_t kMax = 50;  // the first ones tell
  std::vector<Finding> all_;
};

}  // namespace stowage::sim
