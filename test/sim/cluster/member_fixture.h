// A member over an embedded API server, in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "kube/api/well_known.h"
#include "kube/client/client.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/cluster/member.h"
#include "sim/engine/sim_executor.h"

namespace stowage::sim {

inline MemberOptions QuickOptions() {
  MemberOptions options;
  options.cluster = "east";
  options.image_pull = {Milliseconds(100), Milliseconds(100)};
  options.sandbox_start = {Milliseconds(10), Milliseconds(10)};
  options.container_start = {Milliseconds(10), Milliseconds(10)};
  return options;
}

class MemberTest : public ::testing::Test {
 protected:
  void Begin(MemberOptions options = QuickOptions()) {
    server = std::make_unique<ApiServer>(executor, Rng(1).Stream("api"),
                                         ApiServerOptions{.name = "east"});
    transport = std::make_unique<DirectTransport>(executor, *server);
    client = std::make_unique<kube::Client>(*transport);
    member =
        std::make_unique<Member>(executor, *transport, Rng(1).Stream("member"), std::move(options));
    server->SetKubeletConnector(&member->kubelet());
    member->Start();
    executor.RunFor(Seconds(2));
  }
  ~MemberTest() override {
    if (server) server->SetKubeletConnector(nullptr);
  }

  void Create(const kube::Resource& resource, const std::string& json) {
    Result<kube::Json> object = kube::Json::Parse(json);
    ASSERT_TRUE(object) << object.error().ToString();
    bool done = false;
    client->Create(resource, "default", *object, [&](Result<kube::Object> made) {
      done = true;
      ASSERT_TRUE(made) << made.error().ToString();
    });
    ASSERT_TRUE(executor.RunUntil([&] { return done; }, Seconds(5)));
  }
  // A pod of one container; `more` are further fields of the spec, `container` of the container.
  void CreatePod(const std::string& name, const std::string& container,
                 const std::string& more = "", const std::string& metadata = "") {
    Create(kube::kPods,
           R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + "\"" + metadata +
               R"(},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"c",)" +
               container + "}]" + more + "}}");
  }
  kube::Object Get(const kube::Resource& resource, const std::string& name,
                   const std::string& ns = "default") {
    kube::Object found;
    bool done = false;
    client->Get(resource, ns, name, [&](Result<kube::Object> o) {
      done = true;
      if (o) found = *o;
    });
    executor.RunUntil([&] { return done; }, Seconds(5));
    return found;
  }
  kube::Object Pod(const std::string& name) { return Get(kube::kPods, name); }
  std::string Phase(const std::string& name) { return Pod(name).status()["phase"].string(); }
  kube::Json Status(const std::string& name, size_t i = 0, const char* list = "containerStatuses") {
    return kube::Json::Copy(Pod(name).status()[list].At(i));
  }
  std::string Condition(const std::string& name, const std::string& type) {
    const kube::Object pod = Pod(name);
    return kube::PodView(pod).condition(type)["status"].string();
  }
  void Delete(const std::string& name) {
    bool done = false;
    client->Delete(kube::kPods, "default", name, {}, [&](Result<kube::Object>) { done = true; });
    executor.RunUntil([&] { return done; }, Seconds(1));
  }
  // All events of an object, "Reason: message" a line, in the order of their names' creation.
  std::string Events(const std::string& name) {
    std::string out;
    bool done = false;
    client->ListAll(kube::kEvents, "default", {}, [&](Result<std::vector<kube::Object>> all) {
      done = true;
      if (!all) return;
      for (const kube::Object& e : *all) {
        if (e["involvedObject"]["name"].str() == name)
          out += e["reason"].string() + ": " + e["message"].string() + "\n";
      }
    });
    executor.RunUntil([&] { return done; }, Seconds(5));
    return out;
  }
  // GET of a raw path: status and body.
  std::pair<int, std::string> Http(const std::string& target) {
    std::pair<int, std::string> answer{0, ""};
    transport->Send({.target = target}, [&](Result<kube::Response> r) {
      if (r) answer = {r->status, r->json.exists() ? r->json["message"].string() : r->text};
    });
    executor.RunUntil([&] { return answer.first != 0; }, Seconds(5));
    return answer;
  }

  SimExecutor executor;
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<DirectTransport> transport;
  std::unique_ptr<kube::Client> client;
  std::unique_ptr<Member> member;
};

}  // namespace stowage::sim
