#include "sim/apiserver/direct_transport.h"

#include <utility>

#include "sim/apiserver/value_responder.h"

namespace stowage::sim {
namespace {

using kube::Headers;
using kube::Json;
using kube::Response;
using kube::WatchEvent;

bool IsJsonType(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type == "application/json" || type.ends_with("+json");
}

void DecodeBody(Response& response) {
  if (response.json.exists() || !IsJsonType(response.headers.Get("Content-Type"))) return;
  auto json = Json::Parse(response.text);
  if (!json) return;
  response.json = std::move(*json);
  response.text.clear();
}

// Where one call ends, once.
struct CallState {
  explicit CallState(Executor& e) : executor(e) {}
  Executor& executor;
  Duration latency{0};
  std::shared_ptr<bool> alive;
  bool answered = false;
  TimerId timer = TimerId::kNone;
  std::function<void()> on_gone;

  void Later(Task f) {
    Task guarded = [alive = alive, f = std::move(f)] {
      if (*alive) f();
    };
    if (latency > Duration(0)) {
      executor.RunAfter(latency, std::move(guarded));
    } else {
      executor.Post(std::move(guarded));
    }
  }
  bool Answer() {
    executor.Cancel(timer);
    return !std::exchange(answered, true);
  }
  void Gone() {
    if (on_gone) std::exchange(on_gone, nullptr)();
  }
};

Error NoAnswer(const std::string& method, const std::string& what) {
  const bool read = method == "GET" || method == "HEAD";
  return {read ? ErrorCode::kUnavailable : ErrorCode::kUnknownOutcome, what, std::nullopt};
}

// Collects the bytes of a body that ends.
void Collect(kube::ByteStreamPtr stream, std::string sofar,
             std::function<void(Result<std::string>)> done) {
  stream->Read([stream, sofar = std::move(sofar), done](Result<std::string> bytes) mutable {
    if (!bytes) return done(Err(bytes.error()));
    if (bytes->empty()) return done(std::move(sofar));
    Collect(stream, sofar + *bytes, done);
  });
}

class SendResponder : public ValueResponder {
 public:
  SendResponder(std::shared_ptr<CallState> state, Callback<Result<Response>> done)
      : state_(std::move(state)), done_(std::move(done)) {}
  ~SendResponder() override {
    if (!handed_on_) Finish(Response{500, {}, {}, "the handler dropped the request"});
  }

  void Respond(Response response) override { Finish(std::move(response)); }

  kube::ByteStreamPtr StartStream(int status, Headers headers) override {
    handed_on_ = true;
    auto [ours, theirs] = MemoryPipe(state_->executor);
    Collect(ours, "", [state = state_, done = done_, status, headers](Result<std::string> body) {
      if (!state->Answer()) return;
      if (!body) return done(Err(Error{ErrorCode::kUnavailable, "the answer broke off", {}}));
      Response response{status, headers, {}, std::move(*body)};
      DecodeBody(response);
      state->Later([done, response] { done(response); });
    });
    return theirs;
  }

  kube::ByteStreamPtr Upgrade(Headers headers) override {
    Finish(Response{101, std::move(headers), {}, ""});
    auto [ours, theirs] = MemoryPipe(state_->executor);
    ours->Close();
    return theirs;
  }

  void OnGone(std::function<void()> f) override { state_->on_gone = std::move(f); }

 private:
  void Finish(Response response) {
    handed_on_ = true;
    if (!state_->Answer()) return;
    DecodeBody(response);
    state_->Later([done = done_, response = std::move(response)] { done(response); });
  }

  std::shared_ptr<CallState> state_;
  Callback<Result<Response>> done_;
  bool handed_on_ = false;
};

class UpgradeResponder : public kube::Responder {
 public:
  UpgradeResponder(std::shared_ptr<CallState> state, Callback<Result<kube::UpgradeReply>> done)
      : state_(std::move(state)), done_(std::move(done)) {}
  ~UpgradeResponder() override {
    if (!answered_) Respond({500, {}, {}, "the handler dropped the request"});
  }

  void Respond(Response response) override {
    std::string text = response.json.exists() ? response.json.Dump() : std::move(response.text);
    auto stream = StartStream(response.status, std::move(response.headers));
    if (!text.empty()) stream->Write(std::move(text), nullptr);
    stream->CloseWrite();  // what was written stays in the pipe, though this end goes
  }
  kube::ByteStreamPtr StartStream(int status, Headers headers) override {
    answered_ = true;
    auto [ours, theirs] = MemoryPipe(state_->executor);
    if (state_->Answer()) {
      state_->Later([done = done_, reply = kube::UpgradeReply{status, std::move(headers), ours}] {
        done(reply);
      });
    }
    return theirs;
  }
  kube::ByteStreamPtr Upgrade(Headers headers) override {
    return StartStream(101, std::move(headers));
  }
  void OnGone(std::function<void()> f) override { state_->on_gone = std::move(f); }

