// Transport::Upgrade(): a connection handed over after the head of the answer. Internal.
#pragma once

#include <memory>

#include "kube/http/client/client_core.h"

namespace stowage::kube {

void StartHttpUpgrade(std::shared_ptr<ClientCore> core, Request request,
                      Callback<Result<UpgradeReply>> done);

}  // namespace stowage::kube
