// `stowage explain`: why a pod is where it is, or why it is nowhere.
#include <iostream>

#include "app/lib/commands.h"
#include "app/lib/output.h"
#include "app/lib/session.h"
#include "app/lib/table.h"
#include "kube/api/views.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

using kube::JsonRef;

std::string PodName(const std::string& argument) {
  for (const char* prefix : {"pod/", "pods/", "po/"}) {
    if (argument.starts_with(prefix)) return argument.substr(std::string_view(prefix).size());
  }
  return argument;
}

void PrintPlaced(const kube::PodView& pod, JsonRef why) {
  std::cout << "Pod " << pod.object().key().ToString() << " is on cluster " << pod.node_name()
            << ".\n";
  if (!why.exists()) {
    std::cout
        << "It was not placed by Stowage's scheduler, which would have written why (schedulerName: "
        << pod.scheduler_name() << ").\n";
    return;
  }
  Table cost({"COST", "PER HOUR"});
  for (auto [name, money] : why["terms"].members()) cost.Row({std::string(name), money.string()});
  cost.Row({"total", why["costPerHour"].string("$0")});
  std::cout << "\n" << cost.ToString();
  if (why["pool"].exists()) std::cout << "\nOn node pool " << why["pool"].str() << ".\n";
  if (why["runnerUp"].exists()) {
    std::cout << "\nNext best: " << why["runnerUp"].str() << ", " << why["difference"].str()
              << " an hour "
              << (why["difference"].str().starts_with("-") ? "(cheaper, but preferred less or full)"
                                                           : "more")
              << ".\n";
  }
  if (!why["refused"].empty()) {
    std::cout << "\nNot on:\n";
    for (auto [cluster, reason] : why["refused"].members()) {
      std::cout << "  " << cluster << ": " << reason.str() << "\n";
    }
    if (const int64_t others = why["refusedOthers"].i64(); others > 0) {
      std::cout << "  and " << others << " more\n";
    }
  }
  if (why["solver"].exists()) {
    std::cout << "\nPlaced after round " << why["round"].str() << " by what it left free ("
              << why["solver"].str() << ").\n";
  }
  if (const std::string gap = why["gapPercent"].string(); !gap.empty()) {
    std::cout << "\nThe round that placed it (" << why["round"].str() << ") is proven to be "
              << (gap == "0.00" ? "the cheapest placement"
                                : "within " + gap + " % of the cheapest placement")
              << ".\n";
  }
}

void PrintWaiting(const kube::PodView& pod) {
  std::cout << "Pod " << pod.object().key().ToString() << " is not placed.\n";
  const auto gates = pod.scheduling_gates();
  if (!gates.empty()) {
    std::cout << "It has scheduling gates:";
    for (const std::string& gate : gates) std::cout << " " << gate;
    std::cout << "\n";
  }
  const JsonRef condition = pod.condition("PodScheduled");
  if (condition["status"].str() == "False") {
    std::cout << condition["reason"].str() << ": " << condition["message"].str() << "\n";
  } else if (gates.empty()) {
    std::cout << "No scheduler has judged it yet (schedulerName: " << pod.scheduler_name()
              << ").\n";
  }
}

}  // namespace

int RunExplain(const ExplainFlags& flags) {
  if (!flags.output.empty() && flags.output != "json" && flags.output != "yaml") {
    Fail("-o " + flags.output + ": must be json or yaml");
    return 2;
  }
  auto config = kube::LoadKubeconfig(flags.host.kubeconfig, flags.host.context);
  if (!config) return Fail(config.error());
  std::string ns = flags.ns.empty() ? config->default_namespace : flags.ns;
  if (ns.empty()) ns = "default";
  Session session;
  auto client = session.Connect(*config);
  if (!client) return Fail(client.error());
  auto pod = session.Await<kube::Object>(
      [&](auto done) { (*client)->Get(kube::kPods, ns, PodName(flags.pod), std::move(done)); });
  if (!pod) return Fail(pod.error());
  const kube::PodView view(*pod);
  kube::Json why;
  if (const std::string_view text = pod->annotation(kube::kAnnotationPlacement); !text.empty()) {
    auto parsed = kube::Json::Parse(text);
    if (!parsed) return Fail(WithContext(parsed.error(), "annotation stowage.dev/placement"));
    why = std::move(*parsed);
  }
  if (!flags.output.empty()) {
    kube::MutableJson out;
    out["pod"] = pod->key().ToString();
    out["node"] = view.node_name();
    if (why.exists()) out["placement"] = kube::JsonRef(why);
    const JsonRef scheduled = view.condition("PodScheduled");
    if (scheduled.exists()) out["scheduled"] = scheduled;
    std::cout << (flags.output == "json" ? out.ref().DumpPretty() + "\n" : ToYaml(out.ref()));
    return 0;
  }
  if (view.node_name().empty()) {
    PrintWaiting(view);
  } else {
    PrintPlaced(view, why);
  }
  return 0;
}

}  // namespace stowage::app
