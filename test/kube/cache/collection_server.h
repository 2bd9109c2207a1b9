// CollectionServer: a small, exact model of one collection of an API server, for the tests of
// caches: versions, history that is compacted, pages that expire, watches that break.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/client/transport.h"

namespace stowage::test {

class CollectionServer : public kube::Transport {
 public:
  explicit CollectionServer(Executor& executor) : executor_(executor) {}

  void Put(const std::string& name, const std::string& value);
  void Delete(const std::string& name);
  // Forgets the history up to now: older versions, and page tokens, get 410.
  void Compact() { compacted_ = version_; }
  // Ends all watches; with an error, or cleanly.
  void BreakWatches(kube::WatchEnd end = std::nullopt);
  void SendBookmarks();
  // Delivers what watches have not heard yet. Put() and Delete() do it unless `hold` is set.
  void Deliver();

  bool hold = false;                  // changes wait for Deliver()
  bool refuse_all = false;            // every call fails with kUnavailable
  bool close_at_once = false;         // watches end as they open
  bool gone_as_error_status = false;  // an expired version is told as an ERROR event's Status
  int lists = 0, watches = 0, pages_expired = 0;

  // name -> value, as a perfect cache would have it.
  std::map<std::string, std::string> Contents() const;
  int open_watches() const;

  void Send(kube::Request request, Callback<Result<kube::Response>> done) override;
  kube::WatchHandle Watch(kube::WatchRequest request, kube::WatchSink& sink) override;
  void Upgrade(kube::Request, Callback<Result<kube::UpgradeReply>>) override {}

 private:
  struct Change {
    int64_t version;
    kube::WatchEvent::Type type;
    kube::Json object;
  };
  struct Open {
    kube::WatchSink* sink;
    int64_t version;
  };
  class Handle;

  kube::Json Make(const std::string& name, const std::string& value, int uid) const;
  Result<kube::Response> List(const std::string& target);

  Executor& executor_;
  int64_t version_ = 1;
  int64_t compacted_ = 0;
  int next_uid_ = 1;
  std::map<std::string, kube::Json> objects_;
  std::vector<Change> history_;
  std::vector<std::shared_ptr<Open>> open_;
  std::map<std::string, std::map<std::string, kube::Json>> snapshots_;  // by version, for pages
};

}  // namespace stowage::test
