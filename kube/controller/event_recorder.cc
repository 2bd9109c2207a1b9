#include "kube/controller/event_recorder.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"

namespace stowage::kube {
namespace {

constexpr size_t kMaxMessage = 1024;
// A burst of bindings has twice as many calls under way: its events wait, and none is lost.
constexpr size_t kMaxQueued = 10000;
constexpr int kMaxInFlight = 32;
constexpr size_t kMaxRemembered = 4096;  // of each kind of memory; the least recently used goes
constexpr int kMaxTries = 8;
constexpr Duration kRetryMin = Seconds(1);
constexpr Duration kRetryMax = Seconds(30);
constexpr size_t kSimilarUntilCombined = 10;
constexpr Duration kSimilarWithin = Minutes(10);
constexpr double kBucketSize = 25;
constexpr Duration kBucketRefill = Minutes(5);  // for one more
constexpr std::string_view kCombined = "(combined from similar events): ";

// At most `max` bytes, not ending inside a UTF-8 sequence.
std::string_view Cut(std::string_view text, size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

std::string JoinKey(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (std::string_view part : parts) {
    key += part;
    key += '\n';
  }
  return key;
}

// A map that forgets what was used least recently.
template <class T>
class Memory {
 public:
  T& operator[](const std::string& key) {
    auto [it, fresh] = items_.try_emplace(key);
    if (!fresh) used_.erase(it->second.stamp);
    it->second.stamp = ++clock_;
    used_.emplace(clock_, key);
    if (items_.size() > kMaxRemembered) {
      items_.erase(used_.begin()->second);
      used_.erase(used_.begin());
    }
    return it->second.value;
  }

 private:
  struct Item {
    T value;
    uint64_t stamp = 0;
  };
  std::map<std::string, Item> items_;
  std::map<uint64_t, std::string> used_;
  uint64_t clock_ = 0;
};

struct Bucket {
  double tokens = kBucketSize;
  std::optional<MonotonicTime> filled;
};

// The different messages of one object, type and reason.
struct Similar {
  std::set<std::string> messages;
  std::optional<MonotonicTime> last;
};

// One Event object of the server, as it should be.
struct Kept {
  ObjectReference about;
  std::string type, reason, message, ns, name;
  WallTime first{}, last{};
  int64_t count = 0;
  bool created = false;
  bool queued = false;  // waits for its turn, or for a retry
  bool sending = false;
  bool changed = false;  // while it was being sent
  int tries = 0;
};
using KeptPtr = std::shared_ptr<Kept>;

}  // namespace

ObjectReference ObjectReference::Of(const Object& object) {
  return {std::string(object.api_version()), std::string(object.kind()), std::string(object.ns()),
          std::string(object.name()),        std::string(object.uid()),  {}};
}

struct EventRecorder::Impl : std::enable_shared_from_this<EventRecorder::Impl> {
  Impl(Executor& e, Client& c, Rng r, std::string component, std::string host)
      : executor(e),
        client(c),
        rng(std::move(r)),
        component(std::move(component)),
        host(std::move(host)) {}

  void Record(const ObjectReference& about, std::string_view type, std::string_view reason,
              std::string_view text) {
    const std::string object =
        JoinKey({about.api_version, about.kind, about.ns, about.name, about.uid, about.field_path});
    if (!TakeToken(object)) {
      ++dropped;
      return;
    }
    std::string message(Cut(text, kMaxMessage));
    std::string key = JoinKey({object, type, reason});
    if (TooManySimilar(key, message)) {
      message = std::string(Cut(std::string(kCombined) + message, kMaxMessage));
    } else {
      key += message;
    }
    KeptPtr& kept = events[key];
    if (!kept) kept = Fresh(about, type, reason);
    kept->message = std::move(message);
    kept->last = executor.WallNow();
    ++kept->count;
    Enqueue(kept);
  }

