#include "test/bench/support/api_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <thread>

#include "test/bench/support/flags.h"

namespace stowage::bench {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

namespace {

struct Address {
  std::string host, port;
};

Address AddressOf(const kube::ClusterConfig& cluster) {
  const size_t slashes = cluster.server.find("//");
  std::string rest = cluster.server.substr(slashes == std::string::npos ? 0 : slashes + 2);
  const size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return {rest, "443"};
  return {rest.substr(0, colon), rest.substr(colon + 1)};
}

std::shared_ptr<asio::ssl::context> TlsOf(const kube::ClusterConfig& cluster) {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  tls->set_verify_mode(asio::ssl::verify_peer);
  tls->add_certificate_authority(asio::buffer(cluster.ca_pem));
  if (!cluster.client_certificate_pem.empty()) {
    tls->use_certificate_chain(asio::buffer(cluster.client_certificate_pem));
    tls->use_private_key(asio::buffer(cluster.client_key_pem), asio::ssl::context::pem);
  }
  return tls;
}

std::unique_ptr<Stream> Connect(asio::io_context& io, asio::ssl::context& tls,
                                const kube::ClusterConfig& cluster) {
  const Address address = AddressOf(cluster);
  auto stream = std::make_unique<Stream>(io, tls);
  boost::system::error_code error;
  asio::ip::tcp::resolver resolver(io);
  asio::connect(stream->next_layer(), resolver.resolve(address.host, address.port), error);
  if (error) Die(cluster.server + ": " + error.message());
  stream->next_layer().set_option(asio::ip::tcp::no_delay(true));
  stream->handshake(Stream::client, error);
  if (error) Die(cluster.server + ": TLS: " + error.message());
  return stream;
}

std::string WatchHead(const kube::ClusterConfig& cluster, const std::string& target) {
  const Address address = AddressOf(cluster);
  return "GET " + target + " HTTP/1.1\r\nHost: " + address.host + ":" + address.port +
         "\r\nAccept: application/json\r\n\r\n";
}

}  // namespace

kube::ClusterConfig LoadCluster(const std::string& kubeconfig) {
  auto cluster = kube::LoadKubeconfig(kubeconfig, "");
  if (!cluster) Die(cluster.error().message);
  return *cluster;
}

// ---- ApiConnection ------------------------------------------------------------------------------

struct ApiConnection::Impl {
  explicit Impl(const kube::ClusterConfig& c) : cluster(c), tls(TlsOf(c)) {}

  bool Exchange(const http::request<http::string_body>& request, Answer& answer) {
    if (!stream) stream = Connect(io, *tls, cluster);
    boost::system::error_code error;
    http::write(*stream, request, error);
    if (error) return false;
    http::response_parser<http::string_body> parser;
    parser.body_limit(1ull << 30);
    http::read(*stream, buffer, parser, error);
    if (error) return false;
    answer.status = static_cast<int>(parser.get().result_int());
    answer.body = std::move(parser.get().body());
    if (!parser.get().keep_alive()) stream.reset();
    return true;
  }

  const kube::ClusterConfig cluster;
  asio::io_context io;
  std::shared_ptr<asio::ssl::context> tls;
  std::unique_ptr<Stream> stream;
  beast::flat_buffer buffer;
};

ApiConnection::ApiConnection(const kube::ClusterConfig& cluster)
    : impl_(std::make_unique<Impl>(cluster)) {}
ApiConnection::~ApiConnection() = default;

ApiConnection::Answer ApiConnection::Call(const std::string& method, const std::string& target,
                                          const std::string& body,
                                          const std::string& content_type) {
  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, AddressOf(impl_->cluster).host);
  request.set(http::field::accept, "application/json");
  if (!body.empty()) request.set(http::field::content_type, content_type);
  request.body() = body;
  request.prepare_payload();
  Answer answer;
  if (impl_->Exchange(request, answer)) return answer;
  // The server closed the kept connection meanwhile.
  impl_->stream.reset();
  impl_->buffer.clear();
  if (!impl_->Exchange(request, answer)) Die(method + " " + target + ": the connection broke");
  return answer;
}

std::string ApiConnection::Must(const std::string& method, const std::string& target,
                                const std::string& body, const std::string& content_type,
                                int also) {
  Answer answer = Call(method, target, body, content_type);
  if ((answer.status < 200 || answer.status > 299) && answer.status != also) {
    Die(method + " " + target + ": " + std::to_string(answer.status) + " " +
        answer.body.substr(0, 500));
  }
  return std::move(answer.body);
}

double Spread(const kube::ClusterConfig& cluster, int threads, int64_t n,
              const std::function<void(ApiConnection&, int64_t)>& f) {
  std::atomic<int64_t> next{0};
  std::vector<std::unique_ptr<ApiConnection>> connections;
  for (int i = 0; i < threads; ++i) {
    connections.push_back(std::make_unique<ApiConnection>(cluster));
    connections.back()->Call("GET", "/version");  // connected before the clock starts
  }
  const double from = Seconds();
  std::vector<std::thread> workers;
  for (auto& connection : connections) {
    workers.emplace_back([&, c = connection.get()] {
      for (int64_t i = next++; i < n; i = next++) f(*c, i);
    });
  }
  for (std::thread& worker : workers) worker.join();
  return Seconds() - from;
}

