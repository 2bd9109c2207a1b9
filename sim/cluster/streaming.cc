#include "sim/cluster/streaming.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kube/api/base64.h"
#include "sim/apiserver/request.h"
#include "sim/cluster/port_forward_session.h"
#include "sim/cluster/remote_command_session.h"
#include "sim/cluster/websocket_connection.h"

namespace stowage::sim {
namespace {

using ResponderPtr = std::shared_ptr<kube::Responder>;

constexpr std::string_view kProtocolHeader = "X-Stream-Protocol-Version";
constexpr std::string_view kTunnel = "SPDY/3.1+portforward.k8s.io";
const std::vector<std::string_view> kCommandProtocols = {"v4.channel.k8s.io", "v3.channel.k8s.io",
                                                         "v2.channel.k8s.io", "channel.k8s.io"};
const std::vector<std::string_view> kCommandSubprotocols = {
    "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io",
    "base64.channel.k8s.io"};
const std::vector<std::string_view> kForwardProtocols = {"portforward.k8s.io"};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The elements of all headers of that name, which may be lists.
std::vector<std::string> HeaderList(const kube::Headers& headers, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : headers.all()) {
    if (Lower(key) != Lower(name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      std::string_view item = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (item.starts_with(' ')) item.remove_prefix(1);
      while (item.ends_with(' ')) item.remove_suffix(1);
      if (!item.empty()) out.emplace_back(item);
    }
  }
  return out;
}

bool HasItem(const kube::Headers& headers, std::string_view name, std::string_view item) {
  const std::vector<std::string> all = HeaderList(headers, name);
  return std::any_of(all.begin(), all.end(), [&](const auto& i) { return Lower(i) == item; });
}

bool WantsWebSocket(const kube::Headers& headers) {
  return HasItem(headers, "Connection", "upgrade") && HasItem(headers, "Upgrade", "websocket");
}

bool WantsSpdy(const kube::Headers& headers) {
  return HasItem(headers, "Connection", "upgrade") && HasItem(headers, "Upgrade", "spdy/3.1");
}

std::string JoinItems(const auto& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + std::string(item);
  return out;
}

// The first of the client's that we have, too.
std::optional<std::string> Agree(const std::vector<std::string>& client,
                                 const std::vector<std::string_view>& ours) {
  for (const std::string& p : client) {
    if (std::find(ours.begin(), ours.end(), p) != ours.end()) return p;
  }
  return std::nullopt;
}

void Refuse(const ResponderPtr& responder, int status, const std::string& message,
            kube::Headers headers = {}) {
  kube::MutableJson body;
  body["kind"] = "Status";
  body["apiVersion"] = "v1";
  body["metadata"] = kube::JsonObject{};
  body["status"] = "Failure";
  body["message"] = message;
  body["reason"] = status == 400   ? "BadRequest"
                   : status == 403 ? "Forbidden"
                   : status == 404 ? "NotFound"
                                   : "InternalError";
  body["code"] = status;
  kube::Response response;
  response.status = status;
  response.headers = std::move(headers);
  response.headers.Set("Content-Type", "application/json");
  response.json = std::move(body).Freeze();
  responder->Respond(std::move(response));
}

void RefuseUpgrade(const ResponderPtr& responder) {
  Refuse(responder, 400, "Upgrade request required: SPDY/3.1 or websocket");
}

// What both sides speak; nullopt: the request has been refused.
std::optional<std::string> AgreeOnSpdy(const kube::ServerRequest& request,
                                       const ResponderPtr& responder,
                                       const std::vector<std::string_view>& ours) {
  const std::vector<std::string> client = HeaderList(request.headers, kProtocolHeader);
  if (client.empty()) {
    Refuse(responder, 400, "unable to upgrade: " + std::string(kProtocolHeader) + " is required");
    return std::nullopt;
  }
  std::optional<std::string> protocol = Agree(client, ours);
  if (!protocol) {
    kube::Headers accepted;
    for (std::string_view p : ours) {
      accepted.Add("X-Accepted-Stream-Protocol-Versions", std::string(p));
    }
    Refuse(responder, 403,
           "unable to upgrade: unable to negotiate protocol: client supports [" +
               JoinItems(client) + "], server accepts [" + JoinItems(ours) + "]",
           std::move(accepted));
  }
  return protocol;
}

LinkPtr UpgradeToSpdy(Executor& executor, const ResponderPtr& responder,
                      const std::string& protocol) {
  return MakeStreamLink(executor, responder->Upgrade({{"Connection", "Upgrade"},
                                                      {"Upgrade", "SPDY/3.1"},
                                                      {std::string(kProtocolHeader), protocol}}));
}

// The subprotocol, "" where the client names none; nullopt: the request has been refused.
std::optional<std::string> AgreeOnWebSocket(const kube::ServerRequest& request,
                                            const ResponderPtr& responder,
                                            const std::vector<std::string_view>& ours) {
  const Result<std::string> key = kube::DecodeBase64(request.headers.Get("Sec-WebSocket-Key"));
  if (request.headers.Get("Sec-WebSocket-Version") != "13") {
    Refuse(responder, 426, "WebSocket: only version 13 is spoken",
           {{"Sec-WebSocket-Version", "13"}});
    return std::nullopt;
  }
  if (request.method != "GET" || !key || key->size() != 16) {
    Refuse(responder, 400, "WebSocket: a GET with a Sec-WebSocket-Key of 16 bytes is required");
    return std::nullopt;
  }
  const std::vector<std::string> client = HeaderList(request.headers, "Sec-WebSocket-Protocol");
  if (client.empty()) return "";
  std::optional<std::string> protocol = Agree(client, ours);
  if (!protocol) {
    Refuse(responder, 403,
           "requested protocol(s) are not supported: [" + JoinItems(client) + "]; supports [" +
               JoinItems(ours) + "]");
  }
  return protocol;
}

LinkPtr UpgradeToWebSocket(Executor& executor, const kube::ServerRequest& request,
                           const ResponderPtr& responder, const std::string& protocol) {
  kube::Headers headers = {
      {"Connection", "Upgrade"},
      {"Upgrade", "websocket"},
      {"Sec-WebSocket-Accept", WebSocketAccept(request.headers.Get("Sec-WebSocket-Key"))}};
  if (!protocol.empty()) headers.Set("Sec-WebSocket-Protocol", protocol);
  return MakeStreamLink(executor, responder->Upgrade(std::move(headers)));
}

int CommandVersion(std::string_view protocol) {
  return protocol.starts_with("v4")   ? 4
         : protocol.starts_with("v3") ? 3
         : protocol.starts_with("v2") ? 2
                                      : 1;
}

std::shared_ptr<CommandChannels> OpenChannels(Executor& executor,
                                              const kube::ServerRequest& request,
                                              const ResponderPtr& responder,
                                              CommandStreams streams) {
  if (WantsWebSocket(request.headers)) {
    const auto protocol = AgreeOnWebSocket(request, responder, kCommandSubprotocols);
    if (!protocol) return nullptr;
    return MakeWebSocketChannels(UpgradeToWebSocket(executor, request, responder, *protocol),
                                 *protocol, streams);
  }
  if (!WantsSpdy(request.headers)) {
    RefuseUpgrade(responder);
    return nullptr;
  }
  const auto protocol = AgreeOnSpdy(request, responder, kCommandProtocols);
  if (!protocol) return nullptr;
  return MakeSpdyChannels(executor, UpgradeToSpdy(executor, responder, *protocol),
                          CommandVersion(*protocol), streams);
}

void Serve(Executor& executor, const kube::ServerRequest& request, const ResponderPtr& responder,
           std::weak_ptr<PodIo> weak, bool attach) {
  const ParsedTarget target = ParsedTarget::Parse(request.target);
  CommandStreams streams{.stdin_open = target.Flag("stdin") || target.Flag("input"),
                         .stdout_open = target.Flag("stdout") || target.Flag("output"),
                         .stderr_open = target.Flag("stderr") || target.Flag("error"),
                         .tty = target.Flag("tty")};
  if (streams.tty) streams.stderr_open = false;  // a terminal has one output
  IoOptions options{.stdin_open = streams.stdin_open, .tty = streams.tty};
  for (const auto& [name, value] : target.query) {
    if (name == "command") options.command.push_back(value);
  }
  if (!streams.stdin_open && !streams.stdout_open && !streams.stderr_open) {
    return Refuse(responder, 400, "you must specify at least 1 of stdin, stdout, stderr");
  }
  if (!attach && options.command.empty()) {
    return Refuse(responder, 400, "you must specify at least one command for the container");
  }
  const std::string container(target.Param("container"));
  const std::shared_ptr<PodIo> pod = weak.lock();
  const Result<void> there =
      pod ? pod->CheckContainer(container)
          : Result<void>(MakeError(ErrorCode::kNotFound, "the pod does not run here any more"));
  if (!there) {
    const ErrorCode code = there.error().code;
    const int status = code == ErrorCode::kInvalid ? 400 : code == ErrorCode::kNotFound ? 404 : 500;
    return Refuse(responder, status, there.error().message);
  }
  auto channels = OpenChannels(executor, request, responder, streams);
  if (!channels) return;
  RemoteCommand command{.attach = attach, .streams = streams};
  command.start = [weak, container, options,
                   attach](IoSink sink) -> Result<std::unique_ptr<IoSession>> {
    const std::shared_ptr<PodIo> io = weak.lock();
    if (!io) return MakeError(ErrorCode::kUnavailable, "the pod is gone");
    return attach ? io->Attach(container, options, std::move(sink))
                  : io->Exec(container, options, std::move(sink));
  };
  RunRemoteCommand(executor, std::move(channels), std::move(command));
}

// "NAME_NS" of /api/v1/namespaces/NS/pods/NAME/portforward, as kubelets write it.
std::string PodOf(const kube::ServerRequest& request) {
  const RequestInfo info = ParseRequest(request);
  return info.name + "_" + info.ns;
}

}  // namespace

void ServeExec(Executor& executor, kube::ServerRequest request,
               std::shared_ptr<kube::Responder> responder, std::weak_ptr<PodIo> pod) {
  Serve(executor, request, responder, std::move(pod), false);
}

void ServeAttach(Executor& executor, kube::ServerRequest request,
                 std::shared_ptr<kube::Responder> responder, std::weak_ptr<PodIo> pod) {
  Serve(executor, request, responder, std::move(pod), true);
}

void ServePortForward(Executor& executor, kube::ServerRequest request,
                      std::shared_ptr<kube::Responder> responder, PortConnector connect) {
  LinkPtr link;
  if (WantsWebSocket(request.headers)) {
    const auto protocol = AgreeOnWebSocket(request, responder, {kTunnel});
    if (!protocol) return;
    if (protocol->empty()) {
      return Refuse(responder, 400,
                    "port-forward over WebSocket needs the protocol " + std::string(kTunnel));
    }
    link = MakeWebSocketLink(executor, std::make_shared<WebSocketConnection>(UpgradeToWebSocket(
                                           executor, request, responder, *protocol)));
  } else if (WantsSpdy(request.headers)) {
    const auto protocol = AgreeOnSpdy(request, responder, kForwardProtocols);
    if (!protocol) return;
    link = UpgradeToSpdy(executor, responder, *protocol);
  } else {
    return RefuseUpgrade(responder);
  }
  RunPortForward(executor, std::move(link), PodOf(request), std::move(connect));
}

}  // namespace stowage::sim
