// Where an API server is and how to prove who we are: kubeconfig files of every auth kind, and the
// account of a pod.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace stowage::kube {

struct ExecPlugin {
  std::string api_version;  // client.authentication.k8s.io/v1 or v1beta1
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string install_hint;
  bool provide_cluster_info = false;
};

// PEM texts, not paths, except where files rotate. Never logged.
struct ClusterConfig {
  std::string origin;           // for messages: "kubeconfig /root/.kube/config, context m1"
  std::string server;           // "https://10.0.0.1:6443", may end in a path prefix
  std::string ca_pem;           // "" for the system's
  std::string tls_server_name;  // verified instead of the host of `server`
  bool insecure_skip_tls_verify = false;
  std::string client_certificate_pem, client_key_pem;
  std::string client_certificate_file, client_key_file;  // re-read when they change, if set
  std::string token;
  std::string token_file;  // re-read at least once a minute
  std::string username, password;
  std::optional<ExecPlugin> exec;
  std::string proxy_url;  // http://user:pass@host:port; "" for the environment's
  std::string impersonate_user;
  std::string default_namespace;
};

// `context` "" for current-context. Relative paths are relative to `directory`. kInvalid says what
// is missing or wrong, and where in the file.
Result<ClusterConfig> ParseKubeconfig(std::string_view yaml, std::string_view context,
                                      const std::string& directory, const std::string& origin);
// $KUBECONFIG (a list of files, merged as kubectl does) or ~/.kube/config, unless `path` is given.
Result<ClusterConfig> LoadKubeconfig(const std::string& path, const std::string& context);
// The service account of the pod we run in; kNotFound if we do not run in one.
Result<ClusterConfig> InClusterConfig();

}  // namespace stowage::kube