 private:
  std::shared_ptr<CallState> state_;
  Callback<Result<kube::UpgradeReply>> done_;
  bool answered_ = false;
};

// The receiving side of one watch, shared by its handle and its responder.
struct WatchState {
  explicit WatchState(Executor& e) : executor(e) {}
  Executor& executor;
  Duration latency{0};
  std::shared_ptr<bool> alive;
  kube::WatchSink* sink = nullptr;  // nullptr: the handle is gone, or it has ended
  std::function<void()> on_gone;
  kube::ByteStreamPtr stream;

  static void Later(const std::shared_ptr<WatchState>& self, std::function<void(WatchState&)> f) {
    Task guarded = [weak = std::weak_ptr(self), f = std::move(f)] {
      auto state = weak.lock();
      if (state && *state->alive && state->sink) f(*state);
    };
    if (self->latency > Duration(0)) {
      self->executor.RunAfter(self->latency, std::move(guarded));
    } else {
      self->executor.Post(std::move(guarded));
    }
  }
  static void End(const std::shared_ptr<WatchState>& self, kube::WatchEnd end) {
    Later(self, [end = std::move(end)](WatchState& s) {
      if (kube::WatchSink* sink = std::exchange(s.sink, nullptr)) sink->OnEnd(end);
    });
  }
};

std::optional<WatchEvent::Type> EventType(std::string_view type) {
  if (type == "ADDED") return WatchEvent::Type::kAdded;
  if (type == "MODIFIED") return WatchEvent::Type::kModified;
  if (type == "DELETED") return WatchEvent::Type::kDeleted;
  if (type == "BOOKMARK") return WatchEvent::Type::kBookmark;
  return std::nullopt;
}

// Events from lines of bytes, for handlers that know no values.
void ReadLines(std::shared_ptr<WatchState> state, kube::ByteStreamPtr stream, std::string rest) {
  stream->Read([state, stream, rest = std::move(rest)](Result<std::string> bytes) mutable {
    if (!bytes) {
      return WatchState::End(state, Error{ErrorCode::kUnavailable, "the watch broke off", {}});
    }
    if (bytes->empty()) return WatchState::End(state, std::nullopt);
    rest += *bytes;
    std::vector<WatchEvent> batch;
    std::optional<Error> failed;
    size_t at = 0;
    for (size_t nl; !failed && (nl = rest.find('\n', at)) != std::string::npos; at = nl + 1) {
      auto line = Json::Parse(std::string_view(rest).substr(at, nl - at));
      const auto type = line ? EventType((*line)["type"].str()) : std::nullopt;
      if (type) {
        batch.push_back({*type, Json::Copy((*line)["object"])});
      } else if (line && (*line)["type"].str() == "ERROR") {
        const Json status = Json::Copy((*line)["object"]);
        failed =
            kube::ErrorFromResponse({static_cast<int>(status["code"].i64(500)), {}, status, ""});
      } else {
        failed = Error{ErrorCode::kUnavailable, "the watch sent what is no event", {}};
      }
    }
    rest.erase(0, at);
    if (!batch.empty()) {
      WatchState::Later(state, [batch](WatchState& s) { s.sink->OnEvents(batch); });
    }
    if (failed) {
      stream->Close();
      return WatchState::End(state, failed);
    }
    ReadLines(state, stream, std::move(rest));
  });
}

class WatchResponder : public ValueWatchResponder {
 public:
  explicit WatchResponder(std::shared_ptr<WatchState> state) : state_(std::move(state)) {}
  ~WatchResponder() override {
    if (!started_) Respond({500, {}, {}, "the handler dropped the request"});
  }

  void Respond(Response response) override {
    started_ = true;
    DecodeBody(response);
    if (response.status < 400) {
      WatchState::End(state_, Error{ErrorCode::kUnsupported, "the answer is no watch", {}});
    } else {
      WatchState::End(state_, kube::ErrorFromResponse(response));
    }
  }
  kube::ByteStreamPtr StartStream(int status, Headers headers) override {
    if (status >= 400) {
      Respond({status, std::move(headers), {}, ""});
      auto [ours, theirs] = MemoryPipe(state_->executor);
      ours->Close();
      return theirs;
    }
    Accept();
    auto [ours, theirs] = MemoryPipe(state_->executor);
    state_->stream = ours;
    ReadLines(state_, ours, "");
    return theirs;
  }
  kube::ByteStreamPtr Upgrade(Headers headers) override {
    return StartStream(500, std::move(headers));
  }
  void OnGone(std::function<void()> f) override { state_->on_gone = std::move(f); }

