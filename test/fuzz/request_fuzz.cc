#include "kube/api/base64.h"
#include "kube/client/client.h"
#include "sim/apiserver/request.h"
#include "test/fuzz/target.h"
#include "vkubelet/server/kubelet_path.h"

namespace stowage::fuzz {

// The small texts of a request: target and query, Accept, the kubelet's paths; base64.
FUZZ_TARGET(request) {
  const auto [first, accept] = Split(bytes);
  kube::ServerRequest request;
  request.method = "GET";
  request.target = std::string(first);
  const sim::RequestInfo info = sim::ParseRequest(request);
  (void)info.target.Flag("watch");
  (void)info.target.Int("limit");
  (void)sim::ReadAccept(accept);
  (void)sim::MediaType(accept);
  (void)vkubelet::ParsePodPath(first);

  Require(kube::DecodeQuery(kube::EncodeQuery(bytes)) == bytes, "a query value comes back");
  (void)kube::DecodeQuery(bytes);
  const auto back = kube::DecodeBase64(kube::EncodeBase64(bytes));
  Require(back && *back == bytes, "base64 comes back");
  if (const auto decoded = kube::DecodeBase64(bytes)) {
    const auto again = kube::DecodeBase64(kube::EncodeBase64(*decoded));
    Require(again && *again == *decoded, "what was decoded can be encoded");
  }
}

}  // namespace stowage::fuzz
