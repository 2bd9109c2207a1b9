#include "kube/http/client/kubeconfig.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <set>
#include <utility>

#include "kube/api/base64.h"
#include "kube/http/client/credentials.h"

namespace stowage::kube {
namespace {

// One file, read; the node lives as long as the document is used.
struct File {
  std::string origin;     // "kubeconfig /root/.kube/config"
  std::string directory;  // that relative paths start from
  YAML::Node root;
};

// A named entry and the file it came from.
struct Entry {
  YAML::Node node;
  const File* file = nullptr;
  explicit operator bool() const { return file != nullptr; }
};

std::string At(const Entry& e, const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return e.file->origin + (mark.line >= 0 ? " line " + std::to_string(mark.line + 1) : "");
}

tl::unexpected<Error> Wrong(const std::string& where, const std::string& what) {
  return MakeError(ErrorCode::kInvalid, where + ": " + what);
}

// Reading never throws from here on: members are asked for by way of these.
Result<std::string> Text(const Entry& e, const char* key) {
  const YAML::Node value = e.node.IsMap() ? e.node[key] : YAML::Node();
  if (!value || value.IsNull()) return std::string();
  if (!value.IsScalar()) return Wrong(At(e, value), std::string(key) + " must be a text");
  return value.Scalar();
}

Result<bool> Flag(const Entry& e, const char* key) {
  ASSIGN_OR_RETURN(const std::string text, Text(e, key));
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  return Wrong(At(e, e.node[key]),
               std::string(key) + " must be true or false, not \"" + text + "\"");
}

std::string Absolute(const File& file, const std::string& path) {
  if (path.empty() || path.front() == '/' || file.directory.empty()) return path;
  return file.directory + "/" + path;
}

// The text behind `key`-data (base64) or the file behind `key`; data wins, as in kubectl.
Result<std::string> Material(const Entry& e, const std::string& key, std::string* path = nullptr) {
  const std::string data_key = key + "-data";
  ASSIGN_OR_RETURN(const std::string data, Text(e, data_key.c_str()));
  if (!data.empty()) {
    auto bytes = DecodeBase64(data);
    if (!bytes) return Wrong(At(e, e.node[data_key]), data_key + " is " + bytes.error().message);
    return bytes;
  }
  ASSIGN_OR_RETURN(std::string file, Text(e, key.c_str()));
  if (file.empty()) return std::string();
  file = Absolute(*e.file, file);
  auto text = ReadWholeFile(file);
  if (!text) return Wrong(At(e, e.node[key]), key + ": " + text.error().message);
  if (path != nullptr) *path = file;
  return text;
}

Result<void> CheckNoDuplicates(const File& file, const YAML::Node& map) {
  if (map.IsSequence()) {
    for (const auto& element : map) RETURN_IF_ERROR(CheckNoDuplicates(file, element));
  }
  if (!map.IsMap()) return {};
  std::set<std::string> seen;
  for (const auto& member : map) {
    if (member.first.IsScalar() && !seen.insert(member.first.Scalar()).second) {
      return Wrong(At({map, &file}, member.first),
                   "\"" + member.first.Scalar() + "\" is there twice");
    }
    RETURN_IF_ERROR(CheckNoDuplicates(file, member.second));
  }
  return {};
}

Result<File> Load(std::string_view yaml, std::string directory, std::string origin) {
  File file{std::move(origin), std::move(directory), {}};
  try {
    file.root = YAML::Load(std::string(yaml));
    if (!file.root || file.root.IsNull()) file.root = YAML::Node(YAML::NodeType::Map);
    if (!file.root.IsMap()) return Wrong(file.origin, "it is no kubeconfig: expected a map");
    RETURN_IF_ERROR(CheckNoDuplicates(file, file.root));
  } catch (const YAML::Exception& e) {
    return Wrong(file.origin + " line " + std::to_string(e.mark.line + 1),
                 "not valid YAML: " + e.msg);
  }
  return file;
}

// The entry of that name in the first file that has it; `body` is its inner map.
Result<Entry> FindEntry(const std::vector<File>& files, const char* list, const std::string& name,
                        const char* body) {
  for (const File& file : files) {
    const YAML::Node all = file.root[list];
    if (!all || all.IsNull()) continue;
    if (!all.IsSequence())
      return Wrong(At({all, &file}, all), std::string(list) + " must be a list");
    for (const auto& element : all) {
      if (!element.IsMap() || !element["name"] || !element["name"].IsScalar()) {
        return Wrong(At({all, &file}, element),
                     "an entry of " + std::string(list) + " has no name");
      }
      if (element["name"].Scalar() != name) continue;
      const YAML::Node inner = element[body];
      if (inner && !inner.IsNull() && !inner.IsMap()) {
        return Wrong(At({all, &file}, inner), std::string(body) + " must be a map");
      }
      return Entry{inner && inner.IsMap() ? YAML::Node(inner) : YAML::Node(YAML::NodeType::Map),
                   &file};
    }
  }
  return Entry{};
}

std::string NamesOf(const std::vector<File>& files, const char* list) {
  std::string all;
  for (const File& file : files) {
    const YAML::Node entries = file.root[list];
    if (!entries || !entries.IsSequence()) continue;
    for (const auto& e : entries) {
      if (e.IsMap() && e["name"] && e["name"].IsScalar()) {
        all += (all.empty() ? "" : ", ") + e["name"].Scalar();
      }
    }
  }
  return all.empty() ? "none" : all;
}

Result<void> ReadCluster(const Entry& cluster, ClusterConfig* config) {
  ASSIGN_OR_RETURN(config->server, Text(cluster, "server"));
  if (config->server.empty()) return Wrong(At(cluster, cluster.node), "the cluster has no server");
  auto address = ParseServerUrl(config->server);
  if (!address) return Wrong(At(cluster, cluster.node["server"]), address.error().message);
  ASSIGN_OR_RETURN(config->ca_pem, Material(cluster, "certificate-authority"));
  ASSIGN_OR_RETURN(config->tls_server_name, Text(cluster, "tls-server-name"));
  ASSIGN_OR_RETURN(config->insecure_skip_tls_verify, Flag(cluster, "insecure-skip-tls-verify"));
  ASSIGN_OR_RETURN(config->proxy_url, Text(cluster, "proxy-url"));
  if (config->insecure_skip_tls_verify && !config->ca_pem.empty()) {
    return Wrong(At(cluster, cluster.node),
                 "certificate-authority and insecure-skip-tls-verify exclude each other");
  }
  return {};
}

Result<ExecPlugin> ReadExec(const Entry& exec) {
  ExecPlugin plugin;
  ASSIGN_OR_RETURN(plugin.api_version, Text(exec, "apiVersion"));
  ASSIGN_OR_RETURN(plugin.command, Text(exec, "command"));
  ASSIGN_OR_RETURN(plugin.install_hint, Text(exec, "installHint"));
  ASSIGN_OR_RETURN(plugin.provide_cluster_info, Flag(exec, "provideClusterInfo"));
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return Wrong(At(exec, exec.node),
                 "exec.apiVersion \"" + plugin.api_version +
                     "\" is not supported; use client.authentication.k8s.io/v1");
  }
  if (plugin.command.empty()) return Wrong(At(exec, exec.node), "exec has no command");
  // A path with a slash is relative to the file; a bare name is looked up in PATH.
  if (plugin.command.find('/') != std::string::npos) {
    plugin.command = Absolute(*exec.file, plugin.command);
  }
  if (const YAML::Node args = exec.node["args"]; args && args.IsSequence()) {
    for (const auto& arg : args) {
      if (!arg.IsScalar()) return Wrong(At(exec, arg), "exec.args must be texts");
      plugin.args.push_back(arg.Scalar());
    }
  }
  if (const YAML::Node env = exec.node["env"]; env && env.IsSequence()) {
    for (const auto& e : env) {
      const Entry one{e, exec.file};
      ASSIGN_OR_RETURN(const std::string name, Text(one, "name"));
      ASSIGN_OR_RETURN(plugin.env[name], Text(one, "value"));
    }
  }
  return plugin;
}

Result<void> ReadUser(const Entry& user, ClusterConfig* config) {
  ASSIGN_OR_RETURN(config->client_certificate_pem,
                   Material(user, "client-certificate", &config->client_certificate_file));
  ASSIGN_OR_RETURN(config->client_key_pem, Material(user, "client-key", &config->client_key_file));
  ASSIGN_OR_RETURN(config->token, Text(user, "token"));
  ASSIGN_OR_RETURN(std::string token_file, Text(user, "tokenFile"));
  if (!token_file.empty()) {
    config->token_file = Absolute(*user.file, token_file);
    if (auto text = ReadWholeFile(config->token_file); !text) {
      return Wrong(At(user, user.node["tokenFile"]), "tokenFile: " + text.error().message);
    }
  }
  ASSIGN_OR_RETURN(config->username, Text(user, "username"));
  ASSIGN_OR_RETURN(config->password, Text(user, "password"));
  ASSIGN_OR_RETURN(config->impersonate_user, Text(user, "as"));
  if (const YAML::Node exec = user.node["exec"]; exec && exec.IsMap()) {
    ASSIGN_OR_RETURN(config->exec, ReadExec({exec, user.file}));
  }
  if (const YAML::Node provider = user.node["auth-provider"]; provider && provider.IsMap()) {
    return Wrong(At(user, provider),
                 "auth-provider is no longer supported by Kubernetes; use exec");
  }
  return {};
}

Result<ClusterConfig> Resolve(const std::vector<File>& files, std::string context,
                              const std::string& origin) {
  if (context.empty()) {
    for (const File& file : files) {
      ASSIGN_OR_RETURN(context, Text({file.root, &file}, "current-context"));
      if (!context.empty()) break;
    }
    if (context.empty()) {
      return Wrong(origin, "it has no current-context; name one of: " + NamesOf(files, "contexts"));
    }
  }
  ASSIGN_OR_RETURN(const Entry entry, FindEntry(files, "contexts", context, "context"));
  if (!entry) {
    return Wrong(origin,
                 "there is no context \"" + context + "\"; it has " + NamesOf(files, "contexts"));
  }
  ClusterConfig config;
  config.origin = origin + ", context " + context;
  ASSIGN_OR_RETURN(const std::string cluster_name, Text(entry, "cluster"));
  ASSIGN_OR_RETURN(const std::string user_name, Text(entry, "user"));
  ASSIGN_OR_RETURN(config.default_namespace, Text(entry, "namespace"));
  ASSIGN_OR_RETURN(const Entry cluster, FindEntry(files, "clusters", cluster_name, "cluster"));
  if (!cluster) {
    return Wrong(At(entry, entry.node), "context \"" + context + "\" names the cluster \"" +
                                            cluster_name + "\", which is not there; it has " +
                                            NamesOf(files, "clusters"));
  }
  RETURN_IF_ERROR(ReadCluster(cluster, &config));
  if (user_name.empty()) return config;
  ASSIGN_OR_RETURN(const Entry user, FindEntry(files, "users", user_name, "user"));
  if (!user) {
    return Wrong(At(entry, entry.node), "context \"" + context + "\" names the user \"" +
                                            user_name + "\", which is not there; it has " +
                                            NamesOf(files, "users"));
  }
  RETURN_IF_ERROR(ReadUser(user, &config));
  return config;
}

// yaml-cpp throws where a document has a shape it did not expect; that ends here.
Result<ClusterConfig> ResolveSafely(const std::vector<File>& files, const std::string& context,
                                    const std::string& origin) {
  try {
    return Resolve(files, context, origin);
  } catch (const YAML::Exception& e) {
    return Wrong(origin + " line " + std::to_string(e.mark.line + 1), e.msg);
  }
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<ClusterConfig> ParseKubeconfig(std::string_view yaml, std::string_view context,
                                      const std::string& directory, const std::string& origin) {
  std::vector<File> files;
  ASSIGN_OR_RETURN(File file, Load(yaml, directory, origin));
  files.push_back(std::move(file));
  return ResolveSafely(files, std::string(context), origin);
}

Result<ClusterConfig> LoadKubeconfig(const std::string& path, const std::string& context) {
  std::vector<std::string> paths;
  const char* list = std::getenv("KUBECONFIG");
  const bool explicit_path = !path.empty();
  if (explicit_path) {
    paths.push_back(path);
  } else if (list != nullptr && *list != '\0') {
    std::string_view rest = list;
    while (!rest.empty()) {
      const size_t colon = rest.find(':');
      if (colon != 0) paths.emplace_back(rest.substr(0, colon));
      rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    }
  } else if (const char* home = std::getenv("HOME")) {
    paths.push_back(std::string(home) + "/.kube/config");
  }
  std::vector<File> files;
  std::string origin;
  std::string missing;
  for (const std::string& p : paths) {
    auto text = ReadWholeFile(p);
    if (!text) {
      // Of a list, files that are not there are passed over, as kubectl does.
      missing = text.error().message;
      if (explicit_path || paths.size() == 1) return Wrong("kubeconfig", missing);
      continue;
    }
    ASSIGN_OR_RETURN(File file, Load(*text, DirectoryOf(p), "kubeconfig " + p));
    files.push_back(std::move(file));
    origin += (origin.empty() ? "kubeconfig " : ":") + p;
  }
  if (files.empty()) {
    return Wrong("kubeconfig", missing.empty() ? "neither KUBECONFIG nor HOME is set" : missing);
  }
  return ResolveSafely(files, context, origin);
}

Result<ClusterConfig> InClusterConfig() {
  const std::string directory = "/var/run/secrets/kubernetes.io/serviceaccount/";
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr || *host == '\0' || *port == '\0') {
    return MakeError(
        ErrorCode::kNotFound,
        "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  ClusterConfig config;
  config.origin = "the pod's service account";
  const bool v6 = std::string_view(host).find(':') != std::string_view::npos;
  config.server =
      "https://" + (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + port;
  config.token_file = directory + "token";
  RETURN_IF_ERROR(ReadWholeFile(config.token_file));
  ASSIGN_OR_RETURN(config.ca_pem, ReadWholeFile(directory + "ca.crt"));
  if (auto ns = ReadWholeFile(directory + "namespace")) config.default_namespace = *ns;
  return config;
}

}  // namespace stowage::kube
