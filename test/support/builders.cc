#include "test/support/builders.h"

#include <gtest/gtest.h>

#include "kube/api/views.h"

namespace stowage::test {
namespace {

void SetAll(kube::JsonNode at, Pairs resources) {
  for (const auto& [name, quantity] : resources) at[name] = quantity;
}

kube::MutableJson ContainerJson(std::string_view name, Pairs requests) {
  kube::MutableJson container;
  container["name"] = name;
  container["image"] = "example/" + std::string(name) + ":1";
  if (requests.size() > 0) SetAll(container["resources"]["requests"], requests);
  return container;
}

constexpr WallTime kStart =
    WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1).time_since_epoch());

}  // namespace

template <class Self>
ObjectBuilder<Self>::ObjectBuilder(std::string_view api_version, std::string_view kind,
                                   std::string_view ns, std::string_view name) {
  doc_["apiVersion"] = api_version;
  doc_["kind"] = kind;
  doc_.Set({"metadata", "name"}, name);
  if (!ns.empty()) doc_.Set({"metadata", "namespace"}, ns);
  doc_.Set({"metadata", "uid"}, "uid-" + std::string(name));
  doc_.Set({"metadata", "resourceVersion"}, "1");
  doc_.Set({"metadata", "creationTimestamp"}, "2026-01-01T00:00:00Z");
}
template class ObjectBuilder<PodBuilder>;
template class ObjectBuilder<NodeBuilder>;
template class ObjectBuilder<AnyBuilder>;

PodBuilder::PodBuilder(std::string_view ns, std::string_view name)
    : ObjectBuilder("v1", "Pod", ns, name) {
  Container("main");
  Phase("Pending");
}

PodBuilder& PodBuilder::Requests(Pairs resources) {
  SetAll(doc_["spec"]["containers"].At(0)["resources"]["requests"], resources);
  return *this;
}
PodBuilder& PodBuilder::Limits(Pairs resources) {
  SetAll(doc_["spec"]["containers"].At(0)["resources"]["limits"], resources);
  return *this;
}
PodBuilder& PodBuilder::Container(std::string_view name, Pairs requests) {
  doc_["spec"]["containers"].Append(ContainerJson(name, requests).ref());
  return *this;
}
PodBuilder& PodBuilder::InitContainer(std::string_view name, Pairs requests, bool sidecar) {
  kube::MutableJson container = ContainerJson(name, requests);
  if (sidecar) container["restartPolicy"] = "Always";
  doc_["spec"]["initContainers"].Append(container.ref());
  return *this;
}
PodBuilder& PodBuilder::Overhead(Pairs resources) {
  SetAll(doc_["spec"]["overhead"], resources);
  return *this;
}
PodBuilder& PodBuilder::Toleration(std::string_view key, std::string_view op,
                                   std::string_view value, std::string_view effect) {
  kube::MutableJson toleration;
  if (!key.empty()) toleration["key"] = key;
  if (!op.empty()) toleration["operator"] = op;
  if (!value.empty()) toleration["value"] = value;
  if (!effect.empty()) toleration["effect"] = effect;
  doc_["spec"]["tolerations"].Append(toleration.ref());
  return *this;
}
PodBuilder& PodBuilder::Gate(std::string_view name) {
  doc_["spec"]["schedulingGates"].Append(kube::JsonObject{})["name"] = name;
  return *this;
}
PodBuilder& PodBuilder::Condition(std::string_view type, std::string_view status) {
  kube::SetCondition(doc_["status"]["conditions"], {std::string(type), std::string(status), "", ""},
                     kStart);
  return *this;
}

NodeBuilder::NodeBuilder(std::string_view name) : ObjectBuilder("v1", "Node", "", name) {
  Label("kubernetes.io/hostname", name);
  Ready(true);
}
NodeBuilder& NodeBuilder::Allocatable(Pairs resources) {
  SetAll(doc_["status"]["allocatable"], resources);
  SetAll(doc_["status"]["capacity"], resources);
  return *this;
}
NodeBuilder& NodeBuilder::Taint(std::string_view key, std::string_view value,
                                std::string_view effect) {
  kube::MutableJson taint;
  taint["key"] = key;
  if (!value.empty()) taint["value"] = value;
  taint["effect"] = effect;
  doc_["spec"]["taints"].Append(taint.ref());
  return *this;
}
NodeBuilder& NodeBuilder::Ready(bool ready) {
  kube::SetCondition(doc_["status"]["conditions"],
                     {"Ready", ready ? "True" : "False", ready ? "KubeletReady" : "Test", ""},
                     kStart);
  return *this;
}

kube::Json JsonFrom(std::string_view json) {
  auto parsed = kube::Json::Parse(json);
  if (parsed) return *parsed;
  ADD_FAILURE() << parsed.error().ToString() << " in: " << json;
  return {};
}
kube::Object ObjectFrom(std::string_view json) { return kube::Object(JsonFrom(json)); }

}  // namespace stowage::test
