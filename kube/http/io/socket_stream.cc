#include "kube/http/io/socket_stream.h"

#include <utility>

namespace stowage::kube::io {
namespace {

class SocketStream final : public ByteStream {
 public:
  // What is shared with reads under way, so that they outlive the last reference to the stream.
  struct State : std::enable_shared_from_this<State> {
    SocketPtr socket;
    std::string first;
    std::function<void(Result<std::string>)> reading;

    void Step() {
      if (!reading) return;
      if (!first.empty()) return std::exchange(reading, nullptr)(std::exchange(first, {}));
      char* buffer = ReadBuffer::Get();
      const int n = socket->TryRead(buffer, ReadBuffer::kSize);
      if (n == Socket::kWouldBlock) {
        return socket->WhenReadable([self = shared_from_this()] { self->Step(); });
      }
      auto done = std::exchange(reading, nullptr);
      if (n < 0) return done(Err(socket->error()));
      done(std::string(buffer, n));
    }
  };

  SocketStream(SocketPtr socket, std::function<std::string()> take)
      : state_(std::make_shared<State>()) {
    state_->socket = std::move(socket);
    state_->socket->strand()->Post(
        [state = state_, take = std::move(take)] { state->first = take(); });
  }
  ~SocketStream() override { state_->socket->CloseSoon(); }

  void Read(std::function<void(Result<std::string>)> done) override {
    state_->socket->strand()->Post([state = state_, done = std::move(done)]() mutable {
      state->reading = std::move(done);
      state->Step();
    });
  }
  void Write(std::string bytes, std::function<void(Result<void>)> done) override {
    state_->socket->strand()->Post(
        [socket = state_->socket, bytes = std::move(bytes), done = std::move(done)]() mutable {
          socket->Queue(std::move(bytes));
          socket->WhenQueuedAtMost(0, std::move(done));
          socket->Flush();
        });
  }
  void CloseWrite() override {
    state_->socket->strand()->Post([socket = state_->socket] { socket->ShutdownWrite(); });
  }
  void Close() override { state_->socket->CloseSoon(); }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

ByteStreamPtr MakeSocketStream(SocketPtr socket, std::function<std::string()> take) {
  return std::make_shared<SocketStream>(std::move(socket), std::move(take));
}

}  // namespace stowage::kube::io
