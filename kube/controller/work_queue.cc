#include "kube/controller/work_queue.h"

#include <algorithm>

namespace stowage::kube {

Duration BackoffDelay(const BackoffOptions& options, int failures, Rng& rng) {
  const double limit = static_cast<double>(options.max.count());
  double delay = static_cast<double>(options.min.count());
  for (int i = 1; i < failures && delay < limit; ++i) delay *= options.factor;
  delay = std::min(delay, limit);
  delay += delay * options.jitter * rng.Uniform();
  return Duration(static_cast<int64_t>(delay));
}

}  // namespace stowage::kube
