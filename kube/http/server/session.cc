#include <algorithm>
#include <utility>

#include "kube/http/server/session_impl.h"

namespace stowage::kube {
namespace {

// As much as a client may send ahead of the answer it waits for.
constexpr size_t kAheadMax = 256 << 10;

bool Says(std::string_view value, std::string_view word) {
  return value.size() == word.size() &&
         std::equal(value.begin(), value.end(), word.begin(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

}  // namespace

void StartSession(std::shared_ptr<ServerCore> core, io::SocketPtr socket) {
  std::make_shared<Session>(std::move(core), std::move(socket))->Start();
}

Session::Session(std::shared_ptr<ServerCore> core, io::SocketPtr socket)
    : core_(std::move(core)), socket_(std::move(socket)), timer_(socket_->strand()) {
  ++core_->connections;
  ++core_->open;
}
Session::~Session() { --core_->open; }

void Session::Start() {
  peer_.address = socket_->peer_address();
  parser_ = io::MessageParser::Request(core_->options.max_body_bytes);
  SetDeadline(Deadline::kHead);
  const io::SslCtxPtr tls = core_->tls();
  if (!tls) return ReadOn();
  socket_->HandshakeServer(tls, [self = shared_from_this()](Result<void> done) {
    if (!done) {
      ++self->core_->tls_failures;
      return self->Finish();
    }
    self->socket_->PeerSubject(&self->peer_.common_name, &self->peer_.organizations);
    self->ReadOn();
  });
}

// One timer for all deadlines of a connection: it is not set anew for every request, but looks at
// what is due when it fires.
void Session::SetDeadline(Deadline d) {
  deadline_ = d;
  ++deadline_generation_;
  if (d == Deadline::kNone || timer_running_) return;
  timer_running_ = true;
  const Duration delay =
      d == Deadline::kHead ? core_->options.header_timeout : core_->options.idle_timeout;
  timer_.Start(delay, [self = shared_from_this(), generation = deadline_generation_] {
    self->timer_running_ = false;
    self->OnDeadline(generation);
  });
}

void Session::OnDeadline(uint64_t generation) {
  if (deadline_ == Deadline::kNone) return;
  if (generation == deadline_generation_) {
    socket_->Close();
    return Finish();
  }
  SetDeadline(deadline_);  // something happened since: one more period
}

void Session::ReadOn() {
  if (reading_ || taken_ || peer_ended_ || paused_) return;
  reading_ = true;
  socket_->WhenReadable([self = shared_from_this()] {
    self->reading_ = false;
    self->OnReadable();
  });
}

void Session::OnReadable() {
  char* buffer = io::ReadBuffer::Get();
  while (!taken_ && !paused_ && !peer_ended_) {
    const int n = socket_->TryRead(buffer, io::ReadBuffer::kSize);
    if (n == io::Socket::kWouldBlock) return ReadOn();
    if (n <= 0) return PeerEnded();
    Feed({buffer, static_cast<size_t>(n)});
    // A short read has emptied the kernel's buffer: no need to be told so.
    if (n < static_cast<int>(io::ReadBuffer::kSize) / 4) return ReadOn();
  }
}

void Session::Feed(std::string_view bytes) {
  if (closing_) return;
  if (answering_) {
    unparsed_.append(bytes);
    paused_ = unparsed_.size() > kAheadMax;
    return;
  }
  if (unparsed_.empty()) return Parse(bytes);
  unparsed_.append(bytes);
  const std::string all = std::exchange(unparsed_, {});
  Parse(all);
}

void Session::Parse(std::string_view bytes) {
  if (deadline_ != Deadline::kHead) SetDeadline(Deadline::kHead);
  size_t consumed = 0;
  if (!parser_->Put(bytes, &consumed)) return Refuse();
  unparsed_.assign(bytes.substr(consumed));
  if (parser_->done()) return Dispatch();
  if (!parser_->head_done()) return;
  SetDeadline(Deadline::kIdle);  // a body may take its time, as long as it moves
  if (!continued_ && Says(parser_->headers.Get("Expect"), "100-continue")) {
    continued_ = true;
    socket_->Queue("HTTP/1.1 100 Continue\r\n\r\n");
  }
}

void Session::Dispatch() {
  SetDeadline(Deadline::kNone);
  answering_ = true;
  continued_ = body_started_ = false;
  const uint64_t id = ++request_id_;
  ++core_->requests;
  keep_alive_ = parser_->keep_alive();
  http11_ = parser_->http11;
  head_request_ = parser_->method == "HEAD";

  auto request = std::make_shared<ServerRequest>();
  request->method = std::move(parser_->method);
  request->target = std::move(parser_->target);
  request->headers = std::move(parser_->headers);
  request->body = std::move(parser_->body);
  request->peer = peer_;
  if (!request->body.empty() && io::IsJson(request->headers.Get("Content-Type"))) {
    auto json = Json::Parse(request->body);
    if (json) {
      request->json = std::move(*json);
    } else {
      request->json_error = json.error().message;
    }
  }
  auto responder = MakeResponder(shared_from_this(), id);
  core_->Post([core = core_.get(), keep = core_, request, responder]() mutable {
    if (core->handler == nullptr) return;
    core->handler->Handle(std::move(*request), std::move(responder));
  });
}

// Not HTTP, or too large: say so, as far as the client listens, and hang up.
void Session::Refuse() {
  const std::string why = parser_->error;
  answering_ = true;
  keep_alive_ = false;
  head_request_ = false;
  http11_ = true;
  Response response;
  response.status = parser_->status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.text = "cannot read the request: " + why + "\n";
  Answer(++request_id_, std::move(response));
}

void Session::PeerEnded() {
  peer_ended_ = true;
  for (const auto& f : std::exchange(gone_, {})) f();
  // A client may close its sending side and still wait for the answer; a broken one hears nothing.
  if (!answering_ || closing_ || !socket_->open()) Finish();
}

void Session::Finish() {
  SetDeadline(Deadline::kNone);
  timer_.Cancel();
  timer_running_ = false;
  answering_ = false;
  if (!taken_) socket_->Close();
}

void Session::FinishAnswer() {
  answering_ = false;
  gone_.clear();
  if (!socket_->open()) return Finish();
  if (!keep_alive_ || peer_ended_) {
    // The rest of what the client sends is not read, but it must not turn our last bytes into a
    // reset: the client closes, or the idle time ends it.
    closing_ = true;
    unparsed_.clear();
    paused_ = false;
    socket_->ShutdownWrite();
    SetDeadline(Deadline::kHead);
    if (!peer_ended_) return ReadOn();
    socket_->WhenQueuedAtMost(0, [self = shared_from_this()](Result<void>) { self->Finish(); });
    return;
  }
  parser_ = io::MessageParser::Request(core_->options.max_body_bytes);
  SetDeadline(unparsed_.empty() ? Deadline::kIdle : Deadline::kHead);
  paused_ = false;
  if (unparsed_.empty()) return ReadOn();
  // From the loop, not from here: a long pipeline must not become a deep recursion.
  strand()->Post([self = shared_from_this()] {
    if (!self->answering_ && !self->taken_) self->Feed({});
    self->ReadOn();
  });
}

std::string Session::TakeOver(uint64_t id, const Headers& headers) {
  if (!current(id) || !socket_->open()) return {};
  taken_ = true;
  answering_ = false;
  gone_.clear();
  SetDeadline(Deadline::kNone);
  timer_.Cancel();
  timer_running_ = false;
  socket_->Queue(Head(101, headers, {}));
  return std::exchange(unparsed_, {});
}

void Session::OnGone(uint64_t id, std::function<void()> f) {
  if (!current(id)) return;
  if (peer_ended_ || !socket_->open()) return strand()->Post(std::move(f));
  gone_.push_back(std::move(f));
}

}  // namespace stowage::kube
