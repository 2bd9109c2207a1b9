#include "sim/apiserver/auth.h"

#include <algorithm>

namespace stowage::sim {
namespace {

// kubectl --as, for those who may do everything.
ApiResult<UserInfo> Impersonated(UserInfo user, const kube::ServerRequest& request) {
  const std::string_view as = request.headers.Get("Impersonate-User");
  if (as.empty()) return user;
  if (!user.InGroup("system:masters")) {
    ApiError e = Unauthorized().value();
    e.code = 403;
    e.reason = "Forbidden";
    e.name = as;
    e.kind = "users";
    e.message = "users \"" + std::string(as) + "\" is forbidden: User \"" + user.name +
                "\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope";
    return ApiFailure(std::move(e));
  }
  UserInfo out;
  out.name = as;
  out.groups.clear();
  for (const auto& [name, value] : request.headers.all()) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower == "impersonate-group") out.groups.push_back(value);
    if (lower == "impersonate-uid") out.uid = value;
  }
  if (out.groups.empty() && out.name.starts_with("system:serviceaccount:")) {
    const std::string rest = out.name.substr(std::string_view("system:serviceaccount:").size());
    out.groups = {"system:serviceaccounts",
                  "system:serviceaccounts:" + rest.substr(0, rest.find(':'))};
  }
  if (out.name != "system:anonymous") out.groups.emplace_back("system:authenticated");
  return out;
}

ApiError ForbiddenError(const Call& call) {
  const RequestInfo& i = call.info;
  ApiError e;
  e.code = 403;
  e.reason = "Forbidden";
  if (!i.resource_request) {
    std::string verb = call.request.method;
    std::transform(verb.begin(), verb.end(), verb.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    e.message = "forbidden: User \"" + call.user.name + "\" cannot " + verb + " path \"" +
                i.target.path + "\"";
    return e;
  }
  const std::string resource = i.subresource.empty() ? i.plural : i.plural + "/" + i.subresource;
  const std::string what = i.group.empty() ? i.plural : i.plural + "." + i.group;
  e.group = i.group;
  e.kind = i.plural;
  e.name = i.name;
  e.message = what + (i.name.empty() ? "" : " \"" + i.name + "\"") + " is forbidden: User \"" +
              call.user.name + "\" cannot " + i.verb + " resource \"" + resource +
              "\" in API group \"" + i.group + "\" " +
              (i.ns.empty() ? "at the cluster scope" : "in the namespace \"" + i.ns + "\"");
  return e;
}

}  // namespace

ApiResult<UserInfo> Authenticate(Core& core, const kube::ServerRequest& request) {
  const std::string_view header = request.headers.Get("Authorization");
  UserInfo user;
  if (!request.peer.common_name.empty()) {
    user.name = request.peer.common_name;
    user.groups = request.peer.organizations;
    user.groups.emplace_back("system:authenticated");
  } else if (header.starts_with("Bearer ") || header.starts_with("bearer ")) {
    auto verified = VerifyToken(core, header.substr(7));
    if (!verified) return verified;
    user = std::move(*verified);
  } else if (!core.options.require_authentication) {
    user = {"system:admin", "", {"system:masters", "system:authenticated"}};
  }
  return Impersonated(std::move(user), request);
}

ApiResult<void> Authorize(Core& core, const Call& call) {
  // Where nobody has to say who they are, nobody is asked what they may; impersonation still
  // counts.
  if (!core.options.require_authentication && !call.request.headers.Has("Impersonate-User"))
    return {};
  if (call.user.InGroup("system:masters")) return {};
  AccessAttributes a;
  a.user = call.user;
  if (call.info.resource_request) {
    const RequestInfo& i = call.info;
    a.verb = i.verb;
    a.ns = i.plural == "namespaces" && i.ns.empty() ? i.name : i.ns;
    a.group = i.group;
    a.resource = i.plural;
    a.subresource = i.subresource;
    a.name = i.name;
  } else {
    a.path = call.info.target.path;
    a.verb = call.request.method == "GET" ? "get" : call.request.method;
  }
  if (Allowed(core, a)) return {};
  return ApiFailure(ForbiddenError(call));
}

}  // namespace stowage::sim
