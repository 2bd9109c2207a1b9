#include "base/result/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace stowage {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return MakeError(ErrorCode::kInvalid, "odd");
  return n / 2;
}
Result<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}
Result<void> Check(int n) {
  RETURN_IF_ERROR(Half(n));
  return {};
}
Result<std::unique_ptr<int>> Own(int n) { return std::make_unique<int>(n); }
Result<int> Owned() {
  ASSIGN_OR_RETURN(const auto p, Own(3));
  return *p;
}

TEST(Result, TheMacrosPassValuesAndErrorsOn) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).error().message, "odd");
  EXPECT_TRUE(Check(2));
  EXPECT_EQ(Check(3).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Owned().value(), 3);
}

TEST(Error, SaysCodeAndMessage) {
  const Error e = WithContext({ErrorCode::kTooManyRequests, "slow down", Seconds(2)}, "pod web");
  EXPECT_EQ(e.ToString(), "TooManyRequests: pod web: slow down");
  EXPECT_EQ(e.retry_after, Seconds(2));
}

TEST(Error, OnlyWhatMayPassIsRetryable) {
  const auto retryable = [](ErrorCode code) { return IsRetryable(Error{code, "", std::nullopt}); };
  for (const ErrorCode code :
       {ErrorCode::kTooManyRequests, ErrorCode::kUnavailable, ErrorCode::kGone,
        ErrorCode::kUnknownOutcome, ErrorCode::kConflict}) {
    EXPECT_TRUE(retryable(code)) << ErrorCodeName(code);
  }
  for (const ErrorCode code :
       {ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kAlreadyExists, ErrorCode::kForbidden,
        ErrorCode::kUnauthorized, ErrorCode::kCancelled, ErrorCode::kUnsupported,
        ErrorCode::kInternal}) {
    EXPECT_FALSE(retryable(code)) << ErrorCodeName(code);
  }
}

}  // namespace
}  // namespace stowage
