// UTF-8 (RFC 3629), which all JSON is.
#pragma once

#include <string>
#include <string_view>

namespace stowage::kube {

bool IsUtf8(std::string_view text);

// With U+FFFD for each byte that belongs to no character, as Go's encoder writes it.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace stowage::kube
