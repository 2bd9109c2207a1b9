#include "kube/cache/reflector.h"

#include <algorithm>
#include <vector>

#include "base/log/log.h"

namespace stowage::kube {
namespace {

// Objects of a list that one task hands over.
constexpr size_t kSlice = 100;
// A watch that lived so long was a good one: the next follows at once.
constexpr Duration kGoodWatch = Seconds(5);
// Watches that fail in a row (about two minutes) before the collection is listed anew: the server
// may have been restored from a backup and not know our resourceVersion yet.
constexpr int kFailuresUntilList = 10;
// API servers send a bookmark about every minute. Once one came, silence for so long is a stall.
constexpr Duration kBookmarkSilence = Seconds(150);
// How much later than asked a server may end a watch.
constexpr Duration kEndGrace = Seconds(30);

}  // namespace

class Reflector::Impl : public WatchSink, public std::enable_shared_from_this<Reflector::Impl> {
 public:
  Impl(Executor& executor, Client& client, Rng rng, ReflectorOptions options, ReflectorSink& sink)
      : executor_(executor),
        client_(client),
        rng_(std::move(rng)),
        options_(std::move(options)),
        sink_(sink) {}

  void Start() {
    if (running_) return;
    running_ = true;
    const uint64_t turn = ++turn_;
    Post(turn, [this] { BeginList(); });
  }

  void Stop() {
    running_ = false;
    ++turn_;
    executor_.Cancel(timer_);
    executor_.Cancel(stall_timer_);
    current_ = false;
    watch_.reset();
    ended_watch_.reset();
    page_.clear();
  }

  bool current_ = false;
  std::optional<Error> last_error_;
  uint64_t lists_ = 0;
  uint64_t relists_after_gone_ = 0;
  std::string resource_version_;

 private:
  // Every wait belongs to a turn; what comes from an earlier one is late and ignored.
  template <class F>
  void Post(uint64_t turn, F f) {
    executor_.Post(Guarded(turn, std::move(f)));
  }
  template <class F>
  Task Guarded(uint64_t turn, F f) {
    return [weak = weak_from_this(), turn, f = std::move(f)] {
      if (const auto self = weak.lock(); self && self->turn_ == turn) f();
    };
  }

  Duration NextBackoff() {
    const double limit = static_cast<double>(options_.backoff_max.count());
    double delay = static_cast<double>(options_.backoff_min.count());
    for (int i = 0; i < failures_ && delay < limit; ++i) delay *= 2;
    ++failures_;
    return Duration(static_cast<int64_t>(std::min(delay, limit) * (1 + rng_.Uniform()) / 2));
  }

  void Later(Duration at_least, void (Impl::*next)()) {
    const Duration delay = std::max(at_least, NextBackoff());
    timer_ = executor_.RunAfter(delay, Guarded(++turn_, [this, next] { (this->*next)(); }));
  }

  // --- list ---

  void BeginList() {
    current_ = false;
    ended_watch_.reset();
    continue_.clear();
    paged_ = true;
    sink_.OnListStart();
    NextPage();
  }

  void NextPage() {
    ListOptions list;
    list.label_selector = options_.label_selector;
    list.field_selector = options_.field_selector;
    list.limit = paged_ ? options_.page_size : 0;
    list.continue_token = continue_;
    const uint64_t turn = ++turn_;
    client_.List(options_.resource, options_.ns, list,
                 [weak = weak_from_this(), turn](Result<ObjectList> page) {
                   const auto self = weak.lock();
                   if (self && self->turn_ == turn) self->OnPage(std::move(page));
                 });
  }

  void OnPage(Result<ObjectList> page) {
    if (!page) {
      if (page.error().code == ErrorCode::kGone && paged_ && !continue_.empty()) {
        // The snapshot of the pages expired on the way: all at once, as of now.
        paged_ = false;
        continue_.clear();
        sink_.OnListStart();
        return NextPage();
      }
      Note(page.error());
      return Later(page.error().retry_after.value_or(Duration(0)), &Impl::BeginList);
    }
    list_version_ = std::move(page->resource_version);
    continue_ = std::move(page->continue_token);
    page_ = std::move(page->items);
    next_in_page_ = 0;
    HandOver();
  }

  // One slice of the page, then the rest in tasks of their own.
  void HandOver() {
    const uint64_t turn = turn_;
    const size_t end = std::min(page_.size(), next_in_page_ + kSlice);
    while (next_in_page_ < end) {
      const Object object = std::move(page_[next_in_page_++]);
      if (!object.name().empty()) sink_.OnListed(object);
      if (turn_ != turn) return;  // stopped by what we told
    }
    if (next_in_page_ < page_.size()) return Post(turn, [this] { HandOver(); });
    page_.clear();
    if (!continue_.empty()) return NextPage();
    Post(turn, [this] { SweepOn(); });
  }

  void SweepOn() {
    const uint64_t turn = turn_;
    const bool finished = sink_.Sweep();
    if (turn_ != turn) return;
    if (!finished) return Post(turn, [this] { SweepOn(); });
    ++lists_;
    resource_version_ = std::move(list_version_);
    OpenWatch();
  }

  // --- watch ---

  void OpenWatch() {
    ended_watch_.reset();
    const uint64_t turn = ++turn_;
    const double stretch = 1 + rng_.Uniform();
    watch_timeout_ = Seconds(
        static_cast<int64_t>(static_cast<double>(options_.watch_timeout.count()) / 1e6 * stretch));
    WatchRequest request;
    request.target = options_.resource.Path(options_.ns) +
                     Query({{"watch", "1"},
                            {"resourceVersion", resource_version_},
                            {"allowWatchBookmarks", "true"},
                            {"timeoutSeconds", std::to_string(watch_timeout_.count() / 1'000'000)},
                            {"labelSelector", options_.label_selector},
                            {"fieldSelector", options_.field_selector}});
    request.idle_timeout = watch_timeout_ + kEndGrace;
    watch_began_ = last_heard_ = executor_.Now();
    saw_bookmark_ = bookmarks_armed_ = false;
    watch_ = client_.transport().Watch(std::move(request), *this);
    ArmStallTimer(turn);
  }

