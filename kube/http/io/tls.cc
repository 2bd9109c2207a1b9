#include "kube/http/io/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "base/time/rfc3339.h"

namespace stowage::kube::io {
namespace {

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

BioPtr MemoryBio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

Result<std::shared_ptr<EVP_PKEY>> ParseKey(const std::string& pem) {
  const BioPtr bio = MemoryBio(pem);
  // An empty pass phrase: an encrypted key is an error instead of a question on the terminal.
  EVP_PKEY* key = PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr);
  if (key == nullptr) {
    return MakeError(ErrorCode::kInvalid,
                     "the private key is not PEM that can be read without a pass phrase (" +
                         TlsErrorText("no key found") + ")");
  }
  return std::shared_ptr<EVP_PKEY>(key, &EVP_PKEY_free);
}

std::string NameOf(const X509_NAME* name) {
  char text[256] = "";
  X509_NAME_oneline(name, text, sizeof(text));
  return text;
}

std::string NamesOf(X509* certificate) {
  std::string all;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* n = sk_GENERAL_NAME_value(names, i);
    std::string one;
    if (n->type == GEN_DNS) {
      one.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(n->d.dNSName)),
                 ASN1_STRING_length(n->d.dNSName));
    } else if (n->type == GEN_IPADD) {
      char* text = i2s_ASN1_OCTET_STRING(nullptr, n->d.iPAddress);
      const unsigned char* b = ASN1_STRING_get0_data(n->d.iPAddress);
      if (ASN1_STRING_length(n->d.iPAddress) == 4) {
        char dotted[16];
        std::snprintf(dotted, sizeof(dotted), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        one = dotted;
      } else if (text != nullptr) {
        one = text;
      }
      OPENSSL_free(text);
    }
    if (!one.empty()) all += (all.empty() ? "" : ", ") + one;
  }
  GENERAL_NAMES_free(names);
  return all.empty() ? "no name" : all;
}

// Keeps the TlsClient alive as long as a context refers to it.
void FreeOwner(void*, void* owner, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<TlsClient>*>(owner);
}
int OwnerIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeOwner);
  return index;
}

struct TrustPlaces {
  std::string file, directory;
  std::vector<std::string> environment;  // as it was
};

const TrustPlaces& SystemPlaces() {
  static const TrustPlaces places = [] {
    TrustPlaces p{X509_get_default_cert_file(), X509_get_default_cert_dir(), {}};
    const auto look = [&p](const char* name, std::string* into) {
      const char* value = std::getenv(name);
      if (value == nullptr) return;
      *into = value;
      p.environment.push_back(std::string(name) + "=" + value);
    };
    look(X509_get_default_cert_file_env(), &p.file);
    look(X509_get_default_cert_dir_env(), &p.directory);
    return p;
  }();
  return places;
}

std::shared_ptr<X509_STORE> SystemTrust() {
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
  X509_STORE_load_file(store.get(), SystemPlaces().file.c_str());
  X509_STORE_load_path(store.get(), SystemPlaces().directory.c_str());
  ERR_clear_error();
  return store;
}

Result<std::shared_ptr<X509_STORE>> TrustOf(const std::string& ca_pem) {
  if (ca_pem.empty()) return SystemTrust();
  ASSIGN_OR_RETURN(auto authorities, ParseCertificates(ca_pem));
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
  for (const auto& ca : authorities) X509_STORE_add_cert(store.get(), ca.get());
  // The given certificate is trusted even if it is not self-signed, as in Go.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return store;
}

void SetModes(SSL_CTX* ctx) {
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(
      ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

}  // namespace

void HideSystemTrust() {
  static const bool once = [] {
    // The request library's threads end after OpenSSL's exit handler would have run under them.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    SystemPlaces();
    setenv(X509_get_default_cert_file_env(), "/dev/null", 1);
    setenv(X509_get_default_cert_dir_env(), "/dev/null", 1);
    return true;
  }();
  (void)once;
}

std::vector<std::string> OriginalTrustEnvironment() { return SystemPlaces().environment; }

std::string TlsErrorText(std::string_view fallback) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string(fallback) : reason;
}

Result<std::vector<std::shared_ptr<X509>>> ParseCertificates(const std::string& pem) {
  const BioPtr bio = MemoryBio(pem);
  std::vector<std::shared_ptr<X509>> all;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    all.emplace_back(one, &X509_free);
  }
  const unsigned long last = ERR_peek_last_error();
  const bool at_end = ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  const std::string why = TlsErrorText("no certificate found");
  if (all.empty() || !at_end) {
    return MakeError(ErrorCode::kInvalid, "not a PEM certificate (" + why + ")");
  }
  return all;
}

WallTime ExpiryOf(X509* certificate) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1) return WallTime();
  return WallTime(Seconds(timegm(&tm)));
}

int VerifyServer(X509_STORE_CTX* ctx, void* arg) {
  // The library's own callback would check the name again, and cannot do it for IPv6 literals.
  X509_STORE_CTX_set_verify_cb(ctx, [](int ok, X509_STORE_CTX*) { return ok; });
  if (X509_verify_cert(ctx) == 1) return 1;
  auto* self = static_cast<TlsClient*>(arg);
  X509* certificate = X509_STORE_CTX_get_current_cert(ctx);
  if (certificate == nullptr) certificate = X509_STORE_CTX_get0_cert(ctx);
  std::string why = self->Describe(X509_STORE_CTX_get_error(ctx), certificate);
  std::lock_guard lock(self->mutex_);
  self->refusal_ = std::move(why);
  return 0;
}

