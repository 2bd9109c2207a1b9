// The library's headers need the old names of Asio.
#undef BOOST_ASIO_NO_DEPRECATED

#include "kube/http/client/rest_client.h"

#include <cpprest/containerstream.h>
#include <cpprest/http_client.h>
#include <cpprest/producerconsumerstream.h>
#include <pplx/threadpool.h>

#include <boost/asio/ssl/context.hpp>
#include <deque>
#include <utility>

#include "base/time/rfc3339.h"
#include "kube/http/io/message.h"

namespace stowage::kube {
namespace {

namespace http = web::http;
using Body = concurrency::streams::container_buffer<std::vector<uint8_t>>;

// The library's word for a request whose head could not be written whole: the server cannot have
// acted on it. A kept connection that had died does that; and after a failure it keeps one that
// never connected.
constexpr std::string_view kHeadNotWritten = "Failed to write request headers";

constexpr int kThreads = 2;  // the library's default is 40, which costs twice the CPU

void BoundThreads() {
  static const bool once = [] {
    try {
      crossplat::threadpool::initialize_with_threads(kThreads);
    } catch (const std::exception&) {
      // Somebody used the library before us; its pool stays as it is.
    }
    return true;
  }();
  (void)once;
}

// One call. Everything is touched on the client's strand, except `sent`.
struct Call {
  Request request;
  Once<Response> once;
  std::unique_ptr<io::Timer> timer;
  pplx::cancellation_token_source stop;
  std::atomic<bool> sent{false};  // the head of the request went out whole
  bool running = false;           // holds one of the places in flight
  bool ended = false;
  bool retried = false;
  int resends_left = 3;
  Proof proof;
};
using CallPtr = std::shared_ptr<Call>;

class RestClientImpl : public std::enable_shared_from_this<RestClientImpl> {
 public:
  explicit RestClientImpl(std::shared_ptr<ClientCore> core)
      : core_(std::move(core)), strand_(std::make_shared<io::Strand>(core_->io)) {
    BoundThreads();
  }

  void Send(Request request, Callback<Result<Response>> done);
  void Close();

 private:
  void Admit(const CallPtr& call);
  void Attempt(const CallPtr& call);
  void Launch(const CallPtr& call, Result<Proof> proof);
  http::http_request Build(const Call& call) const;
  http::client::http_client_config Config(const Proof& proof) const;
  void OnResponse(const CallPtr& call, Result<Response> response);
  void Interrupt(const CallPtr& call, ErrorCode code, const std::string& why);
  void End(const CallPtr& call, Result<Response> result);
  Error Classify(const Call& call, const std::string& what) const;

