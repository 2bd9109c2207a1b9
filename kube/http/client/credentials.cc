#include "kube/http/client/credentials.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/log/log.h"
#include "kube/api/base64.h"

namespace stowage::kube {
namespace {

constexpr Duration kTokenFileAge = Minutes(1);
constexpr Duration kCertificateFileAge = Seconds(10);
constexpr Duration kPluginTimeout = Seconds(60);
constexpr Duration kExpiryMargin = Seconds(10);

MonotonicTime Now() {
  return MonotonicTime(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}
WallTime WallNow() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return MakeError(ErrorCode::kInvalid,
                     "cannot read " + path + ": " + std::strerror(errno == 0 ? EIO : errno));
  }
  return text.str();
}

Credentials::Credentials(IoContext& io, ClusterConfig config)
    : strand_(std::make_shared<io::Strand>(io)), config_(std::move(config)) {}

Credentials::~Credentials() {
  // The plug-in's thread held a reference until its last step, which touches nothing of ours.
  if (plugin_.joinable()) plugin_.detach();
}

Result<std::shared_ptr<Credentials>> Credentials::Create(IoContext& io, ClusterConfig config,
                                                         const ServerAddress& server) {
  std::shared_ptr<Credentials> self(new Credentials(io, std::move(config)));
  self->tls_wanted_ = server.tls;
  self->verify_name_ =
      self->config_.tls_server_name.empty() ? server.host : self->config_.tls_server_name;
  self->token_ = self->config_.token;
  RETURN_IF_ERROR(self->LoadTls());
  if (!self->config_.token_file.empty()) RETURN_IF_ERROR(self->LoadToken());
  return self;
}

Result<void> Credentials::LoadTls() {
  files_at_ = Now();
  if (!tls_wanted_) return {};
  io::TlsClientOptions options;
  options.ca_pem = config_.ca_pem;
  options.verify_name = verify_name_;
  options.insecure_skip_verify = config_.insecure_skip_tls_verify;
  options.origin = config_.origin;
  options.certificate_pem = config_.client_certificate_pem;
  options.key_pem = config_.client_key_pem;
  if (!config_.client_certificate_file.empty()) {
    options.origin += " (" + config_.client_certificate_file + ")";
    ASSIGN_OR_RETURN(options.certificate_pem, ReadWholeFile(config_.client_certificate_file));
    certificate_read_ = options.certificate_pem;
  }
  if (!config_.client_key_file.empty()) {
    ASSIGN_OR_RETURN(options.key_pem, ReadWholeFile(config_.client_key_file));
  }
  if (!plugin_certificate_.empty()) {
    options.certificate_pem = plugin_certificate_;
    options.key_pem = plugin_key_;
  }
  ASSIGN_OR_RETURN(tls_, io::TlsClient::Create(std::move(options), WallNow()));
  return {};
}

Result<void> Credentials::LoadToken() {
  ASSIGN_OR_RETURN(std::string text, ReadWholeFile(config_.token_file));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  if (text.empty()) {
    return MakeError(ErrorCode::kUnauthorized,
                     "the token file " + config_.token_file + " is empty");
  }
  token_at_ = Now();
  if (text != token_) {
    token_ = std::move(text);
    ++generation_;
  }
  return {};
}

bool Credentials::CertificateFilesChanged() {
  if (config_.client_certificate_file.empty()) return false;
  if (!refresh_wanted_ && Now() - files_at_ < kCertificateFileAge) return false;
  files_at_ = Now();
  const auto text = ReadWholeFile(config_.client_certificate_file);
  return text && *text != certificate_read_;
}

void Credentials::Get(std::function<void(Result<Proof>)> done) {
  strand_->Post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->waiting_.push_back(std::move(done));
    if (!self->plugin_runs_) self->Refresh();
  });
}

void Credentials::Refresh() {
  if (CertificateFilesChanged()) {
    // A pair that is being replaced may not fit together for a moment; the old one still does.
    if (auto loaded = LoadTls(); loaded) {
      ++generation_;
    } else {
      LogWarning("keeping the old client certificate", {{"error", loaded.error()}});
    }
  }
  if (!config_.token_file.empty() && (refresh_wanted_ || Now() - token_at_ >= kTokenFileAge)) {
    if (auto loaded = LoadToken(); !loaded) {
      LogWarning("keeping the old token", {{"error", loaded.error()}});
      token_at_ = Now();
    }
  }
  const bool plugin_due = config_.exec && (!plugin_answered_ || refresh_wanted_ ||
                                           (expires_ && WallNow() + kExpiryMargin >= *expires_));
  refresh_wanted_ = false;
  if (plugin_due) return StartPlugin();
  Answer({});
}

void Credentials::StartPlugin() {
  plugin_runs_ = true;
  if (plugin_.joinable()) plugin_.join();  // has ended: it posted its answer
  if (stop_) return;
  plugin_ = std::thread([self = shared_from_this()] {
    auto credential = RunExecPlugin(self->config_, kPluginTimeout, self->stop_);
    self->strand_->Post([self, credential = std::move(credential)]() mutable {
      self->OnPlugin(std::move(credential));
    });
  });
}

void Credentials::OnPlugin(Result<ExecCredential> credential) {
  plugin_runs_ = false;
  if (!credential) return Answer(Err(credential.error()));
  plugin_answered_ = true;
  expires_ = credential->expires;
  ++generation_;
  token_ = std::move(credential->token);
  if (credential->client_certificate_pem != plugin_certificate_) {
    plugin_certificate_ = std::move(credential->client_certificate_pem);
    plugin_key_ = std::move(credential->client_key_pem);
    if (auto loaded = LoadTls(); !loaded) return Answer(std::move(loaded));
  }
  Answer({});
}

void Credentials::Answer(Result<void> how) {
  for (Waiter& done : std::exchange(waiting_, {})) {
    done(how ? Result<Proof>(Current()) : Result<Proof>(Err(how.error())));
  }
}

Proof Credentials::Current() const {
  Proof proof;
  proof.generation = generation_;
  proof.tls = tls_;
  if (!token_.empty()) {
    proof.headers.Add("Authorization", "Bearer " + token_);
  } else if (!config_.username.empty()) {
    proof.headers.Add("Authorization",
                      "Basic " + EncodeBase64(config_.username + ":" + config_.password));
  }
  if (!config_.impersonate_user.empty()) {
    proof.headers.Add("Impersonate-User", config_.impersonate_user);
  }
  return proof;
}

void Credentials::Refused(uint64_t generation, std::function<void(bool)> done) {
  strand_->Post([self = shared_from_this(), generation, done = std::move(done)] {
    const ClusterConfig& c = self->config_;
    const bool renewable = c.exec || !c.token_file.empty() || !c.client_certificate_file.empty();
    if (renewable && generation == self->generation_) self->refresh_wanted_ = true;
    done(renewable);
  });
}

void Credentials::Stop() {
  stop_ = true;
  // The thread is made on the strand: it is there that it can be joined without a race.
  strand_->Post([self = shared_from_this()] {
    if (self->plugin_.joinable()) self->plugin_.join();
    self->Answer(MakeError(ErrorCode::kCancelled, "the transport was closed"));
  });
}

}  // namespace stowage::kube
