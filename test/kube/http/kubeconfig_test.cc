#include "kube/http/client/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kube/http/client/address.h"

namespace stowage::kube {
namespace {

using testing::HasSubstr;

constexpr char kGood[] = R"(apiVersion: v1
kind: Config
current-context: m1
clusters:
- name: c1
  cluster:
    server: https://10.0.0.1:6443/k8s
    certificate-authority-data: UEVN
    tls-server-name: api
    proxy-url: http://proxy:3128
- name: bad-data
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority-data: "!!!"
- name: no-file
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority: nowhere.crt
contexts:
- name: m1
  context: {cluster: c1, user: u1, namespace: team}
- name: lost
  context: {cluster: gone, user: u1}
- name: nobody
  context: {cluster: c1, user: gone}
- name: bad-data
  context: {cluster: bad-data}
- name: no-file
  context: {cluster: no-file}
- name: plugin
  context: {cluster: c1, user: plugin}
- name: old-plugin
  context: {cluster: c1, user: old-plugin}
users:
- name: u1
  user: {token: secret, as: bob, username: u, password: p}
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: ./get-token
      args: [--cluster, one]
      env: [{name: A, value: b}]
      provideClusterInfo: true
- name: old-plugin
  user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}
)";

Result<ClusterConfig> Parse(const std::string& yaml, const std::string& context = "") {
  return ParseKubeconfig(yaml, context, "/etc/k", "kubeconfig test");
}
std::string ErrorOf(const std::string& yaml, const std::string& context = "") {
  auto config = Parse(yaml, context);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
  return config.error().message;
}

TEST(Kubeconfig, ReadsTheCurrentContext) {
  auto c = Parse(kGood);
  ASSERT_TRUE(c) << c.error().ToString();
  EXPECT_EQ(c->server, "https://10.0.0.1:6443/k8s");
  EXPECT_EQ(c->ca_pem, "PEM");
  EXPECT_EQ(c->tls_server_name, "api");
  EXPECT_EQ(c->proxy_url, "http://proxy:3128");
  EXPECT_EQ(c->token, "secret");
  EXPECT_EQ(c->impersonate_user, "bob");
  EXPECT_EQ(c->default_namespace, "team");
  EXPECT_EQ(c->origin, "kubeconfig test, context m1");
}

TEST(Kubeconfig, ReadsPluginsWithTheirPathFromTheFile) {
  auto c = Parse(kGood, "plugin");
  ASSERT_TRUE(c) << c.error().ToString();
  EXPECT_EQ(c->exec->command, "/etc/k/./get-token");
  EXPECT_EQ(c->exec->args, (std::vector<std::string>{"--cluster", "one"}));
  EXPECT_EQ(c->exec->env.at("A"), "b");
  EXPECT_TRUE(c->exec->provide_cluster_info);
  EXPECT_THAT(ErrorOf(kGood, "old-plugin"), HasSubstr("v1alpha1"));
}

