#include "kube/http/io/message.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

using kube::io::MessageParser;

// The message as one text; "no message" where it is none or ends early. `piece` bytes come at a
// time.
std::string Read(MessageParser& parser, std::string_view bytes, size_t piece) {
  std::string waiting;
  for (size_t at = 0; at < bytes.size() && !parser.done(); at += piece) {
    waiting += bytes.substr(at, piece);
    while (!waiting.empty() && !parser.done()) {
      size_t consumed = 0;
      if (!parser.Put(waiting, &consumed)) {
        Require(!parser.error.empty(), "an error says what is wrong");
        return "no message";
      }
      Require(consumed <= waiting.size(), "no more is taken than there is");
      waiting.erase(0, consumed);
      if (parser.head_done()) parser.ContinueWithBody();
      if (consumed == 0) break;
    }
  }
  if (!parser.done() && !parser.PutEnd()) return "no message";
  std::string out =
      parser.method + ' ' + parser.target + ' ' + std::to_string(parser.status) + '\n';
  for (const auto& [name, value] : parser.headers.all()) out += name + ": " + value + '\n';
  return out + '\n' + parser.body;
}

}  // namespace

FUZZ_TARGET(http) {
  const auto request = [] { return MessageParser::Request(1 << 16); };
  const auto response = [] { return MessageParser::Response(false); };
  const std::string whole_request = Read(*request(), bytes, bytes.size() + 1);
  const std::string whole_response = Read(*response(), bytes, bytes.size() + 1);
  if (bytes.size() >= 4096) return;
  Require(Read(*request(), bytes, 1) == whole_request, "a request does not depend on how it comes");
  Require(Read(*response(), bytes, 1) == whole_response,
          "an answer does not depend on how it comes");
}

}  // namespace stowage::fuzz