  MonotonicTime StallDeadline() const {
    const MonotonicTime end = watch_began_ + watch_timeout_ + kEndGrace;
    return saw_bookmark_ ? std::min(end, last_heard_ + kBookmarkSilence) : end;
  }

  void ArmStallTimer(uint64_t turn) {
    executor_.Cancel(stall_timer_);
    stall_timer_ = executor_.RunAt(
        StallDeadline(), Guarded(turn, [this, turn] {
          if (executor_.Now() < StallDeadline()) return ArmStallTimer(turn);
          watch_.reset();
          Ended(Error{ErrorCode::kUnavailable, "the watch fell silent", std::nullopt});
        }));
  }

  void OnOpen() override {
    if (!watch_) return;
    last_heard_ = executor_.Now();
    current_ = true;
    last_error_.reset();
  }

  void OnEvents(std::vector<WatchEvent> batch) override {
    if (!watch_) return;
    last_heard_ = executor_.Now();
    const uint64_t turn = turn_;
    for (WatchEvent& event : batch) {
      const Object object(std::move(event.object));
      if (object.kind() == "Status" && object.api_version() == "v1" && object.name().empty()) {
        // An ERROR event that came through as it is.
        Response response;
        response.status = static_cast<int>(object["code"].i64(500));
        response.json = object.json();
        ended_watch_ = std::move(watch_);
        return Ended(ErrorFromResponse(response));
      }
      Tell(event.type, object);
      if (turn_ != turn) return;  // stopped by what we told
    }
    if (saw_bookmark_ && !bookmarks_armed_) {
      bookmarks_armed_ = true;
      ArmStallTimer(turn);
    }
  }

  void Tell(WatchEvent::Type type, const Object& object) {
    if (type == WatchEvent::Type::kBookmark) {
      saw_bookmark_ = true;
    } else if (object.name().empty()) {
      LogWarning("watch event without a name was left out",
                 {{"resource", options_.resource.plural}});
      return;
    }
    if (!object.resource_version().empty()) resource_version_ = object.resource_version();
    if (type == WatchEvent::Type::kBookmark) return;
    if (type == WatchEvent::Type::kDeleted) {
      sink_.OnDelete(object);
    } else {
      sink_.OnUpsert(object);
    }
  }

  void OnEnd(WatchEnd end) override {
    if (!watch_) return;
    // Not destroyed from inside its own call.
    ended_watch_ = std::move(watch_);
    Ended(std::move(end));
  }

  void Ended(WatchEnd end) {
    current_ = false;
    executor_.Cancel(stall_timer_);
    const bool good = executor_.Now() - watch_began_ >= kGoodWatch;
    if (good) {
      failures_ = 0;
      failed_watches_ = 0;
    }
    if (end) {
      Note(*end);
      ++failed_watches_;
    }
    const bool gone = end && end->code == ErrorCode::kGone;
    if (gone) ++relists_after_gone_;
    // Any other refusal of the version itself ends here too, after some tries.
    const bool list =
        gone || (end && end->code == ErrorCode::kInvalid) || failed_watches_ >= kFailuresUntilList;
    if (list) failed_watches_ = 0;
    const auto next = list ? &Impl::BeginList : &Impl::OpenWatch;
    if (good && (!end || gone)) return Post(++turn_, [this, next] { (this->*next)(); });
    Later(end && end->retry_after ? *end->retry_after : Duration(0), next);
  }

  void Note(const Error& error) {
    last_error_ = error;
    LogVerbose(1, "reflector", {{"resource", options_.resource.plural}, {"error", error}});
  }

  Executor& executor_;
  Client& client_;
  Rng rng_;
  ReflectorOptions options_;
  ReflectorSink& sink_;

  bool running_ = false;
  uint64_t turn_ = 0;
  int failures_ = 0;        // in a row, for the back-off
  int failed_watches_ = 0;  // in a row, since the last list
  TimerId timer_ = TimerId::kNone;

  bool paged_ = true;
  std::string continue_;
  std::string list_version_;
  std::vector<Object> page_;
  size_t next_in_page_ = 0;

  MonotonicTime watch_began_, last_heard_;
  Duration watch_timeout_{0};
  bool saw_bookmark_ = false;
  bool bookmarks_armed_ = false;
  TimerId stall_timer_ = TimerId::kNone;
  WatchHandle watch_;
  WatchHandle ended_watch_;
};

Reflector::Reflector(Executor& executor, Client& client, Rng rng, ReflectorOptions options,
                     ReflectorSink& sink)
    : impl_(std::make_shared<Impl>(executor, client, std::move(rng), std::move(options), sink)) {}
Reflector::~Reflector() { impl_->Stop(); }

void Reflector::Start() { impl_->Start(); }
void Reflector::Stop() { impl_->Stop(); }
bool Reflector::current() const { return impl_->current_; }
const std::optional<Error>& Reflector::last_error() const { return impl_->last_error_; }
uint64_t Reflector::lists() const { return impl_->lists_; }
uint64_t Reflector::relists_after_gone() const { return impl_->relists_after_gone_; }
const std::string& Reflector::resource_version() const { return impl_->resource_version_; }

}  // namespace stowage::kube
