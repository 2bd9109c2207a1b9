#include "test/kube/cache/collection_server.h"

#include "kube/client/client.h"
#include "test/support/fake_transport.h"

namespace stowage::test {

using kube::Json;
using kube::WatchEvent;

class CollectionServer::Handle : public kube::Watch {
 public:
  explicit Handle(std::shared_ptr<Open> open) : open_(std::move(open)) {}
  ~Handle() override { open_->sink = nullptr; }

 private:
  std::shared_ptr<Open> open_;
};

Json CollectionServer::Make(const std::string& name, const std::string& value, int uid) const {
  kube::MutableJson o;
  o["kind"] = "Pod";
  o["apiVersion"] = "v1";
  o.Set({"metadata", "name"}, name);
  o.Set({"metadata", "namespace"}, "ns");
  o.Set({"metadata", "uid"}, "uid-" + std::to_string(uid));
  o.Set({"metadata", "resourceVersion"}, std::to_string(version_));
  o["value"] = value;
  return std::move(o).Freeze();
}

void CollectionServer::Put(const std::string& name, const std::string& value) {
  ++version_;
  const auto old = objects_.find(name);
  const bool fresh = old == objects_.end();
  const int uid =
      fresh ? next_uid_++ : std::stoi(old->second.Find({"metadata", "uid"}).string().substr(4));
  const Json object = Make(name, value, uid);
  objects_[name] = object;
  history_.push_back(
      {version_, fresh ? WatchEvent::Type::kAdded : WatchEvent::Type::kModified, object});
  if (!hold) Deliver();
}

void CollectionServer::Delete(const std::string& name) {
  const auto it = objects_.find(name);
  if (it == objects_.end()) return;
  ++version_;
  kube::MutableJson last(it->second);
  last.Set({"metadata", "resourceVersion"}, std::to_string(version_));
  objects_.erase(it);
  history_.push_back({version_, WatchEvent::Type::kDeleted, std::move(last).Freeze()});
  if (!hold) Deliver();
}

void CollectionServer::Deliver() {
  for (const auto& open : open_) {
    std::vector<WatchEvent> batch;
    for (const Change& change : history_) {
      if (change.version > open->version) batch.push_back({change.type, Json::Copy(change.object)});
    }
    open->version = version_;
    if (batch.empty()) continue;
    executor_.Post([open, batch = std::move(batch)] {
      if (open->sink) open->sink->OnEvents(batch);
    });
  }
}

void CollectionServer::SendBookmarks() {
  Deliver();
  for (const auto& open : open_) {
    kube::MutableJson o;
    o.Set({"metadata", "resourceVersion"}, std::to_string(version_));
    executor_.Post([open, object = std::move(o).Freeze()] {
      if (open->sink) open->sink->OnEvents({{WatchEvent::Type::kBookmark, object}});
    });
  }
}

void CollectionServer::BreakWatches(kube::WatchEnd end) {
  for (const auto& open : std::exchange(open_, {})) {
    executor_.Post([open, end] {
      if (open->sink) std::exchange(open->sink, nullptr)->OnEnd(end);
    });
  }
}

std::map<std::string, std::string> CollectionServer::Contents() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, object] : objects_) {
    out[name] = object["value"].string() + "@" + object.Find({"metadata", "uid"}).string();
  }
  return out;
}

int CollectionServer::open_watches() const {
  int n = 0;
  for (const auto& open : open_) n += open->sink != nullptr;
  return n;
}

Result<kube::Response> CollectionServer::List(const std::string& target) {
  const SeenRequest request{"GET", target, {}, {}};
  const std::string limit = request.Parameter("limit");
  const std::string token = request.Parameter("continue");  // "VERSION/NAME"
  std::string version = std::to_string(version_), after;
  if (token.empty()) {
    ++lists;
    snapshots_[version] = objects_;
  } else {
    version = token.substr(0, token.find('/'));
    after = token.substr(token.find('/') + 1);
    if (std::stoll(version) <= compacted_) {
      ++pages_expired;
      return StatusResponse(410, "Expired", "the page token is too old");
    }
  }
  const auto& objects = snapshots_[version];
  std::vector<Json> page;
  const size_t most = limit.empty() ? objects.size() : std::stoul(limit);
  auto it = after.empty() ? objects.begin() : objects.upper_bound(after);
  for (; it != objects.end() && page.size() < most; ++it) page.push_back(it->second);
  const bool more = it != objects.end();
  return ListResponse(page, version, more ? version + "/" + std::prev(it)->first : "");
}

void CollectionServer::Send(kube::Request request, Callback<Result<kube::Response>> done) {
  Result<kube::Response> answer = MakeError(ErrorCode::kUnavailable, "refused");
  if (!refuse_all) answer = List(request.target);
  executor_.Post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

kube::WatchHandle CollectionServer::Watch(kube::WatchRequest request, kube::WatchSink& sink) {
  ++watches;
  const SeenRequest seen{"GET", request.target, {}, {}};
  auto open = std::make_shared<Open>(Open{&sink, std::stoll(seen.Parameter("resourceVersion"))});
  kube::WatchEnd end;
  if (refuse_all) {
    end = Error{ErrorCode::kUnavailable, "refused", std::nullopt};
  } else if (open->version < compacted_ && !gone_as_error_status) {
    end = Error{ErrorCode::kGone, "too old resource version", std::nullopt};
  }
  if (end || close_at_once) {
    executor_.Post([open, end] {
      if (open->sink) std::exchange(open->sink, nullptr)->OnEnd(end);
    });
    return std::make_unique<Handle>(open);
  }
  executor_.Post([open] {
    if (open->sink) open->sink->OnOpen();
  });
  if (open->version < compacted_) {
    executor_.Post([open] {
      if (!open->sink) return;
      const Json status = StatusResponse(410, "Expired", "too old resource version").json;
      open->sink->OnEvents({{WatchEvent::Type::kModified, status}});
    });
    return std::make_unique<Handle>(open);
  }
  open_.push_back(open);
  if (!hold) Deliver();
  return std::make_unique<Handle>(open);
}

}  // namespace stowage::test
