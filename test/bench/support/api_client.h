// A client of an API server that is as fast as a client can be: plain Beast over TLS, kept-alive
// connections, no decoding. So that what is measured is the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kube/http/client/kubeconfig.h"

namespace stowage::bench {

// From a kubeconfig file; dies if it cannot be used.
kube::ClusterConfig LoadCluster(const std::string& kubeconfig);

// One connection, one thread, one request at a time. Connects when first used.
class ApiConnection {
 public:
  explicit ApiConnection(const kube::ClusterConfig& cluster);
  ~ApiConnection();

  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer Call(const std::string& method, const std::string& target, const std::string& body = "",
              const std::string& content_type = "application/json");
  // Dies unless the status is 2xx or `also`.
  std::string Must(const std::string& method, const std::string& target,
                   const std::string& body = "",
                   const std::string& content_type = "application/json", int also = 0);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Many watches whose events are counted and not read, on one thread.
class WatchFarm {
 public:
  // All are open when this returns.
  WatchFarm(const kube::ClusterConfig& cluster, const std::string& target, int watches);
  ~WatchFarm();
  uint64_t events() const { return events_->load(); }

 private:
  struct Impl;
  std::shared_ptr<std::atomic<uint64_t>> events_;
  std::unique_ptr<Impl> impl_;
};

// One watch whose events (a JSON text each) are told with the time they came, on a thread of its
// own. `events` must be safe to call from there.
class WatchReader {
 public:
  using OnEvent = std::function<void(double seconds, std::string_view json)>;
  WatchReader(const kube::ClusterConfig& cluster, const std::string& target, OnEvent on_event);
  ~WatchReader();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A field of a JSON text by its first occurrence, as `"name":"` reaches it; "" if it is not there.
// For texts of our own making, where decoding would be most of what is measured.
std::string_view FieldOf(std::string_view json, std::string_view quoted_name);

// Runs `f(i)` for i in [0, n) over `threads` connections; returns the seconds it took.
double Spread(const kube::ClusterConfig& cluster, int threads, int64_t n,
              const std::function<void(ApiConnection&, int64_t)>& f);

}  // namespace stowage::bench
