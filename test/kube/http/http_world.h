// What the suites of kube/http share: an executor on a thread of its own, sockets, and a server
// whose answers a test writes down. Real threads and loopback; every wait is bounded.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time/loop_executor.h"
#include "kube/http/client/http_transport.h"
#include "kube/http/server/certificates.h"
#include "kube/http/server/http_server.h"
#include "kube/http/server/io_context.h"

namespace stowage::kube {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr auto kPatience = std::chrono::seconds(300);
#else
constexpr auto kPatience = std::chrono::seconds(20);
#endif

// A value that comes later; Get() waits for it, and fails the test if it does not come.
template <class T>
class Later {
 public:
  Later() : state_(std::make_shared<std::promise<T>>()), future_(state_->get_future()) {}
  std::function<void(T)> callback() {
    return [state = state_](T value) { state->set_value(std::move(value)); };
  }
  bool ready(std::chrono::milliseconds within) {
    return future_.wait_for(within) == std::future_status::ready;
  }
  T Get() {
    if (future_.wait_for(kPatience) != std::future_status::ready) {
      ADD_FAILURE() << "nothing came";
      std::abort();
    }
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<T>> state_;
  std::future<T> future_;
};

using Route = std::function<void(ServerRequest, std::shared_ptr<Responder>)>;

class RouteHandler : public Handler {
 public:
  void Handle(ServerRequest request, std::shared_ptr<Responder> responder) override {
    const std::string path = request.target.substr(0, request.target.find('?'));
    const auto it = routes.find(path);
    if (it == routes.end()) {
      return responder->Respond({404,
                                 {},
                                 *Json::Parse(R"({"kind":"Status","reason":"NotFound",)"
                                              R"("message":"no such path","code":404})"),
                                 ""});
    }
    it->second(std::move(request), std::move(responder));
  }
  std::map<std::string, Route> routes;
};

struct Tls {
  Tls() {
    const Validity validity{
        std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
    ca = *MakeCertificateAuthority("test-ca", validity);
    server = *IssueServerCertificate(ca, {"server", {}}, {"127.0.0.1", "localhost"}, validity);
    client = *IssueClientCertificate(ca, {"alice", {"dev", "ops"}}, validity);
  }
  KeyPair ca, server, client;
};
inline const Tls& SharedTls() {
  static const Tls tls;
  return tls;
}

// The server, transports and everything that must go on the executor are made and destroyed there.
class HttpWorld {
 public:
  HttpWorld() : thread_([this] { loop.Run(); }) {}
  ~HttpWorld() {
    OnLoop([this] {
      transports_.clear();
      server.reset();
    });
    io.reset();
    loop.Stop();
    thread_.join();
  }

  void OnLoop(std::function<void()> f) {
    Later<bool> done;
    loop.Post([&] {
      f();
      done.callback()(true);
    });
    done.Get();
  }

  void Serve(HttpServerOptions options = {}) {
    OnLoop([&] {
      auto started = HttpServer::Start(loop, *io, handler, options);
      ASSERT_TRUE(started) << started.error().ToString();
      server = std::move(*started);
    });
  }
  void ServeTls(bool client_certificates = false) {
    HttpServerOptions options;
    options.certificate_pem = SharedTls().server.certificate_pem;
    options.private_key_pem = SharedTls().server.key_pem;
    if (client_certificates) {
      options.client_ca_pem = SharedTls().ca.certificate_pem;
      options.require_client_certificate = true;
    }
    tls = true;
    Serve(options);
  }

  ClusterConfig Config() {
    ClusterConfig config;
    config.origin = "kubeconfig test";
    config.server =
        (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server->port());
    if (tls) config.ca_pem = SharedTls().ca.certificate_pem;
    return config;
  }
  HttpTransport& Connect() { return Connect(Config()); }
  HttpTransport& Connect(ClusterConfig config, HttpTransportOptions options = {}) {
    OnLoop([&] {
      auto made = HttpTransport::Create(loop, *io, std::move(config), options);
      if (!made) {
        ADD_FAILURE() << made.error().ToString();
        std::abort();
      }
      transports_.push_back(std::move(*made));
    });
    return *transports_.back();
  }

  Result<Response> Send(HttpTransport& transport, Request request) {
    return SendLater(transport, std::move(request))->Get();
  }
  std::shared_ptr<Later<Result<Response>>> SendLater(HttpTransport& transport, Request request) {
    auto later = std::make_shared<Later<Result<Response>>>();
    loop.Post([&transport, request = std::move(request), later]() mutable {
      transport.Send(std::move(request), later->callback());
    });
    return later;
  }
  Result<UpgradeReply> Upgrade(HttpTransport& transport, Request request) {
    Later<Result<UpgradeReply>> later;
    loop.Post([&] { transport.Upgrade(std::move(request), later.callback()); });
    return later.Get();
  }
  void Forget() {
    OnLoop([this] { transports_.clear(); });
  }

  LoopExecutor loop;
  std::unique_ptr<IoContext> io = std::make_unique<IoContext>(1);
  RouteHandler handler;
  std::unique_ptr<HttpServer> server;
  bool tls = false;

 private:
  std::vector<std::unique_ptr<HttpTransport>> transports_;
  std::thread thread_;
};

inline Result<std::string> ReadSome(ByteStream& stream) {
  Later<Result<std::string>> later;
  stream.Read(later.callback());
  return later.Get();
}
inline Result<void> WriteAll(ByteStream& stream, std::string bytes) {
  Later<Result<void>> later;
  stream.Write(std::move(bytes), later.callback());
  return later.Get();
}
inline std::string ReadToEnd(ByteStream& stream) {
  std::string all;
  for (;;) {
    auto some = ReadSome(stream);
    if (!some || some->empty()) return all;
    all += *some;
  }
}

// A server of bare sockets, to say what no proper server would: one thread, connections in order.
class RawServer {
 public:
  explicit RawServer(std::function<void(int fd, int connection)> serve);
  ~RawServer();
  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  static std::string ReadHead(int fd);  // up to the blank line, and what came with it
  static void Write(int fd, const std::string& bytes);

 private:
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

// A client of bare sockets: sends `bytes`, and reads until the server closes or `until` has come.
std::string RawExchange(uint16_t port, const std::string& bytes, const std::string& until = "");

}  // namespace stowage::kube
