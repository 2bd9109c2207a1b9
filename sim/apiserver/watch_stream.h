// WatchStream: one watch under way.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/apiserver/watch.h"

namespace stowage::sim {

// Reads the history with a cursor of its own, so that a slow client costs a number and not a queue;
// one that falls out of the history is told so (410) and lists anew.
class WatchStream : public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(Core& core, WatchOptions options);

  void Open(std::shared_ptr<kube::Responder> responder);
  // There may be something to tell: looked at in a task of its own.
  void Kick();
  void End(kube::WatchEnd why);

 private:
  struct Item {
    kube::WatchEvent::Type type;
    EntryPtr entry;
  };

  void Deliver();
  std::vector<Item> Collect();
  void CollectInitial(std::vector<Item>& out);
  void CollectHistory(std::vector<Item>& out);
  void Send(const std::vector<Item>& items);
  void SendValues(std::vector<kube::WatchEvent> events);
  void Write(std::string bytes);
  kube::Json Represent(const Item& item);
  void AppendLine(std::string& bytes, const Item& item);
  void SendBookmark(bool end_of_initial);
  void ArmBookmark();
  void Expire();
  void NoticeGone();
  void Finish();
  bool caught_up() const;

  Core& core_;
  WatchOptions options_;
  std::string collection_;
  std::shared_ptr<ValueWatchResponder> values_;
  kube::ByteStreamPtr bytes_;
  std::vector<EntryPtr> initial_;
  size_t next_initial_ = 0;
  bool initial_end_sent_ = true;
  uint64_t next_event_ = 0;
  bool columns_sent_ = false;
  bool kicked_ = false, writing_ = false, ended_ = false;
  MonotonicTime last_write_;
  TimerId bookmark_timer_ = TimerId::kNone, end_timer_ = TimerId::kNone;
};

}  // namespace stowage::sim
