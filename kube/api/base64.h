// Standard base64 (RFC 4648), as Secrets and kubeconfigs carry bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"

namespace stowage::kube {

std::string EncodeBase64(std::string_view bytes);

// Padding may be left out; white space is skipped. kInvalid names the first wrong character's
// place.
Result<std::string> DecodeBase64(std::string_view text);

}  // namespace stowage::kube
