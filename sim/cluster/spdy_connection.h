// The server's side of one SPDY/3.1 connection: the streams that a client opens over a Link.
//
// Flow control. We grant windows as what came is consumed, and stop reading where a client sends
// without regard to them (the usual one does), so that memory stays bounded. The windows that the
// client grants bind us from the moment it shows that it grants any: the usual one never sends a
// WINDOW_UPDATE and would wait for ever after 64 KiB; it is slowed down by its connection instead.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/time/executor.h"
#include "sim/cluster/spdy_framer.h"
#include "sim/cluster/streaming_link.h"

namespace stowage::sim {

class SpdyConnection;

// One stream of a client. Usable by its owner for as long as it likes; once it or the connection
// has ended, writes go nowhere.
class SpdyStream : public std::enable_shared_from_this<SpdyStream> {
 public:
  // A writer should wait for on_drained where queued() is as much.
  static constexpr size_t kFull = 64 << 10;

  struct Events {
    std::function<void(std::string_view bytes)> on_data;
    std::function<void()> on_fin;      // the client writes no more
    std::function<void()> on_reset;    // last: the client gave the stream up, or left
    std::function<void()> on_drained;  // after queued() was kFull: it is small again
  };

  uint32_t id() const { return id_; }
  std::string_view header(std::string_view name) const { return SpdyHeader(headers_, name); }
  void SetEvents(Events events) { events_ = std::move(events); }

  void Write(std::string_view bytes);
  void Finish();  // the end, after what is queued
  void Reset(uint32_t status);
  size_t queued() const { return out_.size(); }
  // So many of the bytes that on_data handed out need no memory any more.
  void Consumed(size_t bytes);

 private:
  friend class SpdyConnection;
  SpdyStream(std::weak_ptr<SpdyConnection> connection, uint32_t id, SpdyHeaders headers)
      : connection_(std::move(connection)), id_(id), headers_(std::move(headers)) {}

  std::weak_ptr<SpdyConnection> connection_;
  uint32_t id_;
  SpdyHeaders headers_;
  Events events_;
  std::string out_;
  int64_t send_window_ = kSpdyInitialWindow;
  size_t unconsumed_ = 0;   // handed out
  size_t credit_ = 0;       // consumed, not granted again yet
  bool was_full_ = false;   // on_drained is due
  bool local_fin_ = false;  // asked for
  bool local_fin_sent_ = false;
  bool remote_fin_ = false;
  bool dead_ = false;
};

using SpdyStreamPtr = std::shared_ptr<SpdyStream>;

class SpdyConnection : public std::enable_shared_from_this<SpdyConnection> {
 public:
  struct Events {
    // True: it is replied to. False: it is refused.
    std::function<bool(const SpdyStreamPtr& stream)> on_stream;
    std::function<void()> on_end;  // last, once: the client left or broke the protocol
  };

  explicit SpdyConnection(LinkPtr link) : link_(std::move(link)) {}
  ~SpdyConnection() { link_->Close(); }

  // The link keeps the connection until its end.
  void Start(Events events);
  // GOAWAY, and the end after what is queued. No event follows.
  void Shutdown();
  void Close();  // now; no event follows
  size_t queued() const;
  size_t open_streams() const { return streams_.size(); }

 private:
  friend class SpdyStream;
  static constexpr size_t kStreamsMax = 1000;
  static constexpr size_t kUnconsumedMax = 1 << 20;
  static constexpr size_t kLinkQueueMax = 256 << 10;
  static constexpr size_t kChunk = 16 << 10;

  void OnBytes(std::string_view bytes);
  void OnFrame(SpdyFrame frame);
  void OnSynStream(SpdyFrame frame);
  void OnData(const SpdyFrame& frame);
  void OnWindow(const SpdyFrame& frame);
  void OnSettings(const SpdyFrame& frame);
  void OnLinkEnd();
  void Fail();
  void End(bool tell);

  void Send(SpdyFrame frame) { link_->Write(writer_.Write(frame)); }
  void SendControl(SpdyFrame::Type type, uint32_t stream, uint32_t value);
  void Pump();
  void PumpStream(SpdyStream& stream);
  void UpdateReading();
  void Grant(SpdyStream& stream, size_t bytes);
  void Drop(const SpdyStreamPtr& stream, bool tell);
  void DropIfDone(const SpdyStreamPtr& stream);
  SpdyStreamPtr Find(uint32_t id) const;

  LinkPtr link_;
  Events events_;
  SpdyReader reader_;
  SpdyWriter writer_;
  std::map<uint32_t, SpdyStreamPtr> streams_;
  uint32_t last_id_ = 0;
  uint32_t next_to_send_ = 0;  // streams take turns
  bool windows_bind_ = false;
  int64_t initial_window_ = kSpdyInitialWindow;
  int64_t send_window_ = kSpdyInitialWindow;  // of the connection
  size_t unconsumed_ = 0;
  size_t credit_ = 0;
  bool going_away_ = false;
  bool pumping_ = false;
  bool ended_ = false;
};

}  // namespace stowage::sim
