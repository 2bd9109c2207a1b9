#include "sim/apiserver/watch_stream.h"

#include <algorithm>
#include <utility>

#include "sim/apiserver/convert.h"
#include "sim/apiserver/core.h"
#include "sim/apiserver/tables.h"

namespace stowage::sim {
namespace {

constexpr size_t kBatchEvents = 256;
constexpr size_t kBatchBytes = 1 << 20;
constexpr Duration kBookmarkEvery = Minutes(1);
// The next write of a stream comes no sooner after the last: events that come faster share one,
// which saves a TLS record, a system call and a wake-up on both sides for each.
constexpr Duration kBetweenWrites = Milliseconds(2);

std::string_view TypeName(kube::WatchEvent::Type type) {
  switch (type) {
    case kube::WatchEvent::Type::kAdded:
      return "ADDED";
    case kube::WatchEvent::Type::kModified:
      return "MODIFIED";
    case kube::WatchEvent::Type::kDeleted:
      return "DELETED";
    case kube::WatchEvent::Type::kBookmark:
      return "BOOKMARK";
  }
  return "";
}

// An object that left the selector: as it was, with the version of the change.
EntryPtr AsOf(const EntryPtr& before, uint64_t version) {
  kube::MutableJson object(before->json());
  object.Set({"metadata", "resourceVersion"}, std::to_string(version));
  return std::make_shared<const Entry>(before->key(), version, std::move(object).Freeze());
}

}  // namespace

WatchStream::WatchStream(Core& core, WatchOptions options)
    : core_(core), options_(std::move(options)), collection_(options_.resource->storage) {
  Collection& c = core_.store.collection(collection_);
  if (!options_.from) {
    for (const auto& [key, entry] : c.objects) {
      if (options_.filter.Matches(key, entry->json())) initial_.push_back(entry);
    }
    next_event_ = c.end_event();
    initial_end_sent_ = !options_.initial_end_bookmark;
    return;
  }
  const auto after =
      std::upper_bound(c.history.begin(), c.history.end(), *options_.from,
                       [](uint64_t version, const StoreEvent& e) { return version < e.version; });
  next_event_ = c.first_event + static_cast<uint64_t>(after - c.history.begin());
}

void WatchStream::Open(std::shared_ptr<kube::Responder> responder) {
  const std::weak_ptr<WatchStream> weak = weak_from_this();
  responder->OnGone([weak] {
    if (auto self = weak.lock()) self->Finish();
  });
  values_ = std::dynamic_pointer_cast<ValueWatchResponder>(responder);
  if (values_) {
    values_->Accept();
  } else {
    bytes_ = responder->StartStream(
        200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-cache, private"}});
    NoticeGone();
  }
  end_timer_ = core_.executor.RunAfter(options_.timeout, [weak] {
    if (auto self = weak.lock()) self->Expire();
  });
  if (options_.bookmarks) ArmBookmark();
  Kick();
}

void WatchStream::NoticeGone() {
  // A read of a stream that is only written ends when the client has left.
  bytes_->Read([weak = weak_from_this(), &executor = core_.executor](Result<std::string> got) {
    executor.Post([weak, more = got && !got->empty()] {
      auto self = weak.lock();
      if (!self || self->ended_) return;
      if (more) {
        self->NoticeGone();
      } else {
        self->Finish();
      }
    });
  });
}

void WatchStream::Kick() {
  if (kicked_ || writing_ || ended_) return;
  kicked_ = true;
  const auto deliver = [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->kicked_ = false;
    self->Deliver();
  };
  const MonotonicTime next = last_write_ + kBetweenWrites;
  if (bytes_ && core_.executor.Now() < next) {
    core_.executor.RunAt(next, deliver);
  } else {
    core_.executor.Post(deliver);
  }
}

void WatchStream::Deliver() {
  if (writing_ || ended_) return;
  const Collection& c = core_.store.collection(collection_);
  if (next_event_ < c.first_event) {
    return End(Error{ErrorCode::kGone, "too old resource version: the watch fell behind", {}});
  }
  const std::vector<Item> items = Collect();
  core_.watches.told_ += items.size();
  if (!items.empty()) {
    Send(items);
  } else if (next_initial_ >= initial_.size() && !initial_end_sent_) {
    initial_end_sent_ = true;
    std::vector<EntryPtr>().swap(initial_);
    next_initial_ = 0;
    SendBookmark(true);
  }
  if (!caught_up()) Kick();
}

bool WatchStream::caught_up() const {
  const Collection& c = core_.store.collection(collection_);
  if (next_initial_ < initial_.size() || !initial_end_sent_) return false;
  if (next_event_ >= c.end_event()) return true;
  return next_event_ >= c.first_event &&
         c.history[next_event_ - c.first_event].version > core_.watches.safe_version_;
}

std::vector<WatchStream::Item> WatchStream::Collect() {
  std::vector<Item> out;
  CollectInitial(out);
  if (next_initial_ >= initial_.size() && initial_end_sent_) CollectHistory(out);
  return out;
}

void WatchStream::CollectInitial(std::vector<Item>& out) {
  size_t bytes = 0;
  while (next_initial_ < initial_.size() && out.size() < kBatchEvents && bytes < kBatchBytes) {
    const EntryPtr& entry = initial_[next_initial_++];
    if (!values_) bytes += entry->text().size();
    out.push_back({kube::WatchEvent::Type::kAdded, entry});
  }
}

void WatchStream::CollectHistory(std::vector<Item>& out) {
  using Type = kube::WatchEvent::Type;
  const Collection& c = core_.store.collection(collection_);
  size_t bytes = 0;
  for (; next_event_ < c.end_event() && out.size() < kBatchEvents && bytes < kBatchBytes;
       ++next_event_) {
    const StoreEvent& e = c.history[next_event_ - c.first_event];
    if (e.version > core_.watches.safe_version_) break;
    const bool was = e.before && options_.filter.Matches(e.before->key(), e.before->json());
    const bool is = e.after && options_.filter.Matches(e.after->key(), e.after->json());
    if (!was && !is) continue;
    Item item{was ? Type::kModified : Type::kAdded, e.after};
    if (!is) {
      item = {Type::kDeleted, e.after ? AsOf(e.before, e.version) : e.last};
    }
    if (!values_) bytes += item.entry->text().size();
    out.push_back(std::move(item));
  }
}

kube::Json WatchStream::Represent(const Item& item) {
  const kube::Json object = ToVersion(*options_.resource, item.entry->json());
  switch (options_.representation.as) {
    case Representation::As::kTable: {
      TableOptions table{.meta_version = options_.representation.meta_version,
                         .include = options_.table_objects,
                         .columns = !std::exchange(columns_sent_, true),
                         .now = core_.executor.WallNow()};
      return MakeTable(*options_.resource, {object}, "", "", table);
    }
    case Representation::As::kPartialMetadata:
      return PartialMetadata(object, options_.representation);
    case Representation::As::kObject:
      break;
  }
  return object;
}

void WatchStream::AppendLine(std::string& bytes, const Item& item) {
  bytes.append("{\"type\":\"").append(TypeName(item.type)).append("\",\"object\":");
  if (options_.representation.as == Representation::As::kObject &&
      options_.resource->GroupVersion() == options_.resource->storage_version) {
    bytes.append(item.entry->text());  // serialised once for all watches
  } else {
    bytes.append(Represent(item).Dump());
  }
  bytes.append("}\n");
}

void WatchStream::Send(const std::vector<Item>& items) {
  if (values_) {
    std::vector<kube::WatchEvent> events;
    events.reserve(items.size());
    for (const Item& item : items) events.push_back({item.type, Represent(item)});
    return values_->Events(std::move(events));
  }
  std::string bytes;
  for (const Item& item : items) AppendLine(bytes, item);
  Write(std::move(bytes));
}

void WatchStream::Write(std::string bytes) {
  writing_ = true;
  last_write_ = core_.executor.Now();
  bytes_->Write(std::move(bytes),
                [weak = weak_from_this(), &executor = core_.executor](Result<void> written) {
                  executor.Post([weak, ok = written.has_value()] {
                    auto self = weak.lock();
                    if (!self || self->ended_) return;
                    self->writing_ = false;
                    if (!ok) return self->Finish();
                    if (!self->caught_up()) self->Kick();
                  });
                });
}

void WatchStream::SendBookmark(bool end_of_initial) {
  kube::MutableJson object;
  object["kind"] = options_.resource->kind;
  object["apiVersion"] = options_.resource->GroupVersion();
  object.Set({"metadata", "resourceVersion"}, std::to_string(core_.watches.safe_version_));
  object.Set({"metadata", "creationTimestamp"}, nullptr);
  if (end_of_initial) {
    object.Set({"metadata", "annotations", "k8s.io/initial-events-end"}, "true");
  }
  kube::Json json = std::move(object).Freeze();
  if (options_.representation.as == Representation::As::kTable) {
    TableOptions table{.meta_version = options_.representation.meta_version,
                       .include = "Object",
                       .columns = false,
                       .now = core_.executor.WallNow()};
    json = BookmarkTable(json, table);
  }
  if (values_) return values_->Events({{kube::WatchEvent::Type::kBookmark, json}});
  Write("{\"type\":\"BOOKMARK\",\"object\":" + json.Dump() + "}\n");
}

void WatchStream::ArmBookmark() {
  bookmark_timer_ = core_.executor.RunAfter(kBookmarkEvery, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->ended_) return;
    // Only who has heard everything may be told how far that reaches.
    if (!self->writing_ && self->caught_up()) self->SendBookmark(false);
    self->ArmBookmark();
  });
}

void WatchStream::Expire() {
  if (ended_) return;
  if (options_.bookmarks && !writing_ && caught_up()) SendBookmark(false);
  End(std::nullopt);
}

void WatchStream::End(kube::WatchEnd why) {
  if (ended_) return;
  auto self = shared_from_this();
  if (values_) {
    values_->End(why);
  } else if (why && why->code == ErrorCode::kGone) {
    const std::string status = Expired(why->message).value().ToStatus().Dump();
    bytes_->Write("{\"type\":\"ERROR\",\"object\":" + status + "}\n", [](Result<void>) {});
    bytes_->CloseWrite();
  } else if (why) {
    bytes_->Close();
  } else {
    bytes_->CloseWrite();
  }
  Finish();
}

void WatchStream::Finish() {
  if (std::exchange(ended_, true)) return;
  auto self = shared_from_this();
  core_.executor.Cancel(bookmark_timer_);
  core_.executor.Cancel(end_timer_);
  core_.watches.Remove(collection_, this);
}

}  // namespace stowage::sim
