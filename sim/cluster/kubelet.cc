#include "sim/cluster/kubelet.h"

#include <charconv>
#include <utility>

#include "kube/api/well_known.h"
#include "sim/cluster/streaming.h"

namespace stowage::sim {
namespace {

kube::ReflectorOptions Follow(const kube::Resource& resource) {
  kube::ReflectorOptions options;
  options.resource = resource;
  return options;
}

void RespondError(kube::Responder& responder, const Error& error, int status) {
  kube::MutableJson body;
  body["kind"] = "Status";
  body["apiVersion"] = "v1";
  body["metadata"] = kube::JsonObject{};
  body["status"] = "Failure";
  body["message"] = error.message;
  body["reason"] = status == 404 ? "NotFound" : status == 400 ? "BadRequest" : "InternalError";
  body["code"] = status;
  kube::Response response;
  response.status = status;
  response.headers.Set("Content-Type", "application/json");
  response.json = std::move(body).Freeze();
  responder.Respond(std::move(response));
}

}  // namespace

MemberKubelet::MemberKubelet(Executor& executor, kube::Client& client, Rng rng,
                             const MemberOptions& options, PodInformer& pods)
    : executor_(executor),
      options_(options),
      pods_(pods),
      config_maps_(executor, client, rng.Stream("configmaps"), Follow(kube::kConfigMaps),
                   [](const kube::Object& o) { return std::optional(ReadConfigMap(o)); }),
      secrets_(executor, client, rng.Stream("secrets"), Follow(kube::kSecrets),
               [](const kube::Object& o) { return std::optional(ReadSecret(o)); }),
      rng_(rng),
      client_(client),
      context_{.executor = executor,
               .client = client,
               .options = options,
               .log = log_,
               .lookup = {},
               .pull = rng.Stream("pull"),
               .start = rng.Stream("start"),
               .faults = rng.Stream("faults"),
               .fetch = {}} {
  // Files of a volume ask as long as their container lives, and that is not longer than we.
  context_.lookup.config_map = [this](std::string_view ns, std::string_view name) {
    return config_maps_.Get({std::string(ns), std::string(name)});
  };
  context_.lookup.secret = [this](std::string_view ns, std::string_view name) {
    return secrets_.Get({std::string(ns), std::string(name)});
  };
  context_.fetch = [this](std::string_view url) { return Fetch(url); };
  pods_.AddHandler([this](const kube::NamespacedName& key, const MemberPod*,
                          const MemberPod* after) { OnPod(key, after); });
  auto changed = [this](const kube::NamespacedName& key, const ConfigData*, const ConfigData*) {
    ConfigChanged(key.ns);
  };
  config_maps_.AddHandler(changed);
  secrets_.AddHandler(changed);
}

MemberKubelet::~MemberKubelet() {
  *alive_ = false;
  for (auto& [key, worker] : workers_) worker->Vanish();
}

void MemberKubelet::AddNode(std::string name, std::string host_ip, std::string pod_cidr,
                            uint32_t first_ip, uint32_t ip_count) {
  auto node = std::make_unique<KubeletNode>();
  node->name = name;
  node->host_ip = std::move(host_ip);
  node->pod_cidr = std::move(pod_cidr);
  node->first_ip = first_ip;
  node->ip_count = ip_count;
  node->events = std::make_unique<kube::EventRecorder>(
      executor_, client_, rng_.Stream("events/" + name), "kubelet", name);
  nodes_[std::move(name)] = std::move(node);
}

void MemberKubelet::Start() {
  config_maps_.Start();
  secrets_.Start();
}

void MemberKubelet::OnPod(const kube::NamespacedName& key, const MemberPod* after) {
  auto it = workers_.find(key);
  if (it != workers_.end() && (!after || after->uid != it->second->uid())) {
    it->second->Vanish();
    workers_.erase(it);
    it = workers_.end();
  }
  if (!after || after->node.empty()) return;
  if (it != workers_.end()) return it->second->Update(*after);
  auto node = nodes_.find(after->node);
  if (node == nodes_.end()) return;
  if (after->terminated && !after->deletion_grace) return;  // nothing is left to do
  auto worker = std::make_shared<PodWorker>(context_, *node->second, key, *after);
  workers_[key] = worker;
  // The first look at a pod waits for the ConfigMaps and Secrets: else all would seem missing.
  auto begin = [weak = std::weak_ptr(worker), key, this, alive = alive_] {
    auto w = weak.lock();
    if (!w || !*alive) return;
    if (const MemberPod* pod = pods_.Get(key)) w->Update(*pod);
  };
  if (config_maps_.has_synced() && secrets_.has_synced()) return worker->Update(*after);
  config_maps_.OnSynced([this, begin] { secrets_.OnSynced(begin); });
}

void MemberKubelet::ConfigChanged(const std::string& ns) {
  for (auto it = workers_.lower_bound({ns, ""}); it != workers_.end() && it->first.ns == ns; ++it) {
    it->second->ConfigChanged();
  }
}

PodWorker* MemberKubelet::Find(const kube::NamespacedName& pod) {
  auto it = workers_.find(pod);
  return it == workers_.end() ? nullptr : it->second.get();
}

void MemberKubelet::SetHung(const std::string& node, bool hung) {
  auto it = nodes_.find(node);
  if (it == nodes_.end() || it->second->hung == hung) return;
  it->second->hung = hung;
  if (hung) return;
  for (auto& [key, worker] : workers_) worker->NodeBack();
}

void MemberKubelet::PowerCycle(const std::string& node) {
  for (auto& [key, worker] : workers_) {
    const MemberPod* pod = pods_.Get(key);
    if (!pod || pod->node != node) continue;
    worker->Crash(true);
    worker->NodeBack();
  }
}

Result<void> MemberKubelet::KillContainer(const kube::NamespacedName& pod,
                                          const std::string& container, int exit_code,
                                          const std::string& reason) {
  PodWorker* worker = Find(pod);
  if (!worker) return MakeError(ErrorCode::kNotFound, "no kubelet runs pod " + pod.ToString());
  return worker->KillContainer(container, exit_code, reason);
}

Result<std::string> MemberKubelet::Fetch(std::string_view url) {
  if (url.starts_with("http://")) url.remove_prefix(7);
  const size_t slash = url.find('/');
  const std::string_view authority = url.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? "/" : url.substr(slash);
  const size_t colon = authority.find(':');
  const std::string host(authority.substr(0, colon));
  int port = 80;
  if (colon != std::string_view::npos) {
    std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  }
  for (auto& [key, worker] : workers_) {
    if (worker->ip() == host) return worker->HttpGet(port, path);
  }
  return MakeError(ErrorCode::kUnavailable, "bad address '" + host + "'");
}

void MemberKubelet::Connect(const kube::Object& pod, const std::string& verb,
                            kube::ServerRequest request,
                            std::shared_ptr<kube::Responder> responder) {
  PodWorker* worker = Find(pod.key());
  if (!worker || worker->uid() != pod.uid()) {
    return RespondError(*responder,
                        {ErrorCode::kInvalid, "pod \"" + std::string(pod.name()) +
                                                  "\" does not run on a node that answers"},
                        400);
  }
  if (verb == "log") return ServeLog(*worker, request.target, std::move(responder));
  if (verb == "exec") {
    return ServeExec(executor_, std::move(request), std::move(responder), worker->weak_from_this());
  }
  if (verb == "attach") {
    return ServeAttach(executor_, std::move(request), std::move(responder),
                       worker->weak_from_this());
  }
  if (verb == "portforward") {
    return ServePortForward(executor_, std::move(request), std::move(responder),
                            [weak = worker->weak_from_this()](
                                int port, PortSink sink) -> Result<std::unique_ptr<PortSession>> {
                              auto w = weak.lock();
                              if (!w) return MakeError(ErrorCode::kUnavailable, "the pod is gone");
                              return w->Connect(port, std::move(sink));
                            });
  }
  RespondError(*responder, {ErrorCode::kInvalid, "unknown verb " + verb}, 400);
}

void MemberKubelet::ServeLog(PodWorker& worker, const std::string& target,
                             std::shared_ptr<kube::Responder> responder) {
  const Result<LogOptions> options = ParseLogOptions(target, executor_.WallNow());
  if (!options) return RespondError(*responder, options.error(), 400);
  const Result<std::string> container = worker.ResolveContainer(options->container);
  if (!container) return RespondError(*responder, container.error(), 400);
  const Result<std::shared_ptr<ContainerLog>> log = worker.Log(*container, options->previous);
  if (!log) return RespondError(*responder, log.error(), 400);
  RespondLog(*log, *options, std::move(responder));
}

}  // namespace stowage::sim
