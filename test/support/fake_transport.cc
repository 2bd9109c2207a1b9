#include "test/support/fake_transport.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "kube/client/client.h"

namespace stowage::test {

using kube::Json;
using kube::MutableJson;
using kube::Response;

struct FakeTransport::WatchState {
  SeenRequest request;
  kube::WatchSink* sink = nullptr;  // null when it has ended or nobody listens any more
};

// The handle: when it goes, the sink hears nothing more.
class FakeTransport::WatchImpl : public kube::Watch {
 public:
  explicit WatchImpl(std::shared_ptr<WatchState> state) : state_(std::move(state)) {}
  ~WatchImpl() override { state_->sink = nullptr; }

 private:
  std::shared_ptr<WatchState> state_;
};

std::string SeenRequest::Path() const { return target.substr(0, target.find('?')); }

std::string SeenRequest::Parameter(std::string_view name) const {
  const size_t mark = target.find('?');
  if (mark == std::string::npos) return "";
  std::string_view rest = std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos) {
      return kube::DecodeQuery(pair.substr(equals + 1));
    }
  }
  return "";
}

Json SeenRequest::Json() const {
  auto parsed = kube::Json::Parse(body);
  return parsed ? *parsed : kube::Json();
}

FakeTransport::FakeTransport(Executor& executor) : executor_(executor) {}
FakeTransport::~FakeTransport() = default;

void FakeTransport::Add(std::string method, std::string path, Handler handler, bool once) {
  rules_.push_back(
      std::make_shared<Rule>(Rule{std::move(method), std::move(path), std::move(handler), once}));
}

void FakeTransport::On(std::string method, std::string path, Handler handler) {
  Add(std::move(method), std::move(path), std::move(handler), false);
}
void FakeTransport::Once(std::string method, std::string path, Handler handler) {
  Add(std::move(method), std::move(path), std::move(handler), true);
}
void FakeTransport::Reply(std::string method, std::string path, int status, std::string json) {
  On(std::move(method), std::move(path),
     [status, json = std::move(json)](const SeenRequest&) { return JsonResponse(status, json); });
}
void FakeTransport::ReplyOnce(std::string method, std::string path, int status, std::string json) {
  Once(std::move(method), std::move(path),
       [status, json = std::move(json)](const SeenRequest&) { return JsonResponse(status, json); });
}
void FakeTransport::FailOnce(std::string method, std::string path, Error error) {
  Once(std::move(method), std::move(path),
       [error = std::move(error)](const SeenRequest&) -> Result<Response> { return Err(error); });
}
void FakeTransport::HangOnce(std::string method, std::string path) {
  Add(std::move(method), std::move(path), nullptr, true);
}

std::vector<SeenRequest> FakeTransport::Requests(std::string_view method,
                                                 std::string_view path) const {
  std::vector<SeenRequest> out;
  for (const SeenRequest& r : requests_) {
    if ((method.empty() || r.method == method) && r.target.starts_with(path)) out.push_back(r);
  }
  return out;
}

const FakeTransport::Rule* FakeTransport::Find(const SeenRequest& request) const {
  for (auto it = rules_.rbegin(); it != rules_.rend(); ++it) {
    const Rule& rule = **it;
    if (!rule.method.empty() && rule.method != request.method) continue;
    if (request.Path().starts_with(rule.path)) return &rule;
  }
  return nullptr;
}

void FakeTransport::Send(kube::Request request, Callback<Result<Response>> done) {
  SeenRequest seen{request.method, request.target, request.body, request.headers};
  requests_.push_back(seen);
  auto once = std::make_shared<Callback<Result<Response>>>(std::move(done));
  const auto finish = [once](Result<Response> response) {
    if (*once) std::exchange(*once, nullptr)(std::move(response));
  };
  if (request.cancel) {
    request.cancel->OnCancel([this, finish] {
      executor_.Post([finish] { finish(MakeError(ErrorCode::kCancelled, "cancelled")); });
    });
  }
  Result<Response> answer =
      StatusResponse(404, "NotFound", "no rule for " + seen.method + " " + seen.target);
  if (const Rule* rule = Find(seen)) {
    const Handler handler = rule->handler;
    if (rule->once) std::erase_if(rules_, [&](const auto& r) { return r.get() == rule; });
    if (!handler) {
      if (request.timeout <= Duration(0)) return;
      const auto code = seen.method == "GET" ? ErrorCode::kUnavailable : ErrorCode::kUnknownOutcome;
      executor_.RunAfter(request.timeout, [finish, code] { finish(MakeError(code, "timed out")); });
      return;
    }
    answer = handler(seen);
  }
  auto deliver = [finish, answer = std::move(answer)] { finish(answer); };
  if (latency_ > Duration(0)) {
    executor_.RunAfter(latency_, std::move(deliver));
  } else {
    executor_.Post(std::move(deliver));
  }
}

