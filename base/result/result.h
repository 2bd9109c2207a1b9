// Result<T>: the value, or an Error that says what is wrong, where, and what to do.
//
// Exceptions stop at the adapters (kube/http, providers/grpc); everything inside returns a Result.
// The member names are those of std::expected, so that a later move is this one alias.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/time/types.h"

namespace stowage {

// A code exists only where a caller would act differently because of it.
enum class ErrorCode {
  kInvalid,          // The request itself is wrong; asking again is useless.
  kNotFound,         // A fact: the server answered that the object is not there.
  kAlreadyExists,    // The name is taken.
  kConflict,         // Somebody changed the object in between: read again, decide again.
  kGone,             // The resourceVersion or page token is too old: list anew.
  kUnauthorized,     // The credentials were refused.
  kForbidden,        // The credentials are good, the permission is missing.
  kTooManyRequests,  // Slow down; honour retry_after.
  kUnavailable,      // No answer, or a server fault; nothing is known about the object.
  kUnknownOutcome,   // A write was sent and no answer came: it may or may not have happened.
  kCancelled,        // We gave up ourselves.
  kUnsupported,      // The peer does not offer this.
  kInternal,         // Our own fault; reported, never retried blindly.
};

std::string_view ErrorCodeName(ErrorCode code);  // "NotFound", "Conflict", ...

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                  // One sentence for a person; never a secret.
  std::optional<Duration> retry_after;  // Set where the peer asked for a pause.

  std::string ToString() const;  // "NotFound: pods \"web\" not found"
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> MakeError(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::nullopt});
}
inline tl::unexpected<Error> Err(Error error) { return tl::unexpected<Error>(std::move(error)); }

// The same error with "context: " before its message.
Error WithContext(Error error, std::string_view context);

// The one place that decides whether the same call may succeed later without anything having been
// changed by us: kTooManyRequests, kUnavailable, kUnknownOutcome, kGone and kConflict. A caller
// that gets kUnknownOutcome must look before it writes again.
bool IsRetryable(const Error& error);

}  // namespace stowage

#define STOWAGE_CONCAT_INNER(a, b) a##b
#define STOWAGE_CONCAT(a, b) STOWAGE_CONCAT_INNER(a, b)

// Leaves the function with the error of `expr` (a Result), if it has one.
#define RETURN_IF_ERROR(expr)                                             \
  do {                                                                    \
    auto&& return_if_error_result = (expr);                               \
    if (!return_if_error_result)                                          \
      return ::tl::unexpected(std::move(return_if_error_result).error()); \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()): x is F()'s value, or the function is left with F()'s error.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(STOWAGE_CONCAT(assign_or_return_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr)                \
  auto tmp = (expr);                                         \
  if (!tmp) return ::tl::unexpected(std::move(tmp).error()); \
  lhs = std::move(*tmp)
