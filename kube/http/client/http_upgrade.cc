#include "kube/http/client/http_upgrade.h"

#include <utility>

#include "kube/http/client/exchange.h"
#include "kube/http/io/socket_stream.h"

namespace stowage::kube {
namespace {

// The body of an answer that did not upgrade: read as it comes, without its framing.
class BodyReader final : public ByteStream {
 public:
  explicit BodyReader(Answered answered) : state_(std::make_shared<State>()) {
    state_->answered = std::move(answered);
    state_->answered.parser->on_body = [s = state_.get()](std::string_view b) {
      s->body.append(b);
    };
    state_->answered.parser->ContinueWithBody();
    state_->unparsed = std::exchange(state_->answered.rest, {});
  }
  ~BodyReader() override { Close(); }

  void Read(std::function<void(Result<std::string>)> done) override {
    state_->answered.socket->strand()->Post([s = state_, done = std::move(done)]() mutable {
      s->reading = std::move(done);
      s->Step();
    });
  }
  void Write(std::string, std::function<void(Result<void>)> done) override {
    state_->answered.socket->strand()->Post([done = std::move(done)] {
      done(MakeError(ErrorCode::kInvalid, "the connection was not upgraded; it can only be read"));
    });
  }
  void CloseWrite() override {}
  void Close() override { state_->answered.socket->CloseSoon(); }

 private:
  struct State : std::enable_shared_from_this<State> {
    Answered answered;
    std::string unparsed, body;
    std::function<void(Result<std::string>)> reading;

    void Reply(Result<std::string> r) { std::exchange(reading, nullptr)(std::move(r)); }
    void Step() {
      if (!reading) return;
      io::MessageParser& parser = *answered.parser;
      size_t consumed = 0;
      if (!parser.done()) {
        if (!parser.Put(unparsed, &consumed)) {
          return Reply(MakeError(ErrorCode::kUnavailable, "broken answer: " + parser.error));
        }
        unparsed.erase(0, consumed);
      }
      if (!body.empty() || parser.done()) return Reply(std::exchange(body, {}));
      char* buffer = io::ReadBuffer::Get();
      const int n = answered.socket->TryRead(buffer, io::ReadBuffer::kSize);
      if (n == io::Socket::kWouldBlock) {
        return answered.socket->WhenReadable([self = shared_from_this()] { self->Step(); });
      }
      if (n < 0) return Reply(Err(answered.socket->error()));
      if (n == 0) {
        if (parser.PutEnd() && parser.done()) return Reply(std::string());
        return Reply(MakeError(ErrorCode::kUnavailable, "the answer broke off in the middle"));
      }
      unparsed.append(buffer, n);
      Step();
    }
  };
  std::shared_ptr<State> state_;
};

}  // namespace

void StartHttpUpgrade(std::shared_ptr<ClientCore> core, Request request,
                      Callback<Result<UpgradeReply>> done) {
  auto strand = std::make_shared<io::Strand>(core->io);
  const std::optional<CancelToken> cancel = request.cancel;
  auto exchange = std::make_shared<Exchange>(core, strand, std::move(request));
  const Once<UpgradeReply> once = MakeOnce<UpgradeReply>(core, std::move(done));
  strand->Post([exchange, once] {
    exchange->Start([once](Result<Answered> answered) {
      if (!answered) return once->Answer(Err(answered.error()));
      UpgradeReply reply;
      reply.status = answered->parser->status;
      reply.headers = answered->parser->headers;
      if (reply.status == 101) {
        const io::SocketPtr socket = answered->socket;
        reply.stream =
            io::MakeSocketStream(socket, [rest = std::move(answered->rest)] { return rest; });
      } else {
        reply.stream = std::make_shared<BodyReader>(std::move(*answered));
      }
      once->Answer(std::move(reply));
    });
  });
  if (cancel) {
    CancelToken(*cancel).OnCancel([strand, weak = std::weak_ptr<Exchange>(exchange)] {
      strand->Post([weak] {
        if (auto exchange = weak.lock()) exchange->Cancel();
      });
    });
  }
}

}  // namespace stowage::kube
