#include "kube/http/client/http_watch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/time/rfc3339.h"
#include "kube/http/client/exchange.h"

namespace stowage::kube {
namespace {

// What an executor takes in well under 5 ms; a caller with two projections of a pod needs 15 us
// each.
constexpr size_t kBatchMax = 128;
constexpr size_t kLineMax = 64 << 20;
constexpr size_t kRefusalMax = 1 << 20;  // of the body of an error
// Bytes of lines that the executor has not taken yet; beyond that the socket is not read.
constexpr size_t kAheadMax = 4 << 20;

// Lives on its strand, except for `sink`, which belongs to the executor.
class HttpWatch : public std::enable_shared_from_this<HttpWatch> {
 public:
  HttpWatch(std::shared_ptr<ClientCore> core, WatchRequest request, WatchSink& sink)
      : sink_(&sink),
        core_(std::move(core)),
        strand_(std::make_shared<io::Strand>(core_->io)),
        idle_timeout_(request.idle_timeout),
        idle_(strand_) {
    Request get;
    get.target = std::move(request.target);
    get.headers = {{"Accept", "application/json"}};
    exchange_ = std::make_shared<Exchange>(core_, strand_, std::move(get));
  }

  void Start() {
    strand_->Post([self = shared_from_this()] {
      if (self->ended_) return;
      self->exchange_->Start([self](Result<Answered> a) { self->OnAnswer(std::move(a)); });
    });
  }

  // On the executor: the sink hears nothing from now on.
  void Drop() {
    sink_ = nullptr;
    strand_->Post([self = shared_from_this()] { self->End(std::nullopt); });
  }

 private:
  void OnAnswer(Result<Answered> answered) {
    exchange_.reset();
    if (ended_) {
      if (answered) answered->socket->Close();
      return;
    }
    if (!answered) return End(answered.error());
    answered_ = std::move(*answered);
    accepted_ = answered_.parser->status == 200;
    if (accepted_) ToSink([](WatchSink& sink) { sink.OnOpen(); });
    answered_.parser->on_body = [this](std::string_view bytes) { OnBody(bytes); };
    answered_.parser->ContinueWithBody();
    last_byte_generation_ = 1;
    WatchIdle();
    Feed(std::exchange(answered_.rest, {}));
    FlushBatch();
    if (!ended_) ReadOn();
  }

  // Looks once a period whether anything came, instead of setting the timer for every byte.
  void WatchIdle() {
    if (idle_timeout_ <= Duration(0)) return;
    idle_.Start(idle_timeout_, [self = shared_from_this(), seen = last_byte_generation_] {
      if (self->ended_) return;
      if (self->last_byte_generation_ == seen && !self->paused_) {
        return self->End(Error{ErrorCode::kUnavailable,
                               "the watch was silent for " + FormatDuration(self->idle_timeout_),
                               {}});
      }
      self->WatchIdle();
    });
  }

  void ReadOn() {
    if (ended_ || waiting_) return;
    if (ahead_ > kAheadMax) {
      paused_ = true;
      return;
    }
    waiting_ = true;
    answered_.socket->WhenReadable([self = shared_from_this()] {
      self->waiting_ = false;
      self->OnReadable();
    });
  }

  void OnReadable() {
    char* buffer = io::ReadBuffer::Get();
    while (!ended_ && ahead_ <= kAheadMax) {
      const int n = answered_.socket->TryRead(buffer, io::ReadBuffer::kSize);
      if (n == io::Socket::kWouldBlock) break;
      if (n < 0) return Broken(answered_.socket->error());
      if (n == 0) return PeerEnded();
      ++last_byte_generation_;
      Feed({buffer, static_cast<size_t>(n)});
      if (n < static_cast<int>(io::ReadBuffer::kSize) / 4) break;
    }
    FlushBatch();
    ReadOn();
  }

  void Feed(std::string_view bytes) {
    if (bytes.empty()) return;
    std::string joined;
    if (!unparsed_.empty()) {
      joined = std::exchange(unparsed_, {});
      joined.append(bytes);
      bytes = joined;
    }
    size_t consumed = 0;
    if (!answered_.parser->Put(bytes, &consumed)) {
      return Broken({ErrorCode::kUnavailable, "broken framing: " + answered_.parser->error, {}});
    }
    if (ended_) return;
    unparsed_.assign(bytes.substr(consumed));
    if (answered_.parser->done()) BodyEnded();
  }

  void OnBody(std::string_view bytes) {
    if (!accepted_) {
      line_.append(bytes.substr(0, kRefusalMax - std::min(kRefusalMax, line_.size())));
      return;
    }
    while (!ended_ && !bytes.empty()) {
      const size_t end = bytes.find('\n');
      if (end == std::string_view::npos) {
        if (line_.size() + bytes.size() > kLineMax) {
          return End(
              Error{ErrorCode::kUnavailable, "a line of the watch is longer than 64 MB", {}});
        }
        line_.append(bytes);
        return;
      }
      if (line_.empty()) {
        OnLine(bytes.substr(0, end));
      } else {
        line_.append(bytes.substr(0, end));
        const std::string line = std::exchange(line_, {});
        OnLine(line);
      }
      bytes.remove_prefix(end + 1);
    }
  }

  void OnLine(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    auto event = ParseWatchLine(line);
    if (!event) return End(event.error());
    batch_.push_back(std::move(*event));
    batch_bytes_ += line.size();
    if (batch_.size() >= kBatchMax) FlushBatch();
  }

