#include "vkubelet/server/kubelet_server.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <iterator>
#include <utility>

namespace stowage::vkubelet {
namespace {

using ResponderPtr = std::shared_ptr<kube::Responder>;

void Text(const ResponderPtr& responder, int status, std::string text,
          const char* type = "text/plain; charset=utf-8") {
  kube::Response response;
  response.status = status;
  response.headers.Add("Content-Type", type);
  if (!text.empty() && text.back() != '\n') text += '\n';
  response.text = std::move(text);
  responder->Respond(std::move(response));
}

int StatusOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kUnauthorized:  // the member refuses *us*: the caller cannot log in anew
    case ErrorCode::kForbidden:
      return 502;
    case ErrorCode::kTooManyRequests:
      return 429;
    case ErrorCode::kUnsupported:
      return 501;
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnknownOutcome:
      return 503;
    default:
      return 500;
  }
}

void Fail(const ResponderPtr& responder, const Error& error) {
  Text(responder, StatusOf(error), error.message);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// A WebSocket client may carry a bearer token as a sub-protocol: it is for the host, never a
// member's.
std::string WithoutToken(std::string_view protocols) {
  std::string kept;
  while (!protocols.empty()) {
    const size_t end = std::min(protocols.find(','), protocols.size());
    std::string_view one = protocols.substr(0, end);
    protocols.remove_prefix(std::min(end + 1, protocols.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one.empty() || one.starts_with("base64url.bearer.authorization.k8s.io.")) continue;
    if (!kept.empty()) kept += ", ";
    kept += one;
  }
  return kept;
}

// Those that speak of one connection only, or of the member's own session.
bool HopByHop(const std::string& name, bool upgraded) {
  if (name == "transfer-encoding" || name == "content-length" || name == "keep-alive") return true;
  if (name == "set-cookie" || name == "www-authenticate") return true;
  return !upgraded && (name == "connection" || name == "upgrade");
}

kube::Headers ReplyHeaders(const kube::Headers& headers, bool upgraded) {
  kube::Headers kept;
  for (const auto& [name, value] : headers.all()) {
    if (!HopByHop(Lower(name), upgraded)) kept.Add(name, value);
  }
  return kept;
}

// A client that sends nothing is read all the same: the read ends when it leaves, and then the
// member's stream (a followed log may be silent for hours) is closed, too.
void CloseWhenGone(const kube::ByteStreamPtr& client, const kube::ByteStreamPtr& member) {
  client->Read([client, member](Result<std::string> bytes) {
    if (bytes && !bytes->empty()) return CloseWhenGone(client, member);
    member->Close();
  });
}

void Join(kube::UpgradeReply reply, const ResponderPtr& responder) {
  const bool upgraded = reply.status == 101;
  kube::Headers headers = ReplyHeaders(reply.headers, upgraded);
  if (upgraded) {
    return kube::Splice(responder->Upgrade(std::move(headers)), reply.stream, nullptr);
  }
  const kube::ByteStreamPtr client = responder->StartStream(reply.status, std::move(headers));
  if (!reply.stream) return client->CloseWrite();
  CloseWhenGone(client, reply.stream);
  kube::Pump(reply.stream, client, [client, member = reply.stream](Result<void> how) {
    // An end that is no end must not look like one: the chunked body is cut off.
    if (!how) client->Close();
    member->Close();
  });
}

template <class List>
bool Contains(const List& list, const std::string& value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> StreamHeaders(const kube::Headers& headers) {
  static constexpr std::string_view kPassed[] = {"upgrade",
                                                 "connection",
                                                 "x-stream-protocol-version",
                                                 "sec-websocket-key",
                                                 "sec-websocket-version",
                                                 "sec-websocket-extensions"};
  std::vector<std::pair<std::string, std::string>> passed;
  for (const auto& [name, value] : headers.all()) {
    const std::string lower = Lower(name);
    if (lower == "sec-websocket-protocol") {
      std::string protocols = WithoutToken(value);
      if (!protocols.empty()) passed.emplace_back(name, std::move(protocols));
    } else if (Contains(kPassed, lower)) {
      passed.emplace_back(name, value);
    }
  }
  return passed;
}

KubeletServer::KubeletServer(KubeletServerOptions options, providers::StreamProvider* streams,
                             NodePods pods, NodeStats stats)
    : options_(std::move(options)),
      streams_(streams),
      pods_(std::move(pods)),
      stats_(std::move(stats)) {}

void KubeletServer::Handle(kube::ServerRequest request,
                           std::shared_ptr<kube::Responder> responder) {
  if (!Authorize(request.peer, responder)) return;
  if (request.method != "GET" && request.method != "POST") {
    return Text(responder, 405, "method " + request.method + " is not allowed; use GET or POST");
  }
  std::string path = request.target.substr(0, request.target.find('?'));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (request.method == "GET" && HandleNode(path, responder)) return;
  HandlePod(request, responder);
}

bool KubeletServer::Authorize(const kube::PeerIdentity& peer, const ResponderPtr& responder) const {
  if (peer.common_name.empty()) {
    Text(responder, 401,
         "Unauthorized: the kubelet of " + options_.node +
             " asks for a client certificate signed by its client CA");
    return false;
  }
  if (options_.allowed_common_names.empty() && options_.allowed_organizations.empty()) return true;
  if (Contains(options_.allowed_common_names, peer.common_name)) return true;
  for (const std::string& organization : peer.organizations) {
    if (Contains(options_.allowed_organizations, organization)) return true;
  }
  Text(responder, 403,
       "Forbidden: \"" + peer.common_name + "\" may not use the kubelet of " + options_.node +
           "; if it is the API server's, allow it: stowage run --kubelet-client \"" +
           peer.common_name + "\"");
  return false;
}

bool KubeletServer::HandleNode(const std::string& path, const ResponderPtr& responder) {
  const auto json = [responder](Result<kube::Json> body) {
    if (!body) return Fail(responder, body.error());
    kube::Response response;
    response.status = 200;
    response.headers.Add("Content-Type", "application/json");
    response.json = std::move(*body);
    responder->Respond(std::move(response));
  };
  if (path == "/healthz") {
    Text(responder, 200, "ok");
  } else if ((path == "/pods" || path == "/runningpods") && pods_.list) {
    pods_.list(path == "/runningpods", json);
  } else if (path == "/stats/summary" && stats_.summary) {
    stats_.summary(json);
  } else if (path == "/metrics/resource" && stats_.resources) {
    stats_.resources([responder](Result<std::string> text) {
      if (!text) return Fail(responder, text.error());
      Text(responder, 200, std::move(*text), "text/plain; version=0.0.4; charset=utf-8");
    });
  } else if (path == "/stats/summary" || path == "/metrics/resource") {
    Text(responder, 404, "the member of node " + options_.node + " offers no usage statistics");
  } else {
    return false;
  }
  return true;
}

void KubeletServer::HandlePod(const kube::ServerRequest& request, const ResponderPtr& responder) {
  Result<PodPath> path = ParsePodPath(request.target);
  if (!path) return Fail(responder, path.error());
  if (path->verb == "log" && request.method != "GET") {
    return Text(responder, 405, "logs are read with GET");
  }
  std::optional<providers::PodRef> pod = pods_.find(path->ns, path->pod);
  if (!pod || (!path->uid.empty() && path->uid != pod->uid)) {
    return Text(responder, 404,
                "pod \"" + path->ns + "/" + path->pod + "\" is not on node " + options_.node);
  }
  if (streams_ == nullptr) {
    return Text(responder, 501, "the member of node " + options_.node + " offers no " + path->verb);
  }
  providers::StreamRequest stream{std::move(*pod), path->verb, path->query, request.method,
                                  StreamHeaders(request.headers)};
  auto gone = std::make_shared<std::atomic<bool>>(false);
  responder->OnGone([gone] { *gone = true; });
  streams_->OpenStream(std::move(stream), [responder, gone](Result<kube::UpgradeReply> reply) {
    if (!reply) return Fail(responder, reply.error());
    if (*gone) {
      if (reply->stream) reply->stream->Close();
      return;
    }
    Join(std::move(*reply), responder);
  });
}

}  // namespace stowage::vkubelet
