// Timestamps as Kubernetes writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/types.h"

namespace stowage {

std::string FormatTime(WallTime t);       // metav1.Time: "2026-11-20T19:57:00Z"
std::string FormatMicroTime(WallTime t);  // metav1.MicroTime: "2026-11-20T19:57:00.000000Z"

// RFC 3339 with any fraction and offset; finer than a microsecond is cut off. kInvalid otherwise.
Result<WallTime> ParseTime(std::string_view text);

// "300ms", "1.5s", "2m", "1h30m" (Go's syntax, units ns us ms s m h). kInvalid otherwise.
Result<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration d);  // "1h30m0s", "1.5s", "20ms", "0s"

// A span as kubectl shows ages: "45s", "7m12s", "3h", "2d4h", "400d".
std::string HumanDuration(Duration d);

}  // namespace stowage
