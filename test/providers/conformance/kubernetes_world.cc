#include "test/providers/conformance/kubernetes_world.h"

#include <algorithm>
#include <utility>

#include "kube/api/well_known.h"

namespace stowage::test {

using kube::Object;

// ---- FaultyTransport ----------------------------------------------------------------------------

void FaultyTransport::FaultNext(const std::string& method, const std::string& path,
                                CallFault fault) {
  rules_.push_back({method, path, fault});
}

// `path` is compared from its end; "*" stands for one name.
bool FaultyTransport::Fits(const Rule& rule, const kube::Request& request) {
  if (request.method != rule.method) return false;
  std::string path = request.target.substr(0, request.target.find('?'));
  if (rule.path.ends_with("/*")) {
    path = path.substr(0, path.rfind('/'));
    return path.ends_with(rule.path.substr(0, rule.path.size() - 2));
  }
  return path.ends_with(rule.path);
}

bool FaultyTransport::IsForbidden(const std::string& target) const {
  return std::any_of(forbidden_.begin(), forbidden_.end(),
                     [&](const std::string& prefix) { return target.starts_with(prefix); });
}

void FaultyTransport::Send(kube::Request request, Callback<Result<kube::Response>> done) {
  ++requests_;
  const bool write = request.method != "GET";
  if (!reachable_) {
    executor_.Post([done] { done(MakeError(ErrorCode::kUnavailable, "connection refused")); });
    return;
  }
  if (IsForbidden(request.target)) {
    kube::Response denied;
    denied.status = 403;
    denied.json = JsonFrom(R"({"kind":"Status","status":"Failure","reason":"Forbidden","code":403,
                               "message":"forbidden: the account may not"})");
    executor_.Post([done, denied] { done(denied); });
    return;
  }
  const auto rule =
      std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return Fits(r, request); });
  if (rule == rules_.end()) return inner_.Send(std::move(request), std::move(done));
  const CallFault fault = rule->fault;
  rules_.erase(rule);
  const Error lost{write ? ErrorCode::kUnknownOutcome : ErrorCode::kUnavailable, "no answer",
                   std::nullopt};
  if (fault == CallFault::kError) {
    executor_.Post([done] { done(MakeError(ErrorCode::kUnavailable, "injected fault")); });
  } else if (fault == CallFault::kHang) {
    executor_.RunAfter(request.timeout, [done, lost] { done(Err(lost)); });
  } else {
    inner_.Send(std::move(request), [done, lost](Result<kube::Response>) { done(Err(lost)); });
  }
}

namespace {

class RefusedWatch : public kube::Watch {
 public:
  RefusedWatch(Executor& executor, kube::WatchSink& sink, Error error) {
    executor.Post([&sink, error, open = open_] {
      if (*open) sink.OnEnd(error);
    });
  }
  ~RefusedWatch() override { *open_ = false; }

 private:
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

}  // namespace

kube::WatchHandle FaultyTransport::Watch(kube::WatchRequest request, kube::WatchSink& sink) {
  if (reachable_) return inner_.Watch(std::move(request), sink);
  return std::make_unique<RefusedWatch>(
      executor_, sink, Error{ErrorCode::kUnavailable, "connection refused", std::nullopt});
}

void FaultyTransport::Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) {
  inner_.Upgrade(std::move(request), std::move(done));
}

// ---- NodeAgent ----------------------------------------------------------------------------------

namespace {

kube::ReflectorOptions AllPods() {
  kube::ReflectorOptions options;
  options.resource = kube::kPods;
  return options;
}

constexpr Duration kStartAfter = Milliseconds(50);
constexpr Duration kStopAfter = Milliseconds(200);

}  // namespace

NodeAgent::NodeAgent(Executor& executor, sim::ApiServer& server, kube::Client& client, Rng rng)
    : executor_(executor),
      server_(server),
      client_(client),
      pods_(executor, client, std::move(rng), AllPods(), [this](const Object& pod) {
        Seen seen{std::string(pod.uid()),
                  pod.spec()["nodeName"].string(),
                  pod.status()["phase"].string(),
                  pod.deleting(),
                  pod.metadata()["deletionGracePeriodSeconds"].i64(),
                  {}};
        for (kube::JsonRef c : pod.spec()["containers"].elements()) {
          seen.containers.push_back(c["name"].string());
        }
        const std::string origin(pod.label(kube::kLabelOriginUid));
        if (!origin.empty()) copies_[origin].insert(seen.uid);
        return std::optional(seen);
      }) {
  server_.SetKubeletConnector(this);
  pods_.AddHandler([this](const kube::NamespacedName& key, const Seen*, const Seen* after) {
    if (after) OnPod(key, after);
  });
  pods_.Start();
}

