#include "sim/cluster/spdy_framer.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

using sim::SpdyFrame;

// What came, one line a frame; pieces of one data frame in one line. Ends where the reader gives
// up.
std::string Read(std::string_view bytes, size_t piece) {
  sim::SpdyReader reader;
  std::string out, data;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.Append(bytes.substr(at, piece));
    while (true) {
      auto frame = reader.Next();
      if (!frame) return out + data + "refused";
      if (!*frame) break;
      if ((*frame)->type == SpdyFrame::Type::kData) {
        data += (*frame)->data;
        continue;
      }
      out += std::to_string(static_cast<int>((*frame)->type)) + ' ' +
             std::to_string((*frame)->stream_id) + ' ' + std::to_string((*frame)->value);
      for (const auto& [name, value] : (*frame)->headers) out += ' ' + name + '=' + value;
      out += '\n';
      (void)sim::SpdyHeader((*frame)->headers, "streamtype");
    }
  }
  return out + data;
}

}  // namespace

FUZZ_TARGET(spdy) {
  const std::string whole = Read(bytes, bytes.size() + 1);
  if (bytes.size() < 4096)
    Require(Read(bytes, 1) == whole, "frames do not depend on how they come");
  SpdyFrame frame;
  frame.type = SpdyFrame::Type::kSynStream;
  frame.stream_id = 1;
  frame.headers = {{"name", std::string(bytes.substr(0, 1000))}};
  sim::SpdyReader reader;
  reader.Append(sim::SpdyWriter().Write(frame));
  const auto back = reader.Next();
  Require(back && *back && (*back)->stream_id == 1, "what is written can be read");
}

}  // namespace stowage::fuzz
