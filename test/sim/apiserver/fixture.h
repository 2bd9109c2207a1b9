// An embedded API server in virtual time and a client of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kube/api/well_known.h"
#include "kube/client/client.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/direct_transport.h"
#include "sim/engine/sim_executor.h"

namespace stowage::sim {

// What a watch heard, as "ADDED web 12".
struct RecordingSink : kube::WatchSink {
  void OnOpen() override { open = true; }
  void OnEvents(std::vector<kube::WatchEvent> batch) override {
    for (auto& e : batch) {
      static constexpr const char* kNames[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK"};
      const std::string name = e.object["metadata"]["name"].string();
      lines.push_back(kNames[static_cast<int>(e.type)] + (name.empty() ? "" : " " + name));
      events.push_back(std::move(e));
    }
  }
  void OnEnd(kube::WatchEnd e) override {
    ended = true;
    end = std::move(e);
  }
  bool open = false, ended = false;
  kube::WatchEnd end;
  std::vector<std::string> lines;
  std::vector<kube::WatchEvent> events;
};

class ApiServerTest : public ::testing::Test {
 protected:
  explicit ApiServerTest(ApiServerOptions options = {})
      : server(executor, Rng(7), std::move(options)),
        transport(executor, server),
        client(transport) {}

  static kube::Json J(std::string_view text) {
    auto json = kube::Json::Parse(text);
    EXPECT_TRUE(json) << json.error().message << "\n" << text;
    return json ? *json : kube::Json();
  }

  // A pod with one container.
  static kube::Json Pod(const std::string& name, const std::string& spec = "",
                        const std::string& metadata = "") {
    return J(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + "\"" +
             (metadata.empty() ? "" : "," + metadata) +
             R"(},"spec":{"containers":[{"name":"main","image":"nginx:1.25"}])" +
             (spec.empty() ? "" : "," + spec) + "}}");
  }

  template <class T>
  T Wait(std::optional<T>& slot) {
    executor.RunUntil([&] { return slot.has_value(); }, Seconds(60));
    EXPECT_TRUE(slot.has_value()) << "no answer";
    return slot ? *slot : T(MakeError(ErrorCode::kInternal, "no answer"));
  }

  kube::Response Raw(std::string method, std::string target, std::string body = "",
                     std::string type = "application/json", kube::Headers headers = {}) {
    kube::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers = std::move(headers);
    if (!request.body.empty()) request.headers.Set("Content-Type", type);
    std::optional<Result<kube::Response>> slot;
    transport.Send(std::move(request), [&](auto r) { slot = std::move(r); });
    auto result = Wait(slot);
    return result ? *result : kube::Response{};
  }

  using ObjectResult = Result<kube::Object>;
  ObjectResult Create(const kube::Resource& r, const std::string& ns, const kube::Json& object) {
    std::optional<ObjectResult> slot;
    client.Create(r, ns, object, [&](auto o) { slot = std::move(o); });
    return Wait(slot);
  }
  ObjectResult Get(const kube::Resource& r, const std::string& ns, const std::string& name) {
    std::optional<ObjectResult> slot;
    client.Get(r, ns, name, [&](auto o) { slot = std::move(o); });
    return Wait(slot);
  }
  ObjectResult Update(const kube::Resource& r, const std::string& ns, const std::string& name,
                      const kube::Json& object, const std::string& sub = "") {
    std::optional<ObjectResult> slot;
    client.Update(
        r, ns, name, object, [&](auto o) { slot = std::move(o); }, sub);
    return Wait(slot);
  }
  ObjectResult Patch(const kube::Resource& r, const std::string& ns, const std::string& name,
                     kube::PatchType type, const std::string& patch, const std::string& sub = "",
                     const kube::PatchOptions& options = {}) {
    std::optional<ObjectResult> slot;
    client.Patch(
        r, ns, name, type, J(patch), [&](auto o) { slot = std::move(o); }, sub, options);
    return Wait(slot);
  }
  ObjectResult Delete(const kube::Resource& r, const std::string& ns, const std::string& name,
                      const kube::DeleteOptions& options = {}) {
    std::optional<ObjectResult> slot;
    client.Delete(r, ns, name, options, [&](auto o) { slot = std::move(o); });
    return Wait(slot);
  }
  Result<void> Bind(const std::string& ns, const std::string& pod, const std::string& node,
                    const std::string& uid = "") {
    std::optional<Result<void>> slot;
    client.Bind(ns, pod, node, J(R"({"why":"test"})"), uid, [&](auto r) { slot = std::move(r); });
    return Wait(slot);
  }

  SimExecutor executor;
  ApiServer server;
  DirectTransport transport;
  kube::Client client;
};

}  // namespace stowage::sim
