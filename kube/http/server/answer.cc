#include <ctime>
#include <utility>

#include "kube/http/io/socket_stream.h"
#include "kube/http/server/session_impl.h"

namespace stowage::kube {
namespace {

// A writer is told to go on while this much waits: enough to fill the pipe, little to hold.
constexpr size_t kStreamAhead = 64 << 10;

// HTTP's date, made once a second.
std::string_view DateNow() {
  static thread_local std::time_t at = 0;
  static thread_local char text[40];
  static thread_local size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != at) {
    at = now;
    std::tm tm{};
    gmtime_r(&now, &tm);
    size = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
  }
  return {text, size};
}

}  // namespace

std::string Session::Head(int status, const Headers& headers, std::string_view framing) const {
  std::string head;
  head.reserve(256);
  head += "HTTP/1.1 ";
  head += std::to_string(status);
  head += ' ';
  head += io::ReasonPhrase(status);
  head += "\r\n";
  for (const auto& [name, value] : headers.all()) {
    head += name;
    head += ": ";
    // A line break in a value would be a header of its own.
    for (const char c : value) head += c == '\r' || c == '\n' ? ' ' : c;
    head += "\r\n";
  }
  head += "Date: ";
  head += DateNow();
  head += "\r\n";
  head += framing;
  if (status != 101) {
    if (!keep_alive_) head += "Connection: close\r\n";
    if (keep_alive_ && !http11_) head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  return head;
}

void Session::Answer(uint64_t id, Response response) {
  if (!current(id) || body_started_) return;
  std::string body = std::move(response.text);
  if (response.json.exists()) {
    body = response.json.Dump();
    if (!response.headers.Has("Content-Type")) {
      response.headers.Add("Content-Type", "application/json");
    }
  }
  const bool no_body = response.status == 204 || response.status == 304 || response.status < 200;
  response.headers.Remove("Content-Length");
  std::string framing;
  if (!no_body) framing = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  socket_->Queue(Head(response.status, response.headers, framing));
  if (!no_body && !head_request_) socket_->Queue(std::move(body));
  socket_->Flush();
  FinishAnswer();
}

void Session::StartBody(uint64_t id, int status, const Headers& headers) {
  if (!current(id) || body_started_) return;
  body_started_ = true;
  chunked_ = http11_;
  if (!chunked_) keep_alive_ = false;
  socket_->Queue(Head(status, headers, chunked_ ? "Transfer-Encoding: chunked\r\n" : ""));
}

void Session::WriteBody(uint64_t id, std::string bytes, io::Done done) {
  if (!current(id) || !body_started_) {
    return done(MakeError(ErrorCode::kCancelled, "the answer has ended"));
  }
  if (!head_request_ && !bytes.empty()) {
    if (chunked_) {
      char size[24];
      socket_->Queue(std::string(size, std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size())));
    }
    socket_->Queue(std::move(bytes));
    if (chunked_) socket_->Queue("\r\n");
  }
  socket_->WhenQueuedAtMost(kStreamAhead, std::move(done));
}

void Session::EndBody(uint64_t id) {
  if (!current(id) || !body_started_) return;
  if (chunked_ && !head_request_) socket_->Queue("0\r\n\r\n");
  socket_->Flush();
  for (const auto& f : std::exchange(gone_, {})) f();
  FinishAnswer();
}

void Session::Abort(uint64_t id) {
  if (!current(id)) return;
  socket_->Close();
  PeerEnded();
}

namespace {

// The body of an answer that has no known end.
class BodyStream final : public ByteStream {
 public:
  BodyStream(std::shared_ptr<Session> session, uint64_t id)
      : session_(std::move(session)), id_(id) {}
  ~BodyStream() override { Close(); }

  void Read(std::function<void(Result<std::string>)> done) override {
    session_->strand()->Post([s = session_, id = id_, done = std::move(done)] {
      if (!s->current(id)) return done(std::string());
      s->OnGone(id, [done] { done(std::string()); });
    });
  }
  void Write(std::string bytes, std::function<void(Result<void>)> done) override {
    session_->strand()->Post(
        [s = session_, id = id_, bytes = std::move(bytes), done = std::move(done)]() mutable {
          s->WriteBody(id, std::move(bytes), std::move(done));
        });
  }
  void CloseWrite() override {
    session_->strand()->Post([s = session_, id = id_] { s->EndBody(id); });
  }
  // Without CloseWrite() before, the client must not take the body for whole: the connection goes.
  void Close() override {
    session_->strand()->Post([s = session_, id = id_] { s->Abort(id); });
  }

 private:
  std::shared_ptr<Session> session_;
  uint64_t id_;
};

class ResponderImpl final : public Responder {
 public:
  ResponderImpl(std::shared_ptr<Session> session, uint64_t id)
      : session_(std::move(session)), id_(id) {}
  ~ResponderImpl() override {
    if (answered_) return;
    Response response;
    response.status = 500;
    response.headers.Add("Content-Type", "text/plain; charset=utf-8");
    response.text = "the request was not answered\n";
    Respond(std::move(response));
  }

  void Respond(Response response) override {
    if (answered_.exchange(true)) return;
    session_->strand()->Post([s = session_, id = id_, r = std::move(response)]() mutable {
      s->Answer(id, std::move(r));
    });
  }
  ByteStreamPtr StartStream(int status, Headers headers) override {
    auto stream = std::make_shared<BodyStream>(session_, answered_.exchange(true) ? 0 : id_);
    session_->strand()->Post([s = session_, id = id_, status, headers = std::move(headers)] {
      s->StartBody(id, status, headers);
    });
    return stream;
  }
  ByteStreamPtr Upgrade(Headers headers) override {
    answered_ = true;
    return io::MakeSocketStream(session_->socket(),
                                [s = session_, id = id_, headers = std::move(headers)] {
                                  return s->TakeOver(id, headers);
                                });
  }
  void OnGone(std::function<void()> f) override {
    session_->strand()->Post([s = session_, id = id_, f = std::move(f)] {
      s->OnGone(id, [core = s->core(), f] { core->Post(f); });
    });
  }

 private:
  std::shared_ptr<Session> session_;
  uint64_t id_;
  std::atomic<bool> answered_{false};
};

}  // namespace

std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Session> session, uint64_t id) {
  return std::make_shared<ResponderImpl>(std::move(session), id);
}

}  // namespace stowage::kube
