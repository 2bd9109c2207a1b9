// Channels as SPDY streams: the client opens one for each, named by its header "streamtype".
#include <array>
#include <utility>

#include "sim/cluster/remote_command_channels.h"
#include "sim/cluster/spdy_connection.h"

namespace stowage::sim {
namespace {

using Channel = CommandChannel;

constexpr Duration kCreationTimeout = Seconds(30);
constexpr std::pair<std::string_view, Channel> kTypes[] = {{"stdin", Channel::kStdin},
                                                           {"stdout", Channel::kStdout},
                                                           {"stderr", Channel::kStderr},
                                                           {"error", Channel::kError},
                                                           {"resize", Channel::kResize}};

class SpdyChannels : public CommandChannels, public std::enable_shared_from_this<SpdyChannels> {
 public:
  SpdyChannels(Executor& executor, LinkPtr link, int version, CommandStreams streams)
      : executor_(executor),
        connection_(std::make_shared<SpdyConnection>(std::move(link))),
        version_(version),
        asked_(streams) {}
  ~SpdyChannels() override { executor_.Cancel(timer_); }

  void Start(Events events) override {
    events_ = std::move(events);
    // The connection keeps us, and its link keeps the connection.
    connection_->Start({.on_stream = [self = shared_from_this()](
                                         const SpdyStreamPtr& s) { return self->OnStream(s); },
                        .on_end = [self = shared_from_this()] { self->End(true); }});
    timer_ = executor_.RunAfter(kCreationTimeout, [weak = weak_from_this()] {
      if (auto self = weak.lock(); self && !self->ready_) {
        self->End(true);
        self->connection_->Shutdown();
      }
    });
  }

  void Send(Channel channel, std::string_view bytes) override {
    if (const SpdyStreamPtr& s = stream(channel)) s->Write(bytes);
  }
  void Consumed(size_t bytes) override {
    if (const SpdyStreamPtr& s = stream(Channel::kStdin)) s->Consumed(bytes);
  }
  bool full() const override { return queued() >= SpdyStream::kFull; }
  size_t queued() const override {
    size_t n = 0;
    for (const SpdyStreamPtr& s : streams_) n += s ? s->queued() : 0;
    return n;
  }
  bool speaks_status() const override { return version_ >= 4; }

  void Finish() override {
    End(false);
    for (const SpdyStreamPtr& s : streams_) {
      if (s) s->Finish();
    }
    // The client leaves once it has read all; one that does not is not kept for ever.
    Linger(connection_->queued());
  }
  void Close() override {
    End(false);
    connection_->Close();
  }

 private:
  SpdyStreamPtr& stream(Channel c) { return streams_[static_cast<size_t>(c)]; }

  bool wants_resize() const { return asked_.tty && version_ >= 3; }
  bool Complete() {
    return stream(Channel::kError) && (!asked_.stdin_open || stream(Channel::kStdin)) &&
           (!asked_.stdout_open || stream(Channel::kStdout)) &&
           (!asked_.stderr_open || stream(Channel::kStderr)) &&
           (!wants_resize() || stream(Channel::kResize));
  }

  bool OnStream(const SpdyStreamPtr& opened) {
    const std::string_view type = opened->header("streamtype");
    for (const auto& [name, channel] : kTypes) {
      if (name != type) continue;
      SpdyStreamPtr& slot = stream(channel);
      if (slot || ended_) return false;
      slot = opened;
      Listen(channel, *opened);
      if (!ready_ && Complete()) {
        ready_ = true;
        executor_.Cancel(timer_);
        // In a task of its own, after the frame's reply and what came with it.
        executor_.Post([self = shared_from_this()] {
          self->told_ready_ = true;
          if (const auto f = self->events_.on_ready) f();
          self->HandOut();
        });
      }
      return true;
    }
    return false;
  }

  void Listen(Channel channel, SpdyStream& opened) {
    SpdyStream::Events events;
    const std::weak_ptr<SpdyChannels> weak = weak_from_this();
    events.on_drained = [weak] {
      auto self = weak.lock();
      if (self && self->events_.on_drained && !self->full()) self->events_.on_drained();
    };
    events.on_data = [weak, channel](std::string_view bytes) {
      if (auto self = weak.lock()) self->OnData(channel, bytes);
    };
    if (channel == Channel::kStdin) {
      events.on_fin = events.on_reset = [weak] {
        if (auto self = weak.lock()) {
          self->stdin_ended_ = true;
          self->HandOut();
        }
      };
    }
    opened.SetEvents(std::move(events));
  }

  void OnData(Channel channel, std::string_view bytes) {
    if (channel == Channel::kStdin || channel == Channel::kResize) {
      // What comes before all streams are there waits; a window bounds it for stdin.
      if (channel == Channel::kResize) {
        stream(channel)->Consumed(bytes.size());
        if (early_resize_.size() > 4096) return;
        early_resize_ += bytes;
      } else {
        early_stdin_ += bytes;
      }
      HandOut();
    } else if (const SpdyStreamPtr& s = stream(channel)) {
      s->Consumed(bytes.size());  // nobody listens
    }
  }

  void HandOut() {
    if (!told_ready_ || !events_.on_bytes) return;
    const auto on_bytes = events_.on_bytes;
    const std::string resize = std::exchange(early_resize_, {});
    const std::string input = std::exchange(early_stdin_, {});
    if (!resize.empty()) on_bytes(Channel::kResize, resize);
    if (!input.empty()) on_bytes(Channel::kStdin, input);
    if (stdin_ended_ && !std::exchange(told_stdin_end_, true)) {
      if (const auto f = events_.on_stdin_end) f();
    }
  }

  void Linger(size_t before) {
    executor_.RunAfter(Seconds(10),
                       [weak = std::weak_ptr(connection_), before, self = weak_from_this()] {
                         auto connection = weak.lock();
                         auto channels = self.lock();
                         if (!connection || !channels) return;
                         const size_t now = connection->queued();
                         if (now == 0 || now >= before) return connection->Shutdown();
                         channels->Linger(now);
                       });
  }

  void End(bool tell) {
    if (std::exchange(ended_, true)) return;
    executor_.Cancel(timer_);
    const Events events = std::exchange(events_, {});
    if (tell && events.on_end) events.on_end();
  }

  Executor& executor_;
  std::shared_ptr<SpdyConnection> connection_;
  int version_;
  CommandStreams asked_;
  Events events_;
  std::array<SpdyStreamPtr, 5> streams_;
  std::string early_stdin_, early_resize_;
  TimerId timer_ = TimerId::kNone;
  bool ready_ = false;
  bool told_ready_ = false;
  bool stdin_ended_ = false;
  bool told_stdin_end_ = false;
  bool ended_ = false;
};

}  // namespace

std::shared_ptr<CommandChannels> MakeSpdyChannels(Executor& executor, LinkPtr link, int version,
                                                  CommandStreams streams) {
  return std::make_shared<SpdyChannels>(executor, std::move(link), version, streams);
}

}  // namespace stowage::sim