// ---- WatchFarm ----------------------------------------------------------------------------------

namespace {

// Events end in a newline that no carriage return precedes (those are the chunks' own).
class EventCounter {
 public:
  uint64_t Count(const char* data, size_t size) {
    uint64_t n = 0;
    const char* const end = data + size;
    for (const char* at = data; (at = static_cast<const char*>(memchr(at, '\n', end - at))); ++at) {
      const char before = at == data ? last_ : at[-1];
      if (before != '\r') ++n;
    }
    if (size > 0) last_ = data[size - 1];
    return n;
  }

 private:
  char last_ = '\r';
};

}  // namespace

struct WatchFarm::Impl {
  struct One {
    std::unique_ptr<Stream> stream;
    std::vector<char> buffer = std::vector<char>(64 << 10);
    EventCounter counter;
  };
  void Read(One& one) {
    one.stream->async_read_some(asio::buffer(one.buffer),
                                [this, &one](boost::system::error_code error, size_t size) {
                                  if (error) return;
                                  *events += one.counter.Count(one.buffer.data(), size);
                                  Read(one);
                                });
  }
  asio::io_context io;
  std::shared_ptr<asio::ssl::context> tls;
  std::vector<std::unique_ptr<One>> all;
  std::shared_ptr<std::atomic<uint64_t>> events;
  std::thread thread;
};

WatchFarm::WatchFarm(const kube::ClusterConfig& cluster, const std::string& target, int watches)
    : events_(std::make_shared<std::atomic<uint64_t>>(0)), impl_(std::make_unique<Impl>()) {
  impl_->events = events_;
  impl_->tls = TlsOf(cluster);
  for (int i = 0; i < watches; ++i) {
    auto one = std::make_unique<Impl::One>();
    one->stream = Connect(impl_->io, *impl_->tls, cluster);
    asio::write(*one->stream, asio::buffer(WatchHead(cluster, target)));
    impl_->all.push_back(std::move(one));
  }
  for (auto& one : impl_->all) {
    // The head of the answer: the watch is open. What follows it in the buffer is counted.
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const size_t n = one->stream->read_some(asio::buffer(one->buffer));
      head.append(one->buffer.data(), n);
    }
    if (!head.starts_with("HTTP/1.1 200")) Die("watch " + target + ": " + head.substr(0, 300));
    const size_t body = head.find("\r\n\r\n") + 4;
    *events_ += one->counter.Count(head.data() + body, head.size() - body);
    impl_->Read(*one);
  }
  impl_->thread = std::thread([this] { impl_->io.run(); });
}

WatchFarm::~WatchFarm() {
  impl_->io.stop();
  impl_->thread.join();
}

// ---- WatchReader --------------------------------------------------------------------------------

struct WatchReader::Impl {
  void Run(const OnEvent& on_event) {
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    beast::flat_buffer buffer;
    boost::system::error_code error;
    http::read_header(*stream, buffer, parser, error);
    opened.set_value(error ? 0 : static_cast<int>(parser.get().result_int()));
    std::vector<char> chunk(256 << 10);
    std::string pending;
    while (!parser.is_done()) {
      parser.get().body().data = chunk.data();
      parser.get().body().size = chunk.size();
      http::read_some(*stream, buffer, parser, error);
      if (error && error != http::error::need_buffer) return;
      const double now = Seconds();
      pending.append(chunk.data(), chunk.size() - parser.get().body().size);
      size_t from = 0;
      for (size_t at; (at = pending.find('\n', from)) != std::string::npos; from = at + 1) {
        on_event(now, std::string_view(pending).substr(from, at - from));
      }
      pending.erase(0, from);
    }
  }
  asio::io_context io;
  std::shared_ptr<asio::ssl::context> tls;
  std::unique_ptr<Stream> stream;
  std::promise<int> opened;
  std::thread thread;
};

WatchReader::WatchReader(const kube::ClusterConfig& cluster, const std::string& target,
                         OnEvent on_event)
    : impl_(std::make_unique<Impl>()) {
  impl_->tls = TlsOf(cluster);
  impl_->stream = Connect(impl_->io, *impl_->tls, cluster);
  asio::write(*impl_->stream, asio::buffer(WatchHead(cluster, target)));
  auto opened = impl_->opened.get_future();
  impl_->thread = std::thread([this, on_event = std::move(on_event)] { impl_->Run(on_event); });
  const int status = opened.get();
  if (status != 200) Die("watch " + target + ": status " + std::to_string(status));
}

WatchReader::~WatchReader() {
  boost::system::error_code ignored;
  impl_->stream->next_layer().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  impl_->thread.join();
}

std::string_view FieldOf(std::string_view json, std::string_view quoted_name) {
  const size_t at = json.find(quoted_name);
  if (at == std::string_view::npos) return {};
  size_t from = json.find('"', at + quoted_name.size() + 1);
  if (from == std::string_view::npos) return {};
  const size_t end = json.find('"', ++from);
  return json.substr(from, end - from);
}

}  // namespace stowage::bench
