// Transport: the seam between Stowage and an API server. In production it is HttpTransport
// (kube/http/client); in the simulator it reaches an embedded API server in memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/api/json.h"
#include "kube/client/byte_stream.h"

namespace stowage::kube {

// In order, names compared without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> all) : all_(all) {}
  void Add(std::string name, std::string value) {
    all_.emplace_back(std::move(name), std::move(value));
  }
  void Set(std::string name, std::string value);  // replaces all of that name
  void Remove(std::string_view name);
  std::string_view Get(std::string_view name) const;  // the first, or ""
  bool Has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// Shared between who may give up and the call under way. Cancelling is a wish: the callback still
// comes, once, with kCancelled if the call had not ended.
class CancelToken {
 public:
  CancelToken();
  void Cancel() const;
  bool cancelled() const;
  // For transports: `f` runs in Cancel(), or now if that was already called.
  void OnCancel(std::function<void()> f) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

struct Request {
  std::string method = "GET";
  std::string target;  // path and query, percent-encoded: "/api/v1/pods?limit=500"
  Headers headers;     // Accept, Content-Type ...; never Authorization: the transport adds it
  std::string body;
  Duration timeout = Seconds(30);  // for the whole call; 0 for none (streams)
  std::optional<CancelToken> cancel;
};

struct Response {
  int status = 0;
  Headers headers;
  // What came, decoded in the adapter's thread: `json` if the content type is JSON and it parses,
  // else `text` (also for broken JSON).
  Json json;
  std::string text;
};

struct WatchEvent {
  enum class Type { kAdded, kModified, kDeleted, kBookmark };
  Type type;
  Json object;  // a document of its own
};

// The end of every watch: a clean close by the server or a time-out has no error. kGone: list anew.
using WatchEnd = std::optional<Error>;

class WatchSink {
 public:
  virtual ~WatchSink() = default;
  virtual void OnOpen() {}                                   // the server accepted the watch
  virtual void OnEvents(std::vector<WatchEvent> batch) = 0;  // in order, at most 256 at once
  virtual void OnEnd(WatchEnd end) = 0;  // last, once; not after the handle is destroyed
};

// Destroying it ends the watch; the sink hears nothing afterwards.
class Watch {
 public:
  virtual ~Watch() = default;
};
using WatchHandle = std::unique_ptr<Watch>;

struct WatchRequest {
  std::string target;                   // with watch=1, resourceVersion, allowWatchBookmarks ...
  Duration idle_timeout = Minutes(10);  // no byte for so long ends it as kUnavailable
};

// The answer to Upgrade(): after 101 a stream both ways; after any other status the body of the
// answer as it comes (a followed log, or the text of a refusal), which cannot be written.
struct UpgradeReply {
  int status = 0;
  Headers headers;
  ByteStreamPtr stream;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // `done` comes once, from the executor, never before this returns. A response of any status is a
  // success here; errors are kUnavailable (the request was not sent, or it was a read),
  // kUnknownOutcome (a write was sent and no whole answer came), kCancelled, kUnauthorized (no
  // credentials could be had) and kInvalid (the request cannot be sent).
  virtual void Send(Request request, Callback<Result<Response>> done) = 0;

  // Events reach `sink` from the executor, in order, then OnEnd once. `sink` must outlive the
  // handle. An answer that is no watch (an error status) is an OnEnd with the mapped error.
  virtual WatchHandle Watch(WatchRequest request, WatchSink& sink) = 0;

  // Sends `request` as it is, Connection and Upgrade headers included, and hands over the
  // connection. `done` as in Send(); timeout counts until the head of the answer.
  virtual void Upgrade(Request request, Callback<Result<UpgradeReply>> done) = 0;
};

// The Error for an answer of status >= 400, from its Status object where it is one. kConflict and
// kAlreadyExists share 409 and are told apart by the reason; Retry-After is honoured.
Error ErrorFromResponse(const Response& response);

}  // namespace stowage::kube
