// Builders: objects for tests, naming only what matters.
//   MakePod("default", "web").Requests({{"cpu", "100m"}}).OnNode("m1").Build()
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "kube/api/object.h"

namespace stowage::test {

using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// What all objects share. `Self` is the builder itself, so that calls chain.
template <class Self>
class ObjectBuilder {
 public:
  Self& Uid(std::string_view uid) { return Set({"metadata", "uid"}, uid); }
  Self& Version(std::string_view version) { return Set({"metadata", "resourceVersion"}, version); }
  Self& Label(std::string_view key, std::string_view value) {
    return Set({"metadata", "labels", key}, value);
  }
  Self& Annotation(std::string_view key, std::string_view value) {
    return Set({"metadata", "annotations", key}, value);
  }
  Self& Deleting(std::string_view when = "2026-01-01T00:00:30Z", int64_t grace_seconds = 30) {
    Set({"metadata", "deletionTimestamp"}, when);
    return Set({"metadata", "deletionGracePeriodSeconds"}, grace_seconds);
  }
  // The controller ownerReference.
  Self& OwnedBy(std::string_view api_version, std::string_view kind, std::string_view name,
                std::string_view uid) {
    kube::MutableJson owner;
    owner["apiVersion"] = api_version;
    owner["kind"] = kind;
    owner["name"] = name;
    owner["uid"] = uid;
    owner["controller"] = true;
    doc_["metadata"]["ownerReferences"].Append(owner.ref());
    return self();
  }
  // Anything else.
  Self& Set(std::initializer_list<std::string_view> path, kube::JsonValue value) {
    doc_.Set(path, std::move(value));
    return self();
  }
  kube::JsonNode operator[](std::string_view key) { return doc_[key]; }

  kube::Object Build() const { return kube::Object(doc_.Snapshot()); }
  kube::Json Json() const { return doc_.Snapshot(); }
  operator kube::Object() const { return Build(); }  // NOLINT: reads as the object it builds

 protected:
  ObjectBuilder(std::string_view api_version, std::string_view kind, std::string_view ns,
                std::string_view name);
  Self& self() { return static_cast<Self&>(*this); }
  kube::MutableJson doc_;
};

class PodBuilder : public ObjectBuilder<PodBuilder> {
 public:
  // One container "main" with an image; uid "uid-NAME", phase Pending.
  PodBuilder(std::string_view ns, std::string_view name);
  PodBuilder& Requests(Pairs resources);  // of the first container
  PodBuilder& Limits(Pairs resources);
  PodBuilder& Container(std::string_view name, Pairs requests = {});
  PodBuilder& InitContainer(std::string_view name, Pairs requests = {}, bool sidecar = false);
  PodBuilder& Overhead(Pairs resources);
  PodBuilder& OnNode(std::string_view node) { return Set({"spec", "nodeName"}, node); }
  PodBuilder& Scheduler(std::string_view name) { return Set({"spec", "schedulerName"}, name); }
  PodBuilder& Phase(std::string_view phase) { return Set({"status", "phase"}, phase); }
  PodBuilder& Priority(int64_t priority) { return Set({"spec", "priority"}, priority); }
  PodBuilder& NodeSelector(std::string_view key, std::string_view value) {
    return Set({"spec", "nodeSelector", key}, value);
  }
  PodBuilder& Toleration(std::string_view key, std::string_view op, std::string_view value = {},
                         std::string_view effect = {});
  PodBuilder& Gate(std::string_view name);
  PodBuilder& Condition(std::string_view type, std::string_view status);
};

class NodeBuilder : public ObjectBuilder<NodeBuilder> {
 public:
  explicit NodeBuilder(std::string_view name);  // Ready, nothing allocatable
  NodeBuilder& Allocatable(Pairs resources);    // and capacity
  NodeBuilder& Taint(std::string_view key, std::string_view value, std::string_view effect);
  NodeBuilder& Ready(bool ready);
  NodeBuilder& Unschedulable() { return Set({"spec", "unschedulable"}, true); }
};

// Any other kind.
class AnyBuilder : public ObjectBuilder<AnyBuilder> {
 public:
  AnyBuilder(std::string_view api_version, std::string_view kind, std::string_view ns,
             std::string_view name)
      : ObjectBuilder(api_version, kind, ns, name) {}
};

inline PodBuilder MakePod(std::string_view ns, std::string_view name) { return {ns, name}; }
inline NodeBuilder MakeNode(std::string_view name) { return NodeBuilder(name); }
inline AnyBuilder MakeObject(std::string_view api_version, std::string_view kind,
                             std::string_view ns, std::string_view name) {
  return {api_version, kind, ns, name};
}
// From text; the test fails if it is no JSON.
kube::Object ObjectFrom(std::string_view json);
kube::Json JsonFrom(std::string_view json);

}  // namespace stowage::test
