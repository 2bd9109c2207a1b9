#include "kube/api/quantity.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

using kube::Quantity;

FUZZ_TARGET(quantity) {
  const auto [first, second] = Split(bytes);
  const auto q = Quantity::Parse(first);
  if (!q) return;
  const std::string text = q->ToString();
  const auto again = Quantity::Parse(text);
  Require(again.has_value(), "what is written can be read");
  Require(*again == *q, "and is the same amount");
  Require(again->ToString() == text, "and is written alike");
  (void)q->Milli();
  (void)kube::ResourceAmount("cpu", *q);
  (void)kube::ResourceQuantity("memory", kube::ResourceAmount("memory", *q)).ToString();
  const auto other = Quantity::Parse(second);
  if (!other) return;
  (void)(*q + *other).ToString();
  (void)(*q - *other).ToString();
  Require((*q < *other) == (*other > *q), "order is one");
}

}  // namespace stowage::fuzz
