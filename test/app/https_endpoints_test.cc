#include "app/lib/https_endpoints.h"

#include <gmock/gmock.h>

#include "base/time/loop_executor.h"
#include "kube/http/server/io_context.h"

namespace stowage::app {
namespace {

class Nothing : public kube::Handler {
 public:
  void Handle(kube::ServerRequest, std::shared_ptr<kube::Responder>) override {}
};

class HttpsEndpointsTest : public ::testing::Test {
 protected:
  Result<Endpoint> Open(const std::string& node) { return endpoints->Open(node, handler); }
  // Of plain HTTP: certificates do not matter here.
  void Make(uint16_t first_port) {
    endpoints = std::make_unique<HttpsEndpoints>(
        executor, io,
        HttpsEndpointOptions{
            .listen_address = "127.0.0.1", .node_address = "192.0.2.1", .first_port = first_port});
  }
  LoopExecutor executor;
  kube::IoContext io{1};
  Nothing handler;
  std::unique_ptr<HttpsEndpoints> endpoints;
};

TEST_F(HttpsEndpointsTest, TellsTheAddressThatOthersReach) {
  Make(0);
  const auto endpoint = Open("m1");
  ASSERT_TRUE(endpoint) << endpoint.error().ToString();
  EXPECT_EQ(endpoint->address, "192.0.2.1");
  EXPECT_NE(endpoint->port, 0);
}

TEST_F(HttpsEndpointsTest, ANodeKeepsItsPort) {
  Make(0);
  const auto before = Open("m1");
  ASSERT_TRUE(before) << before.error().ToString();
  endpoints->Close("m1");
  const auto after = Open("m1");
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_EQ(after->port, before->port);
}

TEST_F(HttpsEndpointsTest, APortThatIsTakenFailsItsOwnNodeOnly) {
  auto taken = kube::HttpServer::Start(executor, io, handler, {});
  ASSERT_TRUE(taken) << taken.error().ToString();
  const uint16_t port = (*taken)->port();
  Make(port);
  const auto first = Open("m1");
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(first.error().message, testing::HasSubstr(std::to_string(port)));
  const auto second = Open("m2");
  if (second) {
    EXPECT_EQ(second->port, port + 1);
  } else {  // another program has just that one
    EXPECT_THAT(second.error().message, testing::HasSubstr(std::to_string(port + 1)));
  }
  taken->reset();
  const auto again = Open("m1");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->port, port);
}

}  // namespace
}  // namespace stowage::app
