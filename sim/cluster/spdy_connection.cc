#include "sim/cluster/spdy_connection.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace stowage::sim {
namespace {

using Type = SpdyFrame::Type;

constexpr int64_t kWindowMax = 0x7fffffff;
constexpr size_t kGrantAt = 32 << 10;

}  // namespace

void SpdyStream::Write(std::string_view bytes) {
  auto connection = connection_.lock();
  if (!connection || dead_ || local_fin_ || bytes.empty()) return;
  out_ += bytes;
  was_full_ |= out_.size() >= kFull;
  connection->Pump();
}

void SpdyStream::Finish() {
  auto connection = connection_.lock();
  if (!connection || dead_ || std::exchange(local_fin_, true)) return;
  connection->Pump();
}

void SpdyStream::Reset(uint32_t status) {
  auto connection = connection_.lock();
  if (!connection || dead_) return;
  connection->SendControl(Type::kRstStream, id_, status);
  connection->Drop(shared_from_this(), false);
}

void SpdyStream::Consumed(size_t bytes) {
  if (auto connection = connection_.lock()) connection->Grant(*this, bytes);
}

void SpdyConnection::Start(Events events) {
  events_ = std::move(events);
  // The link's owner is the stream under it; we live as long as it has events.
  link_->Start(
      {.on_bytes = [self = shared_from_this()](std::string_view bytes) { self->OnBytes(bytes); },
       .on_end = [self = shared_from_this()] { self->OnLinkEnd(); },
       .on_drained = [self = shared_from_this()] { self->Pump(); }});
}

size_t SpdyConnection::queued() const {
  size_t n = link_->queued();
  for (const auto& [id, stream] : streams_) n += stream->queued();
  return n;
}

void SpdyConnection::OnBytes(std::string_view bytes) {
  if (ended_) return;
  reader_.Append(bytes);
  while (!ended_) {
    Result<std::optional<SpdyFrame>> frame = reader_.Next();
    if (!frame) return Fail();
    if (!*frame) break;
    OnFrame(std::move(**frame));
  }
  UpdateReading();
}

void SpdyConnection::OnFrame(SpdyFrame frame) {
  switch (frame.type) {
    case Type::kSynStream:
      return OnSynStream(std::move(frame));
    case Type::kData:
      return OnData(frame);
    case Type::kRstStream:
      if (SpdyStreamPtr stream = Find(frame.stream_id)) Drop(stream, true);
      return;
    case Type::kPing:
      if (frame.value % 2 == 1) SendControl(Type::kPing, 0, frame.value);
      return;
    case Type::kGoAway:
      going_away_ = true;
      if (streams_.empty()) OnLinkEnd();
      return;
    case Type::kWindowUpdate:
      return OnWindow(frame);
    case Type::kSettings:
      return OnSettings(frame);
    case Type::kSynReply:
      return Fail();  // we open no streams
    case Type::kHeaders:
      if (SpdyStreamPtr stream = Find(frame.stream_id); stream && frame.fin()) {
        OnData({.flags = SpdyFrame::kFin, .stream_id = frame.stream_id});
      }
      return;
  }
}

void SpdyConnection::OnSynStream(SpdyFrame frame) {
  const uint32_t id = frame.stream_id;
  if (id % 2 == 0 || id <= last_id_) return Fail();
  last_id_ = id;
  auto refuse = [&] { SendControl(Type::kRstStream, id, kSpdyRefusedStream); };
  if (going_away_ || streams_.size() >= kStreamsMax) return refuse();
  SpdyStreamPtr stream(new SpdyStream(weak_from_this(), id, std::move(frame.headers)));
  stream->send_window_ = initial_window_;
  stream->remote_fin_ = frame.fin();
  streams_[id] = stream;
  // The reply goes first: what the owner writes at once must come after it.
  const auto on_stream = events_.on_stream;
  Send({.type = Type::kSynReply, .stream_id = id});
  if (!on_stream || !on_stream(stream)) {
    if (streams_.erase(id) > 0) refuse();
    stream->dead_ = true;
    return;
  }
  if (!ended_ && frame.fin() && stream->events_.on_fin) stream->events_.on_fin();
  DropIfDone(stream);
}

void SpdyConnection::OnData(const SpdyFrame& frame) {
  const SpdyStreamPtr stream = Find(frame.stream_id);
  if (!stream) {
    // Data may have been on its way when a stream ended; for one that never was, say so.
    if (frame.stream_id > last_id_) {
      SendControl(Type::kRstStream, frame.stream_id, kSpdyInvalidStream);
    }
    return;
  }
  if (stream->remote_fin_) return stream->Reset(kSpdyProtocolError);
  const size_t n = frame.data.size();
  stream->unconsumed_ += n;
  unconsumed_ += n;
  if (n > 0) {
    const auto on_data = stream->events_.on_data;
    if (on_data) {
      on_data(frame.data);
    } else {
      Grant(*stream, n);
    }
  }
  if (ended_ || stream->dead_ || !frame.fin()) return;
  stream->remote_fin_ = true;
  if (const auto on_fin = stream->events_.on_fin) on_fin();
  DropIfDone(stream);
}

void SpdyConnection::OnWindow(const SpdyFrame& frame) {
  const int64_t delta = frame.value & 0x7fffffff;
  windows_bind_ = true;
  if (frame.stream_id == 0) {
    send_window_ += delta;
    if (delta == 0 || send_window_ > kWindowMax) return Fail();
  } else if (const SpdyStreamPtr stream = Find(frame.stream_id)) {
    stream->send_window_ += delta;
    if (delta == 0 || stream->send_window_ > kWindowMax) return stream->Reset(kSpdyProtocolError);
  }
  Pump();
}

