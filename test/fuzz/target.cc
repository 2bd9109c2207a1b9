#include "test/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

namespace stowage::fuzz {

std::vector<Target>& Targets() {
  static std::vector<Target> targets;
  return targets;
}

void Require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

std::pair<std::string_view, std::string_view> Split(std::string_view bytes) {
  constexpr std::string_view kLine = "\n---\n";
  const size_t at = bytes.find(kLine);
  if (at == std::string_view::npos) return {bytes, {}};
  return {bytes.substr(0, at), bytes.substr(at + kLine.size())};
}

kube::Json ParseOrMissing(std::string_view text) {
  auto json = kube::Json::Parse(text);
  return json ? std::move(*json) : kube::Json();
}

}  // namespace stowage::fuzz
