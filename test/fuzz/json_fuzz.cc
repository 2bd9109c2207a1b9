#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

using kube::Json;
using kube::JsonRef;

// Every value, through the iterators and through the accessors, which never fail.
size_t Walk(JsonRef value) {
  size_t seen = 1 + value.str().size() + static_cast<size_t>(value.boolean());
  (void)value.i64();
  (void)value.f64();
  for (const JsonRef element : value.elements()) seen += Walk(element);
  for (const auto [key, member] : value.members()) {
    Require(value[key].exists(), "a member is found by its key");
    seen += Walk(member);
  }
  return seen;
}

}  // namespace

FUZZ_TARGET(json) {
  const auto json = Json::Parse(bytes);
  if (!json) {
    Require(!json.error().message.empty(), "an error says what is wrong");
    return;
  }
  Walk(*json);
  const std::string text = json->Dump();
  const auto again = Json::Parse(text);
  Require(again.has_value(), "what is written can be read");
  Require(*again == *json, "and is equal");
  Require(again->Hash() == json->Hash(), "equal values have equal hashes");
  Require(again->Dump() == text, "and is written alike");
  const auto pretty = Json::Parse(json->DumpPretty());
  Require(pretty && *pretty == *json, "indented text says the same");
  kube::MutableJson copy(*json);
  Require(copy.ref() == *json && Json::Copy(*json) == *json, "copies are equal");
  (void)copy["added"].Append(1);
}

}  // namespace stowage::fuzz