  void FlushBatch() {
    if (batch_.empty()) return;
    const size_t bytes = std::exchange(batch_bytes_, 0);
    ahead_ += bytes;
    auto batch = std::make_shared<std::vector<WatchEvent>>(std::exchange(batch_, {}));
    core_->Post([self = shared_from_this(), batch, bytes] {
      if (self->sink_ != nullptr) self->sink_->OnEvents(std::move(*batch));
      self->strand_->Post([self, bytes] { self->Taken(bytes); });
    });
  }

  void Taken(size_t bytes) {
    ahead_ -= bytes;
    if (!paused_ || ahead_ > kAheadMax / 2) return;
    paused_ = false;
    if (!waiting_ && !ended_) OnReadable();
  }

  void PeerEnded() {
    if (answered_.parser->PutEnd() && answered_.parser->done()) return BodyEnded();
    Broken({ErrorCode::kUnavailable, "the server closed the connection in the middle", {}});
  }

  void BodyEnded() {
    if (accepted_) {
      if (!line_.empty()) OnLine(std::exchange(line_, {}));
      return End(std::nullopt);
    }
    Response response;
    response.status = answered_.parser->status;
    response.headers = answered_.parser->headers;
    if (auto json = Json::Parse(line_)) {
      response.json = std::move(*json);
    } else {
      response.text = std::move(line_);
    }
    End(response.status >= 400
            ? ErrorFromResponse(response)
            : Error{ErrorCode::kUnavailable,
                    "the watch was answered with status " + std::to_string(response.status),
                    {}});
  }

  void Broken(Error error) {
    End(WithContext(std::move(error), "watch of " + core_->server.url()));
  }

  void End(WatchEnd end) {
    if (ended_) return;
    FlushBatch();
    ended_ = true;
    idle_.Cancel();
    if (const auto exchange = exchange_) exchange->Cancel();
    if (answered_.socket) answered_.socket->Close();
    ToSink([end = std::move(end)](WatchSink& sink) { sink.OnEnd(end); });
  }

  void ToSink(std::function<void(WatchSink&)> f) {
    core_->Post([self = shared_from_this(), f = std::move(f)] {
      if (self->sink_ != nullptr) f(*self->sink_);
    });
  }

  WatchSink* sink_;
  std::shared_ptr<ClientCore> core_;
  io::StrandPtr strand_;
  Duration idle_timeout_;
  io::Timer idle_;
  std::shared_ptr<Exchange> exchange_;
  Answered answered_;
  bool accepted_ = false, ended_ = false, waiting_ = false, paused_ = false;
  std::string unparsed_, line_;
  std::vector<WatchEvent> batch_;
  size_t batch_bytes_ = 0, ahead_ = 0;
  uint64_t last_byte_generation_ = 0;
};

class Handle final : public Watch {
 public:
  explicit Handle(std::shared_ptr<HttpWatch> watch) : watch_(std::move(watch)) {}
  ~Handle() override { watch_->Drop(); }

 private:
  std::shared_ptr<HttpWatch> watch_;
};

bool TypeOf(std::string_view name, WatchEvent::Type* type) {
  if (name == "ADDED")
    *type = WatchEvent::Type::kAdded;
  else if (name == "MODIFIED")
    *type = WatchEvent::Type::kModified;
  else if (name == "DELETED")
    *type = WatchEvent::Type::kDeleted;
  else if (name == "BOOKMARK")
    *type = WatchEvent::Type::kBookmark;
  else
    return false;
  return true;
}

// Servers write {"type":"ADDED","object":{...}} without a blank; then the object can be parsed by
// itself, with no copy out of the envelope. False: read it the long way.
bool SplitEnvelope(std::string_view line, WatchEvent::Type* type, std::string_view* object) {
  constexpr std::string_view kStart = R"({"type":")", kMiddle = R"(","object":)";
  if (!line.starts_with(kStart)) return false;
  const size_t end = line.find('"', kStart.size());
  if (end == std::string_view::npos ||
      !TypeOf(line.substr(kStart.size(), end - kStart.size()), type)) {
    return false;
  }
  if (!line.substr(end).starts_with(kMiddle)) return false;
  std::string_view rest = line.substr(end + kMiddle.size());
  while (!rest.empty() && (rest.back() == '\r' || rest.back() == ' ')) rest.remove_suffix(1);
  if (rest.empty() || rest.back() != '}') return false;
  rest.remove_suffix(1);
  *object = rest;
  return true;
}

}  // namespace

Result<WatchEvent> ParseWatchLine(std::string_view line) {
  WatchEvent event{};
  std::string_view text;
  if (SplitEnvelope(line, &event.type, &text)) {
    if (auto object = Json::Parse(text)) {
      event.object = std::move(*object);
      return event;
    }
  }
  auto json = Json::Parse(line);
  if (!json) {
    return MakeError(ErrorCode::kUnavailable,
                     "a line of the watch is broken: " + json.error().message);
  }
  const std::string_view name = (*json)["type"].str();
  if (name == "ERROR") {
    Response response;
    response.json = Json::Copy((*json)["object"]);
    response.status = static_cast<int>((*json)["object"]["code"].i64(500));
    return Err(ErrorFromResponse(response));
  }
  if (!TypeOf(name, &event.type) || !(*json)["object"].is_object()) {
    return MakeError(ErrorCode::kUnavailable,
                     "the watch sent an event of unknown type \"" + std::string(name) + "\"");
  }
  event.object = Json::Copy((*json)["object"]);
  return event;
}

WatchHandle StartHttpWatch(std::shared_ptr<ClientCore> core, WatchRequest request,
                           WatchSink& sink) {
  auto watch = std::make_shared<HttpWatch>(std::move(core), std::move(request), sink);
  watch->Start();
  return std::make_unique<Handle>(std::move(watch));
}

}  // namespace stowage::kube
