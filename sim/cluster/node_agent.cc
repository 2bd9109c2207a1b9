#include "sim/cluster/node_agent.h"

#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/quantity.h"
#include "kube/api/well_known.h"

namespace stowage::sim {
namespace {

constexpr std::string_view kLeaseNamespace = "kube-node-lease";

std::string Less(const std::string& name, const std::string& capacity,
                 const std::string& reserved) {
  const Result<kube::Quantity> all = kube::Quantity::Parse(capacity),
                               part = kube::Quantity::Parse(reserved);
  if (!all || !part) return capacity;
  const int64_t left = kube::ResourceAmount(name, *all) - kube::ResourceAmount(name, *part);
  return part->zero() ? capacity
                      : kube::ResourceQuantity(name, std::max<int64_t>(left, 0)).ToString();
}

}  // namespace

NodeAgent::NodeAgent(Executor& executor, kube::Client& client, const MemberOptions& options,
                     const NodePool& pool, NodeIdentity identity)
    : executor_(executor),
      client_(client),
      options_(options),
      pool_(pool),
      identity_(std::move(identity)),
      ready_since_(executor.WallNow()) {}

NodeAgent::~NodeAgent() {
  executor_.Cancel(lease_timer_);
  executor_.Cancel(lost_timer_);
}

void NodeAgent::After(Duration delay, void (NodeAgent::*f)()) {
  executor_.RunAfter(delay, [weak = weak_from_this(), f] {
    if (auto self = weak.lock()) (self.get()->*f)();
  });
}

void NodeAgent::Start() {
  Register();
  RenewLease();
}

kube::Json NodeAgent::BuildNode() const {
  kube::MutableJson node;
  node["apiVersion"] = "v1";
  node["kind"] = "Node";
  node.Set({"metadata", "name"}, identity_.name);
  const kube::JsonNode labels = node["metadata"]["labels"];
  labels[kube::kLabelHostname] = identity_.name;
  labels[kube::kLabelOs] = "linux";
  labels[kube::kLabelArch] = "amd64";
  if (!pool_.zone.empty()) labels[kube::kLabelZone] = pool_.zone;
  if (!pool_.region.empty()) labels[kube::kLabelRegion] = pool_.region;
  if (!pool_.instance_type.empty()) labels[kube::kLabelInstanceType] = pool_.instance_type;
  for (const auto& [key, value] : pool_.labels) labels[key] = value;
  node.Set({"spec", "podCIDR"}, identity_.pod_cidr);
  node["spec"]["podCIDRs"].Append(identity_.pod_cidr);
  for (const kube::Taint& taint : pool_.taints) {
    kube::MutableJson t;
    t["key"] = taint.key;
    if (!taint.value.empty()) t["value"] = taint.value;
    t["effect"] = taint.effect;
    node["spec"]["taints"].Append(t.ref());
  }
  node["status"] = BuildStatus(true);
  return std::move(node).Freeze();
}

kube::Json NodeAgent::BuildStatus(bool known) const {
  kube::MutableJson status;
  for (const bool capacity : {true, false}) {
    const kube::JsonNode r = status[capacity ? "capacity" : "allocatable"];
    r["cpu"] = capacity ? pool_.cpu : Less("cpu", pool_.cpu, pool_.reserved_cpu);
    r["memory"] = capacity ? pool_.memory : Less("memory", pool_.memory, pool_.reserved_memory);
    r["ephemeral-storage"] = pool_.ephemeral_storage;
    r["pods"] = std::to_string(pool_.pods);
    for (const auto& [name, amount] : pool_.extended) r[name] = amount;
  }
  const std::string now = FormatTime(executor_.WallNow()), since = FormatTime(ready_since_);
  auto condition = [&](const char* type, const char* value, const char* reason,
                       const char* message) {
    kube::MutableJson c;
    c["type"] = type;
    c["status"] = known ? value : "Unknown";
    c["reason"] = known ? reason : "NodeStatusUnknown";
    c["message"] = known ? message : "Kubelet stopped posting node status.";
    if (known) c["lastHeartbeatTime"] = now;
    c["lastTransitionTime"] = since;
    status["conditions"].Append(c.ref());
  };
  condition("MemoryPressure", "False", "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available");
  condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure");
  condition("PIDPressure", "False", "KubeletHasSufficientPID",
            "kubelet has sufficient PID available");
  condition("Ready", "True", "KubeletReady", "kubelet is posting ready status");
  const std::pair<const char*, const std::string&> addresses[] = {{"InternalIP", identity_.host_ip},
                                                                  {"Hostname", identity_.name}};
  for (const auto& [type, address] : addresses) {
    kube::MutableJson a;
    a["type"] = type;
    a["address"] = address;
    status["addresses"].Append(a.ref());
  }
  const kube::JsonNode info = status["nodeInfo"];
  info["kubeletVersion"] = options_.kubelet_version;
  info["kubeProxyVersion"] = options_.kubelet_version;
  info["containerRuntimeVersion"] = "containerd://1.7.0";
  info["osImage"] = "Simulated Linux";
  info["operatingSystem"] = "linux";
  info["architecture"] = "amd64";
  info["kernelVersion"] = "6.1.0";
  for (const char* id : {"machineID", "systemUUID", "bootID"})
    info[id] = options_.cluster + "-" + identity_.name;
  return std::move(status).Freeze();
}

void NodeAgent::Register() {
  client_.Create(kube::kNodes, "", BuildNode(),
                 [weak = weak_from_this()](Result<kube::Object> made) {
                   auto self = weak.lock();
                   if (!self) return;
                   if (made || made.error().code == ErrorCode::kAlreadyExists)
                     return self->WriteStatus(true);
                   self->After(Seconds(1), &NodeAgent::Register);
                 });
}

void NodeAgent::WriteStatus(bool known) {
  kube::MutableJson patch;
  patch["status"] = BuildStatus(known);
  client_.Patch(kube::kNodes, "", identity_.name, kube::PatchType::kStrategicMerge,
                std::move(patch).Freeze(),
                [weak = weak_from_this(), known](Result<kube::Object> answer) {
                  auto self = weak.lock();
                  if (!self || answer) return;
                  if (answer.error().code == ErrorCode::kNotFound && known)
                    return self->After(Seconds(1), &NodeAgent::Register);
                  self->executor_.RunAfter(Seconds(1), [weak, known] {
                    auto again = weak.lock();
                    if (again && again->unreachable_ != known) again->WriteStatus(known);
                  });
                },
                "status", {.field_manager = "kubelet"});
}

void NodeAgent::RenewLease() {
  if (hung_) return;
  kube::MutableJson patch;
  patch.Set({"spec", "renewTime"}, FormatMicroTime(executor_.WallNow()));
  client_.Patch(kube::kLeases, kLeaseNamespace, identity_.name, kube::PatchType::kMerge,
                std::move(patch).Freeze(),
                [weak = weak_from_this()](Result<kube::Object> answer) {
                  auto self = weak.lock();
                  if (self && !answer && answer.error().code == ErrorCode::kNotFound)
                    self->MakeLease();
                },
                "", {.field_manager = "kubelet"});
  lease_timer_ = executor_.RunAfter(options_.lease_renew, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->RenewLease();
  });
}

