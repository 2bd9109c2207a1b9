#include "kube/http/client/exchange.h"

#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/base64.h"

namespace stowage::kube {
namespace {

constexpr Duration kDialTimeout = Seconds(30);

// The steps of Dial(): resolve, connect to one address after the other, proxy, TLS.
class Dialer : public std::enable_shared_from_this<Dialer> {
 public:
  Dialer(std::shared_ptr<ClientCore> core, std::shared_ptr<io::TlsClient> tls, io::SocketPtr socket,
         io::Done done)
      : core_(std::move(core)),
        tls_(std::move(tls)),
        socket_(std::move(socket)),
        done_(std::move(done)),
        timer_(socket_->strand()) {}

  void Start() {
    timer_.Start(kDialTimeout, [self = shared_from_this()] {
      self->timed_out_ = true;
      self->socket_->Close();
    });
    const std::string& host = core_->proxy ? core_->proxy->host : core_->server.host;
    const uint16_t port = core_->proxy ? core_->proxy->port : core_->server.port;
    io::Resolve(socket_->strand(), host, port,
                [self = shared_from_this()](Result<std::vector<io::Endpoint>> found) {
                  if (!found) return self->Finish(Err(found.error()));
                  self->Connect(std::move(*found));
                });
  }

 private:
  void Connect(std::vector<io::Endpoint> endpoints) {
    socket_->Connect(std::move(endpoints), [self = shared_from_this()](Result<void> done) {
      if (!done) return self->Finish(std::move(done));
      if (self->core_->proxy && self->tls_) return self->AskProxy();
      self->StartTls();
    });
  }

  void AskProxy() {
    const std::string to = core_->server.host_port();
    std::string head = "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n";
    if (!core_->proxy->username.empty()) {
      head += "Proxy-Authorization: Basic " +
              EncodeBase64(core_->proxy->username + ":" + core_->proxy->password) + "\r\n";
    }
    socket_->Queue(head + "\r\n");
    // To a CONNECT as to a HEAD: what follows the head is not a body.
    parser_ = io::MessageParser::Response(true);
    ReadProxy();
  }

  void ReadProxy() {
    char* buffer = io::ReadBuffer::Get();
    const int n = socket_->TryRead(buffer, io::ReadBuffer::kSize);
    if (n == io::Socket::kWouldBlock) {
      return socket_->WhenReadable([self = shared_from_this()] { self->ReadProxy(); });
    }
    if (n == io::Socket::kFailed) return Finish(Err(socket_->error()));
    const std::string via =
        "proxy " + core_->proxy->host + ":" + std::to_string(core_->proxy->port);
    if (n == 0) return Finish(MakeError(ErrorCode::kUnavailable, via + " closed the connection"));
    unparsed_.append(buffer, n);
    size_t consumed = 0;
    if (!parser_->Put(unparsed_, &consumed)) {
      return Finish(MakeError(ErrorCode::kUnavailable, via + " does not speak HTTP"));
    }
    unparsed_.erase(0, consumed);
    if (!parser_->head_done()) return ReadProxy();
    if (parser_->status / 100 != 2) {
      return Finish(MakeError(ErrorCode::kUnavailable, via + " refused to connect: status " +
                                                           std::to_string(parser_->status)));
    }
    StartTls();
  }

  void StartTls() {
    if (!tls_) return Finish({});
    socket_->HandshakeClient(tls_->context(), tls_->options().verify_name,
                             [self = shared_from_this()](Result<void> done) {
                               if (!done) {
                                 const std::string why = self->tls_->TakeRefusal();
                                 if (!why.empty()) {
                                   done = MakeError(ErrorCode::kUnavailable, why);
                                 }
                               }
                               self->Finish(std::move(done));
                             });
  }

  void Finish(Result<void> how) {
    timer_.Cancel();
    if (!done_) return;
    if (!how && timed_out_) {
      how = MakeError(ErrorCode::kUnavailable,
                      "no connection within " + FormatDuration(kDialTimeout));
    }
    if (!how) how = Err(WithContext(how.error(), "cannot reach " + core_->server.url()));
    std::exchange(done_, nullptr)(std::move(how));
  }

