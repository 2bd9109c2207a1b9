#include "base/time/rfc3339.h"
#include "sim/apiserver/auth.h"
#include "sim/apiserver/convert.h"
#include "sim/apiserver/node_proxy.h"
#include "sim/apiserver/pods.h"
#include "sim/apiserver/rest.h"
#include "sim/apiserver/scale.h"
#include "sim/apiserver/strategy.h"

namespace stowage::sim {
namespace {

// TokenRequest of a ServiceAccount.
void ServeToken(Core& core, Call& call) {
  if (call.info.verb != "create") return ReplyError(core, call, MethodNotAllowed().value());
  auto account = FindObject(core, call);
  if (!account) return ReplyError(core, call, account.error());
  auto body = ReadAnyBody(call.request);
  if (!body) return ReplyError(core, call, body.error());
  const kube::JsonRef spec = (*body)["spec"];
  const kube::JsonRef bound = spec["boundObjectRef"];
  if (bound["kind"].str() == "Pod") {
    const EntryPtr pod = core.store.Get("pods", {call.info.ns, bound["name"].string()});
    const ResourceInfo& pods = *core.resources.Find("", "v1", "pods");
    if (!pod) return ReplyError(core, call, NotFound(pods, bound["name"].str()).value());
    if (bound["uid"].is_string() && !(pod->json()["metadata"]["uid"] == bound["uid"])) {
      return ReplyError(core, call,
                        Conflict(pods, bound["name"].str(),
                                 "the UID in the bound object reference (" + bound["uid"].string() +
                                     ") does not match the UID in record (" +
                                     pod->json()["metadata"]["uid"].string() + ")")
                            .value());
    }
  }
  const int64_t seconds = spec["expirationSeconds"].i64(3600);
  if (seconds < 600) {
    return ReplyError(core, call,
                      Invalid({.kind = "TokenRequest", .plural = "tokenrequests"}, "",
                              {{"FieldValueInvalid",
                                "Invalid value: " + std::to_string(seconds) +
                                    ": may not specify a duration less than 10 minutes",
                                "spec.expirationSeconds"}})
                          .value());
  }
  const WallTime expires = core.executor.WallNow() + Seconds(seconds);
  kube::MutableJson out(*body);
  out["kind"] = "TokenRequest";
  out["apiVersion"] = "authentication.k8s.io/v1";
  out.Set({"metadata", "name"}, call.info.name);
  out.Set({"metadata", "namespace"}, call.info.ns);
  out.Set({"metadata", "creationTimestamp"}, core.Timestamp());
  out.Set({"spec", "expirationSeconds"}, seconds);
  out.Set({"status", "token"}, SignToken(core, *account, spec, expires));
  out.Set({"status", "expirationTimestamp"}, FormatTime(expires));
  ReplyJson(core, call, 201, std::move(out).Freeze());
}

// A namespace's content is gone; its finalizers in the spec may go.
void ServeFinalize(Core& core, Call& call) {
  if (call.info.verb != "update") return ReplyError(core, call, MethodNotAllowed().value());
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  auto body = ReadBody(call, *call.resource);
  if (!body) return ReplyError(core, call, body.error());
  kube::MutableJson object((*existing)->json());
  object["spec"] = kube::JsonObject{};
  if ((*body)["spec"]["finalizers"].size() > 0) {
    object.Set({"spec", "finalizers"}, (*body)["spec"]["finalizers"]);
  }
  const std::string_view version = (*body)["metadata"]["resourceVersion"].str();
  if (!version.empty()) object.Set({"metadata", "resourceVersion"}, version);
  auto entry = UpdateObject(core, MakeWriteContext(call), *existing, object.ref());
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 200, *entry);
}

// Approval of a CertificateSigningRequest: the conditions of its status.
void ServeApproval(Core& core, Call& call) {
  auto existing = FindObject(core, call);
  if (!existing) return ReplyError(core, call, existing.error());
  if (call.info.verb == "get") return ReplyObject(core, call, 200, *existing);
  if (call.info.verb != "update") return ReplyError(core, call, MethodNotAllowed().value());
  auto body = ReadBody(call, *call.resource);
  if (!body) return ReplyError(core, call, body.error());
  kube::MutableJson object((*existing)->json());
  object.Set({"status", "conditions"}, (*body)["status"]["conditions"]);
  WriteContext ctx = MakeWriteContext(call);
  ctx.subresource = "status";
  auto entry = UpdateObject(core, ctx, *existing, object.ref());
  if (!entry) return ReplyError(core, call, entry.error());
  ReplyObject(core, call, 200, *entry);
}

// nodes/NAME/proxy/PATH, where the connector knows nodes and not only pods.
void ServeNodeProxy(Core& core, Call& call) {
  auto node = FindObject(core, call);
  if (!node) return ReplyError(core, call, node.error());
  auto* proxy = dynamic_cast<NodeProxy*>(core.connector);
  if (!proxy) {
    return ReplyError(
        core, call,
        ServiceUnavailable("this server has no way to the kubelet of node " + call.info.name)
            .value());
  }
  const std::string& target = call.request.target;
  const size_t question = target.find('?');
  std::string path = "/" + call.info.rest;
  if (question != std::string::npos) path += target.substr(question);
  proxy->ConnectNode(kube::Object((*node)->json()), std::move(path), std::move(call.request),
                     call.responder);
}

}  // namespace

void ServeSubresource(Core& core, Call& call) {
  const std::string& sub = call.info.subresource;
  if (call.info.name.empty()) return ReplyError(core, call, NoSuchResource().value());
  if (sub == "scale") return ServeScale(core, call);
  if (sub == "token") return ServeToken(core, call);
  if (sub == "finalize") return ServeFinalize(core, call);
  if (sub == "approval") return ServeApproval(core, call);
  if (sub == "binding") return ServeBinding(core, call);
  if (sub == "eviction") return ServeEviction(core, call);
  if (sub == "ephemeralcontainers") return ServeEphemeralContainers(core, call);
  if (sub == "proxy" && call.resource->storage == "nodes") return ServeNodeProxy(core, call);
  if (call.resource->storage == "pods" &&
      (sub == "log" || sub == "exec" || sub == "attach" || sub == "portforward")) {
    return ServePodStream(core, call);
  }
  ReplyError(core, call,
             ServiceUnavailable("no route to " + call.resource->plural + "/" + call.info.name +
                                "/" + sub + " from this server")
                 .value());
}

}  // namespace stowage::sim
