// The class behind session.h, shared by session.cc (requests in) and answer.cc (answers out).
#pragma once

#include <optional>
#include <vector>

#include "kube/http/io/message.h"
#include "kube/http/server/session.h"

namespace stowage::kube {

// Everything runs on the socket's strand. A connection handles one request at a time; what a client
// sends ahead waits, bounded, in unparsed_.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<ServerCore> core, io::SocketPtr socket);
  ~Session();
  void Start();

  const io::StrandPtr& strand() const { return socket_->strand(); }
  const std::shared_ptr<ServerCore>& core() const { return core_; }

  // For answers to request `id`; calls for one that has ended do nothing.
  void Answer(uint64_t id, Response response);
  void StartBody(uint64_t id, int status, const Headers& headers);
  void WriteBody(uint64_t id, std::string bytes, io::Done done);
  void EndBody(uint64_t id);
  void Abort(uint64_t id);
  // The connection is the caller's after 101; what was read past the head.
  std::string TakeOver(uint64_t id, const Headers& headers);
  // `f` runs on the strand when the client left before the answer was complete.
  void OnGone(uint64_t id, std::function<void()> f);
  bool current(uint64_t id) const { return answering_ && request_id_ == id; }
  const io::SocketPtr& socket() const { return socket_; }

 private:
  enum class Deadline { kNone, kHead, kIdle };
  void ReadOn();
  void OnReadable();
  void Feed(std::string_view bytes);
  void Parse(std::string_view bytes);
  void Dispatch();
  void Refuse();
  void PeerEnded();
  void FinishAnswer();
  void Finish();  // the connection is over
  void SetDeadline(Deadline d);
  void OnDeadline(uint64_t generation);
  std::string Head(int status, const Headers& headers, std::string_view framing) const;

  std::shared_ptr<ServerCore> core_;
  io::SocketPtr socket_;
  std::unique_ptr<io::MessageParser> parser_;
  std::string unparsed_;
  io::Timer timer_;
  Deadline deadline_ = Deadline::kNone;
  uint64_t deadline_generation_ = 0;
  bool timer_running_ = false;
  PeerIdentity peer_;

  uint64_t request_id_ = 0;
  bool answering_ = false;   // a request is with the handler
  bool reading_ = false;     // a wait for bytes is under way
  bool paused_ = false;      // unparsed_ is full
  bool peer_ended_ = false;  // no more bytes will come
  bool taken_ = false;       // the connection is a stream's now
  bool closing_ = false;     // answered for the last time; what still comes is dropped
  bool continued_ = false;   // 100 Continue was sent
  bool head_request_ = false, keep_alive_ = false, http11_ = true, chunked_ = false;
  bool body_started_ = false;
  std::vector<std::function<void()>> gone_;
};

std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Session> session, uint64_t id);

}  // namespace stowage::kube
