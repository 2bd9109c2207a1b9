// TLS material and contexts over OpenSSL, for servers, for our own client connections, and for the
// library that sends plain requests.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/types.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_st;
struct x509_store_ctx_st;
struct x509_store_st;
struct evp_pkey_st;

namespace stowage::kube::io {

using SslCtxPtr = std::shared_ptr<ssl_ctx_st>;

struct TlsClientOptions {
  std::string ca_pem;  // "" for the system's
  std::string certificate_pem, key_pem;
  std::string verify_name;  // DNS name or IP address the server's certificate must be for
  bool insecure_skip_verify = false;
  std::string origin;  // for messages: where these settings came from
};

// Parsed once, used for many connections; safe from any thread.
class TlsClient : public std::enable_shared_from_this<TlsClient> {
 public:
  // kInvalid: what does not parse, does not fit together or has expired at `now`.
  static Result<std::shared_ptr<TlsClient>> Create(TlsClientOptions options, WallTime now);

  // Makes `ctx` trust, present and verify as this says; TLS 1.2 at least.
  void Apply(ssl_ctx_st* ctx);

  // A context of ours with Apply() done.
  SslCtxPtr context() { return context_; }

  // Why the last certificate of a server was refused; "" if none was since the last call.
  std::string TakeRefusal();

  const TlsClientOptions& options() const { return options_; }

 private:
  friend int VerifyServer(x509_store_ctx_st*, void*);
  std::string Describe(int error, x509_st* certificate) const;

  TlsClientOptions options_;
  std::shared_ptr<x509_store_st> trust_;
  std::shared_ptr<x509_st> certificate_;
  std::vector<std::shared_ptr<x509_st>> chain_;
  std::shared_ptr<evp_pkey_st> key_;
  SslCtxPtr context_;
  std::mutex mutex_;
  std::string refusal_;
};

// kInvalid if the certificate and the key do not parse or do not belong together.
Result<SslCtxPtr> MakeServerContext(const std::string& certificate_pem,
                                    const std::string& private_key_pem,
                                    const std::string& client_ca_pem,
                                    bool require_client_certificate);

// Certificates of a PEM text, in order. kInvalid if there is none or one does not parse.
Result<std::vector<std::shared_ptr<x509_st>>> ParseCertificates(const std::string& pem);
WallTime ExpiryOf(x509_st* certificate);

// The library for plain requests loads the system's bundle of authorities for every connection, 30
// ms of CPU, even where we bring our own. So the default places are hidden from it by way of the
// environment, before any thread runs (IoContext does so); our own code goes on knowing them.
void HideSystemTrust();
// "SSL_CERT_FILE=..." and the like as they were, for programs that we start.
std::vector<std::string> OriginalTrustEnvironment();

// The oldest entry of OpenSSL's error queue as text, and empties the queue.
std::string TlsErrorText(std::string_view fallback);

}  // namespace stowage::kube::io
