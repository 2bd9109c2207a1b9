#include "kube/http/client/http_transport.h"

#include <utility>

#include "kube/http/client/client_core.h"
#include "kube/http/client/http_upgrade.h"
#include "kube/http/client/http_watch.h"
#include "kube/http/client/rest_client.h"

namespace stowage::kube {
namespace {

class HttpTransportImpl final : public HttpTransport {
 public:
  explicit HttpTransportImpl(std::shared_ptr<ClientCore> core)
      : core_(std::move(core)), rest_(RestClient::Make(core_)) {}
  ~HttpTransportImpl() override {
    rest_.reset();
    core_->credentials->Stop();
    core_->Close();
  }

  void Send(Request request, Callback<Result<Response>> done) override {
    rest_->Send(std::move(request), std::move(done));
  }
  WatchHandle Watch(WatchRequest request, WatchSink& sink) override {
    return StartHttpWatch(core_, std::move(request), sink);
  }
  void Upgrade(Request request, Callback<Result<UpgradeReply>> done) override {
    StartHttpUpgrade(core_, std::move(request), std::move(done));
  }

 private:
  std::shared_ptr<ClientCore> core_;
  std::unique_ptr<RestClient> rest_;
};

}  // namespace

Result<std::unique_ptr<HttpTransport>> HttpTransport::Create(Executor& executor, IoContext& io,
                                                             ClusterConfig config,
                                                             HttpTransportOptions options) {
  auto core = std::make_shared<ClientCore>(executor, io);
  core->origin = config.origin.empty() ? "the cluster's configuration" : config.origin;
  config.origin = core->origin;
  auto server = ParseServerUrl(config.server);
  if (!server) return Err(WithContext(server.error(), core->origin));
  core->server = std::move(*server);
  auto proxy = ProxyFor(core->server, config.proxy_url);
  if (!proxy) return Err(WithContext(proxy.error(), core->origin));
  core->proxy = std::move(*proxy);
  core->options = std::move(options);
  ASSIGN_OR_RETURN(core->credentials, Credentials::Create(io, std::move(config), core->server));
  return std::unique_ptr<HttpTransport>(std::make_unique<HttpTransportImpl>(std::move(core)));
}

}  // namespace stowage::kube
