// FakeHost: the part of a host's API server that the scheduler talks to, in memory, with dials for
// what may go wrong with a binding.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kube/client/client.h"
#include "test/support/builders.h"
#include "test/support/fake_transport.h"

namespace stowage::scheduler {

class FakeHost {
 public:
  explicit FakeHost(Executor& executor);

  kube::Client& client() { return client_; }
  test::FakeTransport& transport() { return transport_; }

  // Stored under its key; the watches are told. A pod, a node, a namespace, a claim, a volume or a
  // storage class.
  void Put(const kube::Object& object);
  void Delete(const std::string& kind, const kube::NamespacedName& key);
  kube::Object Pod(const std::string& ns, const std::string& name) const;  // !exists(): none
  kube::Object Get(const std::string& kind, const kube::NamespacedName& key) const;
  size_t BoundTo(const std::string& node) const;
  size_t Bound() const;

  // Asked before a binding is carried out; a result is the answer in its place.
  std::function<std::optional<Result<kube::Response>>(const std::string& pod)> on_binding;
  // True: bindings are carried out and not told to the watches, until it is false and TellAll().
  bool mute_watches = false;
  void TellAll();

  uint64_t bindings = 0;  // carried out
  std::map<std::string, int> bindings_by_uid;
  struct Event {
    std::string pod, reason, message;
  };
  std::vector<Event> events;
  std::vector<std::string> conditions;  // messages of PodScheduled=False

 private:
  Result<kube::Response> Post(const test::SeenRequest& request);
  Result<kube::Response> Bind(const std::string& ns, const std::string& name,
                              const kube::Json& binding);
  Result<kube::Response> Patch(const test::SeenRequest& request);
  Result<kube::Response> GetPod(const test::SeenRequest& request) const;
  kube::Json Stamp(const kube::Object& object);

  using Objects = std::map<kube::NamespacedName, kube::Object>;
  test::FakeTransport transport_;
  kube::Client client_;
  std::map<std::string, Objects> objects_;  // by kind
  Objects& pods_ = objects_["Pod"];
  uint64_t version_ = 1;
};

}  // namespace stowage::scheduler
