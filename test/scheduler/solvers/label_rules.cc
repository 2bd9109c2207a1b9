#include "test/scheduler/solvers/label_rules.h"

#include <algorithm>

namespace stowage::scheduler {

bool SelectorMatches(const LabelSelector& selector, const Labels& labels) {
  if (selector.nothing) return false;
  for (const LabelRequirement& r : selector.all) {
    const auto it = labels.find(r.key);
    const bool in = it != labels.end() &&
                    std::find(r.values.begin(), r.values.end(), it->second) != r.values.end();
    switch (r.op) {
      case LabelRequirement::Op::kIn:
        if (!in) return false;
        break;
      case LabelRequirement::Op::kNotIn:
        if (in) return false;
        break;
      case LabelRequirement::Op::kExists:
        if (it == labels.end()) return false;
        break;
      default:
        if (it != labels.end()) return false;
    }
  }
  return true;
}

bool SameValue(const std::string& key, const Labels& owner, const Labels& other) {
  const auto own = owner.find(key);
  if (own == owner.end()) return true;
  const auto its = other.find(key);
  return its != other.end() && its->second == own->second;
}

}  // namespace stowage::scheduler
