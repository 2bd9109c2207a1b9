#include "kube/http/client/exec_plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <vector>

#include "base/time/rfc3339.h"
#include "kube/api/base64.h"
#include "kube/api/json.h"
#include "kube/http/io/tls.h"

extern char** environ;

namespace stowage::kube {
namespace {

constexpr size_t kOutputMax = 1 << 20;
constexpr size_t kSaidMax = 400;  // of standard error, in our message

using Clock = std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() {
    if (pipe2(fds_, O_CLOEXEC) != 0) fds_[0] = fds_[1] = -1;
  }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  int read_end() const { return fds_[0]; }
  int write_end() const { return fds_[1]; }
  void CloseRead() { Close(fds_[0]); }
  void CloseWrite() { Close(fds_[1]); }

 private:
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int fds_[2];
};

std::string ExecInfo(const ClusterConfig& config) {
  MutableJson info;
  info.Set({"apiVersion"}, config.exec->api_version);
  info.Set({"kind"}, "ExecCredential");
  info.Set({"spec", "interactive"}, false);
  if (config.exec->provide_cluster_info) {
    info.Set({"spec", "cluster", "server"}, config.server);
    if (!config.tls_server_name.empty()) {
      info.Set({"spec", "cluster", "tls-server-name"}, config.tls_server_name);
    }
    if (config.insecure_skip_tls_verify) {
      info.Set({"spec", "cluster", "insecure-skip-tls-verify"}, true);
    }
    if (!config.ca_pem.empty()) {
      info.Set({"spec", "cluster", "certificate-authority-data"}, EncodeBase64(config.ca_pem));
    }
  }
  return info.ref().Dump();
}

std::vector<std::string> EnvironmentFor(const ClusterConfig& config) {
  std::vector<std::string> all;
  const auto overridden = [&](std::string_view entry) {
    const std::string name(entry.substr(0, entry.find('=')));
    return name == "KUBERNETES_EXEC_INFO" || name == "SSL_CERT_FILE" || name == "SSL_CERT_DIR" ||
           config.exec->env.contains(name);
  };
  for (char** e = environ; *e != nullptr; ++e) {
    if (!overridden(*e)) all.emplace_back(*e);
  }
  for (std::string& e : io::OriginalTrustEnvironment()) {
    if (!config.exec->env.contains(e.substr(0, e.find('=')))) all.push_back(std::move(e));
  }
  for (const auto& [name, value] : config.exec->env) all.push_back(name + "=" + value);
  all.push_back("KUBERNETES_EXEC_INFO=" + ExecInfo(config));
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& s : strings) all.push_back(s.data());
  all.push_back(nullptr);
  return all;
}

int Spawn(const ClusterConfig& config, const Pipe& out, const Pipe& err, pid_t* pid) {
  std::vector<std::string> args{config.exec->command};
  args.insert(args.end(), config.exec->args.begin(), config.exec->args.end());
  std::vector<std::string> env = EnvironmentFor(config);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end(), 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // We ignore SIGPIPE; the program must not inherit that. Its own group, to end its children, too.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int failed = posix_spawnp(pid, config.exec->command.c_str(), &actions, &attributes,
                                  Pointers(args).data(), Pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// Appends what there is; false at the end.
bool Drain(int fd, std::string* to) {
  char buffer[4096];
  const ssize_t n = read(fd, buffer, sizeof(buffer));
  if (n <= 0) return n < 0 && errno == EINTR;
  if (to->size() < kOutputMax) to->append(buffer, n);
  return true;
}

enum class Ending { kExited, kTimedOut, kStopped };

Ending Collect(Pipe& out, Pipe& err, Clock::time_point deadline, const std::atomic<bool>& stop,
               std::string* printed, std::string* said) {
  while (out.read_end() >= 0 || err.read_end() >= 0) {
    if (stop) return Ending::kStopped;
    if (Clock::now() >= deadline) return Ending::kTimedOut;
    pollfd fds[2] = {{out.read_end(), POLLIN, 0}, {err.read_end(), POLLIN, 0}};
    if (poll(fds, 2, 50) <= 0) continue;
    if (fds[0].revents != 0 && !Drain(out.read_end(), printed)) out.CloseRead();
    if (fds[1].revents != 0 && !Drain(err.read_end(), said)) err.CloseRead();
  }
  return Ending::kExited;
}

std::string OneLine(std::string said) {
  said.resize(std::min(said.size(), kSaidMax));
  for (char& c : said) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  while (!said.empty() && said.back() == ' ') said.pop_back();
  return said;
}

}  // namespace

Result<ExecCredential> ParseExecCredential(std::string_view text, const std::string& api_version) {
  auto json = Json::Parse(text);
  // The parser's message would show no text of the document; a token cannot leak by it.
  if (!json) return Err(WithContext(json.error(), "its output"));
  if ((*json)["kind"].str() != "ExecCredential") {
    return MakeError(ErrorCode::kInvalid, "its output is no ExecCredential");
  }
  if ((*json)["apiVersion"].str() != api_version) {
    return MakeError(
        ErrorCode::kInvalid,
        "it answered in version \"" + (*json)["apiVersion"].string() + "\", not in " + api_version);
  }
  const JsonRef status = (*json)["status"];
  ExecCredential credential;
  credential.token = status["token"].string();
  credential.client_certificate_pem = status["clientCertificateData"].string();
  credential.client_key_pem = status["clientKeyData"].string();
  if (credential.token.empty() && credential.client_certificate_pem.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     "its output has neither a token nor a client certificate");
  }
  if (status["expirationTimestamp"].is_string()) {
    ASSIGN_OR_RETURN(credential.expires, ParseTime(status["expirationTimestamp"].str()));
  }
  return credential;
}

Result<ExecCredential> RunExecPlugin(const ClusterConfig& config, Duration timeout,
                                     const std::atomic<bool>& stop) {
  const std::string name = "credential plug-in " + config.exec->command + " of " + config.origin;
  const auto fail = [&](const std::string& why) {
    std::string hint = config.exec->install_hint;
    if (!hint.empty()) hint = "; " + OneLine(hint);
    return MakeError(ErrorCode::kUnauthorized, name + " " + why + hint);
  };
  Pipe out, err;
  pid_t pid = 0;
  if (const int failed = Spawn(config, out, err, &pid)) {
    return fail("cannot be started: " + std::string(std::strerror(failed)));
  }
  out.CloseWrite();
  err.CloseWrite();
  std::string printed, said;
  const Ending ending = Collect(out, err, Clock::now() + timeout, stop, &printed, &said);
  if (ending != Ending::kExited) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (ending == Ending::kTimedOut) return fail("did not answer within " + FormatDuration(timeout));
  if (ending == Ending::kStopped) return fail("was stopped");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string how = WIFEXITED(status) ? "exited with " + std::to_string(WEXITSTATUS(status))
                                        : "died of signal " + std::to_string(WTERMSIG(status));
    const std::string words = OneLine(said);
    return fail("failed: it " + how + (words.empty() ? "" : " and said: " + words));
  }
  auto credential = ParseExecCredential(printed, config.exec->api_version);
  if (!credential) return fail("gave no credential: " + credential.error().message);
  return credential;
}

}  // namespace stowage::kube
