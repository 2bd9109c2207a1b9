#include "sim/apiserver/wire.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

FUZZ_TARGET(protobuf) {
  const auto json = sim::DecodeProtobuf(bytes);
  if (!json) {
    Require(!json.error().message.empty(), "an error says what is wrong");
    return;
  }
  const auto again = kube::Json::Parse(json->Dump());
  Require(again && *again == *json, "it becomes JSON that can be read");
}

}  // namespace stowage::fuzz
