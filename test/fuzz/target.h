// A fuzz target: one parser of bytes that come from outside, and what must hold whatever they are.
// The same function is driven by libFuzzer (run.sh) and, over the kept inputs, by corpus_test.cc.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "kube/api/json.h"

namespace stowage::fuzz {

struct Target {
  std::string_view name;  // of the corpus' folder
  void (*run)(std::string_view bytes);
};

// Those linked into this program.
std::vector<Target>& Targets();

struct Register {
  explicit Register(Target target) { Targets().push_back(target); }
};

// Ends the process, saying what does not hold: libFuzzer then keeps the input.
void Require(bool holds, std::string_view what);

// The texts before and after the first line "---"; the second is empty if there is none.
std::pair<std::string_view, std::string_view> Split(std::string_view bytes);

// The document, or a missing value if it is no JSON.
kube::Json ParseOrMissing(std::string_view text);

}  // namespace stowage::fuzz

// FUZZ_TARGET(json) { ... bytes ... }: the target of json_fuzz.cc.
#define FUZZ_TARGET(target)                                                            \
  static void Run_##target(std::string_view bytes);                                    \
  static const ::stowage::fuzz::Register registered_##target({#target, Run_##target}); \
  static void Run_##target([[maybe_unused]] std::string_view bytes)
