#include "sim/cluster/shell_syntax.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

// What somebody types into the shell of a simulated container.
FUZZ_TARGET(shell) {
  const auto parsed = sim::ParseShell(bytes);
  if (!parsed) Require(!parsed.error().message.empty(), "an error says what is wrong");
  (void)sim::ParseShellText(bytes);
}

}  // namespace stowage::fuzz