  bool TakeToken(const std::string& object) {
    Bucket& bucket = buckets[object];
    const MonotonicTime now = executor.Now();
    if (bucket.filled) {
      const double passed = static_cast<double>((now - *bucket.filled).count());
      bucket.tokens = std::min(kBucketSize,
                               bucket.tokens + passed / static_cast<double>(kBucketRefill.count()));
    }
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  bool TooManySimilar(const std::string& key, const std::string& message) {
    Similar& s = similar[key];
    const MonotonicTime now = executor.Now();
    if (s.last && now - *s.last > kSimilarWithin) s.messages.clear();
    s.last = now;
    if (s.messages.contains(message)) return s.messages.size() >= kSimilarUntilCombined;
    if (s.messages.size() >= kSimilarUntilCombined) return true;
    s.messages.insert(message);
    return s.messages.size() >= kSimilarUntilCombined;
  }

  KeptPtr Fresh(const ObjectReference& about, std::string_view type, std::string_view reason) {
    auto kept = std::make_shared<Kept>();
    kept->about = about;
    kept->type = type;
    kept->reason = reason;
    kept->ns = about.ns.empty() ? "default" : about.ns;
    kept->first = executor.WallNow();
    NewName(*kept);
    return kept;
  }

  void NewName(Kept& kept) {
    // Lists are in the order of names, so a name starts with the time: kubectl describe, which
    // knows whole seconds, then tells in order. The letters keep two of one moment apart.
    char time[17];
    std::snprintf(
        time, sizeof time, "%016llx",
        static_cast<unsigned long long>(executor.WallNow().time_since_epoch().count()) * 1000);
    kept.name = std::string(Cut(kept.about.name, 225)) + "." + time + rng.Name(5);
    kept.created = false;
  }

  void Enqueue(const KeptPtr& kept) {
    kept->changed = true;
    if (kept->queued || kept->sending) return;
    kept->queued = true;
    queue.push_back(kept);
    if (queue.size() > kMaxQueued) {
      queue.front()->queued = false;
      queue.pop_front();
      ++dropped;
    }
    Pump();
  }

  void Pump() {
    while (in_flight < kMaxInFlight && !queue.empty()) {
      KeptPtr kept = std::move(queue.front());
      queue.pop_front();
      kept->queued = false;
      Send(kept);
    }
  }

  void Send(const KeptPtr& kept) {
    ++in_flight;
    kept->sending = true;
    kept->changed = false;
    auto done = [weak = weak_from_this(), kept](Result<Object> answer) {
      if (const auto self = weak.lock()) self->Sent(kept, std::move(answer));
    };
    if (kept->created) {
      MutableJson patch;
      patch["count"] = kept->count;
      patch["lastTimestamp"] = FormatTime(kept->last);
      patch["message"] = kept->message;
      client.Patch(kEvents, kept->ns, kept->name, PatchType::kMerge, std::move(patch).Freeze(),
                   done);
    } else {
      client.Create(kEvents, kept->ns, Document(*kept), done);
    }
  }

  Json Document(const Kept& kept) const {
    MutableJson event;
    event["apiVersion"] = "v1";
    event["kind"] = "Event";
    event.Set({"metadata", "name"}, kept.name);
    event.Set({"metadata", "namespace"}, kept.ns);
    const ObjectReference& about = kept.about;
    for (const auto& [field, value] :
         {std::pair<std::string_view, const std::string&>{"apiVersion", about.api_version},
          {"kind", about.kind},
          {"namespace", about.ns},
          {"name", about.name},
          {"uid", about.uid},
          {"fieldPath", about.field_path}}) {
      if (!value.empty()) event.Set({"involvedObject", field}, value);
    }
    event["reason"] = kept.reason;
    event["message"] = kept.message;
    event["type"] = kept.type;
    event["count"] = kept.count;
    event["firstTimestamp"] = FormatTime(kept.first);
    event["lastTimestamp"] = FormatTime(kept.last);
    event.Set({"source", "component"}, component);
    if (!host.empty()) event.Set({"source", "host"}, host);
    event["reportingComponent"] = component;
    event["reportingInstance"] = host;
    return std::move(event).Freeze();
  }

  void Sent(const KeptPtr& kept, Result<Object> answer) {
    --in_flight;
    kept->sending = false;
    if (answer || answer.error().code == ErrorCode::kAlreadyExists) {
      // Taken already: the answer to an earlier try was lost.
      kept->created = true;
      kept->tries = 0;
      if (kept->changed) Enqueue(kept);
    } else if (kept->created && answer.error().code == ErrorCode::kNotFound) {
      NewName(*kept);  // it expired; what it counted goes on under a new name
      Enqueue(kept);
    } else if (IsRetryable(answer.error()) && ++kept->tries < kMaxTries) {
      Retry(kept, answer.error());
    } else {
      LogVerbose(
          1, "event was not recorded",
          {{"reason", kept->reason}, {"object", kept->about.name}, {"error", answer.error()}});
      kept->tries = 0;
      ++dropped;
    }
    Pump();
  }

  void Retry(const KeptPtr& kept, const Error& error) {
    Duration delay = std::min(kRetryMax, kRetryMin * (1 << (kept->tries - 1)));
    delay += Duration(static_cast<int64_t>(static_cast<double>(delay.count()) * rng.Uniform()));
    delay = std::max(delay, error.retry_after.value_or(Duration(0)));
    kept->queued = true;
    if (++retrying > kMaxQueued) {
      --retrying;
      kept->queued = false;
      ++dropped;
      return;
    }
    executor.RunAfter(delay, [weak = weak_from_this(), kept] {
      const auto self = weak.lock();
      if (!self) return;
      --self->retrying;
      kept->queued = false;
      self->Enqueue(kept);
    });
  }

  Executor& executor;
  Client& client;
  Rng rng;
  std::string component, host;
  Memory<Bucket> buckets;
  Memory<Similar> similar;
  Memory<KeptPtr> events;
  std::deque<KeptPtr> queue;
  int in_flight = 0;
  size_t retrying = 0;
  uint64_t dropped = 0;
};

EventRecorder::EventRecorder(Executor& executor, Client& client, Rng rng, std::string component,
                             std::string host)
    : impl_(std::make_shared<Impl>(executor, client, std::move(rng), std::move(component),
                                   std::move(host))) {}
EventRecorder::~EventRecorder() = default;

void EventRecorder::Record(const ObjectReference& about, Type type, std::string_view reason,
                           std::string_view message) {
  impl_->Record(about, type == Type::kWarning ? "Warning" : "Normal", reason, message);
}

uint64_t EventRecorder::dropped() const { return impl_->dropped; }

}  // namespace stowage::kube
