// Recorder: follows one collection from its first object on, past all faults, for checkers. It is
// no Informer: what is checked must not be checked with itself.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/time/executor.h"
#include "kube/client/client.h"

namespace stowage::sim {

class Recorder : private kube::WatchSink {
 public:
  // `before` and `after`: nullptr where there was, or is, nothing. An object that was made anew
  // under its name is told as gone, then as there.
  using Handler = std::function<void(const kube::Object* before, const kube::Object* after)>;

  Recorder(Executor& executor, kube::Transport& transport, kube::Resource resource,
           Handler handler);
  ~Recorder() override;

  void Start();
  const std::map<kube::NamespacedName, kube::Object>& objects() const { return objects_; }

 private:
  void List();
  void OnListed(const std::vector<kube::Object>& items);
  void Upsert(const kube::Object& object);
  void Drop(const kube::NamespacedName& key);
  void OnEvents(std::vector<kube::WatchEvent> batch) override;
  void OnEnd(kube::WatchEnd end) override;

  Executor& executor_;
  kube::Client client_;
  const kube::Resource resource_;
  Handler handler_;
  std::map<kube::NamespacedName, kube::Object> objects_;
  kube::WatchHandle watch_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::sim
