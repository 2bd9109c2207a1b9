// Who we are to one API server, kept fresh: tokens and certificates that rotate, plug-ins.
// Internal.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kube/client/transport.h"
#include "kube/http/client/address.h"
#include "kube/http/client/exec_plugin.h"
#include "kube/http/io/strand.h"
#include "kube/http/io/tls.h"

namespace stowage::kube {

// What a request carries. Never logged.
struct Proof {
  Headers headers;                     // Authorization, Impersonate-User
  std::shared_ptr<io::TlsClient> tls;  // null for plain HTTP
  uint64_t generation = 0;             // for Refused()
};

class Credentials : public std::enable_shared_from_this<Credentials> {
 public:
  ~Credentials();
  // kInvalid as HttpTransport::Create().
  static Result<std::shared_ptr<Credentials>> Create(IoContext& io, ClusterConfig config,
                                                     const ServerAddress& server);

  // From any thread; `done` runs on an io thread, with kUnauthorized if there is nothing to show.
  void Get(std::function<void(Result<Proof>)> done);

  // The server said 401 to a proof of `generation`. True if a new one may do better; the next Get()
  // fetches it. On the threads that Get() answers on.
  void Refused(uint64_t generation, std::function<void(bool retry)> done);

  // Ends a plug-in that runs.
  void Stop();

 private:
  using Waiter = std::function<void(Result<Proof>)>;
  Credentials(IoContext& io, ClusterConfig config);
  Result<void> LoadTls();
  Result<void> LoadToken();
  void Refresh();
  void StartPlugin();
  void OnPlugin(Result<ExecCredential> credential);
  bool CertificateFilesChanged();
  void Answer(Result<void> how);
  Proof Current() const;

  io::StrandPtr strand_;
  ClusterConfig config_;
  std::string verify_name_;
  bool tls_wanted_ = false;

  // On the strand.
  std::shared_ptr<io::TlsClient> tls_;
  std::string token_, token_read_, certificate_read_;
  std::string plugin_certificate_, plugin_key_;
  uint64_t generation_ = 1;
  bool refresh_wanted_ = false, plugin_runs_ = false, plugin_answered_ = false;
  MonotonicTime token_at_{}, files_at_{};
  std::optional<WallTime> expires_;
  std::vector<Waiter> waiting_;

  std::atomic<bool> stop_{false};
  std::thread plugin_;
};

// A small text file. kInvalid names it and says why it cannot be read.
Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace stowage::kube
