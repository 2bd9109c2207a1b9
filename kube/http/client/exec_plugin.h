// Runs a credential plug-in: a program that prints an ExecCredential. Internal.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/result/result.h"
#include "base/time/types.h"
#include "kube/http/client/kubeconfig.h"

namespace stowage::kube {

struct ExecCredential {
  std::string token;
  std::string client_certificate_pem, client_key_pem;
  std::optional<WallTime> expires;
};

// Blocks until the program has ended, `timeout` has passed or `stop` is set; for a thread of its
// own. kUnauthorized with what the program said on its standard error (never with what it printed).
Result<ExecCredential> RunExecPlugin(const ClusterConfig& config, Duration timeout,
                                     const std::atomic<bool>& stop);

// What a plug-in printed. kInvalid.
Result<ExecCredential> ParseExecCredential(std::string_view text, const std::string& api_version);

}  // namespace stowage::kube
