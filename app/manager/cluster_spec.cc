#include "app/manager/cluster_spec.h"

#include "kube/api/quantity.h"
#include "kube/api/selector.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

using kube::JsonRef;

constexpr int64_t kLatencyMaxMs = 60'000;

// Collects what is wrong, so that a user mends all of it at once.
class Problems {
 public:
  void Add(const std::string& path, const std::string& what) {
    if (!text_.empty()) text_ += "; ";
    text_ += path + ": " + what;
  }
  template <class T>
  T Take(const std::string& path, Result<T> result) {
    if (result) return *result;
    Add(path, result.error().message);
    return T{};
  }
  bool any() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

scheduler::Money Price(JsonRef value, const std::string& path, Problems& problems) {
  if (!value.exists()) return {};
  if (!value.is_string()) {
    problems.Add(path, "expected a quoted decimal such as \"0.0316\", not a " +
                           std::string(value.kind_name()));
    return {};
  }
  return problems.Take(path, scheduler::ParsePrice(value.str()));
}

// "0.05" is 50,000 millionths.
int64_t Millionths(JsonRef value, const std::string& path, Problems& problems) {
  return Price(value, path, problems).nano / 1000;
}

// Amounts by resource: milli-cores for cpu, whole units for all else.
std::map<std::string, int64_t> Amounts(JsonRef map, const std::string& path, Problems& problems) {
  std::map<std::string, int64_t> amounts;
  for (auto [name, value] : map.members()) {
    const std::string text = value.is_string() ? value.string() : value.Dump();
    auto quantity = kube::Quantity::Parse(text);
    if (!quantity) {
      problems.Add(path + "." + std::string(name), quantity.error().message);
    } else if (*quantity < kube::Quantity()) {
      problems.Add(path + "." + std::string(name), "must not be negative");
    } else {
      amounts[std::string(name)] = kube::ResourceAmount(name, *quantity);
    }
  }
  return amounts;
}

std::map<std::string, std::string> Strings(JsonRef map) {
  std::map<std::string, std::string> out;
  for (auto [name, value] : map.members()) out[std::string(name)] = value.string();
  return out;
}

void ReadLabels(JsonRef spec, ClusterSpec& out, Problems& problems) {
  out.labels = Strings(spec["labels"]);
  for (const auto& [key, value] : out.labels) {
    if (auto ok = kube::ValidateLabelKey(key); !ok) problems.Add("spec.labels", ok.error().message);
    if (auto ok = kube::ValidateLabelValue(value); !ok)
      problems.Add("spec.labels." + key, ok.error().message);
  }
  for (const auto& [field, value] :
       {std::pair{"spec.region", out.region}, {"spec.zone", out.zone}}) {
    if (auto ok = kube::ValidateLabelValue(value); !ok) problems.Add(field, ok.error().message);
  }
}

void ReadMember(JsonRef spec, ClusterSpec& out, Problems& problems) {
  providers::MemberOptions& member = out.member;
  member.cluster = out.name;
  providers::TranslateOptions& t = member.translate;
  t.node_name = out.name;
  t.trusted = spec["trusted"].boolean();
  t.host_address = spec["hostAddress"].string();
  t.accounts = spec["accounts"].str() == "Member" ? providers::Accounts::kMember
                                                  : providers::Accounts::kHost;
  const std::string_view network = spec["podNetwork"].str();
  if (network == "flat") {
    t.pod_network = providers::PodNetwork::kFlat;
  } else if (network == "mapped") {
    t.pod_network = providers::PodNetwork::kMapped;
  } else if (network != "none") {
    problems.Add("spec.podNetwork", "must be one of none, flat, mapped");
  }
  for (JsonRef cidr : spec["podCIDRs"].elements()) {
    t.cidrs.push_back({cidr["member"].string(), cidr["host"].string()});
  }
  t.namespaces.prefix = spec["namespaces"]["prefix"].string();
  t.namespaces.explicit_names = Strings(spec["namespaces"]["names"]);
  t.cluster_labels = out.labels;
  if (!out.region.empty()) t.cluster_labels[std::string(kube::kLabelRegion)] = out.region;
  if (!out.zone.empty()) t.cluster_labels[std::string(kube::kLabelZone)] = out.zone;
  member.limits = Amounts(spec["limits"], "spec.limits", problems);
}

std::vector<scheduler::Taint> Taints(JsonRef list, const std::string& path, Problems& problems) {
  std::vector<scheduler::Taint> taints;
  size_t i = 0;
  for (JsonRef taint : list.elements()) {
    const std::string at = path + "[" + std::to_string(i++) + "]";
    const std::string_view effect = taint["effect"].str();
    scheduler::Taint out{taint["key"].string(), taint["value"].string(), {}};
    if (effect == "PreferNoSchedule") {
      out.effect = scheduler::Taint::Effect::kPreferNoSchedule;
    } else if (effect == "NoExecute") {
      out.effect = scheduler::Taint::Effect::kNoExecute;
    } else if (effect != "NoSchedule") {
      problems.Add(at + ".effect", "must be NoSchedule, PreferNoSchedule or NoExecute");
    }
    if (out.key.empty()) problems.Add(at + ".key", "is required");
    taints.push_back(std::move(out));
  }
  return taints;
}

void ReadPlacement(JsonRef spec, ClusterSpec& out, Problems& problems) {
  scheduler::ClusterConfig& p = out.placement;
  p.region = out.region;
  p.unschedulable = out.unschedulable;
  const JsonRef cost = spec["cost"];
  p.core_hour = Price(cost["coreHour"], "spec.cost.coreHour", problems);
  p.gib_hour = Price(cost["memoryGiBHour"], "spec.cost.memoryGiBHour", problems);
  p.egress_per_gib = Price(cost["egressPerGiB"], "spec.cost.egressPerGiB", problems);
  p.core_milligrams =
      Millionths(cost["gramsPerCoreHour"], "spec.cost.gramsPerCoreHour", problems) / 1000;
  for (auto [name, value] : cost["resourceHours"].members()) {
    p.unit_hour[std::string(name)] =
        Price(value, "spec.cost.resourceHours." + std::string(name), problems);
  }
  size_t i = 0;
  for (JsonRef pool : spec["elasticPools"].elements()) {
    const std::string path = "spec.elasticPools[" + std::to_string(i++) + "]";
    scheduler::ElasticPoolConfig out_pool;
    out_pool.name = pool["name"].string();
    for (const auto& [k, v] : Strings(pool["labels"])) out_pool.labels[k] = v;
    out_pool.taints = Taints(pool["taints"], path + ".taints", problems);
    out_pool.allocatable = Amounts(pool["allocatable"], path + ".allocatable", problems);
    out_pool.nodes_max = pool["maxNodes"].i64();
    out_pool.node_hour = Price(pool["nodeHour"], path + ".nodeHour", problems);
    out_pool.provision_seconds = pool["provisionSeconds"].i64();
    out_pool.minimum_billing_seconds = pool["minimumBillingSeconds"].i64();
    out_pool.interruptions_ppm =
        Millionths(pool["interruptionsPerHour"], path + ".interruptionsPerHour", problems);
    p.pools.push_back(std::move(out_pool));
  }
  i = 0;
  for (JsonRef link : spec["latency"].elements()) {
    const std::string path = "spec.latency[" + std::to_string(i++) + "]";
    if (out.region.empty()) problems.Add(path, "needs spec.region, the other end of the link");
    const int64_t milliseconds = link["milliseconds"].i64(-1);
    if (milliseconds < 0 || milliseconds > kLatencyMaxMs) {
      problems.Add(path + ".milliseconds",
                   "must be a number from 0 to " + std::to_string(kLatencyMaxMs));
      continue;
    }
    out.links.push_back({out.region, link["region"].string(), milliseconds * 1000});
  }
}

}  // namespace

