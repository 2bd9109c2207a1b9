// EventMirror: the member's events about copies, as Events on the host's pods.
//
// One event of the member is one Event of the host, found again by a name made from its UID: told
// again, or after a restart, it is brought up to date and never doubled. Fire and forget: at most
// 1,000 wait, older ones are dropped.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/time/executor.h"
#include "kube/client/client.h"
#include "providers/api/provider.h"

namespace stowage::vkubelet {

class EventMirror {
 public:
  explicit EventMirror(Executor& executor, kube::Client& host) : executor_(executor), host_(host) {}
  ~EventMirror() { *alive_ = false; }

  // `node`: the virtual node, as the source's host.
  void Mirror(const providers::PodRef& pod, const std::string& node, const kube::Object& event);
  uint64_t dropped() const { return dropped_; }

 private:
  struct Item {
    std::string ns, name;
    kube::Json event;
  };
  void Pump();
  void Create(Item item);
  void Update(const Item& item);
  void Done();

  Executor& executor_;
  kube::Client& host_;
  std::deque<Item> waiting_;
  int open_ = 0;
  uint64_t dropped_ = 0;
  std::map<std::string, uint64_t> told_;  // name -> hash of what was sent last; bounded
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::vkubelet
