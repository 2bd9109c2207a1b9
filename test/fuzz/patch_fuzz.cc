#include "sim/apiserver/patch.h"
#include "sim/apiserver/schema.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

using kube::Json;

// A document, and after "---" a patch of it.
FUZZ_TARGET(patch) {
  static const sim::SchemaRegistry registry;
  static const sim::SchemaType* const kPod = registry.Find("", "v1", "Pod");
  static const sim::SchemaType* const kService = registry.Find("", "v1", "Service");
  const auto [first, second] = Split(bytes);
  const Json document = ParseOrMissing(first), patch = ParseOrMissing(second);
  if (!document.exists() || !patch.exists()) return;

  (void)sim::ApplyJsonPatch(document, patch);
  const Json merged = sim::ApplyMergePatch(document, patch);
  Require(sim::ApplyMergePatch(merged, patch) == merged, "a merge patch changes nothing twice");
  for (const sim::SchemaType* type :
       {kPod, kService, static_cast<const sim::SchemaType*>(nullptr)}) {
    const auto strategic = sim::ApplyStrategicMergePatch(type, document, patch);
    if (!strategic) Require(!strategic.error().message.empty(), "an error says what is wrong");
  }
}

}  // namespace stowage::fuzz
