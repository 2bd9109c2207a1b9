#include "app/lib/embedded_files.h"
#include "sim/apiserver/rest.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

FUZZ_TARGET(yaml) {
  const auto strict = app::YamlToJson(bytes);
  const auto sent = sim::ParseYaml(std::string(bytes));
  for (const auto* json : {&strict, &sent}) {
    if (!*json) {
      Require(!json->error().message.empty(), "an error says what is wrong");
      continue;
    }
    const auto again = kube::Json::Parse((*json)->Dump());
    Require(again && *again == **json, "it becomes JSON that can be read");
  }
}

}  // namespace stowage::fuzz
