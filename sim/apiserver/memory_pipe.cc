#include <deque>
#include <utility>

#include "sim/apiserver/direct_transport.h"

namespace stowage::sim {
namespace {

using ReadDone = std::function<void(Result<std::string>)>;
using WriteDone = std::function<void(Result<void>)>;

// One direction. A write is done when the other end has read it: that is the back-pressure.
struct Channel {
  std::deque<std::pair<std::string, WriteDone>> chunks;
  ReadDone reader;
  bool ended = false;   // no more writes
  bool closed = false;  // given up by either end
};

class PipeEnd : public kube::ByteStream {
 public:
  PipeEnd(Executor& executor, std::shared_ptr<Channel> in, std::shared_ptr<Channel> out)
      : executor_(executor), in_(std::move(in)), out_(std::move(out)) {}
  ~PipeEnd() override { Close(); }

  void Read(ReadDone done) override {
    in_->reader = std::move(done);
    Deliver(*in_);
  }

  void Write(std::string bytes, WriteDone done) override {
    if (out_->closed || out_->ended) {
      return Cancel(std::move(done));
    }
    if (bytes.empty()) return Finish(std::move(done), {});
    out_->chunks.emplace_back(std::move(bytes), std::move(done));
    Deliver(*out_);
  }

  void CloseWrite() override {
    out_->ended = true;
    Deliver(*out_);
  }

  void Close() override {
    in_->closed = true;
    for (auto& [bytes, done] : std::exchange(in_->chunks, {})) Cancel(std::move(done));
    Deliver(*in_);
    // What was written before still arrives, but nobody waits for it any more.
    out_->closed = true;
    for (auto& [bytes, done] : out_->chunks) Cancel(std::exchange(done, nullptr));
    Deliver(*out_);
  }

 private:
  void Finish(WriteDone done, Result<void> how) {
    if (!done) return;
    executor_.Post([done = std::move(done), how = std::move(how)] { done(how); });
  }

  void Cancel(WriteDone done) {
    Finish(std::move(done), MakeError(ErrorCode::kCancelled, "the stream is closed"));
  }

  void Deliver(Channel& c) {
    if (!c.reader) return;
    if (!c.chunks.empty()) {
      auto [bytes, written] = std::move(c.chunks.front());
      c.chunks.pop_front();
      executor_.Post(
          [read = std::exchange(c.reader, nullptr), bytes = std::move(bytes)] { read(bytes); });
      Finish(std::move(written), {});
    } else if (c.ended) {
      executor_.Post([read = std::exchange(c.reader, nullptr)] { read(std::string()); });
    } else if (c.closed) {
      executor_.Post([read = std::exchange(c.reader, nullptr)] {
        read(MakeError(ErrorCode::kCancelled, "the stream is closed"));
      });
    }
  }

  Executor& executor_;
  std::shared_ptr<Channel> in_, out_;
};

}  // namespace

std::pair<kube::ByteStreamPtr, kube::ByteStreamPtr> MemoryPipe(Executor& executor) {
  auto there = std::make_shared<Channel>();
  auto back = std::make_shared<Channel>();
  return {std::make_shared<PipeEnd>(executor, back, there),
          std::make_shared<PipeEnd>(executor, there, back)};
}

}  // namespace stowage::sim
