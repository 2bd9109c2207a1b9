// Handler: the seam of every server in the house. HttpServer drives it from sockets; the simulator
// drives the same handler in memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kube/client/transport.h"

namespace stowage::kube {

// Who asks, as the TLS layer saw it. Empty: no client certificate.
struct PeerIdentity {
  std::string common_name;                 // of a client certificate that our CA signed
  std::vector<std::string> organizations;  // its O fields: the groups
  std::string address;                     // for messages: "127.0.0.1:53012"
};

struct ServerRequest {
  std::string method;
  std::string target;  // as on the wire: path and query, percent-encoded
  Headers headers;
  std::string body;
  Json json;               // the body, if its content type is JSON and it parses
  std::string json_error;  // why it does not, if its content type is JSON
  PeerIdentity peer;
};

// Answers one request, in one of three ways, once, from the executor (or, where the server was told
// so, from any thread). Dropping the last reference unanswered gives a 500.
class Responder {
 public:
  virtual ~Responder() = default;

  // The whole answer. `response.json` is written if it exists, else `response.text`.
  virtual void Respond(Response response) = 0;

  // A body that has no known end: chunked. The stream is write-only (a Read ends when the client
  // left, which is how to notice it); CloseWrite ends the body.
  virtual ByteStreamPtr StartStream(int status, Headers headers) = 0;

  // 101 with `headers`; both directions are the stream's from then on.
  virtual ByteStreamPtr Upgrade(Headers headers) = 0;

  // Runs (on the executor) when the client left before the answer was complete.
  virtual void OnGone(std::function<void()> f) = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // On the executor; must not block. Errors are answers, too.
  virtual void Handle(ServerRequest request, std::shared_ptr<Responder> responder) = 0;
};

}  // namespace stowage::kube
