#include "kube/client/transport.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <mutex>

namespace stowage::kube {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

ErrorCode CodeFor(int status, std::string_view reason) {
  if (reason == "AlreadyExists") return ErrorCode::kAlreadyExists;
  if (reason == "Expired") return ErrorCode::kGone;
  switch (status) {
    case 401:
      return ErrorCode::kUnauthorized;
    case 403:
      return ErrorCode::kForbidden;
    case 404:
      return ErrorCode::kNotFound;
    case 405:
    case 406:
    case 415:
    case 501:
      return ErrorCode::kUnsupported;
    case 409:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kGone;
    case 429:
      return ErrorCode::kTooManyRequests;
    default:
      return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalid;
  }
}

}  // namespace

void Headers::Set(std::string name, std::string value) {
  Remove(name);
  Add(std::move(name), std::move(value));
}

void Headers::Remove(std::string_view name) {
  std::erase_if(all_, [&](const auto& h) { return SameName(h.first, name); });
}

std::string_view Headers::Get(std::string_view name) const {
  for (const auto& [n, v] : all_) {
    if (SameName(n, name)) return v;
  }
  return {};
}

bool Headers::Has(std::string_view name) const {
  return std::any_of(all_.begin(), all_.end(),
                     [&](const auto& h) { return SameName(h.first, name); });
}

struct CancelToken::State {
  std::atomic<bool> cancelled{false};
  std::mutex mutex;
  std::vector<std::function<void()>> on_cancel;
};

CancelToken::CancelToken() : state_(std::make_shared<State>()) {}

bool CancelToken::cancelled() const { return state_->cancelled.load(); }

void CancelToken::Cancel() const {
  std::vector<std::function<void()>> run;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->cancelled.exchange(true)) return;
    run.swap(state_->on_cancel);
  }
  for (const auto& f : run) f();
}

void CancelToken::OnCancel(std::function<void()> f) const {
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->cancelled) {
      state_->on_cancel.push_back(std::move(f));
      return;
    }
  }
  f();
}

Error ErrorFromResponse(const Response& response) {
  const JsonRef status =
      response.json["kind"].str() == "Status" ? JsonRef(response.json) : JsonRef();
  Error error;
  error.code = CodeFor(response.status, status["reason"].str());
  error.message = status["message"].string();
  if (error.message.empty()) {
    error.message = "the server answered " + std::to_string(response.status);
    const std::string_view text = std::string_view(response.text).substr(0, 200);
    if (!text.empty()) error.message += ": " + std::string(text);
  }
  int64_t seconds = status.Find({"details", "retryAfterSeconds"}).i64(-1);
  const std::string_view header = response.headers.Get("Retry-After");
  if (seconds < 0 && !header.empty()) {
    std::from_chars(header.data(), header.data() + header.size(), seconds);
  }
  if (seconds > 0) error.retry_after = Seconds(std::min<int64_t>(seconds, 3600));
  return error;
}

}  // namespace stowage::kube
