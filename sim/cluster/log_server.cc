// GET pods/NAME/log, as a kubelet answers it.
#include <charconv>
#include <utility>

#include "base/time/rfc3339.h"
#include "sim/cluster/kubelet.h"

namespace stowage::sim {
namespace {

// A client that follows: what it has not read yet waits here, bounded, so that a slow one loses
// lines instead of holding memory.
class FollowedLog : public std::enable_shared_from_this<FollowedLog> {
 public:
  FollowedLog(std::shared_ptr<ContainerLog> log, LogOptions options, kube::ByteStreamPtr stream)
      : log_(std::move(log)), options_(std::move(options)), stream_(std::move(stream)) {}

  void Start() {
    pending_ = SelectLog(*log_, options_);
    sent_ = 0;
    if (log_->ended()) {
      ended_ = true;
    } else {
      id_ = log_->Follow(
          [self = shared_from_this()](const ContainerLog::Line* line) { self->OnLine(line); });
    }
    stream_->Read([self = shared_from_this()](Result<std::string>) { self->Leave(); });
    Send();
  }

 private:
  static constexpr size_t kPendingMax = 4 << 20;

  void OnLine(const ContainerLog::Line* line) {
    if (!line) {
      ended_ = true;
      id_ = 0;
    } else if (pending_.size() < kPendingMax) {
      pending_ += FormatLogLine(*line, options_);
    }
    Send();
  }

  void Send() {
    if (writing_ || left_) return;
    if (options_.limit_bytes) {
      const size_t left = static_cast<size_t>(*options_.limit_bytes) -
                          std::min(sent_, static_cast<size_t>(*options_.limit_bytes));
      if (pending_.size() >= left) {
        pending_.resize(left);
        ended_ = true;
      }
    }
    if (pending_.empty()) {
      if (ended_) {
        stream_->CloseWrite();
        Leave();
      }
      return;
    }
    writing_ = true;
    sent_ += pending_.size();
    stream_->Write(std::exchange(pending_, {}), [self = shared_from_this()](Result<void> written) {
      self->writing_ = false;
      if (!written) return self->Leave();
      self->Send();
    });
  }

  // Also breaks the circle of references through the log's follower.
  void Leave() {
    left_ = true;
    if (id_ != 0) log_->Unfollow(std::exchange(id_, 0));
  }

  std::shared_ptr<ContainerLog> log_;
  LogOptions options_;
  kube::ByteStreamPtr stream_;
  std::string pending_;
  size_t sent_ = 0;
  uint64_t id_ = 0;
  bool writing_ = false;
  bool ended_ = false;
  bool left_ = false;
};

Result<std::optional<int64_t>> Integer(const std::string& name, const std::string& value,
                                       int64_t least) {
  int64_t n = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (ec != std::errc() || end != value.data() + value.size() || n < least) {
    return MakeError(ErrorCode::kInvalid, name + ": Invalid value: \"" + value +
                                              "\": must be greater than or equal to " +
                                              std::to_string(least));
  }
  return std::optional(n);
}

}  // namespace

Result<LogOptions> ParseLogOptions(std::string_view target, WallTime now) {
  LogOptions options;
  const size_t question = target.find('?');
  std::string_view rest =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!rest.empty()) {
    const size_t amp = rest.find('&');
    const std::string_view pair = rest.substr(0, amp);
    rest = amp == std::string_view::npos ? std::string_view() : rest.substr(amp + 1);
    const std::string name = kube::DecodeQuery(pair.substr(0, pair.find('=')));
    const std::string value = pair.find('=') == std::string_view::npos
                                  ? ""
                                  : kube::DecodeQuery(pair.substr(pair.find('=') + 1));
    const bool yes = value == "true" || value == "1";
    if (name == "container") options.container = value;
    if (name == "follow") options.follow = yes;
    if (name == "previous") options.previous = yes;
    if (name == "timestamps") options.timestamps = yes;
    if (name == "tailLines") {
      ASSIGN_OR_RETURN(options.tail_lines, Integer(name, value, 0));
    } else if (name == "limitBytes") {
      ASSIGN_OR_RETURN(options.limit_bytes, Integer(name, value, 1));
    } else if (name == "sinceSeconds") {
      ASSIGN_OR_RETURN(const std::optional<int64_t> seconds, Integer(name, value, 1));
      options.since = now - Seconds(std::min<int64_t>(*seconds, 1000000000));
    } else if (name == "sinceTime") {
      ASSIGN_OR_RETURN(options.since, ParseTime(value));
    }
  }
  return options;
}

void RespondLog(std::shared_ptr<ContainerLog> log, const LogOptions& options,
                std::shared_ptr<kube::Responder> responder) {
  if (!options.follow) {
    kube::Response response;
    response.status = 200;
    response.headers.Set("Content-Type", "text/plain");
    response.text = SelectLog(*log, options);
    return responder->Respond(std::move(response));
  }
  kube::ByteStreamPtr stream = responder->StartStream(200, {{"Content-Type", "text/plain"}});
  if (stream) std::make_shared<FollowedLog>(std::move(log), options, std::move(stream))->Start();
}

}  // namespace stowage::sim