  void Accept() override {
    started_ = true;
    WatchState::Later(state_, [](WatchState& s) { s.sink->OnOpen(); });
  }
  void Events(std::vector<WatchEvent> batch) override {
    WatchState::Later(state_,
                      [batch = std::move(batch)](WatchState& s) { s.sink->OnEvents(batch); });
  }
  void End(kube::WatchEnd end) override { WatchState::End(state_, std::move(end)); }

 private:
  std::shared_ptr<WatchState> state_;
  bool started_ = false;
};

class DirectWatch : public kube::Watch {
 public:
  explicit DirectWatch(std::shared_ptr<WatchState> state) : state_(std::move(state)) {}
  ~DirectWatch() override {
    state_->sink = nullptr;
    if (state_->stream) std::exchange(state_->stream, nullptr)->Close();
    if (state_->on_gone) std::exchange(state_->on_gone, nullptr)();
  }

 private:
  std::shared_ptr<WatchState> state_;
};

}  // namespace

struct DirectTransport::Impl {
  Executor& executor;
  kube::Handler& server;
  DirectTransportOptions options;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::vector<std::weak_ptr<WatchState>> watches;

  kube::ServerRequest ToServer(kube::Request request) const {
    kube::ServerRequest out;
    out.method = std::move(request.method);
    out.target = std::move(request.target);
    out.headers = std::move(request.headers);
    out.body = std::move(request.body);
    out.peer = options.identity;
    if (!options.bearer_token.empty()) {
      out.headers.Set("Authorization", "Bearer " + options.bearer_token);
    }
    if (!out.body.empty() && IsJsonType(out.headers.Get("Content-Type"))) {
      if (auto json = Json::Parse(out.body)) {
        out.json = std::move(*json);
      } else {
        out.json_error = json.error().message;
      }
    }
    return out;
  }

  // Starts the clock of a call and makes it cancellable; `fail` ends it without an answer.
  template <class T>
  std::shared_ptr<CallState> Begin(const kube::Request& request, Callback<Result<T>> done) {
    auto state = std::make_shared<CallState>(executor);
    state->latency = options.latency;
    state->alive = alive;
    const auto fail = [state, done](Error error) {
      if (!*state->alive || !state->Answer()) return;
      done(Err(std::move(error)));
      state->Gone();
    };
    if (request.timeout > Duration(0)) {
      state->timer = executor.RunAfter(request.timeout, [fail, method = request.method] {
        fail(NoAnswer(method, "no answer in time"));
      });
    }
    if (request.cancel) {
      kube::CancelToken token = *request.cancel;
      token.OnCancel([&executor = executor, fail] {
        executor.Post([fail] { fail({ErrorCode::kCancelled, "cancelled", std::nullopt}); });
      });
    }
    return state;
  }
};

DirectTransport::DirectTransport(Executor& executor, kube::Handler& server,
                                 DirectTransportOptions options)
    : impl_(std::make_shared<Impl>(Impl{executor, server, std::move(options)})) {}

DirectTransport::~DirectTransport() {
  *impl_->alive = false;
  for (const auto& weak : impl_->watches) {
    auto state = weak.lock();
    if (state && state->on_gone) std::exchange(state->on_gone, nullptr)();
  }
}

void DirectTransport::Send(kube::Request request, Callback<Result<Response>> done) {
  auto state = impl_->Begin<Response>(request, done);
  auto responder = std::make_shared<SendResponder>(state, std::move(done));
  impl_->executor.Post([impl = impl_, request = std::move(request), responder]() mutable {
    if (*impl->alive) impl->server.Handle(impl->ToServer(std::move(request)), std::move(responder));
  });
}

void DirectTransport::Upgrade(kube::Request request, Callback<Result<kube::UpgradeReply>> done) {
  auto state = impl_->Begin<kube::UpgradeReply>(request, done);
  auto responder = std::make_shared<UpgradeResponder>(state, std::move(done));
  impl_->executor.Post([impl = impl_, request = std::move(request), responder]() mutable {
    if (*impl->alive) impl->server.Handle(impl->ToServer(std::move(request)), std::move(responder));
  });
}

kube::WatchHandle DirectTransport::Watch(kube::WatchRequest request, kube::WatchSink& sink) {
  auto state = std::make_shared<WatchState>(impl_->executor);
  state->latency = impl_->options.latency;
  state->alive = impl_->alive;
  state->sink = &sink;
  std::erase_if(impl_->watches, [](const auto& w) { return w.expired(); });
  impl_->watches.push_back(state);
  impl_->executor.Post([impl = impl_, state, target = std::move(request.target)] {
    if (!*impl->alive || !state->sink) return;
    kube::Request get;
    get.target = target;
    impl->server.Handle(impl->ToServer(std::move(get)), std::make_shared<WatchResponder>(state));
  });
  return std::make_unique<DirectWatch>(state);
}

}  // namespace stowage::sim
