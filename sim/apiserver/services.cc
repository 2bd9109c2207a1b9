#include "sim/apiserver/services.h"

#include <charconv>
#include <set>

#include "sim/apiserver/strategy.h"

namespace stowage::sim {
namespace {

struct Range {
  uint32_t base = (10u << 24) | (96u << 16);
  uint32_t size = 65536;
};

bool ParseAddress(std::string_view text, uint32_t& out) {
  out = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned part = 0;
    const auto [p, e] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (e != std::errc() || part > 255) return false;
    text.remove_prefix(static_cast<size_t>(p - text.data()));
    out = out << 8 | part;
    if (i == 3) return text.empty();
    if (text.empty() || text[0] != '.') return false;
    text.remove_prefix(1);
  }
  return false;
}

std::string AddressText(uint32_t a) {
  return std::to_string(a >> 24) + "." + std::to_string(a >> 16 & 255) + "." +
         std::to_string(a >> 8 & 255) + "." + std::to_string(a & 255);
}

Range ParseRange(const std::string& cidr) {
  Range r;
  const size_t slash = cidr.find('/');
  uint32_t base = 0;
  unsigned bits = 16;
  if (slash == std::string::npos || !ParseAddress(std::string_view(cidr).substr(0, slash), base))
    return r;
  std::from_chars(cidr.data() + slash + 1, cidr.data() + cidr.size(), bits);
  if (bits < 8 || bits > 30) return r;
  return {base, uint32_t{1} << (32 - bits)};
}

std::set<std::string, std::less<>> Taken(Core& core, const kube::NamespacedName& except) {
  std::set<std::string, std::less<>> out;
  for (const auto& [key, entry] : core.store.collection("services").objects) {
    if (key != except) out.insert(entry->json()["spec"]["clusterIP"].string());
  }
  return out;
}

void SetFamilies(kube::MutableJson& service, const std::string& ip) {
  service.Set({"spec", "clusterIP"}, ip);
  service.Set({"spec", "clusterIPs"}, kube::JsonArray{});
  service["spec"]["clusterIPs"].Append(ip);
}

void AllocateNodePorts(Core& core, kube::MutableJson& service) {
  const std::string type = service.ref()["spec"]["type"].string("ClusterIP");
  if (type != "NodePort" && type != "LoadBalancer") return;
  std::set<int64_t> taken;
  for (const auto& [key, entry] : core.store.collection("services").objects) {
    for (kube::JsonRef p : entry->json()["spec"]["ports"].elements())
      taken.insert(p["nodePort"].i64());
  }
  for (size_t i = 0; i < service.ref()["spec"]["ports"].size(); ++i) {
    if (service.ref()["spec"]["ports"].At(i)["nodePort"].i64() > 0) continue;
    int64_t port = core.rng.Between(30000, 32767);
    while (!taken.insert(port).second) port = port == 32767 ? 30000 : port + 1;
    service["spec"]["ports"].At(i)["nodePort"] = port;
  }
}

}  // namespace

ApiResult<void> AllocateClusterIp(Core& core, const WriteContext& ctx, kube::JsonRef old,
                                  kube::MutableJson& service) {
  if (service.ref()["spec"]["type"].str() == "ExternalName") {
    service.Remove({"spec", "clusterIP"});
    service.Remove({"spec", "clusterIPs"});
    return {};
  }
  std::string ip = service.ref()["spec"]["clusterIP"].string();
  const std::string_view before = old["spec"]["clusterIP"].str();
  if (ip.empty()) ip = before;
  AllocateNodePorts(core, service);
  if (ip == "None" || (!ip.empty() && ip == before)) {
    SetFamilies(service, ip);
    return {};
  }
  const Range range = ParseRange(core.options.service_cidr);
  const auto taken = Taken(core, ctx.key());
  if (ip.empty()) {
    uint32_t offset = static_cast<uint32_t>(core.rng.Between(2, range.size - 2));
    for (uint32_t tries = 0; tries < range.size; ++tries) {
      ip = AddressText(range.base + offset);
      if (!taken.contains(ip)) break;
      offset = offset + 2 >= range.size ? 2 : offset + 1;
    }
  }
  Causes causes;
  uint32_t address = 0;
  if (!ParseAddress(ip, address)) {
    InvalidText(causes, "spec.clusterIPs[0]", ip, "must be a valid IP address");
  } else if (address - range.base >= range.size) {
    InvalidText(causes, "spec.clusterIPs", ip,
                "failed to allocate IP " + ip +
                    ": the provided IP is not in the valid range. The "
                    "range of valid IPs is " +
                    core.options.service_cidr);
  } else if (taken.contains(ip)) {
    InvalidText(causes, "spec.clusterIPs", ip,
                "failed to allocate IP " + ip + ": provided IP is already allocated");
  }
  if (!causes.empty()) return Invalid(*ctx.resource, ctx.name, std::move(causes));
  SetFamilies(service, ip);
  return {};
}

void StartNamespace(Core& core, const std::string& name) {
  const EntryPtr ns = core.store.Get("namespaces", {"", name});
  if (!ns || ns->json()["metadata"]["deletionTimestamp"].is_string()) return;
  const auto make = [&](std::string_view plural, const kube::MutableJson& object) {
    WriteContext ctx;
    ctx.resource = core.resources.Find("", "v1", plural);
    ctx.ns = name;
    ctx.user = {"system:kube-controller-manager", "", {"system:masters"}};
    ctx.manager = "kube-controller-manager";
    ctx.validation = "Ignore";
    (void)CreateObject(core, ctx, object.ref());  // one that is there already stays
  };
  kube::MutableJson account;
  account.Set({"metadata", "name"}, "default");
  make("serviceaccounts", account);
  kube::MutableJson ca;
  ca.Set({"metadata", "name"}, "kube-root-ca.crt");
  ca.Set({"metadata", "annotations", "kubernetes.io/description"},
         "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
         "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
         "guaranteed across distributions of Kubernetes clusters.");
  ca.Set({"data", "ca.crt"}, core.options.ca_certificate_pem);
  make("configmaps", ca);
}

}  // namespace stowage::sim
