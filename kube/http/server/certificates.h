// Certificates of our own making: an authority, and what it signs for servers and clients. ECDSA
// P-256.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/types.h"

namespace stowage::kube {

struct KeyPair {
  std::string certificate_pem;  // of a leaf: with the authority's certificate behind it
  std::string key_pem;          // secret
};

struct Subject {
  std::string common_name;
  std::vector<std::string> organizations;
};

// How long a certificate is good. It starts an hour early, for clocks that differ.
struct Validity {
  WallTime from;
  Duration lifetime = Hours(24 * 365);
};

Result<KeyPair> MakeCertificateAuthority(const std::string& common_name, Validity validity);

// `names`: DNS names (also "*.example.org") and IP addresses, in any order; at least one.
Result<KeyPair> IssueServerCertificate(const KeyPair& authority, const Subject& subject,
                                       const std::vector<std::string>& names, Validity validity);
Result<KeyPair> IssueClientCertificate(const KeyPair& authority, const Subject& subject,
                                       Validity validity);
// Vouches for itself; for a server that no authority is there to sign for.
Result<KeyPair> MakeSelfSignedCertificate(const Subject& subject,
                                          const std::vector<std::string>& names, Validity validity);

struct SigningRequest {
  std::string request_pem;  // PKCS#10
  std::string key_pem;      // secret
};
// With a fresh key, for a CertificateSigningRequest.
Result<SigningRequest> MakeSigningRequest(const Subject& subject,
                                          const std::vector<std::string>& names);

// Of the first certificate in the text. kInvalid if there is none.
Result<WallTime> CertificateExpiry(std::string_view pem);

}  // namespace stowage::kube
