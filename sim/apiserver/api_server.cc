#include "sim/apiserver/api_server.h"

#include <utility>

#include "base/log/log.h"
#include "sim/apiserver/auth.h"
#include "sim/apiserver/bootstrap.h"
#include "sim/apiserver/core.h"
#include "sim/apiserver/discovery.h"
#include "sim/apiserver/rest.h"

namespace stowage::sim {

struct ApiServer::Impl {
  Impl(Executor& executor, Rng rng, ApiServerOptions options)
      : core(executor, std::move(rng), std::move(options)), discovery(core) {}

  void Serve(Call& call);

  Core core;
  Discovery discovery;
};

void ApiServer::Impl::Serve(Call& call) {
  auto user = Authenticate(core, call.request);
  if (!user) return ReplyError(core, call, user.error());
  call.user = std::move(*user);
  if (auto ok = Authorize(core, call); !ok) return ReplyError(core, call, ok.error());
  if (!call.info.resource_request) return discovery.Serve(call);
  call.resource = core.resources.Find(call.info.group, call.info.version, call.info.plural);
  if (!call.resource) return ReplyError(core, call, NoSuchResource().value());
  if (call.info.verb.empty()) return ReplyError(core, call, MethodNotAllowed().value());
  // Streams and their like answer with what is no object.
  if (call.info.subresource.empty() || call.info.subresource == "status") {
    auto accept = ReadAccept(call.request.headers.Get("Accept"));
    if (!accept) return ReplyError(core, call, accept.error());
    call.representation = *accept;
  }
  ServeResource(core, call);
}

ApiServer::ApiServer(Executor& executor, Rng rng, ApiServerOptions options)
    : impl_(std::make_unique<Impl>(executor, std::move(rng), std::move(options))) {
  Bootstrap(impl_->core);
}

ApiServer::~ApiServer() = default;

void ApiServer::Handle(kube::ServerRequest request, std::shared_ptr<kube::Responder> responder) {
  ++impl_->core.stats.requests;
  Call call;
  call.info = ParseRequest(request);
  call.request = std::move(request);
  call.responder = std::move(responder);
  impl_->Serve(call);
}

void ApiServer::SetKubeletConnector(KubeletConnector* connector) {
  impl_->core.connector = connector;
}

void ApiServer::DropConnections() {
  impl_->core.watches.EndAll({ErrorCode::kUnavailable, "the server closed the connection", {}});
}

void ApiServer::CompactHistory() { impl_->core.store.CompactHistory(); }

ApiServer::Stats ApiServer::stats() const {
  Stats s = impl_->core.stats;
  s.watch_events = impl_->core.watches.told();
  s.objects = impl_->core.store.object_count();
  s.watches = impl_->core.watches.count();
  s.resource_version = impl_->core.store.version();
  return s;
}

std::string ApiServer::cluster_uid() const { return impl_->core.cluster_uid; }

}  // namespace stowage::sim
