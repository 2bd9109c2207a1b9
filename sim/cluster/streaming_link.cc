#include "sim/cluster/streaming_link.h"

#include <utility>

namespace stowage::sim {
namespace {

class StreamLink : public Link, public std::enable_shared_from_this<StreamLink> {
 public:
  StreamLink(Executor& executor, kube::ByteStreamPtr stream)
      : executor_(executor), stream_(std::move(stream)) {}
  ~StreamLink() override { stream_->Close(); }

  void Start(Events events) override {
    events_ = std::move(events);
    started_ = true;
    Read();
  }

  void Write(std::string bytes) override {
    if (closed_ || finishing_ || bytes.empty()) return;
    if (queue_.empty()) {
      queue_ = std::move(bytes);
    } else {
      queue_ += bytes;
    }
    Pump();
  }

  size_t queued() const override { return queue_.size() + in_flight_; }

  void SetReading(bool reading) override {
    wanted_ = reading;
    Read();
  }

  void Finish() override {
    if (closed_ || std::exchange(finishing_, true)) return;
    Pump();
    Linger();
  }

  void Close() override {
    if (std::exchange(closed_, true)) return;
    queue_.clear();
    stream_->Close();
    Forget();
  }

 private:
  // The events may hold the last owner of who is calling us: they die in a task of their own.
  void Forget() {
    executor_.Post([self = shared_from_this(), events = std::exchange(events_, {})] {});
  }

  // A peer that neither reads nor leaves does not keep a link that has said its end.
  void Linger() {
    executor_.RunAfter(Seconds(30), [weak = weak_from_this(), before = written_] {
      auto self = weak.lock();
      if (!self || self->closed_ || self->ended_) return;
      if (self->written_ == before) return self->Close();
      self->Linger();
    });
  }

  void Read() {
    if (!started_ || closed_ || !wanted_ || ended_ || std::exchange(reading_, true)) return;
    stream_->Read([self = shared_from_this()](Result<std::string> bytes) {
      self->executor_.Post([self, bytes = std::move(bytes)] { self->OnRead(bytes); });
    });
  }

  void OnRead(const Result<std::string>& bytes) {
    reading_ = false;
    if (closed_) return;
    if (!bytes || bytes->empty()) return End();
    if (const auto f = events_.on_bytes) f(*bytes);
    Read();
  }

  void Pump() {
    if (closed_ || in_flight_ > 0) return;
    if (queue_.empty()) {
      if (finishing_ && !std::exchange(finished_, true)) stream_->CloseWrite();
      return;
    }
    std::string bytes = std::exchange(queue_, {});
    in_flight_ = bytes.size();
    stream_->Write(std::move(bytes), [self = shared_from_this()](Result<void> how) {
      self->executor_.Post([self, ok = how.has_value()] { self->OnWritten(ok); });
    });
  }

  void OnWritten(bool ok) {
    written_ += std::exchange(in_flight_, 0);
    if (closed_) return;
    if (!ok) return End();
    Pump();
    if (closed_ || queued() > 0) return;
    if (const auto f = events_.on_drained) f();
  }

  void End() {
    if (std::exchange(ended_, true)) return;
    const auto f = events_.on_end;
    Forget();
    if (f) f();
  }

  Executor& executor_;
  kube::ByteStreamPtr stream_;
  Events events_;
  std::string queue_;
  size_t in_flight_ = 0;
  uint64_t written_ = 0;
  bool started_ = false;
  bool wanted_ = true;
  bool reading_ = false;
  bool finishing_ = false;
  bool finished_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace

LinkPtr MakeStreamLink(Executor& executor, kube::ByteStreamPtr stream) {
  return std::make_shared<StreamLink>(executor, std::move(stream));
}

}  // namespace stowage::sim