void SpdyConnection::OnSettings(const SpdyFrame& frame) {
  for (const auto& [id, value] : frame.settings) {
    if (id != kSpdySettingInitialWindow) continue;
    if (value > kWindowMax) return Fail();
    windows_bind_ = true;
    const int64_t change = static_cast<int64_t>(value) - std::exchange(initial_window_, value);
    for (auto& [stream_id, stream] : streams_) stream->send_window_ += change;
  }
  Pump();
}

void SpdyConnection::SendControl(Type type, uint32_t stream, uint32_t value) {
  Send({.type = type, .stream_id = stream, .value = value});
}

SpdyStreamPtr SpdyConnection::Find(uint32_t id) const {
  auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : it->second;
}

void SpdyConnection::Pump() {
  if (ended_ || std::exchange(pumping_, true)) return;
  const auto self = shared_from_this();
  // One chunk of each stream in turn, from the one after the last that was served.
  for (bool sent = true; sent && link_->queued() < kLinkQueueMax;) {
    sent = false;
    std::vector<SpdyStreamPtr> turn;
    for (auto it = streams_.upper_bound(next_to_send_); it != streams_.end(); ++it) {
      turn.push_back(it->second);
    }
    for (auto it = streams_.begin(); it != streams_.upper_bound(next_to_send_); ++it) {
      turn.push_back(it->second);
    }
    for (const SpdyStreamPtr& stream : turn) {
      if (ended_ || link_->queued() >= kLinkQueueMax) break;
      const size_t before = stream->out_.size();
      const bool fin_before = stream->local_fin_sent_;
      PumpStream(*stream);
      if (stream->out_.size() == before && fin_before == stream->local_fin_sent_) continue;
      sent = true;
      next_to_send_ = stream->id_;
      DropIfDone(stream);
    }
  }
  pumping_ = false;
  if (ended_) return;
  UpdateReading();
  std::vector<SpdyStreamPtr> drained;
  for (const auto& [id, stream] : streams_) {
    if (stream->was_full_ && stream->out_.size() < kChunk) drained.push_back(stream);
  }
  for (const SpdyStreamPtr& stream : drained) {
    stream->was_full_ = false;
    if (const auto on_drained = stream->events_.on_drained) on_drained();
  }
}

void SpdyConnection::PumpStream(SpdyStream& stream) {
  if (stream.dead_ || stream.local_fin_sent_) return;
  size_t n = std::min(stream.out_.size(), kChunk);
  if (windows_bind_) {
    const int64_t window = std::max<int64_t>(0, std::min(send_window_, stream.send_window_));
    n = std::min(n, static_cast<size_t>(window));
  }
  const bool fin = stream.local_fin_ && n == stream.out_.size();
  if (n == 0 && !fin) return;
  stream.send_window_ -= static_cast<int64_t>(n);
  send_window_ -= static_cast<int64_t>(n);
  Send({.flags = fin ? SpdyFrame::kFin : uint8_t{0},
        .stream_id = stream.id_,
        .data = stream.out_.substr(0, n)});
  stream.out_.erase(0, n);
  stream.local_fin_sent_ = fin;
}

void SpdyConnection::Grant(SpdyStream& stream, size_t bytes) {
  bytes = std::min(bytes, stream.unconsumed_);
  stream.unconsumed_ -= bytes;
  unconsumed_ -= std::min(unconsumed_, bytes);
  stream.credit_ += bytes;
  credit_ += bytes;
  if (ended_) return;
  if (stream.credit_ >= kGrantAt && !stream.remote_fin_ && !stream.dead_) {
    SendControl(Type::kWindowUpdate, stream.id_,
                static_cast<uint32_t>(std::exchange(stream.credit_, 0)));
  }
  if (credit_ >= kGrantAt) {
    SendControl(Type::kWindowUpdate, 0, static_cast<uint32_t>(std::exchange(credit_, 0)));
  }
  UpdateReading();
}

void SpdyConnection::UpdateReading() {
  if (ended_) return;
  link_->SetReading(unconsumed_ < kUnconsumedMax && link_->queued() < 4 * kLinkQueueMax);
}

void SpdyConnection::DropIfDone(const SpdyStreamPtr& stream) {
  if (stream->local_fin_sent_ && stream->remote_fin_) Drop(stream, false);
}

void SpdyConnection::Drop(const SpdyStreamPtr& stream, bool tell) {
  if (std::exchange(stream->dead_, true)) return;
  streams_.erase(stream->id_);
  stream->out_.clear();
  const SpdyStream::Events events = std::exchange(stream->events_, {});
  Grant(*stream, stream->unconsumed_);
  if (tell && events.on_reset) events.on_reset();
  if (going_away_ && streams_.empty() && !ended_) OnLinkEnd();
}

void SpdyConnection::Fail() {
  SendControl(Type::kGoAway, last_id_, kSpdyGoAwayProtocolError);
  link_->Finish();
  End(true);
}

void SpdyConnection::OnLinkEnd() {
  if (ended_) return;
  link_->Finish();
  End(true);
}

void SpdyConnection::Shutdown() {
  if (ended_) return;
  SendControl(Type::kGoAway, last_id_, kSpdyGoAwayOk);
  link_->Finish();
  End(false);
}

void SpdyConnection::Close() {
  End(false);
  link_->Close();
}

void SpdyConnection::End(bool tell) {
  if (std::exchange(ended_, true)) return;
  const auto self = shared_from_this();
  const Events events = std::exchange(events_, {});
  for (const auto& [id, stream] : std::exchange(streams_, {})) {
    stream->dead_ = true;
    const SpdyStream::Events told = std::exchange(stream->events_, {});
    if (tell && told.on_reset) told.on_reset();
  }
  if (tell && events.on_end) events.on_end();
}

}  // namespace stowage::sim