Result<ClusterSpec> ParseCluster(const kube::Object& cluster, const std::string& host_uid) {
  ClusterSpec out;
  out.member.translate.host_uid = host_uid;
  Problems problems;
  const JsonRef spec = cluster.spec();
  out.name = cluster.name();
  out.uid = cluster.uid();
  out.region = spec["region"].string();
  out.zone = spec["zone"].string();
  out.unschedulable = spec["unschedulable"].boolean();
  if (spec["provider"].str("Kubernetes") != "Kubernetes") {
    problems.Add("spec.provider", "must be Kubernetes");
  }
  const JsonRef secret = spec["kubeconfigSecretRef"];
  out.kubeconfig = {secret["namespace"].string("stowage-system"), secret["name"].string(),
                    secret["key"].string("kubeconfig")};
  if (out.kubeconfig.name.empty()) {
    problems.Add("spec.kubeconfigSecretRef.name",
                 "is required: the Secret that `stowage join` makes");
  }
  ReadLabels(spec, out, problems);
  Taints(spec["taints"], "spec.taints", problems);
  if (spec["taints"].exists()) out.taints = kube::Json::Copy(spec["taints"]);
  ReadMember(spec, out, problems);
  ReadPlacement(spec, out, problems);
  if (!problems.any()) {
    if (auto ok = providers::ValidateOptions(out.member); !ok)
      problems.Add("spec", ok.error().message);
  }
  if (problems.any()) return MakeError(ErrorCode::kInvalid, problems.text());
  return out;
}

}  // namespace stowage::app
