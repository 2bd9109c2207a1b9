#include "sim/checkers/recorder.h"

#include <set>
#include <utility>
#include <vector>

namespace stowage::sim {

using kube::Object;

Recorder::Recorder(Executor& executor, kube::Transport& transport, kube::Resource resource,
                   Handler handler)
    : executor_(executor),
      client_(transport),
      resource_(std::move(resource)),
      handler_(std::move(handler)) {}

Recorder::~Recorder() { *alive_ = false; }

void Recorder::Start() { List(); }

void Recorder::List() {
  client_.List(resource_, "", {}, [this, alive = alive_](Result<kube::ObjectList> list) {
    if (!*alive) return;
    if (!list) {
      executor_.RunAfter(Milliseconds(1), [this, alive] {
        if (*alive) List();
      });
      return;
    }
    OnListed(list->items);
    kube::WatchRequest request;
    request.target = resource_.Path() +
                     kube::Query({{"watch", "1"}, {"resourceVersion", list->resource_version}});
    watch_ = client_.transport().Watch(std::move(request), *this);
  });
}

void Recorder::OnListed(const std::vector<Object>& items) {
  std::set<kube::NamespacedName> there;
  for (const Object& item : items) {
    there.insert(item.key());
    Upsert(Object(kube::Json::Copy(item.json())));
  }
  std::vector<kube::NamespacedName> gone;
  for (const auto& [key, object] : objects_) {
    if (!there.contains(key)) gone.push_back(key);
  }
  for (const auto& key : gone) Drop(key);
}

void Recorder::Upsert(const Object& object) {
  const auto it = objects_.find(object.key());
  if (it != objects_.end() && it->second.uid() != object.uid()) Drop(object.key());
  const Object before = std::exchange(objects_[object.key()], object);
  handler_(before.exists() ? &before : nullptr, &object);
}

void Recorder::Drop(const kube::NamespacedName& key) {
  const auto node = objects_.extract(key);
  if (!node.empty()) handler_(&node.mapped(), nullptr);
}

void Recorder::OnEvents(std::vector<kube::WatchEvent> batch) {
  for (kube::WatchEvent& event : batch) {
    const Object object(std::move(event.object));
    if (event.type == kube::WatchEvent::Type::kBookmark) continue;
    if (event.type != kube::WatchEvent::Type::kDeleted) {
      Upsert(object);
      continue;
    }
    // The last state is in the event: one may have been missed.
    const auto it = objects_.find(object.key());
    if (it != objects_.end() && it->second.uid() == object.uid()) it->second = object;
    Drop(object.key());
  }
}

void Recorder::OnEnd(kube::WatchEnd) {
  executor_.Post([this, alive = alive_] {
    if (*alive) List();
  });
}

}  // namespace stowage::sim
