// World: an embedded host API server and memory members in virtual time, with calls for what users
// and kubectl do there.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kube/api/views.h"
#include "kube/api/well_known.h"
#include "kube/client/client.h"
#include "providers/memory/memory_provider.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "test/support/test_loop.h"

namespace stowage::vkubelet {

class World {
 public:
  World()
      : server(loop.executor(), loop.rng("server"), {.name = "host"}),
        transport(loop.executor(), server),
        client(transport) {}

  Executor& executor() { return loop.executor(); }

  // Runs until the answer is there.
  template <class Call>
  Result<kube::Object> Ask(Call call) {
    std::optional<Result<kube::Object>> answer;
    call([&answer](Result<kube::Object> r) { answer = std::move(r); });
    loop.RunUntil([&] { return answer.has_value(); }, Minutes(2));
    return answer ? std::move(*answer) : MakeError(ErrorCode::kInternal, "no answer");
  }
  Result<kube::Object> Get(const kube::Resource& r, const std::string& ns,
                           const std::string& name) {
    return Ask([&](auto done) { client.Get(r, ns, name, done); });
  }
  Result<kube::Object> Pod(const std::string& name) { return Get(kube::kPods, "default", name); }
  std::string Phase(const std::string& name) {
    const auto pod = Pod(name);
    return pod ? pod->status()["phase"].string() : pod.error().ToString();
  }
  Result<kube::Object> Patch(const kube::Resource& r, const std::string& ns,
                             const std::string& name, const std::string& json,
                             const std::string& sub = "") {
    return Ask([&](auto done) {
      client.Patch(r, ns, name, kube::PatchType::kMerge, *kube::Json::Parse(json), done, sub);
    });
  }
  Result<kube::Object> Delete(const std::string& name,
                              std::optional<int64_t> grace = std::nullopt) {
    return Ask([&](auto done) {
      client.Delete(kube::kPods, "default", name, {.grace_seconds = grace}, done);
    });
  }
  // A pod that some scheduler has bound to `node`; returns its UID. `extra` is merged into it.
  std::string AddPod(const std::string& name, const std::string& node = "m1",
                     const std::string& owner_kind = "") {
    kube::MutableJson pod;
    pod["apiVersion"] = "v1";
    pod["kind"] = "Pod";
    pod.Set({"metadata", "name"}, name);
    pod.Set({"metadata", "namespace"}, "default");
    pod.Set({"spec", "nodeName"}, node);
    kube::MutableJson container;
    container["name"] = "app";
    container["image"] = "nginx:1";
    pod.Set({"spec", "containers"}, kube::JsonArray{});
    pod["spec"]["containers"].Append(container.ref());
    if (!owner_kind.empty()) {
      kube::MutableJson owner;
      owner["apiVersion"] = "apps/v1";
      owner["kind"] = owner_kind;
      owner["name"] = "owner";
      owner["uid"] = "owner-uid";
      owner["controller"] = true;
      pod.Set({"metadata", "ownerReferences"}, kube::JsonArray{});
      pod["metadata"]["ownerReferences"].Append(owner.ref());
    }
    const kube::Json body = std::move(pod).Freeze();
    const auto made = Ask([&](auto done) { client.Create(kube::kPods, "default", body, done); });
    EXPECT_TRUE(made) << made.error().ToString();
    return made ? std::string(made->uid()) : "";
  }
  std::vector<kube::Object> Events(const std::string& about) {
    std::vector<kube::Object> found;
    bool answered = false;
    client.ListAll(kube::kEvents, "", {}, [&](Result<std::vector<kube::Object>> all) {
      answered = true;
      if (!all) return;
      for (const kube::Object& e : *all) {
        if (e["involvedObject"]["name"].str() == about) {
          found.push_back(kube::Object(kube::Json::Copy(e.json())));
        }
      }
    });
    loop.RunUntil([&] { return answered; }, Minutes(1));
    return found;
  }
  bool HasEvent(const std::string& about, const std::string& reason) {
    for (const kube::Object& e : Events(about)) {
      if (e["reason"].str() == reason) return true;
    }
    return false;
  }

  test::TestLoop loop;
  sim::ApiServer server;
  sim::DirectTransport transport;
  kube::Client client;
};

}  // namespace stowage::vkubelet
