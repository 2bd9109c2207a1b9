#include "sim/apiserver/managed_fields.h"
#include "sim/apiserver/schema.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

using kube::Json;
using kube::JsonRef;

// A live object (or nothing), and after "---" the one that is applied to it.
FUZZ_TARGET(apply) {
  static const sim::SchemaRegistry registry;
  static const sim::SchemaType* const kPod = registry.Find("", "v1", "Pod");
  static const sim::SchemaType* const kService = registry.Find("", "v1", "Service");
  const auto [first, second] = Split(bytes);
  const Json live = ParseOrMissing(first), applied = ParseOrMissing(second);
  const sim::FieldManagement who{
      .manager = "fuzz", .api_version = "v1", .subresource = "", .now = {}};

  for (const sim::SchemaType* type : {kPod, kService}) {
    // As the API server calls it: of the types that the schema knows.
    for (const bool force : {false, true}) {
      const auto result = sim::ServerSideApply(type, live, applied, force, who);
      if (!result) {
        Require(!result.error().message.empty(), "an error says what is wrong");
        continue;
      }
      const auto again = sim::ServerSideApply(type, *result, applied, force, who);
      Require(again.has_value(), "what was applied can be applied again");
      Require(*again == *result, "and changes nothing");
    }
    if (live.is_object() && applied.is_object()) (void)sim::TrackUpdate(type, live, applied, who);
    if (applied.is_object()) (void)sim::TrackUpdate(type, JsonRef(), applied, who);
  }
}

}  // namespace stowage::fuzz
