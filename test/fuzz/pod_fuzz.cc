#include "kube/api/views.h"
#include "providers/kubernetes/status.h"
#include "providers/kubernetes/translate.h"
#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

using providers::TranslateOptions;

void ReadViews(const kube::Object& object) {
  const kube::PodView pod(object);
  (void)pod.container_names();
  (void)pod.init_container_names();
  (void)pod.scheduling_gates();
  (void)pod.tolerations();
  (void)pod.deletion_grace_seconds();
  (void)pod.termination_grace_seconds();
  (void)pod.priority();
  (void)kube::GetControllerOf(object);
  const kube::NodeView node(object);
  (void)node.allocatable();
  (void)node.taints();
  (void)node.labels();
  (void)node.ready();
}

}  // namespace

// A pod of the host, and after "---" its copy as the member has it.
FUZZ_TARGET(pod) {
  const auto [first, second] = Split(bytes);
  const kube::Object host(ParseOrMissing(first)), remote(ParseOrMissing(second));
  ReadViews(host);
  ReadViews(remote);
  for (const bool trusted : {false, true}) {
    TranslateOptions options;
    options.host_uid = "host-uid";
    options.node_name = "m1";
    options.trusted = trusted;
    options.host_address = trusted ? "10.0.0.5:6443" : "";
    options.accounts = trusted ? providers::Accounts::kHost : providers::Accounts::kMember;
    options.cluster_labels = {{"topology.kubernetes.io/region", "eu"}};
    auto translated = providers::TranslatePod(host, options);
    (void)providers::PlanUpdate(host, remote, options);
    if (!translated) continue;
    Require(!translated->name.empty() && !translated->ns.empty(), "a translated pod has a name");
    const kube::Json sent = providers::WithAnchor(std::move(*translated), "host-uid", "anchor");
    const kube::Object copy(sent);
    Require(!sent["status"].exists() && !copy.metadata()["finalizers"].exists(),
            "status and finalizers stay with the host");
    Require(providers::OriginOf(copy).uid == host.uid(), "a copy names its origin");
  }
  (void)providers::FindReferences(remote.spec());
  (void)providers::ToRemotePod(remote, providers::CidrMap());
}

}  // namespace stowage::fuzz