kube::WatchHandle FakeTransport::Watch(kube::WatchRequest request, kube::WatchSink& sink) {
  auto state = std::make_shared<WatchState>();
  state->request = {"GET", std::move(request.target), {}, {}};
  state->sink = &sink;
  watches_.push_back(state);
  std::optional<Error> refusal;
  if (!refusals_.empty()) {
    refusal = refusals_.front();
    refusals_.erase(refusals_.begin());
  }
  executor_.Post([state, refusal] {
    if (!state->sink) return;
    if (!refusal) return state->sink->OnOpen();
    std::exchange(state->sink, nullptr)->OnEnd(refusal);
  });
  return std::make_unique<WatchImpl>(state);
}

void FakeTransport::Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) {
  requests_.push_back({request.method, request.target, request.body, request.headers});
  executor_.Post([done = std::move(done)] {
    done(MakeError(ErrorCode::kUnsupported, "this fake has no streams"));
  });
}

size_t FakeTransport::watches_open() const {
  return static_cast<size_t>(
      std::count_if(watches_.begin(), watches_.end(), [](const auto& w) { return w->sink; }));
}

SeenRequest FakeTransport::WatchRequestAt(size_t index) const {
  return watches_.at(index)->request;
}

void FakeTransport::ForOpen(std::string_view path,
                            const std::function<void(std::shared_ptr<WatchState>)>& f) {
  for (const auto& state : watches_) {
    if (state->sink && state->request.Path().starts_with(path)) f(state);
  }
}

void FakeTransport::Feed(std::string_view path, kube::WatchEvent::Type type, const Json& object) {
  ForOpen(path, [&](std::shared_ptr<WatchState> state) {
    executor_.Post([state, type, object] {
      if (state->sink) state->sink->OnEvents({{type, Json::Copy(object)}});
    });
  });
}

void FakeTransport::Bookmark(std::string_view path, std::string_view resource_version) {
  MutableJson object;
  object.Set({"metadata", "resourceVersion"}, resource_version);
  Feed(path, kube::WatchEvent::Type::kBookmark, std::move(object).Freeze());
}

void FakeTransport::EndWatches(std::string_view path, kube::WatchEnd end) {
  ForOpen(path, [&](std::shared_ptr<WatchState> state) {
    executor_.Post([state, end] {
      if (state->sink) std::exchange(state->sink, nullptr)->OnEnd(end);
    });
  });
}

Response JsonResponse(int status, std::string_view json) {
  Response response;
  response.status = status;
  response.headers.Set("Content-Type", "application/json");
  auto parsed = Json::Parse(json);
  if (!parsed) ADD_FAILURE() << "a scripted answer is no JSON: " << parsed.error().ToString();
  if (parsed) response.json = *parsed;
  return response;
}

Response StatusResponse(int status, std::string_view reason, std::string_view message) {
  MutableJson body;
  body["apiVersion"] = "v1";
  body["kind"] = "Status";
  body["status"] = "Failure";
  body["code"] = status;
  body["reason"] = reason;
  body["message"] = message;
  Response response;
  response.status = status;
  response.json = std::move(body).Freeze();
  return response;
}

Response ListResponse(const std::vector<Json>& items, std::string_view resource_version,
                      std::string_view continue_token) {
  MutableJson body;
  body["kind"] = "List";
  body["apiVersion"] = "v1";
  body.Set({"metadata", "resourceVersion"}, resource_version);
  if (!continue_token.empty()) body.Set({"metadata", "continue"}, continue_token);
  body["items"] = kube::JsonArray{};
  for (const Json& item : items) body["items"].Append(item);
  Response response;
  response.status = 200;
  response.json = std::move(body).Freeze();
  return response;
}

}  // namespace stowage::test
