// libFuzzer's side: a program has one target.
#include <cstddef>
#include <cstdint>

#include "test/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto& targets = stowage::fuzz::Targets();
  stowage::fuzz::Require(targets.size() == 1, "a fuzz program has one target");
  targets.front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