NodeAgent::~NodeAgent() {
  *alive_ = false;
  server_.SetKubeletConnector(nullptr);
}

int NodeAgent::CopiesEver(const std::string& origin_uid) const {
  auto it = copies_.find(origin_uid);
  return it == copies_.end() ? 0 : static_cast<int>(it->second.size());
}

void NodeAgent::OnPod(const kube::NamespacedName& key, const Seen* pod) {
  if (pod->node.empty()) {
    client_.Bind(key.ns, key.name, "node-0", {}, pod->uid, [](Result<void>) {});
    return;
  }
  if (pod->deleting) {
    kube::DeleteOptions options;
    options.grace_seconds = 0;
    options.uid = pod->uid;
    executor_.RunAfter(
        std::min(kStopAfter, Seconds(pod->grace)), [this, alive = alive_, key, options] {
          if (!*alive) return;
          client_.Delete(kube::kPods, key.ns, key.name, options, [](Result<Object>) {});
        });
    return;
  }
  if (pod->phase != "Pending") return;
  executor_.RunAfter(kStartAfter, [this, alive = alive_, key, pod = *pod] {
    if (*alive) Run(key, pod);
  });
}

void NodeAgent::Run(const kube::NamespacedName& key, const Seen& pod) {
  kube::MutableJson patch;
  patch.Set({"metadata", "uid"}, pod.uid);
  patch.Set({"status", "phase"}, "Running");
  patch.Set({"status", "podIP"}, "10.244.0.9");
  for (const std::string& container : pod.containers) {
    kube::MutableJson status;
    status["name"] = container;
    status["image"] = "i";
    status["imageID"] = "i";
    status["ready"] = true;
    status["restartCount"] = 0;
    status["state"]["running"]["startedAt"] = "2026-01-01T00:00:00Z";
    patch["status"]["containerStatuses"].Append(status.ref());
  }
  client_.Patch(
      kube::kPods, key.ns, key.name, kube::PatchType::kMerge, std::move(patch).Freeze(),
      [](Result<Object>) {}, "status");
}

void NodeAgent::Connect(const Object& pod, const std::string& verb, kube::ServerRequest,
                        std::shared_ptr<kube::Responder> responder) {
  kube::Response response;
  response.status = verb == "log" ? 200 : 501;
  response.text = verb + " of " + std::string(pod.name()) + "\n";
  responder->Respond(std::move(response));
}

// ---- KubernetesWorld ----------------------------------------------------------------------------

namespace {

sim::ApiServerOptions Named(const std::string& name) {
  sim::ApiServerOptions options;
  options.name = name;
  return options;
}

sim::DirectTransportOptions Latency(Duration latency) {
  sim::DirectTransportOptions options;
  options.latency = latency;
  return options;
}

}  // namespace

KubernetesWorld::KubernetesWorld(std::function<void(providers::MemberOptions&)> configure)
    : host_server_(loop.executor(), loop.rng("host"), Named("host")),
      member_server_(loop.executor(), loop.rng("member"), Named("member")),
      host_transport_(loop.executor(), host_server_, Latency(Milliseconds(2))),
      member_transport_(loop.executor(), member_server_, Latency(Milliseconds(2))),
      wire_(loop.executor(), member_transport_),
      host_client_(host_transport_),
      member_client_(member_transport_),
      agent_(loop.executor(), member_server_, member_client_, loop.rng("agent")),
      host_objects_(loop.executor(), host_client_, loop.rng("host-objects")) {
  options_.cluster = "eu";
  options_.translate.host_uid = host_server_.cluster_uid();
  options_.translate.node_name = "vnode";
  configure(options_);
  Put(member_client_, kube::kNodes,
      MakeNode("node-0").Allocatable({{"cpu", "8"}, {"memory", "16Gi"}, {"pods", "110"}}));
  for (const char* ns : {"shop", "blog"}) MakeNamespace(host_client_, ns);
  Restart();
}

KubernetesWorld::~KubernetesWorld() {
  provider_.reset();
  loop.RunFor(Milliseconds(10));  // answers under way come home while the servers still live
}