void NodeAgent::MakeLease() {
  kube::MutableJson lease;
  lease["apiVersion"] = "coordination.k8s.io/v1";
  lease["kind"] = "Lease";
  lease.Set({"metadata", "name"}, identity_.name);
  lease.Set({"metadata", "namespace"}, kLeaseNamespace);
  lease.Set({"spec", "holderIdentity"}, identity_.name);
  lease.Set({"spec", "leaseDurationSeconds"}, options_.lease_grace.count() / 1000000);
  lease.Set({"spec", "renewTime"}, FormatMicroTime(executor_.WallNow()));
  client_.Create(kube::kLeases, kLeaseNamespace, std::move(lease).Freeze(),
                 [](Result<kube::Object>) {
                   // A failure is met again by the next renewal.
                 });
}

void NodeAgent::SetHung(bool hung) {
  if (hung_ == hung) return;
  hung_ = hung;
  executor_.Cancel(lease_timer_);
  executor_.Cancel(lost_timer_);
  if (hung) {
    lost_timer_ = executor_.RunAfter(options_.lease_grace, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->unreachable_ = true;
      self->ready_since_ = self->executor_.WallNow();
      self->WriteStatus(false);
      self->SetUnreachableTaint(true);
    });
    return;
  }
  RenewLease();
  if (!std::exchange(unreachable_, false)) return;
  ready_since_ = executor_.WallNow();
  WriteStatus(true);
  SetUnreachableTaint(false);
}

void NodeAgent::SetUnreachableTaint(bool unreachable) {
  kube::MutableJson patch;
  for (const char* effect : {"NoSchedule", "NoExecute"}) {
    kube::MutableJson taint;
    taint["key"] = kube::kTaintUnreachable;
    taint["effect"] = effect;
    if (unreachable) taint["timeAdded"] = FormatTime(executor_.WallNow());
    patch["spec"]["taints"].Append(taint.ref());
  }
  // Read, change, write: taints of others stay.
  client_.Get(kube::kNodes, "", identity_.name,
              [weak = weak_from_this(), ours = std::move(patch).Freeze(),
               unreachable](Result<kube::Object> node) {
                auto self = weak.lock();
                if (!self || !node) return;
                kube::MutableJson change;
                change.Set({"metadata", "resourceVersion"}, node->resource_version());
                change["spec"]["taints"] = kube::JsonArray{};
                for (const kube::JsonRef taint : node->spec()["taints"].elements()) {
                  if (taint["key"].str() != kube::kTaintUnreachable)
                    change["spec"]["taints"].Append(taint);
                }
                if (unreachable) {
                  for (const kube::JsonRef taint : ours["spec"]["taints"].elements())
                    change["spec"]["taints"].Append(taint);
                }
                self->client_.Patch(kube::kNodes, "", self->identity_.name, kube::PatchType::kMerge,
                                    std::move(change).Freeze(),
                                    [weak, unreachable](Result<kube::Object> answer) {
                                      auto again = weak.lock();
                                      if (!again || answer || again->unreachable_ != unreachable)
                                        return;
                                      again->SetUnreachableTaint(unreachable);
                                    });
              });
}

}  // namespace stowage::sim