std::string TlsClient::Describe(int error, X509* certificate) const {
  const std::string subject =
      certificate == nullptr ? "?" : NameOf(X509_get_subject_name(certificate));
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "certificate signed by unknown authority: " +
             (certificate == nullptr ? "?" : NameOf(X509_get_issuer_name(certificate))) +
             "; check certificate-authority in " + options_.origin;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate " + subject + " expired at " +
             FormatTime(ExpiryOf(certificate)) + "; renew it on the server";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate " + subject +
             " is not valid yet; check the clocks of both machines";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is for " + NamesOf(certificate) + ", not for " +
             options_.verify_name + "; check server or tls-server-name in " + options_.origin;
    default:
      return "the server's certificate " + subject +
             " was refused: " + X509_verify_cert_error_string(error);
  }
}

Result<std::shared_ptr<TlsClient>> TlsClient::Create(TlsClientOptions options, WallTime now) {
  auto self = std::make_shared<TlsClient>();
  auto trust = TrustOf(options.ca_pem);
  if (!trust) return Err(WithContext(trust.error(), "certificate-authority of " + options.origin));
  self->trust_ = *trust;
  if (options.certificate_pem.empty() != options.key_pem.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     options.origin + " has a client " +
                         (options.key_pem.empty() ? "certificate without its key"
                                                  : "key without its certificate"));
  }
  if (!options.certificate_pem.empty()) {
    const std::string where = "client certificate of " + options.origin;
    auto chain = ParseCertificates(options.certificate_pem);
    if (!chain) return Err(WithContext(chain.error(), where));
    auto key = ParseKey(options.key_pem);
    if (!key) return Err(WithContext(key.error(), where));
    self->certificate_ = chain->front();
    self->chain_.assign(chain->begin() + 1, chain->end());
    self->key_ = *key;
    if (X509_check_private_key(self->certificate_.get(), self->key_.get()) != 1) {
      ERR_clear_error();
      return MakeError(ErrorCode::kInvalid, where + ": the key does not belong to the certificate");
    }
    if (const WallTime expiry = ExpiryOf(self->certificate_.get()); expiry <= now) {
      return MakeError(ErrorCode::kInvalid,
                       where + " expired at " + FormatTime(expiry) + "; get a new one");
    }
  }
  self->options_ = std::move(options);
  self->options_.certificate_pem.clear();
  self->options_.key_pem.clear();  // parsed; the text is not needed any more
  // No owner reference here: the context lives inside the client.
  self->context_.reset(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SetModes(self->context_.get());
  SSL_CTX_set_verify(self->context_.get(),
                     self->options_.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     nullptr);
  self->Apply(self->context_.get());
  return self;
}

void TlsClient::Apply(SSL_CTX* ctx) {
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set1_cert_store(ctx, trust_.get());
  if (certificate_) {
    SSL_CTX_use_certificate(ctx, certificate_.get());
    for (const auto& link : chain_) SSL_CTX_add1_chain_cert(ctx, link.get());
    SSL_CTX_use_PrivateKey(ctx, key_.get());
  }
  X509_VERIFY_PARAM* param = SSL_CTX_get0_param(ctx);
  if (!options_.verify_name.empty() &&
      X509_VERIFY_PARAM_set1_ip_asc(param, options_.verify_name.c_str()) != 1) {
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(param, options_.verify_name.data(), options_.verify_name.size());
  }
  if (!options_.insecure_skip_verify) SSL_CTX_set_cert_verify_callback(ctx, &VerifyServer, this);
  if (ctx != context_.get()) {
    SSL_CTX_set_ex_data(ctx, OwnerIndex(), new std::shared_ptr<TlsClient>(shared_from_this()));
  }
}

std::string TlsClient::TakeRefusal() {
  std::lock_guard lock(mutex_);
  return std::exchange(refusal_, {});
}

Result<SslCtxPtr> MakeServerContext(const std::string& certificate_pem,
                                    const std::string& private_key_pem,
                                    const std::string& client_ca_pem,
                                    bool require_client_certificate) {
  auto chain = ParseCertificates(certificate_pem);
  if (!chain) return Err(WithContext(chain.error(), "server certificate"));
  auto key = ParseKey(private_key_pem);
  if (!key) return Err(WithContext(key.error(), "server certificate"));
  SslCtxPtr ctx(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SetModes(ctx.get());
  SSL_CTX_use_certificate(ctx.get(), chain->front().get());
  for (size_t i = 1; i < chain->size(); ++i) SSL_CTX_add1_chain_cert(ctx.get(), (*chain)[i].get());
  SSL_CTX_use_PrivateKey(ctx.get(), key->get());
  if (SSL_CTX_check_private_key(ctx.get()) != 1) {
    ERR_clear_error();
    return MakeError(ErrorCode::kInvalid, "the server's key does not belong to its certificate");
  }
  // Sessions are resumed by tickets; they are bound to this context's clients.
  static constexpr unsigned char kSessionId[] = "stowage";
  SSL_CTX_set_session_id_context(ctx.get(), kSessionId, sizeof(kSessionId) - 1);
  if (!client_ca_pem.empty()) {
    auto authorities = ParseCertificates(client_ca_pem);
    if (!authorities) return Err(WithContext(authorities.error(), "client certificate authority"));
    std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
    for (const auto& ca : *authorities) {
      X509_STORE_add_cert(store.get(), ca.get());
      SSL_CTX_add_client_CA(ctx.get(), ca.get());
    }
    SSL_CTX_set1_cert_store(ctx.get(), store.get());
    SSL_CTX_set_verify(
        ctx.get(),
        SSL_VERIFY_PEER | (require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        nullptr);
  }
  return ctx;
}

}  // namespace stowage::kube::io
