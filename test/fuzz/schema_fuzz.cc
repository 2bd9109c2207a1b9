#include "sim/apiserver/json_path.h"
#include "sim/apiserver/schema.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

using kube::Json;
using sim::SchemaRegistry;

// The schema of a custom resource, and after "---" an object of it.
FUZZ_TARGET(schema) {
  static SchemaRegistry registry;
  const auto [first, second] = Split(bytes);
  const Json schema = ParseOrMissing(first), object = ParseOrMissing(second);
  (void)sim::FindJsonPath(schema, second);
  if (!schema.exists()) return;
  const auto ok = registry.AddCustom("fuzz.example.com", "v1", "Thing", schema);
  if (!ok) {
    Require(!ok.error().message.empty(), "an error says what is wrong");
    return;
  }
  const sim::SchemaType* type = registry.Find("fuzz.example.com", "v1", "Thing");
  Require(type != nullptr, "a schema that was taken is there");
  if (object.is_object()) {
    (void)SchemaRegistry::Validate(*type, object);
    (void)SchemaRegistry::UnknownFields(*type, object);
    const Json pruned = SchemaRegistry::PruneAndDefault(*type, object);
    Require(SchemaRegistry::UnknownFields(*type, pruned).empty(),
            "pruned objects have no unknown fields");
    Require(SchemaRegistry::PruneAndDefault(*type, pruned) == pruned,
            "pruning changes nothing twice");
  }
  registry.RemoveCustom("fuzz.example.com", "v1", "Thing");
}

}  // namespace stowage::fuzz
