#include "scheduler/model/labels.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace stowage::scheduler {
namespace {

std::optional<int64_t> Integer(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const std::string* LabelView::Find(std::string_view key) const {
  for (const Labels* labels : {shape, cluster}) {
    if (labels == nullptr) continue;
    if (const auto it = labels->find(key); it != labels->end()) return &it->second;
  }
  return nullptr;
}

bool LabelRequirement::Matches(const std::string* value) const {
  const auto contained = [&] {
    return std::find(values.begin(), values.end(), *value) != values.end();
  };
  switch (op) {
    case Op::kIn:
      return value != nullptr && contained();
    case Op::kNotIn:
      return value == nullptr || !contained();
    case Op::kExists:
      return value != nullptr;
    case Op::kDoesNotExist:
      return value == nullptr;
    case Op::kGt:
    case Op::kLt: {
      if (value == nullptr || values.size() != 1) return false;
      const auto have = Integer(*value), limit = Integer(values[0]);
      if (!have || !limit) return false;
      return op == Op::kGt ? *have > *limit : *have < *limit;
    }
  }
  return false;
}

bool NodeSelectorTerm::Matches(const LabelView& view, const std::string& node_name) const {
  if (labels.empty() && fields.empty()) return false;
  for (const LabelRequirement& r : labels) {
    if (!r.Matches(view.Find(r.key))) return false;
  }
  for (const LabelRequirement& r : fields) {
    if (!r.Matches(r.key == "metadata.name" ? &node_name : nullptr)) return false;
  }
  return true;
}

bool Toleration::Tolerates(const Taint& taint) const {
  if (!effects.empty() &&
      std::find(effects.begin(), effects.end(), taint.effect) == effects.end()) {
    return false;
  }
  if (!key.empty() && key != taint.key) return false;
  if (key.empty() && !exists) return false;
  return exists || value == taint.value;
}

bool Tolerated(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(),
                     [&](const Toleration& t) { return t.Tolerates(taint); });
}

const Taint* FindUntolerated(const std::vector<Toleration>& tolerations,
                             const std::vector<Taint>& taints) {
  for (const Taint& taint : taints) {
    if (taint.effect == Taint::Effect::kPreferNoSchedule) continue;
    if (!Tolerated(tolerations, taint)) return &taint;
  }
  return nullptr;
}

}  // namespace stowage::scheduler
