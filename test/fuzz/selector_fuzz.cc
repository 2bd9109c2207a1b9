#include "kube/api/selector.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

using kube::FieldSelector;
using kube::LabelSelector;

// A selector, and after "---" the labels that it is held against (or a selector as an object).
FUZZ_TARGET(selector) {
  const auto [text, object] = Split(bytes);
  const kube::Json labels = ParseOrMissing(object);
  if (const auto selector = LabelSelector::Parse(text)) {
    const auto again = LabelSelector::Parse(selector->ToString());
    Require(again.has_value(), "what is written can be read");
    Require(again->requirements() == selector->requirements(), "and asks for the same");
    Require(again->Matches(labels) == selector->Matches(labels), "and matches the same");
  }
  if (const auto selector = FieldSelector::Parse(text)) {
    (void)selector->Matches([](std::string_view path) { return std::string(path); });
  }
  if (const auto selector = LabelSelector::FromJson(labels)) (void)selector->Matches(labels);
  (void)LabelSelector::FromMap(labels).Matches(labels);
  (void)kube::ValidateLabelKey(text);
  (void)kube::ValidateLabelValue(text);
  (void)kube::ValidateDnsSubdomain(text);
  (void)kube::ValidateDnsLabel(text);
}

}  // namespace stowage::fuzz
