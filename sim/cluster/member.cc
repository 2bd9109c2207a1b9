#include "sim/cluster/member.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log/log.h"
#include "kube/api/well_known.h"
#include "sim/cluster/member_scheduler.h"
#include "sim/cluster/node_agent.h"

namespace stowage::sim {
namespace {

kube::ReflectorOptions Follow(const kube::Resource& resource) {
  kube::ReflectorOptions options;
  options.resource = resource;
  return options;
}

std::string FormatIp(uint32_t ip) {
  return std::to_string(ip >> 24) + "." + std::to_string(ip >> 16 & 255) + "." +
         std::to_string(ip >> 8 & 255) + "." + std::to_string(ip & 255);
}

// The first address of "a.b.c.d/n"; 10.244.0.0 for what is no address.
uint32_t FirstAddress(std::string_view cidr) {
  uint32_t ip = 0;
  int parts = 0;
  for (std::string_view rest = cidr.substr(0, cidr.find('/')); !rest.empty() && parts < 4;
       ++parts) {
    const size_t dot = rest.find('.');
    uint32_t octet = 0;
    std::from_chars(rest.data(), rest.data() + std::min(dot, rest.size()), octet);
    ip = ip << 8 | (octet & 255);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return parts == 4 ? ip : (10U << 24 | 244U << 16);
}

}  // namespace

struct Member::Impl {
  Impl(Executor& e, kube::Transport& transport, Rng rng, MemberOptions o)
      : executor(e),
        client(transport),
        options(std::move(o)),
        pods(e, client, rng.Stream("pods"), Follow(kube::kPods),
             [](const kube::Object& object) { return std::optional(ProjectMemberPod(object)); }),
        nodes(e, client, rng.Stream("nodes"), Follow(kube::kNodes),
              [](const kube::Object& object) { return std::optional(ProjectMemberNode(object)); }),
        kubelet(e, client, rng.Stream("kubelet"), options, pods),
        scheduler(e, client, rng.Stream("scheduler"), options.scheduling, pods, nodes) {
    AddNodes();
  }

  void AddNodes() {
    const uint32_t first = FirstAddress(options.pod_cidr);
    uint32_t next = first, number = 0;
    for (const NodePool& pool : options.pools) {
      // Room for twice the pods, so that addresses of pods that just ended rest for a while.
      int bits = 4;
      while ((1 << bits) < 2 * pool.pods + 3 && bits < 16) ++bits;
      for (int i = 0; i < pool.count; ++i) {
        const uint32_t size = 1U << bits;
        next = (next + size - 1) & ~(size - 1);
        const std::string name = pool.name + "-" + std::to_string(i);
        ++number;
        const std::string host_ip =
            "172.18." + std::to_string(number >> 8 & 255) + "." + std::to_string(number & 255);
        const std::string cidr = FormatIp(next) + "/" + std::to_string(32 - bits);
        kubelet.AddNode(name, host_ip, cidr, next, size);
        agents.push_back(std::make_shared<NodeAgent>(executor, client, options, pool,
                                                     NodeIdentity{name, host_ip, cidr}));
        next += size;
      }
    }
  }

  std::shared_ptr<NodeAgent> Agent(const std::string& node) {
    for (const auto& agent : agents) {
      if (agent->identity().name == node) return agent;
    }
    return nullptr;
  }

  Executor& executor;
  kube::Client client;
  MemberOptions options;
  PodInformer pods;
  kube::Informer<MemberNode> nodes;
  MemberKubelet kubelet;
  MemberScheduler scheduler;
  std::vector<std::shared_ptr<NodeAgent>> agents;
};

Member::Member(Executor& executor, kube::Transport& transport, Rng rng, MemberOptions options)
    : impl_(std::make_unique<Impl>(executor, transport, std::move(rng), std::move(options))) {}

Member::~Member() = default;

void Member::Start() {
  for (const auto& agent : impl_->agents) agent->Start();
  impl_->kubelet.Start();
  impl_->nodes.Start();
  impl_->pods.Start();
}

MemberKubelet& Member::kubelet() { return impl_->kubelet; }

std::vector<std::string> Member::node_names() const {
  std::vector<std::string> names;
  for (const auto& agent : impl_->agents) names.push_back(agent->identity().name);
  return names;
}

bool Member::idle() const { return impl_->scheduler.pending() == 0; }

void Member::SetNodeHung(const std::string& node, bool hung) {
  if (auto agent = impl_->Agent(node)) agent->SetHung(hung);
  impl_->kubelet.SetHung(node, hung);
}

void Member::PowerCycleNode(const std::string& node) { impl_->kubelet.PowerCycle(node); }

}  // namespace stowage::sim
