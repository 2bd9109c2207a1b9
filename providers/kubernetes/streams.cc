// Logs, exec, attach and port-forward: the request goes to the member's API server as it is, and
// the connection comes back as it is.
#include <utility>

#include "kube/api/well_known.h"
#include "providers/kubernetes/kubernetes_provider.h"
#include "providers/kubernetes/names.h"

namespace stowage::providers {
namespace {

bool IsStreamVerb(std::string_view verb) {
  return verb == "log" || verb == "exec" || verb == "attach" || verb == "portforward";
}

kube::Request RequestOf(const StreamRequest& stream, const std::string& ns) {
  kube::Request request;
  request.method = stream.method;
  request.target = kube::kPods.Path(ns, stream.ref.name, stream.verb);
  if (!stream.query.empty()) request.target += "?" + stream.query;
  for (const auto& [name, value] : stream.headers) request.headers.Add(name, value);
  // Who the host's user is means nothing to the member; its transport says who we are.
  request.headers.Remove("Authorization");
  request.headers.Remove("Host");
  return request;
}

}  // namespace

void KubernetesProvider::OpenStream(StreamRequest stream,
                                    Callback<Result<kube::UpgradeReply>> done) {
  const PodRef ref = stream.ref;
  auto ns = RemoteNamespace(options_.translate, ref.ns);
  const bool known_verb = IsStreamVerb(stream.verb);
  if (!known_verb || !ns) {
    const std::string why = known_verb ? ": its namespace is not mirrored"
                                       : ": no stream is called \"" + stream.verb + "\"";
    const ErrorCode code = known_verb ? ErrorCode::kNotFound : ErrorCode::kInvalid;
    deps_.executor.Post([alive = alive_, done = std::move(done), code, why = Where(ref) + why] {
      if (*alive) done(MakeError(code, why));
    });
    return;
  }
  auto open = [this, stream = std::move(stream), ns = *ns, done] {
    deps_.member.Upgrade(RequestOf(stream, ns), Guard<kube::UpgradeReply>(done));
  };
  if (pods_.FindByName(ref)) return open();
  ReadCopy(ref, [open, done](Result<kube::Object> found) {
    if (!found) return done(Err(found.error()));
    open();
  });
}

}  // namespace stowage::providers
