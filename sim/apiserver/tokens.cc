#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

#include "sim/apiserver/auth.h"

namespace stowage::sim {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kIssuer[] = "https://kubernetes.default.svc.cluster.local";

std::string Base64Url(std::string_view bytes) {
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (unsigned char c : bytes) {
    bits = bits << 8 | c;
    for (have += 8; have >= 6; have -= 6) out += kAlphabet[bits >> (have - 6) & 63];
  }
  if (have > 0) out += kAlphabet[bits << (6 - have) & 63];
  return out;
}

std::string FromBase64Url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    const char* at = static_cast<const char*>(memchr(kAlphabet, c, 64));
    if (!at) return "";
    bits = bits << 6 | static_cast<uint32_t>(at - kAlphabet);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(bits >> have & 255);
    }
  }
  return out;
}

std::string Signature(const std::string& key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return Base64Url({reinterpret_cast<const char*>(digest), size});
}

int64_t UnixSeconds(WallTime t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

bool Same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string SignToken(Core& core, const EntryPtr& account, kube::JsonRef spec, WallTime expires) {
  const kube::JsonRef metadata = account->json()["metadata"];
  kube::MutableJson claims;
  claims["aud"] = kube::JsonArray{};
  for (kube::JsonRef a : spec["audiences"].elements()) claims["aud"].Append(a);
  if (claims.ref()["aud"].empty()) claims["aud"].Append(kIssuer);
  claims["exp"] = UnixSeconds(expires);
  claims["iat"] = UnixSeconds(core.executor.WallNow());
  claims["nbf"] = UnixSeconds(core.executor.WallNow());
  claims["iss"] = kIssuer;
  claims["jti"] = core.rng.Uuid();
  const std::string ns = account->key().ns, name = account->key().name;
  claims["sub"] = "system:serviceaccount:" + ns + ":" + name;
  claims.Set({"kubernetes.io", "namespace"}, ns);
  claims.Set({"kubernetes.io", "serviceaccount", "name"}, name);
  claims.Set({"kubernetes.io", "serviceaccount", "uid"}, metadata["uid"]);
  const kube::JsonRef bound = spec["boundObjectRef"];
  if (bound["kind"].str() == "Pod") {
    claims.Set({"kubernetes.io", "pod", "name"}, bound["name"]);
    claims.Set({"kubernetes.io", "pod", "uid"}, bound["uid"]);
  }
  const std::string body =
      Base64Url(R"({"alg":"HS256","typ":"JWT"})") + "." + Base64Url(claims.ref().Dump());
  return body + "." + Signature(core.options.token_key, body);
}

ApiResult<UserInfo> VerifyToken(Core& core, std::string_view token) {
  const size_t dot = token.rfind('.');
  if (dot == std::string_view::npos) return Unauthorized();
  const std::string_view body = token.substr(0, dot);
  if (!Same(Signature(core.options.token_key, body), token.substr(dot + 1))) return Unauthorized();
  const size_t first = body.find('.');
  if (first == std::string_view::npos) return Unauthorized();
  auto claims = kube::Json::Parse(FromBase64Url(body.substr(first + 1)));
  if (!claims || (*claims)["exp"].i64() <= UnixSeconds(core.executor.WallNow())) {
    return Unauthorized();
  }
  const kube::JsonRef kubernetes = (*claims)["kubernetes.io"];
  const std::string ns = kubernetes["namespace"].string();
  const kube::JsonRef account = kubernetes["serviceaccount"];
  const EntryPtr live = core.store.Get("serviceaccounts", {ns, account["name"].string()});
  if (!live || !(live->json()["metadata"]["uid"] == account["uid"])) return Unauthorized();
  if (const kube::JsonRef pod = kubernetes["pod"]; pod["uid"].is_string()) {
    const EntryPtr bound = core.store.Get("pods", {ns, pod["name"].string()});
    if (!bound || !(bound->json()["metadata"]["uid"] == pod["uid"])) return Unauthorized();
  }
  return UserInfo{
      (*claims)["sub"].string(),
      account["uid"].string(),
      {"system:serviceaccounts", "system:serviceaccounts:" + ns, "system:authenticated"}};
}

}  // namespace stowage::sim
