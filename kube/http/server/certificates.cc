#include "kube/http/server/certificates.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "kube/http/io/tls.h"

namespace stowage::kube {
namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* p) const {
    free_function(p);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Csr = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;

constexpr Duration kEarly = Hours(1);

tl::unexpected<Error> Fault(std::string_view what) {
  return MakeError(ErrorCode::kInternal,
                   "OpenSSL could not make " + std::string(what) + ": " + io::TlsErrorText("?"));
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}
std::string ToPem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return Contents(bio.get());
}
std::string ToPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Contents(bio.get());
}

bool IsAddress(const std::string& name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

// A name that OpenSSL's configuration syntax would read as something else is refused.
Result<std::string> AlternativeNames(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    const bool address = IsAddress(name);
    const bool plain = !name.empty() &&
                       name.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*_") ==
                           std::string::npos;
    if (!address && !plain) {
      return MakeError(ErrorCode::kInvalid,
                       "\"" + name + "\" is neither a DNS name nor an IP address");
    }
    all += (all.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
  }
  return all;
}

bool Fill(X509_NAME* name, const Subject& subject) {
  const auto add = [name](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  for (const std::string& o : subject.organizations) {
    if (!add("O", o)) return false;
  }
  return add("CN", subject.common_name);
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Key NewKey() { return Key(EVP_EC_gen("P-256")); }

struct Parent {
  Certificate certificate;
  Key key;
};

Result<Parent> Read(const KeyPair& authority) {
  const Bio certificate(BIO_new_mem_buf(authority.certificate_pem.data(),
                                        static_cast<int>(authority.certificate_pem.size())));
  const Bio key(
      BIO_new_mem_buf(authority.key_pem.data(), static_cast<int>(authority.key_pem.size())));
  Parent parent{Certificate(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr)),
                Key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr))};
  if (!parent.certificate || !parent.key) {
    return MakeError(ErrorCode::kInvalid,
                     "the authority is no PEM certificate with its key: " + io::TlsErrorText("?"));
  }
  return parent;
}

struct Profile {
  bool authority = false;
  const char* purposes = nullptr;  // extendedKeyUsage
  std::string alternative_names;
};

// Signed by `parent`, or by itself if that is null.
Result<KeyPair> Issue(const Parent* parent, const Subject& subject, const Profile& profile,
                      Validity validity) {
  const Key key = NewKey();
  const Certificate certificate(X509_new());
  if (!key || !certificate) return Fault("a key");
  X509* c = certificate.get();
  X509_set_version(c, X509_VERSION_3);
  const std::unique_ptr<BIGNUM, Free<BN_free>> serial(BN_new());
  BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(c));
  const auto seconds = [](WallTime t) {
    return static_cast<time_t>(t.time_since_epoch().count() / 1000000);
  };
  ASN1_TIME_set(X509_getm_notBefore(c), seconds(validity.from - kEarly));
  ASN1_TIME_set(X509_getm_notAfter(c), seconds(validity.from + validity.lifetime));
  if (!Fill(X509_get_subject_name(c), subject)) return Fault("the subject " + subject.common_name);
  X509* issuer = parent == nullptr ? c : parent->certificate.get();
  X509_set_issuer_name(c, X509_get_subject_name(issuer));
  X509_set_pubkey(c, key.get());
  bool ok = AddExtension(c, issuer, NID_basic_constraints,
                         profile.authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
            AddExtension(c, issuer, NID_key_usage,
                         profile.authority ? "critical,keyCertSign,cRLSign,digitalSignature"
                                           : "critical,digitalSignature") &&
            AddExtension(c, issuer, NID_subject_key_identifier, "hash") &&
            AddExtension(c, issuer, NID_authority_key_identifier, "keyid");
  if (profile.purposes != nullptr)
    ok = ok && AddExtension(c, issuer, NID_ext_key_usage, profile.purposes);
  if (!profile.alternative_names.empty()) {
    ok = ok && AddExtension(c, issuer, NID_subject_alt_name, profile.alternative_names);
  }
  EVP_PKEY* signer = parent == nullptr ? key.get() : parent->key.get();
  if (!ok || X509_sign(c, signer, EVP_sha256()) == 0) return Fault("a certificate");
  KeyPair pair{ToPem(c), ToPem(key.get())};
  if (parent != nullptr) pair.certificate_pem += ToPem(parent->certificate.get());
  return pair;
}

Result<std::string> ServerNames(const std::vector<std::string>& names) {
  if (names.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     "a server's certificate needs a DNS name or an IP address");
  }
  return AlternativeNames(names);
}

}  // namespace

Result<KeyPair> MakeCertificateAuthority(const std::string& common_name, Validity validity) {
  return Issue(nullptr, {common_name, {}}, {.authority = true}, validity);
}

Result<KeyPair> IssueServerCertificate(const KeyPair& authority, const Subject& subject,
                                       const std::vector<std::string>& names, Validity validity) {
  ASSIGN_OR_RETURN(const Parent parent, Read(authority));
  ASSIGN_OR_RETURN(std::string all, ServerNames(names));
  return Issue(&parent, subject, {.purposes = "serverAuth", .alternative_names = std::move(all)},
               validity);
}

Result<KeyPair> IssueClientCertificate(const KeyPair& authority, const Subject& subject,
                                       Validity validity) {
  ASSIGN_OR_RETURN(const Parent parent, Read(authority));
  return Issue(&parent, subject, {.purposes = "clientAuth"}, validity);
}

Result<KeyPair> MakeSelfSignedCertificate(const Subject& subject,
                                          const std::vector<std::string>& names,
                                          Validity validity) {
  ASSIGN_OR_RETURN(std::string all, ServerNames(names));
  return Issue(nullptr, subject, {.purposes = "serverAuth", .alternative_names = std::move(all)},
               validity);
}

Result<SigningRequest> MakeSigningRequest(const Subject& subject,
                                          const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const std::string all, AlternativeNames(names));
  const Key key = NewKey();
  const Csr csr(X509_REQ_new());
  if (!key || !csr) return Fault("a key");
  X509_REQ_set_version(csr.get(), X509_REQ_VERSION_1);
  if (!Fill(X509_REQ_get_subject_name(csr.get()), subject)) {
    return Fault("the subject " + subject.common_name);
  }
  X509_REQ_set_pubkey(csr.get(), key.get());
  if (!all.empty()) {
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    X509_EXTENSION* names_extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, all.c_str());
    if (names_extension != nullptr) sk_X509_EXTENSION_push(extensions, names_extension);
    const bool added =
        names_extension != nullptr && X509_REQ_add_extensions(csr.get(), extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, &X509_EXTENSION_free);
    if (!added) return Fault("the alternative names");
  }
  if (X509_REQ_sign(csr.get(), key.get(), EVP_sha256()) == 0) return Fault("a signing request");
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), csr.get());
  return SigningRequest{Contents(bio.get()), ToPem(key.get())};
}

Result<WallTime> CertificateExpiry(std::string_view pem) {
  ASSIGN_OR_RETURN(const auto all, io::ParseCertificates(std::string(pem)));
  return io::ExpiryOf(all.front().get());
}

}  // namespace stowage::kube
