// Tokens: asks the host for service-account tokens (TokenRequest), bound to the host's pod so that
// they end with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/client/client.h"
#include "providers/api/provider.h"
#include "providers/kubernetes/translate.h"

namespace stowage::providers {

struct TokenOrder {
  PodRef pod;
  std::string service_account;
  std::vector<TokenSpec> tokens;
};

struct IssuedTokens {
  std::map<std::string, std::string> by_key;  // secret: never logged
  WallTime renew_at;                          // 80 % of the shortest life
};

class TokenIssuer {
 public:
  TokenIssuer(Executor& executor, kube::Client& host, int64_t default_seconds)
      : executor_(executor), host_(host), default_seconds_(default_seconds) {}
  ~TokenIssuer() { *alive_ = false; }

  void Issue(TokenOrder order, Callback<Result<IssuedTokens>> done);

 private:
  struct Progress {
    TokenOrder order;
    size_t next = 0;
    IssuedTokens issued;
    Callback<Result<IssuedTokens>> done;
  };
  void Step(std::shared_ptr<Progress> progress);

  Executor& executor_;
  kube::Client& host_;
  int64_t default_seconds_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::providers
