#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "kube/http/client/exec_plugin.h"
#include "test/kube/http/http_world.h"

namespace stowage::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

WallTime Today() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "stowage-http-XXXXXX").string();
    directory = mkdtemp(name.data());
    // Says who asked; tokens that start with "old" are refused.
    world.handler.routes["/who"] = [](ServerRequest request, std::shared_ptr<Responder> r) {
      const std::string auth(request.headers.Get("Authorization"));
      std::string text = auth + "|" + request.peer.common_name + "|";
      for (const std::string& o : request.peer.organizations) text += o + ",";
      text += "|" + std::string(request.headers.Get("Impersonate-User"));
      r->Respond({auth.starts_with("Bearer old") ? 401 : 200, {}, {}, text});
    };
  }
  ~CredentialsTest() override { std::filesystem::remove_all(directory); }
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = directory + "/" + name;
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  std::string Who(const ClusterConfig& config) {
    auto response = world.Send(world.Connect(config), {.target = "/who"});
    return response ? std::to_string(response->status) + " " + response->text
                    : response.error().ToString();
  }
  ClusterConfig WithPlugin(const std::string& script) {
    ClusterConfig config = world.server ? world.Config() : ClusterConfig();
    config.exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                             .command = Write("plugin.sh", "#!/bin/sh\n" + script, 0700),
                             .install_hint = "install the plug-in"};
    return config;
  }
  std::string directory;
  HttpWorld world;
};

TEST_F(CredentialsTest, TokensPasswordsAndImpersonation) {
  world.Serve();
  ClusterConfig config = world.Config();
  config.token = "new1";
  config.impersonate_user = "bob";
  EXPECT_EQ(Who(config), "200 Bearer new1|||bob");
  config.token = "";
  config.username = "u";
  config.password = "p";
  EXPECT_THAT(Who(config), HasSubstr("Basic dTpw|"));
}

TEST_F(CredentialsTest, AClientCertificateBecomesTheIdentityOfThePeer) {
  world.ServeTls(true);
  ClusterConfig config = world.Config();
  config.client_certificate_pem = SharedTls().client.certificate_pem;
  config.client_key_pem = SharedTls().client.key_pem;
  EXPECT_EQ(Who(config), "200 |alice|dev,ops,|");
  auto upgraded = world.Upgrade(world.Connect(config), {.target = "/who"});
  ASSERT_TRUE(upgraded);
  EXPECT_EQ(ReadToEnd(*upgraded->stream), "|alice|dev,ops,|");
}

TEST_F(CredentialsTest, AServerThatWantsACertificateRefusesWhoHasNone) {
  world.ServeTls(true);
  auto response = world.Send(world.Connect(), {.target = "/who"});
  ASSERT_FALSE(response);
  EXPECT_TRUE(IsRetryable(response.error()));
}

TEST_F(CredentialsTest, ATokenFileIsReadAnewAtOnceAfterA401) {
  world.Serve();
  ClusterConfig config = world.Config();
  config.token_file = Write("token", "old\n");
  HttpTransport& t = world.Connect(config);
  EXPECT_EQ(world.Send(t, {.target = "/who"})->status, 401);
  Write("token", "new2\n");
  EXPECT_THAT(world.Send(t, {.target = "/who"})->text, HasSubstr("Bearer new2"));
  Write("token", "old again");
  EXPECT_THAT(world.Send(t, {.target = "/who"})->text, HasSubstr("Bearer new2")) << "kept a minute";
}

TEST_F(CredentialsTest, APluginRunsOnceAndAgainWhenItsTokenIsRefused) {
  world.Serve();
  const std::string count = directory + "/count";
  const ClusterConfig config =
      WithPlugin("echo run >> " + count +
                 "\n"
                 "case \"$KUBERNETES_EXEC_INFO\" in *ExecCredential*) ;; *) exit 7;; esac\n"
                 "n=$(wc -l < " +
                 count +
                 ")\n"
                 "if [ $n = 1 ]; then t=old; else t=new$n; fi\n"
                 "echo \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"apiVersion\\\":"
                 "\\\"client.authentication.k8s.io/v1\\\",\\\"status\\\":{\\\"token\\\":\\\"$t\\\","
                 "\\\"expirationTimestamp\\\":\\\"2999-01-01T00:00:00Z\\\"}}\"\n");
  HttpTransport& t = world.Connect(config);
  EXPECT_THAT(world.Send(t, {.target = "/who"})->text, HasSubstr("Bearer new2"));
  EXPECT_THAT(world.Send(t, {.target = "/who"})->text, HasSubstr("Bearer new2"));
}

TEST_F(CredentialsTest, APluginThatFailsSaysWhyWithoutWhatItPrinted) {
  world.Serve();
  const std::string error = Who(WithPlugin("echo secret-token\necho no ticket >&2\nexit 3\n"));
  EXPECT_THAT(error, HasSubstr("Unauthorized"));
  EXPECT_THAT(error, HasSubstr("exited with 3 and said: no ticket; install the plug-in"));
  EXPECT_THAT(error, Not(HasSubstr("secret-token")));
  EXPECT_THAT(Who(WithPlugin("echo '{\"secret\":'\n")), Not(HasSubstr("secret")));
  ClusterConfig missing = WithPlugin("");
  missing.exec->command = "/no/such/plugin";
  EXPECT_THAT(Who(missing), HasSubstr("cannot be started"));
}

TEST_F(CredentialsTest, APluginThatHangsIsEnded) {
  std::atomic<bool> stop{false};
  auto credential = RunExecPlugin(WithPlugin("sleep 60\n"), Milliseconds(200), stop);
  ASSERT_FALSE(credential);
  EXPECT_THAT(credential.error().message, HasSubstr("did not answer within 200ms"));
}

