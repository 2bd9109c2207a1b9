#include "app/lib/run_config.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

FUZZ_TARGET(run_config) {
  app::ManagerOptions options;
  const auto ok = app::ApplyRunConfig(bytes, options);
  if (!ok) Require(!ok.error().message.empty(), "an error says what is wrong");
}

}  // namespace stowage::fuzz
