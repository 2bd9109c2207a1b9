// HTTP/1.1 messages: parsing (Beast's parser, fed by hand) and writing heads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kube/client/transport.h"

namespace stowage::kube::io {

// Parses one message from pieces that come as they come. Body bytes go to `on_body` without being
// copied; with no `on_body` they are collected.
class MessageParser {
 public:
  virtual ~MessageParser() = default;
  static std::unique_ptr<MessageParser> Request(int64_t max_body_bytes);
  static std::unique_ptr<MessageParser> Response(bool to_head_request);

  // A response stops after its head until this is called, so that `on_body` can be set by what it
  // says.
  virtual void ContinueWithBody() = 0;

  // Takes what it can and says how much that was; the rest must be given again, with more behind
  // it. False: it is no HTTP; see status() for what a server should answer and error().
  virtual bool Put(std::string_view bytes, size_t* consumed) = 0;
  // The connection ended. False: in the middle of the message.
  virtual bool PutEnd() = 0;

  virtual bool head_done() const = 0;
  virtual bool done() const = 0;
  virtual bool keep_alive() const = 0;

  std::string method, target;  // of a request
  int status = 0;              // of a response; after an error the status to answer with
  bool http11 = true;
  Headers headers;
  std::string body;
  std::function<void(std::string_view)> on_body;
  std::string error;
};

// "application/json", "application/x+json; ...", but not "application/json;stream=watch" lines.
bool IsJson(std::string_view content_type);

std::string_view ReasonPhrase(int status);

}  // namespace stowage::kube::io
