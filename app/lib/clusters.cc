// `stowage clusters`: the members, what they offer and what is used.
#include <iostream>
#include <map>

#include "app/lib/commands.h"
#include "app/lib/output.h"
#include "app/lib/session.h"
#include "app/lib/table.h"
#include "base/time/rfc3339.h"
#include "kube/api/quantity.h"
#include "kube/api/views.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

struct Usage {
  int64_t pods = 0, milli_cpu = 0, memory = 0;
};

Result<std::vector<kube::Object>> All(Session& session, kube::Client& client,
                                      const kube::Resource& r, kube::ListOptions options) {
  return session.Await<std::vector<kube::Object>>(
      [&](auto done) { client.ListAll(r, "", options, std::move(done)); });
}

std::string Cores(int64_t milli) { return kube::Quantity::FromMilli(milli).ToString(); }

std::string Gib(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1fGi", static_cast<double>(bytes) / (1 << 30));
  return text;
}

int64_t Amount(kube::JsonRef map, const char* name) {
  auto quantity = kube::Quantity::Parse(map[name].str("0"));
  return quantity ? kube::ResourceAmount(name, *quantity) : 0;
}

std::string ReadyOf(kube::JsonRef conditions, std::string& message) {
  for (kube::JsonRef c : conditions.elements()) {
    if (c["type"].str() != "Ready") continue;
    message = c["status"].str() == "True" ? "" : c["message"].string();
    return c["status"].string();
  }
  return "Unknown";
}

int PrintTable(const std::vector<kube::Object>& clusters, const std::map<std::string, Usage>& used,
               bool wide, WallTime now) {
  std::vector<std::string> header = {"NAME", "READY",  "REGION",   "NODES", "PODS",
                                     "CPU",  "MEMORY", "$/CORE-H", "AGE"};
  if (wide) header.insert(header.end(), {"VERSION", "MESSAGE"});
  Table table(header);
  for (const kube::Object& c : clusters) {
    std::string message;
    const auto it = used.find(std::string(c.name()));
    const Usage usage = it == used.end() ? Usage{} : it->second;
    const kube::JsonRef allocatable = c.status()["allocatable"];
    const auto created = ParseTime(c.metadata()["creationTimestamp"].str());
    const std::string ready = ReadyOf(c.status()["conditions"], message);
    std::vector<std::string> row = {
        std::string(c.name()),
        ready,
        c.spec()["region"].string("-"),
        std::to_string(c.status()["readyNodes"].i64()) + "/" +
            std::to_string(c.status()["nodes"].i64()),
        std::to_string(usage.pods),
        Cores(usage.milli_cpu) + "/" + Cores(Amount(allocatable, "cpu")),
        Gib(usage.memory) + "/" + Gib(Amount(allocatable, "memory")),
        c.spec()["cost"]["coreHour"].string("-"),
        created ? HumanDuration(now - *created) : "-"};
    if (wide) {
      row.push_back(c.status()["version"].string("-"));
      row.push_back(message);
    }
    table.Row(std::move(row));
  }
  if (table.empty()) {
    std::cout << "No clusters yet. `stowage join NAME --member-kubeconfig FILE` adds one.\n";
  } else {
    std::cout << table.ToString();
  }
  return 0;
}

}  // namespace

int RunClusters(const ClustersFlags& flags) {
  Session session;
  auto client = session.Connect(flags.host.kubeconfig, flags.host.context);
  if (!client) return Fail(client.error());
  auto clusters = All(session, **client, kube::kClusters, {});
  if (!clusters) {
    if (clusters.error().code == ErrorCode::kNotFound) {
      return Fail(
          "this cluster knows no Cluster objects: is it a Stowage host? `stowage join` makes it "
          "one");
    }
    return Fail(clusters.error());
  }
  if (flags.output == "name") {
    for (const auto& c : *clusters) std::cout << "cluster.stowage.dev/" << c.name() << "\n";
    return 0;
  }
  if (flags.output == "json" || flags.output == "yaml") {
    kube::MutableJson list;
    list["apiVersion"] = "v1";
    list["kind"] = "List";
    list["items"].Set(kube::JsonArray{});
    for (const auto& c : *clusters) list["items"].Append(kube::JsonRef(c.json()));
    std::cout << (flags.output == "json" ? list.ref().DumpPretty() + "\n" : ToYaml(list.ref()));
    return 0;
  }
  if (!flags.output.empty() && flags.output != "wide") {
    Fail("-o " + flags.output + ": must be wide, json, yaml or name");
    return 2;
  }
  auto pods = All(session, **client, kube::kPods, {});
  if (!pods) return Fail(pods.error());
  std::map<std::string, Usage> used;
  for (const kube::Object& pod : *pods) {
    const kube::PodView view(pod);
    if (view.node_name().empty() || view.terminated()) continue;
    Usage& u = used[std::string(view.node_name())];
    const auto requests = view.requests();
    const auto get = [&](const char* name) {
      auto it = requests.find(name);
      return it == requests.end() ? 0 : it->second;
    };
    ++u.pods;
    u.milli_cpu += get("cpu");
    u.memory += get("memory");
  }
  return PrintTable(*clusters, used, flags.output == "wide", session.executor().WallNow());
}

}  // namespace stowage::app