void KubernetesWorld::Restart() {
  provider_.reset();
  auto made =
      providers::KubernetesProvider::Make({loop.executor(), wire_, host_objects_}, options_,
                                          loop.rng("provider").Stream(std::to_string(restarts_++)));
  ASSERT_TRUE(made) << made.error().ToString();
  provider_ = std::move(*made);
}

Object KubernetesWorld::Read(kube::Client& client, const kube::Resource& resource,
                             const std::string& ns, const std::string& name) {
  Answer<Object> answer;
  client.Get(resource, ns, name, answer.callback());
  loop.RunUntil([&] { return answer.has(); });
  return answer.has() && answer.get() ? answer.value() : Object();
}

void KubernetesWorld::Put(kube::Client& client, const kube::Resource& resource,
                          const Object& object) {
  const std::string ns(object.ns()), name(object.name());
  const Object there = Read(client, resource, ns, name);
  Answer<Object> answer;
  if (there.exists()) {
    kube::MutableJson update(object.json());
    update.Set({"metadata", "resourceVersion"}, there.resource_version());
    update.Remove({"metadata", "uid"});
    client.Update(resource, ns, name, std::move(update).Freeze(), answer.callback());
  } else {
    kube::MutableJson fresh(object.json());
    fresh.Remove({"metadata", "uid"});
    fresh.Remove({"metadata", "resourceVersion"});
    client.Create(resource, ns, std::move(fresh).Freeze(), answer.callback());
  }
  loop.RunUntil([&] { return answer.has(); });
  ASSERT_TRUE(answer.has() && answer.get()) << answer.error().ToString();
}

void KubernetesWorld::Remove(kube::Client& client, const kube::Resource& resource,
                             const std::string& ns, const std::string& name) {
  Answer<Object> answer;
  kube::DeleteOptions options;
  options.grace_seconds = 0;
  client.Delete(resource, ns, name, options, answer.callback());
  loop.RunUntil([&] { return answer.has(); });
  ASSERT_TRUE(answer.has() && answer.get()) << answer.error().ToString();
}

void KubernetesWorld::MakeNamespace(kube::Client& client, const std::string& ns) {
  if (Read(client, kube::kNamespaces, "", ns).exists()) return;
  Put(client, kube::kNamespaces, MakeObject("v1", "Namespace", "", ns));
}

void KubernetesWorld::PutForeignPod(const std::string& ns, const std::string& name) {
  MakeNamespace(member_client_, ns);
  Put(member_client_, kube::kPods, MakePod(ns, name).Label("theirs", "yes"));
}

bool KubernetesWorld::ForeignPodIsUntouched(const std::string& ns, const std::string& name) {
  const Object pod = Read(member_client_, kube::kPods, ns, name);
  return pod.exists() && !pod.deleting() && pod.metadata()["labels"].size() == 1;
}

void KubernetesWorld::LosePod(const std::string& ns, const std::string& name) {
  Remove(member_client_, kube::kPods, ns, name);
}

void KubernetesWorld::EmitEvent(const std::string& ns, const std::string& name) {
  const Object pod = Read(member_client_, kube::kPods, ns, name);
  AnyBuilder event = MakeObject("v1", "Event", ns, name + ".1");
  event.Set({"involvedObject", "apiVersion"}, "v1")
      .Set({"involvedObject", "kind"}, "Pod")
      .Set({"involvedObject", "namespace"}, ns)
      .Set({"involvedObject", "name"}, name)
      .Set({"involvedObject", "uid"}, pod.uid())
      .Set({"reason"}, "BackOff")
      .Set({"message"}, "Back-off restarting failed container")
      .Set({"type"}, "Warning")
      .Set({"count"}, 1);
  Put(member_client_, kube::kEvents, event);
}

void KubernetesWorld::SetReachable(bool reachable) {
  wire_.SetReachable(reachable);
  if (!reachable) member_server_.DropConnections();
  loop.RunFor(Milliseconds(1));
}

void KubernetesWorld::FaultNext(const std::string& verb, CallFault fault) {
  if (verb == "CreatePod") return wire_.FaultNext("POST", "/pods", fault);
  wire_.FaultNext(verb == "DeletePod" ? "DELETE" : "GET", "/pods/*", fault);
}

std::unique_ptr<World> MakeKubernetesWorld() { return std::make_unique<KubernetesWorld>(); }

}  // namespace stowage::test
