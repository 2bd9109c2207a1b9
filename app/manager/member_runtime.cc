#include "app/manager/member_runtime.h"

#include "kube/api/views.h"
#include "kube/api/well_known.h"

namespace stowage::app {
namespace {

std::vector<scheduler::Taint> Taints(kube::JsonRef taints) {
  std::vector<scheduler::Taint> out;
  for (const kube::Taint& t : kube::ReadTaints(taints)) {
    scheduler::Taint taint{t.key, t.value, scheduler::Taint::Effect::kNoSchedule};
    if (t.effect == "PreferNoSchedule") taint.effect = scheduler::Taint::Effect::kPreferNoSchedule;
    if (t.effect == "NoExecute") taint.effect = scheduler::Taint::Effect::kNoExecute;
    out.push_back(std::move(taint));
  }
  return out;
}

}  // namespace

MemberRuntime::MemberRuntime(Deps deps, std::string name,
                             std::unique_ptr<kube::Transport> transport)
    : deps_(std::move(deps)), name_(std::move(name)), transport_(std::move(transport)) {}

Result<std::unique_ptr<MemberRuntime>> MemberRuntime::Make(
    Deps deps, Rng rng, const ClusterSpec& spec, std::unique_ptr<kube::Transport> transport) {
  std::unique_ptr<MemberRuntime> runtime(
      new MemberRuntime(std::move(deps), spec.name, std::move(transport)));
  RETURN_IF_ERROR(runtime->Begin(std::move(rng), spec));
  return runtime;
}

Result<void> MemberRuntime::Begin(Rng rng, const ClusterSpec& spec) {
  ASSIGN_OR_RETURN(provider_, providers::KubernetesProvider::Make(
                                  {deps_.executor, *transport_, deps_.host_objects}, spec.member,
                                  rng.Stream("provider")));
  vkubelet::KubeletServerOptions kubelet{.node = name_,
                                         .allowed_common_names = deps_.kubelet_clients};
  // What kubeadm and most others give an API server toward kubelets.
  kubelet.allowed_common_names.insert(kubelet.allowed_common_names.end(),
                                      {"kube-apiserver-kubelet-client", "kube-apiserver"});
  kubelet.allowed_organizations = {"system:masters", "kubeadm:cluster-admins"};
  server_ =
      std::make_unique<vkubelet::KubeletServer>(std::move(kubelet), provider_.get(), ServedPods());
  ASSIGN_OR_RETURN(const Endpoint endpoint, deps_.endpoints.Open(name_, *server_));
  serving_ = true;
  deps_.capacity.Expect(name_);
  deps_.nodes.AddNode(NodeOptions(spec, endpoint), *provider_, provider_.get(),
                      {.on_reachable = [this](bool reachable) {
                        deps_.pods.SetReachable(name_, reachable);
                        deps_.changed();
                      }});
  deps_.pods.AddNode(name_, *provider_,
                     {.sweep_allowance = [this] { return deps_.nodes.SweepAllowance(name_); },
                      .on_sweep_held =
                          [this](std::optional<std::string> why) {
                            sweep_held_ = why;
                            deps_.nodes.SetSweepHeld(name_, std::move(why));
                            deps_.changed();
                          },
                      .on_capacity_changed = [this] { OnCapacity(); }});
  OnCapacity();
  return {};
}

MemberRuntime::~MemberRuntime() {
  if (!serving_) return;
  deps_.pods.RemoveNode(name_);
  deps_.nodes.RemoveNode(name_, false);
  deps_.capacity.Remove(name_);
  deps_.endpoints.Close(name_);
}

vkubelet::NodePods MemberRuntime::ServedPods() {
  vkubelet::NodePods pods;
  pods.find = [this](const std::string& ns, const std::string& name) {
    return deps_.pods.FindPod(name_, ns, name);
  };
  pods.list = [this](bool running_only, Callback<Result<kube::Json>> done) {
    const kube::ListOptions on_node{.field_selector = "spec.nodeName=" + name_};
    deps_.host.ListAll(kube::kPods, "", on_node,
                       [running_only, done](Result<std::vector<kube::Object>> all) {
                         if (!all) return done(Err(all.error()));
                         kube::MutableJson list;
                         list["kind"] = "PodList";
                         list["apiVersion"] = "v1";
                         list["metadata"].Set(kube::JsonObject{});
                         list["items"].Set(kube::JsonArray{});
                         for (const kube::Object& pod : *all) {
                           if (!running_only || kube::PodView(pod).phase() == "Running")
                             list["items"].Append(kube::JsonRef(pod.json()));
                         }
                         done(std::move(list).Freeze());
                       });
  };
  return pods;
}

vkubelet::VirtualNodeOptions MemberRuntime::NodeOptions(const ClusterSpec& spec,
                                                        const Endpoint& endpoint) const {
  vkubelet::VirtualNodeOptions options;
  options.name = spec.name;
  options.region = spec.region;
  options.zone = spec.zone;
  options.labels = spec.labels;
  options.taints = kube::ReadTaints(spec.taints);
  options.internal_ip = endpoint.address;
  options.kubelet_port = endpoint.port;
  return options;
}

void MemberRuntime::OnCapacity() {
  deps_.nodes.Enqueue(name_);
  auto capacity = provider_->GetCapacity();
  if (!capacity) return;
  std::vector<scheduler::MemberShape> shapes;
  for (const providers::NodeShape& shape : capacity->shapes) {
    scheduler::MemberShape out;
    for (const auto& [k, v] : shape.labels) out.labels[k] = v;
    out.taints = Taints(shape.taints);
    out.allocatable = shape.allocatable;
    out.count = shape.count;
    shapes.push_back(std::move(out));
  }
  deps_.capacity.Set(name_, std::move(shapes));
  deps_.changed();
}

}  // namespace stowage::app