TEST(Kubeconfig, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(ErrorOf(kGood, "m9"), HasSubstr("no context \"m9\"; it has m1, lost"));
  EXPECT_THAT(ErrorOf(kGood, "lost"),
              HasSubstr("line 23: context \"lost\" names the cluster \"gone\""));
  EXPECT_THAT(ErrorOf(kGood, "nobody"), HasSubstr("the user \"gone\""));
  EXPECT_THAT(ErrorOf(kGood, "bad-data"),
              HasSubstr("line 14: certificate-authority-data is not valid base64"));
  EXPECT_THAT(ErrorOf(kGood, "no-file"), HasSubstr("cannot read /etc/k/nowhere.crt"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no current-context"));
  EXPECT_THAT(ErrorOf("[a]"), HasSubstr("expected a map"));
  EXPECT_THAT(ErrorOf("a: [\nb: }"), HasSubstr("line 2: not valid YAML"));
  EXPECT_THAT(ErrorOf("users: []\nclusters: []\nusers: []\n"),
              HasSubstr("line 3: \"users\" is there twice"));
}

TEST(Kubeconfig, NoShapeOfADocumentThrows) {
  const std::string good = kGood;
  for (const char* text : {"1", "clusters: 3\ncurrent-context: x", "current-context: {a: b}",
                           "contexts: [3]\ncurrent-context: x",
                           "contexts:\n- {name: x, context: [1]}\ncurrent-context: x",
                           "contexts:\n- {name: x}\ncurrent-context: x", "? [a]\n: b", "*x",
                           "!!binary x", "\xff\xfe"}) {
    EXPECT_FALSE(Parse(text)) << text;
  }
  for (size_t cut = 0; cut < good.size(); cut += 7) (void)Parse(good.substr(0, cut), "plugin");
}

TEST(Kubeconfig, MergesAListWhereTheFirstFileWins) {
  std::string name =
      (std::filesystem::temp_directory_path() / "stowage-kubeconfig-XXXXXX").string();
  const std::string directory = mkdtemp(name.data());
  const std::string a = directory + "/a", b = directory + "/b";
  std::ofstream(a) << "current-context: two\ncontexts:\n- {name: two, context: {cluster: c2}}\n"
                      "clusters:\n- {name: c1, cluster: {server: 'https://first'}}\n";
  std::ofstream(b) << "current-context: one\ncontexts:\n- {name: one, context: {cluster: c1}}\n"
                      "clusters:\n- {name: c1, cluster: {server: 'https://second'}}\n"
                      "- {name: c2, cluster: {server: 'https://two'}}\n";
  setenv("KUBECONFIG", (directory + "/none:" + a + ":" + b).c_str(), 1);
  EXPECT_EQ(LoadKubeconfig("", "")->server, "https://two");
  EXPECT_EQ(LoadKubeconfig("", "one")->server, "https://first");
  EXPECT_EQ(LoadKubeconfig(b, "one")->server, "https://second");
  EXPECT_THAT(LoadKubeconfig(directory + "/none", "").error().message,
              HasSubstr("/none: No such file"));
  unsetenv("KUBECONFIG");
  std::filesystem::remove_all(directory);
}

TEST(Kubeconfig, OutsideAPodThereIsNoAccount) {
  unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(InClusterConfig().error().code, ErrorCode::kNotFound);
}

TEST(ServerUrl, IsTakenApart) {
  EXPECT_EQ(ParseServerUrl("https://h:6443/a/b/")->path_prefix, "/a/b");
  EXPECT_EQ(ParseServerUrl("https://[::1]:6443")->host, "::1");
  EXPECT_EQ(ParseServerUrl("https://[::1]:6443")->url(), "https://[::1]:6443");
  EXPECT_EQ(ParseServerUrl("https://h")->port, 443);
  EXPECT_FALSE(ParseServerUrl("https://h")->path_prefix.size());
  EXPECT_FALSE(ParseServerUrl("localhost:8080")->tls);
  for (const char* bad : {"", "ftp://h", "https://", "https://h:0", "https://h:99999",
                          "https://h:x", "https://[::1"}) {
    EXPECT_FALSE(ParseServerUrl(bad)) << bad;
  }
}

TEST(Proxy, ComesFromTheEnvironmentUnlessTheServerIsNamed) {
  const ServerAddress server = *ParseServerUrl("https://api.corp.example:6443");
  EXPECT_TRUE(NoProxyNames("x, .corp.example", server));
  EXPECT_TRUE(NoProxyNames("corp.example", server));
  EXPECT_TRUE(NoProxyNames("*", server));
  EXPECT_FALSE(NoProxyNames("orp.example,10.0.0.0/8", server));
  EXPECT_TRUE(NoProxyNames("10.0.0.0/8", *ParseServerUrl("https://10.9.8.7")));
  setenv("HTTPS_PROXY", "http://u:p%40@proxy:3128", 1);
  EXPECT_EQ(ProxyFor(server, "")->value().password, "p@");
  EXPECT_EQ(*ProxyFor(*ParseServerUrl("https://127.0.0.1:1"), ""), std::nullopt);
  setenv("NO_PROXY", "corp.example", 1);
  EXPECT_EQ(*ProxyFor(server, ""), std::nullopt);
  EXPECT_EQ(ProxyFor(server, "http://own:1")->value().host, "own");
  unsetenv("HTTPS_PROXY");
  unsetenv("NO_PROXY");
  EXPECT_EQ(ProxyFor(server, "socks5://u:secret@x").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace stowage::kube
