#include "providers/kubernetes/tokens.h"

#include <algorithm>
#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"

namespace stowage::providers {
namespace {

constexpr int64_t kShortestLife = 600;  // seconds; the API server refuses less

kube::Json RequestFor(const TokenOrder& order, const TokenSpec& token, int64_t seconds) {
  kube::MutableJson request;
  request["apiVersion"] = "authentication.k8s.io/v1";
  request["kind"] = "TokenRequest";
  if (!token.audience.empty()) request["spec"]["audiences"].Append(token.audience);
  request.Set({"spec", "expirationSeconds"}, seconds);
  request.Set({"spec", "boundObjectRef", "apiVersion"}, "v1");
  request.Set({"spec", "boundObjectRef", "kind"}, "Pod");
  request.Set({"spec", "boundObjectRef", "name"}, order.pod.name);
  request.Set({"spec", "boundObjectRef", "uid"}, order.pod.uid);
  return std::move(request).Freeze();
}

}  // namespace

void TokenIssuer::Issue(TokenOrder order, Callback<Result<IssuedTokens>> done) {
  auto progress = std::make_shared<Progress>();
  progress->order = std::move(order);
  progress->done = std::move(done);
  progress->issued.renew_at = WallTime::max();
  Step(std::move(progress));
}

void TokenIssuer::Step(std::shared_ptr<Progress> progress) {
  if (progress->next == progress->order.tokens.size()) {
    return progress->done(std::move(progress->issued));
  }
  const TokenSpec& token = progress->order.tokens[progress->next];
  const int64_t seconds =
      std::max(kShortestLife, token.seconds > 0 ? token.seconds : default_seconds_);
  host_.Create(
      kube::kServiceAccounts, progress->order.pod.ns, RequestFor(progress->order, token, seconds),
      [this, alive = alive_, progress, seconds](Result<kube::Object> answer) {
        if (!*alive) return;
        const std::string where = "token of ServiceAccount " + progress->order.pod.ns + "/" +
                                  progress->order.service_account + " on the host";
        if (!answer) return progress->done(Err(WithContext(answer.error(), where)));
        const std::string value = answer->status()["token"].string();
        if (value.empty()) {
          return progress->done(
              MakeError(ErrorCode::kUnavailable, where + ": the answer holds no token"));
        }
        auto ends = ParseTime(answer->status()["expirationTimestamp"].str());
        const WallTime now = executor_.WallNow();
        const Duration life = ends && *ends > now ? Duration(*ends - now) : Seconds(seconds);
        progress->issued.by_key[progress->order.tokens[progress->next].key] = value;
        progress->issued.renew_at = std::min(progress->issued.renew_at, now + life * 4 / 5);
        ++progress->next;
        Step(progress);
      },
      progress->order.service_account, "token");
}

}  // namespace stowage::providers
