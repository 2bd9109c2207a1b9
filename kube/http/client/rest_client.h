// Transport::Send(): requests and whole answers, over cpprestsdk. Internal.
#pragma once

#include <memory>

#include "kube/http/client/client_core.h"

namespace stowage::kube {

// May be destroyed while calls are under way; they end as ClientCore::Close() says.
class RestClient {
 public:
  virtual ~RestClient() = default;
  static std::unique_ptr<RestClient> Make(std::shared_ptr<ClientCore> core);
  virtual void Send(Request request, Callback<Result<Response>> done) = 0;
};

}  // namespace stowage::kube
