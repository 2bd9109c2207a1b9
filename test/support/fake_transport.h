// FakeTransport: a scripted API server. Records requests, answers by rules, and lets a test feed
// and end watches. What no rule answers gets 404.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/executor.h"
#include "kube/client/transport.h"

namespace stowage::test {

// A request as tests look at it.
struct SeenRequest {
  std::string method, target, body;
  kube::Headers headers;
  std::string Path() const;                            // without the query
  std::string Parameter(std::string_view name) const;  // decoded; "" if not there
  kube::Json Json() const;                             // of the body; missing if it is none
};

class FakeTransport : public kube::Transport {
 public:
  using Handler = std::function<Result<kube::Response>(const SeenRequest&)>;

  explicit FakeTransport(Executor& executor);
  ~FakeTransport() override;

  // --- answers; of several rules that fit, the newest counts ---
  // `method` "" fits all; `path` fits if the request's path begins with it.
  void On(std::string method, std::string path, Handler handler);
  void Once(std::string method, std::string path, Handler handler);  // for one request
  void Reply(std::string method, std::string path, int status, std::string json);
  void ReplyOnce(std::string method, std::string path, int status, std::string json);
  void FailOnce(std::string method, std::string path, Error error);
  void HangOnce(std::string method, std::string path);  // no answer until it is cancelled
  void SetLatency(Duration latency) { latency_ = latency; }

  const std::vector<SeenRequest>& requests() const { return requests_; }
  std::vector<SeenRequest> Requests(std::string_view method, std::string_view path) const;
  void ClearRequests() { requests_.clear(); }

  // --- watches ---
  size_t watches_begun() const { return watches_.size(); }
  size_t watches_open() const;
  SeenRequest WatchRequestAt(size_t index) const;
  // The next watch is refused: OnEnd with `error`, no OnOpen.
  void RefuseNextWatch(Error error) { refusals_.push_back(std::move(error)); }
  // Of all open watches whose path begins with `path`. Events reach the sink in tasks of their own.
  void Feed(std::string_view path, kube::WatchEvent::Type type, const kube::Json& object);
  void Bookmark(std::string_view path, std::string_view resource_version);
  void EndWatches(std::string_view path, kube::WatchEnd end = std::nullopt);

  // --- Transport ---
  void Send(kube::Request request, Callback<Result<kube::Response>> done) override;
  kube::WatchHandle Watch(kube::WatchRequest request, kube::WatchSink& sink) override;
  void Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) override;

 private:
  struct Rule {
    std::string method, path;
    Handler handler;  // empty: hang
    bool once;
  };
  struct WatchState;
  class WatchImpl;

  const Rule* Find(const SeenRequest& request) const;
  void Add(std::string method, std::string path, Handler handler, bool once);
  void ForOpen(std::string_view path, const std::function<void(std::shared_ptr<WatchState>)>& f);

  Executor& executor_;
  Duration latency_{0};
  std::vector<std::shared_ptr<Rule>> rules_;
  std::vector<SeenRequest> requests_;
  std::vector<std::shared_ptr<WatchState>> watches_;
  std::vector<Error> refusals_;
};

// An answer with a JSON body; `json` must parse.
kube::Response JsonResponse(int status, std::string_view json);
// A metav1.Status such as API servers send with errors.
kube::Response StatusResponse(int status, std::string_view reason, std::string_view message);
// {"kind": "List", "metadata": {"resourceVersion": ..., "continue": ...}, "items": [...]}
kube::Response ListResponse(const std::vector<kube::Json>& items, std::string_view resource_version,
                            std::string_view continue_token = {});

}  // namespace stowage::test