  std::shared_ptr<ClientCore> core_;
  io::StrandPtr strand_;
  std::shared_ptr<http::client::http_client> client_;
  std::shared_ptr<io::TlsClient> client_tls_;  // what client_ was made with
  std::deque<CallPtr> waiting_;
  std::set<CallPtr> calls_;
  int in_flight_ = 0;
  bool closed_ = false;
};

void RestClientImpl::Send(Request request, Callback<Result<Response>> done) {
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->once = MakeOnce<Response>(core_, std::move(done));
  strand_->Post([self = shared_from_this(), call] { self->Admit(call); });
  if (call->request.cancel) {
    call->request.cancel->OnCancel(
        [weak = weak_from_this(), weak_call = std::weak_ptr<Call>(call)] {
          auto self = weak.lock();
          auto call = weak_call.lock();
          if (!self || !call) return;
          self->strand_->Post([self, call] {
            self->Interrupt(call, ErrorCode::kCancelled, "the call was cancelled");
          });
        });
  }
}

void RestClientImpl::Close() {
  strand_->Post([self = shared_from_this()] {
    self->closed_ = true;
    for (const CallPtr& call : std::set<CallPtr>(self->calls_)) {
      self->Interrupt(call, ErrorCode::kCancelled, "the transport was closed");
    }
    self->client_.reset();
  });
}

void RestClientImpl::Admit(const CallPtr& call) {
  if (closed_ || call->ended) return;
  calls_.insert(call);
  const Duration timeout = call->request.timeout;
  if (timeout > Duration(0)) {
    call->timer = std::make_unique<io::Timer>(strand_);
    call->timer->Start(timeout, [self = shared_from_this(), call, timeout] {
      self->Interrupt(call, ErrorCode::kUnavailable,
                      "no whole answer from " + self->core_->server.url() + " within " +
                          FormatDuration(timeout));
    });
  }
  if (in_flight_ >= core_->options.max_requests_in_flight) {
    waiting_.push_back(call);
    return;
  }
  Attempt(call);
}

void RestClientImpl::Attempt(const CallPtr& call) {
  if (!call->running) ++in_flight_;
  call->running = true;
  core_->credentials->Get([self = shared_from_this(), call](Result<Proof> proof) {
    self->strand_->Post(
        [self, call, proof = std::move(proof)]() mutable { self->Launch(call, std::move(proof)); });
  });
}

http::client::http_client_config RestClientImpl::Config(const Proof& proof) const {
  http::client::http_client_config config;
  // Its time-out is for inactivity and cannot be none; ours is for the whole call.
  config.set_timeout(utility::seconds(24 * 3600));
  config.set_max_redirects(0);
  if (proof.tls) {
    config.set_validate_certificates(!proof.tls->options().insecure_skip_verify);
    config.set_ssl_context_callback(
        [tls = proof.tls](boost::asio::ssl::context& ctx) { tls->Apply(ctx.native_handle()); });
  }
  if (core_->proxy) {
    const ProxyAddress& p = *core_->proxy;
    const bool v6 = p.host.find(':') != std::string::npos;
    web::web_proxy proxy(
        web::uri("http://" + (v6 ? "[" + p.host + "]" : p.host) + ":" + std::to_string(p.port)));
    if (!p.username.empty()) proxy.set_credentials(web::credentials(p.username, p.password));
    config.set_proxy(proxy);
  }
  return config;
}

http::http_request RestClientImpl::Build(const Call& call) const {
  const Request& r = call.request;
  http::http_request request(r.method);
  request.set_request_uri(web::uri(core_->server.path_prefix + r.target));
  http::http_headers& headers = request.headers();
  headers.add("User-Agent", core_->options.user_agent);
  for (const auto& [name, value] : r.headers.all()) headers[name] = value;
  for (const auto& [name, value] : call.proof.headers.all()) headers[name] = value;
  // The name in Host is the one the library offers as SNI.
  if (call.proof.tls && call.proof.tls->options().verify_name != core_->server.host) {
    headers["Host"] = call.proof.tls->options().verify_name;
  }
  if (!IsRead(r.method)) {
    // On a kept connection that turns out to be closed the library sends a request anew by itself,
    // even if the server may have acted on it, unless the body cannot be rewound: so it cannot.
    concurrency::streams::producer_consumer_buffer<uint8_t> once;
    if (!r.body.empty()) {
      once.putn_nocopy(reinterpret_cast<const uint8_t*>(r.body.data()), r.body.size());
    }
    once.close(std::ios_base::out);
    const std::string type(r.headers.Get("Content-Type"));
    request.set_body(once.create_istream(), r.body.size(),
                     type.empty() ? "application/json" : type);
  }
  return request;
}

void RestClientImpl::Launch(const CallPtr& call, Result<Proof> proof) {
  if (call->ended) return;
  if (!proof) return End(call, Err(proof.error()));
  call->proof = std::move(*proof);
  call->sent = false;
  try {
    if (!client_ || client_tls_ != call->proof.tls) {
      // Connections that proved an old certificate end with the calls that are on them.
      client_ = std::make_shared<http::client::http_client>(web::uri(core_->server.url()),
                                                            Config(call->proof));
      client_tls_ = call->proof.tls;
    }
    http::http_request request = Build(*call);
    request.set_progress_handler([weak = std::weak_ptr<Call>(call)](
                                     http::message_direction::direction d, utility::size64_t) {
      auto call = weak.lock();
      if (call && d == http::message_direction::upload) call->sent = true;
    });
    Body body;
    request.set_response_stream(body.create_ostream());
    auto self = shared_from_this();
    client_->request(request, call->stop.get_token())
        .then([](http::http_response response) { return response.content_ready(); })
        .then([self, call, body, client = client_](pplx::task<http::http_response> task) mutable {
          Result<Response> result = Response();
          try {
            const http::http_response got = task.get();
            result->status = got.status_code();
            for (const auto& [name, value] : got.headers()) result->headers.Add(name, value);
            const std::vector<uint8_t>& bytes = body.collection();
            const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            if (io::IsJson(result->headers.Get("Content-Type"))) {
              if (auto json = Json::Parse(text)) result->json = std::move(*json);
            }
            if (!result->json.exists()) result->text = text;
          } catch (const std::exception& e) {
            if (e.what() == kHeadNotWritten && !call->sent && call->resends_left-- > 0) {
              return self->strand_->Post([self, call] {
                if (!call->ended) self->Attempt(call);
              });
            }
            result = Err(self->Classify(*call, e.what()));
          }
          self->strand_->Post([self, call, result = std::move(result)]() mutable {
            self->OnResponse(call, std::move(result));
          });
        });
  } catch (const std::exception& e) {
    End(call, MakeError(ErrorCode::kInvalid, "the request to " + core_->server.url() +
                                                 call->request.target.substr(0, 200) +
                                                 " cannot be sent: " + e.what()));
  }
}

void RestClientImpl::OnResponse(const CallPtr& call, Result<Response> response) {
  if (call->ended) return;
  if (!response || response->status != 401 || call->retried) return End(call, std::move(response));
  call->retried = true;
  auto kept = std::make_shared<Response>(std::move(*response));
  core_->credentials->Refused(call->proof.generation,
                              [self = shared_from_this(), call, kept](bool retry) {
                                self->strand_->Post([self, call, kept, retry] {
                                  if (call->ended) return;
                                  if (retry) return self->Attempt(call);
                                  self->End(call, std::move(*kept));
                                });
                              });
}

// The caller is answered now; the library hears of it and cleans up in its own time.
void RestClientImpl::Interrupt(const CallPtr& call, ErrorCode code, const std::string& why) {
  if (call->ended) return;
  if (code == ErrorCode::kUnavailable && call->sent && !IsRead(call->request.method)) {
    code = ErrorCode::kUnknownOutcome;
  }
  End(call, MakeError(code, why));
  call->stop.cancel();
}

void RestClientImpl::End(const CallPtr& call, Result<Response> result) {
  call->ended = true;
  call->timer.reset();  // here: the last to let go of the call may be a thread of the library
  calls_.erase(call);
  std::erase(waiting_, call);
  call->once->Answer(std::move(result));
  if (!call->running) return;
  call->running = false;
  --in_flight_;
  if (waiting_.empty() || closed_) return;
  const CallPtr next = waiting_.front();
  waiting_.pop_front();
  Attempt(next);
}

Error RestClientImpl::Classify(const Call& call, const std::string& what) const {
  std::string why = what;
  if (what == "Error in SSL handshake") {
    why = call.proof.tls ? call.proof.tls->TakeRefusal() : "";
    if (why.empty()) why = "the TLS handshake failed; the server may want a client certificate";
  } else if (what == "Failed to connect to any resolved endpoint") {
    why = "connection refused, or no route to it";
  } else if (what == "Error resolving address" || what == "Failed to resolve address") {
    why = "cannot resolve host name " + core_->server.host;
  } else if (what.starts_with("cannot rewind")) {
    why = "the kept connection was closed while the request was on it";
  }
  if (!call.sent) {
    return {ErrorCode::kUnavailable, "cannot reach " + core_->server.url() + ": " + why, {}};
  }
  return {IsRead(call.request.method) ? ErrorCode::kUnavailable : ErrorCode::kUnknownOutcome,
          core_->server.url() + " gave no whole answer: " + why,
          {}};
}

class Owner final : public RestClient {
 public:
  explicit Owner(std::shared_ptr<RestClientImpl> impl) : impl_(std::move(impl)) {}
  ~Owner() override { impl_->Close(); }
  void Send(Request request, Callback<Result<Response>> done) override {
    impl_->Send(std::move(request), std::move(done));
  }

 private:
  std::shared_ptr<RestClientImpl> impl_;
};

}  // namespace

std::unique_ptr<RestClient> RestClient::Make(std::shared_ptr<ClientCore> core) {
  return std::make_unique<Owner>(std::make_shared<RestClientImpl>(std::move(core)));
}

}  // namespace stowage::kube
