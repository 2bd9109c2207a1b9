// The web server of simulated containers: says which pod, in which cluster, answered.
#pragma once

#include <string>
#include <string_view>

namespace stowage::sim {

// Where a container runs, for pages and logs.
struct PodIdentity {
  std::string cluster, node, ns, pod, uid, ip;
};

struct HttpAnswer {
  std::string bytes;  // head and body, as they go over the wire
  std::string body;
  std::string log_line;  // "GET /" 200
  int status = 200;
  bool close = false;  // the connection ends after it
};

// How long the first request in `buffer` is; 0: not whole yet.
size_t HttpRequestLength(std::string_view buffer);
// `request`: one whole request. "/" and files that servers usually have answer, others are 404; the
// page is HTML where Accept asks for it, else plain text.
HttpAnswer AnswerHttp(std::string_view request, const PodIdentity& identity,
                      std::string_view container, int port);

}  // namespace stowage::sim
