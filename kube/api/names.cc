// Kubernetes' rules for names; declared in selector.h.
#include <algorithm>

#include "kube/api/selector.h"

namespace stowage::kube {
namespace {

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxSubdomain = 253;

bool Lower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool Alphanumeric(char c) { return Lower(c) || (c >= 'A' && c <= 'Z'); }

tl::unexpected<Error> Bad(std::string_view what, std::string_view rule) {
  return MakeError(ErrorCode::kInvalid,
                   "\"" + std::string(what.substr(0, 300)) + "\" " + std::string(rule));
}

// Alphanumeric at both ends, and - _ . between.
bool IsName(std::string_view s) {
  return !s.empty() && Alphanumeric(s.front()) && Alphanumeric(s.back()) &&
         std::all_of(s.begin(), s.end(),
                     [](char c) { return Alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsDnsLabel(std::string_view s) {
  return !s.empty() && Lower(s.front()) && Lower(s.back()) &&
         std::all_of(s.begin(), s.end(), [](char c) { return Lower(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view s) {
  for (;;) {
    const size_t dot = s.find('.');
    if (!IsDnsLabel(s.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    s.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<void> ValidateLabelKey(std::string_view key) {
  std::string_view name = key;
  if (const size_t slash = key.find('/'); slash != std::string_view::npos) {
    const std::string_view prefix = key.substr(0, slash);
    name = key.substr(slash + 1);
    if (prefix.size() > kMaxSubdomain || !IsDnsSubdomain(prefix)) {
      return Bad(key, "must have a DNS subdomain (such as example.com) before the '/'");
    }
  }
  if (name.size() > kMaxLabel) return Bad(key, "must have at most 63 characters in its name part");
  if (!IsName(name)) {
    return Bad(key,
               "must have a name part of letters, digits, '-', '_' and '.', with a letter or digit "
               "at both ends");
  }
  return {};
}

Result<void> ValidateLabelValue(std::string_view value) {
  if (value.empty()) return {};
  if (value.size() > kMaxLabel) return Bad(value, "must have at most 63 characters");
  if (!IsName(value)) {
    return Bad(value,
               "must be empty or consist of letters, digits, '-', '_' and '.', with a letter or "
               "digit at both ends");
  }
  return {};
}

Result<void> ValidateDnsSubdomain(std::string_view name) {
  if (name.size() > kMaxSubdomain) return Bad(name, "must have at most 253 characters");
  if (!IsDnsSubdomain(name)) {
    return Bad(name,
               "must be a DNS subdomain: lower case letters, digits, '-' and '.', with a letter or "
               "digit at both ends of each part");
  }
  return {};
}

Result<void> ValidateDnsLabel(std::string_view name) {
  if (name.size() > kMaxLabel) return Bad(name, "must have at most 63 characters");
  if (!IsDnsLabel(name)) {
    return Bad(name,
               "must be a DNS label: lower case letters, digits and '-', with a letter or digit at "
               "both ends");
  }
  return {};
}

}  // namespace stowage::kube
