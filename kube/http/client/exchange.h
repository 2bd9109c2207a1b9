// One request on a connection of its own, up to the head of the answer: how watches and upgrades
// start. Internal.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kube/http/client/client_core.h"
#include "kube/http/io/message.h"
#include "kube/http/io/socket.h"

namespace stowage::kube {

// Connects, through the proxy and with TLS where asked for. `done` runs on the socket's strand.
// Closing the socket ends the attempt.
void Dial(std::shared_ptr<ClientCore> core, std::shared_ptr<io::TlsClient> tls,
          io::SocketPtr socket, io::Done done);

// An answer whose head has come. Used on the socket's strand.
struct Answered {
  io::SocketPtr socket;
  std::unique_ptr<io::MessageParser> parser;  // stopped after the head
  std::string rest;                           // bytes that came with it
};

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<ClientCore> core, io::StrandPtr strand, Request request);

  // Adds what proves who we are; a 401 renews that and asks once more. `done` runs once, on the
  // strand, within the request's time-out. Errors as Transport::Send().
  void Start(std::function<void(Result<Answered>)> done);
  void Cancel();  // on the strand

 private:
  void Attempt();
  void OnProof(Result<Proof> proof);
  void SendRequest();
  void ReadHead();
  void OnHead();
  void Fail(Error error);
  void Finish(Result<Answered> how);

  std::shared_ptr<ClientCore> core_;
  io::StrandPtr strand_;
  Request request_;
  std::function<void(Result<Answered>)> done_;
  io::Timer timer_;
  Proof proof_;
  Answered answered_;
  bool sent_ = false, retried_ = false;
};

}  // namespace stowage::kube
