#include "sim/apiserver/node_proxy.h"

#include <algorithm>
#include <cctype>

#include "kube/client/client.h"
#include "sim/apiserver/request.h"
#include "sim/apiserver/status.h"

namespace stowage::sim {
namespace {

constexpr std::pair<std::string_view, std::string_view> kStreamWords[] = {
    {"stdin", "input"}, {"stdout", "output"}, {"stderr", "error"}};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// What belongs to one hop only, and credentials that were meant for us.
bool OfThisHop(std::string_view name) {
  const std::string n = Lower(name);
  return n == "host" || n == "authorization" || n == "content-length" || n == "transfer-encoding" ||
         n == "keep-alive" || n.starts_with("impersonate-") || n == "cookie";
}

bool IsUpgrade(const kube::Headers& headers) { return !headers.Get("Upgrade").empty(); }

kube::Request Forwarded(kube::ServerRequest request, std::string target) {
  kube::Request out;
  out.method = request.method;
  out.target = std::move(target);
  const bool upgrade = IsUpgrade(request.headers);
  for (const auto& [name, value] : request.headers.all()) {
    if (OfThisHop(name) || (!upgrade && Lower(name) == "connection")) continue;
    out.headers.Add(name, value);
  }
  out.body = std::move(request.body);
  return out;
}

void Refuse(const std::shared_ptr<kube::Responder>& responder, const ApiFailure& failure) {
  responder->Respond(failure.value().ToResponse());
}

// Both halves of an answer: a tunnel after 101, else a body as it comes.
void Answer(const std::shared_ptr<kube::Transport>& transport,
            const std::shared_ptr<kube::Responder>& responder, kube::UpgradeReply reply) {
  kube::Headers headers;
  for (const auto& [name, value] : reply.headers.all()) {
    const std::string n = Lower(name);
    if (n == "transfer-encoding" || n == "content-length" || n == "keep-alive") continue;
    if (reply.status != 101 && n == "connection") continue;
    headers.Add(name, value);
  }
  if (reply.status == 101) {
    kube::ByteStreamPtr client = responder->Upgrade(std::move(headers));
    kube::Splice(client, reply.stream, [transport] {});
    return;
  }
  kube::ByteStreamPtr client = responder->StartStream(reply.status, std::move(headers));
  // The client's leaving ends the kubelet's answer, too.
  client->Read([stream = reply.stream](Result<std::string>) { stream->Close(); });
  kube::Pump(reply.stream, client, [transport, client, stream = reply.stream](Result<void> how) {
    if (!how) client->Close();
  });
}

void Forward(std::shared_ptr<kube::Transport> transport, const std::string& where,
             kube::Request request, const std::shared_ptr<kube::Responder>& responder) {
  kube::Transport& via = *transport;
  via.Upgrade(std::move(request), [transport = std::move(transport), where,
                                   responder](Result<kube::UpgradeReply> reply) {
    if (!reply) {
      return Refuse(responder, ServiceUnavailable("error dialing the kubelet at " + where + ": " +
                                                  reply.error().message));
    }
    Answer(transport, responder, std::move(*reply));
  });
}

}  // namespace

std::string KubeletEndpoint::ToString() const { return host + ":" + std::to_string(port); }

Result<KubeletEndpoint> EndpointOf(const kube::Object& node) {
  KubeletEndpoint endpoint;
  for (std::string_view type : {"InternalIP", "Hostname"}) {
    for (kube::JsonRef a : node.status()["addresses"].elements()) {
      if (endpoint.host.empty() && a["type"].str() == type) endpoint.host = a["address"].string();
    }
  }
  endpoint.port = node.status().Find({"daemonEndpoints", "kubeletEndpoint", "Port"}).i64();
  const std::string name(node.name());
  if (endpoint.host.empty()) {
    return MakeError(ErrorCode::kNotFound, "node " + name + " has no InternalIP in its status");
  }
  if (endpoint.port <= 0) {
    return MakeError(ErrorCode::kNotFound,
                     "node " + name + " has no port in status.daemonEndpoints.kubeletEndpoint");
  }
  return endpoint;
}

std::string KubeletTarget(const kube::Object& pod, std::string_view verb, std::string_view target) {
  const ParsedTarget parsed = ParsedTarget::Parse(target);
  std::string container(parsed.Param("container"));
  if (container.empty()) {
    const std::string_view chosen = pod.annotation("kubectl.kubernetes.io/default-container");
    container =
        chosen.empty() ? pod.spec()["containers"].At(0)["name"].string() : std::string(chosen);
  }
  const std::string place = std::string(pod.ns()) + "/" + std::string(pod.name());
  std::string path;
  if (verb == "log") {
    path = "/containerLogs/" + place + "/" + container;
  } else if (verb == "portforward") {
    path = "/portForward/" + place;
  } else {
    path = "/" + std::string(verb) + "/" + place + "/" + container;
  }
  std::string query;
  for (const auto& [name, value] : parsed.query) {
    if (name == "container") continue;
    std::string_view key = name, text = value;
    for (const auto& [api, kubelet] : kStreamWords) {
      if (verb == "log" || name != api) continue;
      key = kubelet;
    }
    // The kubelet's stream flags are "1", and absent where they are off.
    if (key != name || (name == "tty" && verb != "log")) {
      if (!parsed.Flag(name)) continue;
      text = "1";
    }
    query += (query.empty() ? "?" : "&") + kube::EncodeQuery(key) + "=" + kube::EncodeQuery(text);
  }
  return path + query;
}

void NodeProxy::Connect(const kube::Object& pod, const std::string& verb,
                        kube::ServerRequest request, std::shared_ptr<kube::Responder> responder) {
  const kube::Object node = find_(pod.spec()["nodeName"].str());
  if (!node.exists()) {
    return Refuse(responder,
                  ServiceUnavailable("node " + pod.spec()["nodeName"].string() + " of pod " +
                                     pod.key().ToString() + " is not there"));
  }
  std::string target = KubeletTarget(pod, verb, request.target);
  ConnectNode(node, std::move(target), std::move(request), std::move(responder));
}

void NodeProxy::ConnectNode(const kube::Object& node, std::string path, kube::ServerRequest request,
                            std::shared_ptr<kube::Responder> responder) {
  auto endpoint = EndpointOf(node);
  if (!endpoint) return Refuse(responder, ServiceUnavailable(endpoint.error().message));
  auto transport = dial_(node);
  if (!transport) {
    return Refuse(responder,
                  ServiceUnavailable("error dialing the kubelet at " + endpoint->ToString() + ": " +
                                     transport.error().message));
  }
  Forward(std::move(*transport), endpoint->ToString(),
          Forwarded(std::move(request), std::move(path)), responder);
}

}  // namespace stowage::sim
