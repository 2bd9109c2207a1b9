#include "sim/apiserver/auth.h"
#include "sim/apiserver/pods.h"
#include "sim/apiserver/rest.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

void SetUser(kube::JsonNode at, const UserInfo& user) {
  at["username"] = user.name;
  if (!user.uid.empty()) at["uid"] = user.uid;
  at["groups"] = kube::JsonArray{};
  for (const std::string& g : user.groups) at["groups"].Append(g);
}

AccessAttributes ReadAttributes(JsonRef spec, UserInfo user) {
  AccessAttributes a;
  a.user = std::move(user);
  if (const JsonRef r = spec["resourceAttributes"]; r.exists()) {
    a.verb = r["verb"].string();
    a.ns = r["namespace"].string();
    a.group = r["group"].string();
    a.resource = r["resource"].string();
    a.subresource = r["subresource"].string();
    a.name = r["name"].string();
  } else {
    a.path = spec["nonResourceAttributes"]["path"].string();
    a.verb = spec["nonResourceAttributes"]["verb"].string();
  }
  return a;
}

UserInfo ReviewedUser(JsonRef spec) {
  UserInfo user;
  user.name = spec["user"].string();
  user.uid = spec["uid"].string();
  user.groups.clear();
  for (JsonRef g : spec["groups"].elements()) user.groups.push_back(g.string());
  return user;
}

void SetRules(Core& core, const Call& call, JsonRef spec, kube::MutableJson& out) {
  for (const char* list : {"resourceRules", "nonResourceRules"}) {
    out.Set({"status", list}, kube::JsonArray{});
  }
  std::vector<kube::Json> rules = RulesFor(core, call.user, spec["namespace"].str());
  if (call.user.InGroup("system:masters")) {
    rules = {*kube::Json::Parse(R"({"verbs":["*"],"apiGroups":["*"],"resources":["*"]})"),
             *kube::Json::Parse(R"({"verbs":["*"],"nonResourceURLs":["*"]})")};
  }
  for (const kube::Json& rule : rules) {
    const char* list = rule["nonResourceURLs"].empty() ? "resourceRules" : "nonResourceRules";
    out["status"][list].Append(rule);
  }
  out.Set({"status", "incomplete"}, false);
}

}  // namespace

void ServeReview(Core& core, Call& call) {
  if (call.info.verb != "create") return ReplyError(core, call, MethodNotAllowed().value());
  const ResourceInfo& r = *call.resource;
  auto body = ReadBody(call, r);
  if (!body) return ReplyError(core, call, body.error());
  if (r.kind == "Binding") {
    // The old form: the pod is named in the Binding's metadata.
    call.info.name = (*body)["metadata"]["name"].string();
    call.info.subresource = "binding";
    call.resource = core.resources.Find("", "v1", "pods");
    return ServeBinding(core, call);
  }
  const JsonRef spec = (*body)["spec"];
  kube::MutableJson out(*body);
  out.Set({"metadata", "creationTimestamp"}, nullptr);
  if (r.kind == "SelfSubjectReview") {
    SetUser(out["status"]["userInfo"], call.user);
  } else if (r.kind == "TokenReview") {
    auto user = VerifyToken(core, spec["token"].str());
    out.Set({"status", "authenticated"}, user.has_value());
    if (user) {
      SetUser(out["status"]["user"], *user);
    } else {
      out.Set({"status", "error"}, "the token is not valid here");
    }
  } else if (r.kind == "SelfSubjectRulesReview") {
    SetRules(core, call, spec, out);
  } else {
    const bool self = r.kind == "SelfSubjectAccessReview";
    AccessAttributes a = ReadAttributes(spec, self ? call.user : ReviewedUser(spec));
    const bool open = self && !core.options.require_authentication &&
                      !call.request.headers.Has("Impersonate-User");
    out.Set({"status", "allowed"}, open || Allowed(core, a));
  }
  ReplyJson(core, call, 201, std::move(out).Freeze());
}

}  // namespace stowage::sim
