// Who asks, and whether they may.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/apiserver/core.h"

namespace stowage::sim {

// From the client certificate, a bearer token or nothing; impersonation included. 401, 403.
ApiResult<UserInfo> Authenticate(Core& core, const kube::ServerRequest& request);

struct AccessAttributes {
  UserInfo user;
  std::string verb, ns, group, resource, subresource, name;
  std::string path;  // of non-resource requests; then the rest is empty
};
// By RBAC; system:masters may do everything.
bool Allowed(Core& core, const AccessAttributes& attributes);
// 403 in Kubernetes' words unless allowed.
ApiResult<void> Authorize(Core& core, const Call& call);
// The rules that apply to `user` in `ns`: of "kubectl auth can-i --list".
std::vector<kube::Json> RulesFor(Core& core, const UserInfo& user, std::string_view ns);

// A signed token for a service account (TokenRequest) and back. 401 for one that is not ours, has
// expired, or whose account (or bound pod) has gone.
std::string SignToken(Core& core, const EntryPtr& account, kube::JsonRef spec, WallTime expires);
ApiResult<UserInfo> VerifyToken(Core& core, std::string_view token);

}  // namespace stowage::sim
