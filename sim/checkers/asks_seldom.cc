#include "sim/checkers/asks_seldom.h"

namespace stowage::sim {
namespace {

constexpr Duration kSpan = Seconds(10);
constexpr int kTimes = 60;  // a back-off that begins with 50 ms asks less than thirty times

}  // namespace

void AsksSeldom::OnRead(const std::string& what, MonotonicTime now) {
  auto& [since, times] = asked_.try_emplace(what, now, 0).first->second;
  if (now - since > kSpan) {
    since = now;
    times = 0;
  }
  if (++times != kTimes) return;
  findings_.Add("asks-seldom", what + " was asked for " + std::to_string(kTimes) + " times in " +
                                   std::to_string((now - since).count() / 1000) + " ms");
}

}  // namespace stowage::sim
