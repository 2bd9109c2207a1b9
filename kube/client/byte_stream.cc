#include "kube/client/byte_stream.h"

#include <atomic>
#include <utility>

namespace stowage::kube {
namespace {

// One direction of a splice, alive as long as a read or a write of it is under way.
class Copier : public std::enable_shared_from_this<Copier> {
 public:
  Copier(ByteStreamPtr from, ByteStreamPtr to, std::function<void(Result<void>)> done)
      : from_(std::move(from)), to_(std::move(to)), done_(std::move(done)) {}

  void Step() {
    auto self = shared_from_this();
    from_->Read([self](Result<std::string> bytes) { self->OnRead(std::move(bytes)); });
  }

 private:
  void OnRead(Result<std::string> bytes) {
    if (!bytes) return Finish(Err(bytes.error()));
    if (bytes->empty()) {
      to_->CloseWrite();
      return Finish({});
    }
    auto self = shared_from_this();
    to_->Write(std::move(*bytes), [self](Result<void> written) {
      if (!written) return self->Finish(std::move(written));
      self->Step();
    });
  }

  void Finish(Result<void> how) {
    if (done_) std::exchange(done_, nullptr)(std::move(how));
  }

  ByteStreamPtr from_, to_;
  std::function<void(Result<void>)> done_;
};

}  // namespace

void Pump(ByteStreamPtr from, ByteStreamPtr to, std::function<void(Result<void>)> done) {
  std::make_shared<Copier>(std::move(from), std::move(to), std::move(done))->Step();
}

void Splice(ByteStreamPtr a, ByteStreamPtr b, std::function<void()> done) {
  struct Shared {
    std::atomic<int> open{2};
    std::function<void()> done;
  };
  auto shared = std::make_shared<Shared>();
  shared->done = std::move(done);
  const auto ended = [a, b, shared](Result<void> how) {
    if (!how) {
      a->Close();
      b->Close();
    }
    if (--shared->open > 0) return;
    a->Close();
    b->Close();
    if (shared->done) shared->done();
  };
  Pump(a, b, ended);
  Pump(b, a, ended);
}

}  // namespace stowage::kube
