#include "sim/cluster/websocket_framer.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

std::string Read(std::string_view bytes, size_t piece) {
  sim::WebSocketReader reader;
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.Append(bytes.substr(at, piece));
    while (true) {
      auto message = reader.Next();
      if (!message) return out + "refused";
      if (!*message) break;
      out += std::to_string(static_cast<int>((*message)->kind)) + ' ' + (*message)->data + '\n';
    }
  }
  return out;
}

}  // namespace

FUZZ_TARGET(websocket) {
  const std::string whole = Read(bytes, bytes.size() + 1);
  if (bytes.size() < 4096)
    Require(Read(bytes, 1) == whole, "messages do not depend on how they come");
  (void)sim::WebSocketAccept(bytes);
}

}  // namespace stowage::fuzz
