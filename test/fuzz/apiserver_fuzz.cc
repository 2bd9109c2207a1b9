#include <optional>

#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/engine/sim_executor.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

// "METHOD target content-type", and the body from the next line on.
kube::Request ParseRequest(std::string_view text) {
  const auto word = [&text] {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    std::string out(text.substr(0, end));
    text.remove_prefix(text.substr(end).starts_with(' ') ? end + 1 : end);
    return out;
  };
  kube::Request request;
  request.method = word();
  request.target = word();
  const std::string type = word();
  if (text.starts_with('\n')) text.remove_prefix(1);
  request.body = std::string(text);
  request.headers.Set("Content-Type", type.empty() ? "application/json" : type);
  if (type.starts_with("Accept=")) request.headers.Set("Accept", type.substr(7));
  request.timeout = Seconds(5);
  return request;
}

}  // namespace

// Requests to an embedded API server, one after the other, with a line "---" between them.
FUZZ_TARGET(apiserver) {
  sim::SimExecutor executor;
  sim::ApiServer server(executor, Rng(1), {});
  sim::DirectTransport transport(executor, server);
  for (int i = 0; i < 8 && !bytes.empty(); ++i) {
    const auto [first, rest] = Split(bytes);
    bytes = rest;
    kube::Request request = ParseRequest(first);
    if (!request.target.starts_with('/')) continue;
    std::optional<Result<kube::Response>> answer;
    transport.Send(std::move(request), [&](auto r) { answer = std::move(r); });
    executor.RunUntil([&] { return answer.has_value(); }, Seconds(60));
    Require(answer.has_value(), "every request is answered, or times out");
    if (!*answer) continue;
    Require((*answer)->status >= 100 && (*answer)->status < 600, "with a status of HTTP");
    Require((*answer)->status != 500, "no request is an internal error");
  }
}

}  // namespace stowage::fuzz