  std::shared_ptr<ClientCore> core_;
  std::shared_ptr<io::TlsClient> tls_;
  io::SocketPtr socket_;
  io::Done done_;
  io::Timer timer_;
  std::unique_ptr<io::MessageParser> parser_;
  std::string unparsed_;
  bool timed_out_ = false;
};

}  // namespace

void Dial(std::shared_ptr<ClientCore> core, std::shared_ptr<io::TlsClient> tls,
          io::SocketPtr socket, io::Done done) {
  std::make_shared<Dialer>(std::move(core), std::move(tls), std::move(socket), std::move(done))
      ->Start();
}

Exchange::Exchange(std::shared_ptr<ClientCore> core, io::StrandPtr strand, Request request)
    : core_(std::move(core)),
      strand_(std::move(strand)),
      request_(std::move(request)),
      timer_(strand_) {}

void Exchange::Start(std::function<void(Result<Answered>)> done) {
  done_ = std::move(done);
  if (request_.timeout > Duration(0)) {
    timer_.Start(request_.timeout, [self = shared_from_this()] {
      self->Fail({ErrorCode::kUnavailable,
                  "no answer from " + self->core_->server.url() + " within " +
                      FormatDuration(self->request_.timeout),
                  {}});
    });
  }
  Attempt();
}

void Exchange::Attempt() {
  core_->credentials->Get([self = shared_from_this()](Result<Proof> proof) {
    self->strand_->Post(
        [self, proof = std::move(proof)]() mutable { self->OnProof(std::move(proof)); });
  });
}

void Exchange::OnProof(Result<Proof> proof) {
  if (!done_) return;
  if (!proof) return Fail(proof.error());
  proof_ = std::move(*proof);
  sent_ = false;
  answered_ = {
      io::Socket::Make(strand_), io::MessageParser::Response(request_.method == "HEAD"), {}};
  Dial(core_, proof_.tls, answered_.socket, [self = shared_from_this()](Result<void> done) {
    if (!self->done_) return;
    if (!done) return self->Fail(done.error());
    self->SendRequest();
  });
}

void Exchange::SendRequest() {
  io::Socket& socket = *answered_.socket;
  socket.EnableKeepAlive();
  const ServerAddress& server = core_->server;
  std::string head = request_.method + " ";
  // A plain proxy is told the whole address; a tunnel, and no proxy, only the path.
  if (core_->proxy && !server.tls) head += server.url();
  head +=
      server.path_prefix + request_.target + " HTTP/1.1\r\nHost: " + server.host_port() + "\r\n";
  const auto add = [&head](const Headers& headers) {
    for (const auto& [name, value] : headers.all()) {
      head += name + ": ";
      for (const char c : value) head += c == '\r' || c == '\n' ? ' ' : c;
      head += "\r\n";
    }
  };
  if (!request_.headers.Has("User-Agent"))
    head += "User-Agent: " + core_->options.user_agent + "\r\n";
  if (core_->proxy && !server.tls && !core_->proxy->username.empty()) {
    head += "Proxy-Authorization: Basic " +
            EncodeBase64(core_->proxy->username + ":" + core_->proxy->password) + "\r\n";
  }
  add(request_.headers);
  add(proof_.headers);
  if (!request_.headers.Has("Content-Length") &&
      (!request_.body.empty() || !IsRead(request_.method))) {
    head += "Content-Length: " + std::to_string(request_.body.size()) + "\r\n";
  }
  sent_ = true;
  socket.Queue(head + "\r\n");
  socket.Queue(request_.body);
  socket.Flush();
  ReadHead();
}

void Exchange::ReadHead() {
  if (!done_) return;
  char* buffer = io::ReadBuffer::Get();
  const int n = answered_.socket->TryRead(buffer, io::ReadBuffer::kSize);
  if (n == io::Socket::kWouldBlock) {
    return answered_.socket->WhenReadable([self = shared_from_this()] { self->ReadHead(); });
  }
  if (n == io::Socket::kFailed) return Fail(answered_.socket->error());
  if (n == 0) {
    return Fail({ErrorCode::kUnavailable,
                 core_->server.url() + " closed the connection without an answer",
                 {}});
  }
  answered_.rest.append(buffer, n);
  size_t consumed = 0;
  if (!answered_.parser->Put(answered_.rest, &consumed)) {
    return Fail({ErrorCode::kUnavailable,
                 core_->server.url() + " does not speak HTTP: " + answered_.parser->error,
                 {}});
  }
  answered_.rest.erase(0, consumed);
  if (answered_.parser->head_done()) return OnHead();
  ReadHead();
}

void Exchange::OnHead() {
  const int status = answered_.parser->status;
  if (status / 100 == 1 && status != 101) {  // an announcement; the answer follows
    answered_.parser = io::MessageParser::Response(request_.method == "HEAD");
    size_t consumed = 0;
    const std::string rest = std::exchange(answered_.rest, {});
    if (!answered_.parser->Put(rest, &consumed)) {
      return Fail({ErrorCode::kUnavailable, "broken answer: " + answered_.parser->error, {}});
    }
    answered_.rest = rest.substr(consumed);
    return answered_.parser->head_done() ? OnHead() : ReadHead();
  }
  if (status != 401 || retried_) return Finish(std::move(answered_));
  retried_ = true;
  core_->credentials->Refused(proof_.generation, [self = shared_from_this()](bool retry) {
    self->strand_->Post([self, retry] {
      if (!self->done_) return;
      if (!retry) return self->Finish(std::move(self->answered_));
      self->answered_.socket->Close();
      self->Attempt();
    });
  });
}

void Exchange::Fail(Error error) {
  if (answered_.socket) answered_.socket->Close();
  if (sent_ && error.code == ErrorCode::kUnavailable && !IsRead(request_.method)) {
    error.code = ErrorCode::kUnknownOutcome;
  }
  Finish(Err(std::move(error)));
}

void Exchange::Cancel() { Fail({ErrorCode::kCancelled, "the call was cancelled", {}}); }

void Exchange::Finish(Result<Answered> how) {
  timer_.Cancel();
  if (done_) std::exchange(done_, nullptr)(std::move(how));
}

}  // namespace stowage::kube