TEST_F(CredentialsTest, TlsRefusalsSayWhatToDo) {
  world.ServeTls();
  const auto both = [&](const ClusterConfig& config) {
    const std::string upgrade =
        world.Upgrade(world.Connect(config), {.target = "/who"}).error().message;
    const std::string send = world.Send(world.Connect(config), {.target = "/who"}).error().message;
    EXPECT_EQ(upgrade.substr(upgrade.find("443") + 1), send.substr(send.find("443") + 1));
    return send;
  };
  ClusterConfig wrong_ca = world.Config();
  wrong_ca.ca_pem = MakeCertificateAuthority("other", {Today()})->certificate_pem;
  EXPECT_THAT(both(wrong_ca), HasSubstr("certificate signed by unknown authority"));
  EXPECT_THAT(both(wrong_ca), HasSubstr("check certificate-authority in kubeconfig test"));
  ClusterConfig wrong_name = world.Config();
  wrong_name.tls_server_name = "api.example.org";
  EXPECT_THAT(both(wrong_name), HasSubstr("is for 127.0.0.1, localhost, not for api.example.org"));
  ClusterConfig other_name = world.Config();
  other_name.tls_server_name = "localhost";
  EXPECT_THAT(Who(other_name), HasSubstr("200"));
  ClusterConfig blind = wrong_ca;
  blind.insecure_skip_tls_verify = true;
  EXPECT_THAT(Who(blind), HasSubstr("200"));
}

TEST_F(CredentialsTest, AnExpiredServerCertificateIsNamedAndARenewedOneWorks) {
  const auto old = *IssueServerCertificate(SharedTls().ca, {"server", {}}, {"127.0.0.1"},
                                           {Today() - Hours(48), Hours(24)});
  world.tls = true;
  HttpServerOptions options;
  options.certificate_pem = old.certificate_pem;
  options.private_key_pem = old.key_pem;
  world.Serve(options);
  EXPECT_THAT(Who(world.Config()), HasSubstr("expired at"));
  // The server counts in a thread of its own, perhaps after the client has its answer.
  for (int i = 0; i < 1000 && world.server->stats().tls_failures == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GE(world.server->stats().tls_failures, 1u);
  EXPECT_TRUE(
      world.server->SetCertificate(SharedTls().server.certificate_pem, SharedTls().server.key_pem));
  EXPECT_FALSE(world.server->SetCertificate(SharedTls().server.certificate_pem, old.key_pem));
  EXPECT_THAT(Who(world.Config()), HasSubstr("200"));
}

TEST_F(CredentialsTest, CreateRefusesCertificatesThatCannotBeUsed) {
  world.ServeTls();
  const auto why = [&](ClusterConfig config) {
    std::string text;
    world.OnLoop([&] {
      auto made = HttpTransport::Create(world.loop, *world.io, config);
      text = made ? "" : made.error().ToString();
    });
    return text;
  };
  const auto old =
      *IssueClientCertificate(SharedTls().ca, {"alice", {}}, {Today() - Hours(48), Hours(24)});
  ClusterConfig config = world.Config();
  config.client_certificate_pem = old.certificate_pem;
  config.client_key_pem = old.key_pem;
  EXPECT_THAT(why(config), HasSubstr("client certificate of kubeconfig test expired at"));
  config.client_key_pem = SharedTls().client.key_pem;
  EXPECT_THAT(why(config), HasSubstr("does not belong"));
  config.client_certificate_pem = "junk";
  EXPECT_THAT(why(config), HasSubstr("not a PEM certificate"));
  config = world.Config();
  config.ca_pem = "junk";
  EXPECT_THAT(why(config), HasSubstr("certificate-authority of kubeconfig test"));
  config = world.Config();
  config.server = "https://";
  EXPECT_THAT(why(config), HasSubstr("no host"));
}

TEST_F(CredentialsTest, ARotatedClientCertificateFileIsUsedAfterA401) {
  world.handler.routes["/alice-is-out"] = [](ServerRequest request, std::shared_ptr<Responder> r) {
    r->Respond({request.peer.common_name == "alice" ? 401 : 200, {}, {}, request.peer.common_name});
  };
  world.ServeTls(true);
  ClusterConfig config = world.Config();
  config.client_certificate_file = Write("tls.crt", SharedTls().client.certificate_pem);
  config.client_key_file = Write("tls.key", SharedTls().client.key_pem);
  HttpTransport& t = world.Connect(config);
  EXPECT_EQ(world.Send(t, {.target = "/alice-is-out"})->status, 401);
  const auto fresh = *IssueClientCertificate(SharedTls().ca, {"carol", {}}, {Today()});
  Write("tls.crt", fresh.certificate_pem);
  Write("tls.key", fresh.key_pem);
  EXPECT_EQ(world.Send(t, {.target = "/alice-is-out"})->text, "carol");
}

TEST(Certificates, ExpiryAndSigningRequestsAreReadable) {
  const WallTime from = Today();
  const auto ca = *MakeCertificateAuthority("ca", {from, Hours(10)});
  EXPECT_LE(std::abs((*CertificateExpiry(ca.certificate_pem) - from - Hours(10)).count()),
            1'000'000);
  EXPECT_THAT(
      MakeSigningRequest({"system:node:n1", {"system:nodes"}}, {"n1", "10.0.0.1"})->request_pem,
      HasSubstr("BEGIN CERTIFICATE REQUEST"));
  EXPECT_FALSE(IssueServerCertificate(ca, {"x", {}}, {}, {from}));
  EXPECT_FALSE(IssueServerCertificate(ca, {"x", {}}, {"a,DNS:b"}, {from}));
  EXPECT_FALSE(CertificateExpiry("nothing"));
}

}  // namespace
}  // namespace stowage::kube
