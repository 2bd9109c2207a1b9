#include "kube/http/client/exec_plugin.h"
#include "kube/http/client/kubeconfig.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {

// A kubeconfig, and after "---" what its plug-in prints.
FUZZ_TARGET(kubeconfig) {
  // Only what it names in this folder, which does not exist: a device would never end.
  if (bytes.find("/dev/") != std::string_view::npos) return;
  const auto [yaml, printed] = Split(bytes);
  const auto config = kube::ParseKubeconfig(yaml, "", "/nonexistent", "kubeconfig under test");
  if (config) {
    Require(!config->server.empty(), "a configuration names its server");
  } else {
    Require(!config.error().message.empty(), "an error says what is wrong");
  }
  (void)kube::ParseExecCredential(printed, "client.authentication.k8s.io/v1");
}

}  // namespace stowage::fuzz
