#include "base/time/rfc3339.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

FUZZ_TARGET(time) {
  if (const auto time = ParseTime(bytes)) {
    (void)FormatTime(*time);
    const auto again = ParseTime(FormatMicroTime(*time));
    Require(again.has_value(), "a time that is written can be read");
    Require(*again == *time, "and is the same");
  }
  if (const auto duration = ParseDuration(bytes)) {
    (void)HumanDuration(*duration);
    const auto again = ParseDuration(FormatDuration(*duration));
    Require(again.has_value(), "a duration that is written can be read");
    Require(*again == *duration, "and is the same");
  }
}

}  // namespace stowage::fuzz
