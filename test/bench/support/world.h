// World: embedded API servers in a process of their own, so that what a client of theirs costs can
// be told apart from what they cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stowage::bench {

struct WorldOptions {
  std::string directory;  // of the kubeconfigs
  int members = 0;        // besides the host; each with nodes, and a Cluster object on the host
  int64_t pods = 0;       // spread over the members, there and on the host, Running since long
  int nodes_per_member = 5;
  int namespaces = 20;
};

// Ends the world when it is destroyed, or when this process ends.
class World {
 public:
  // Call before any thread is started: it forks. Returns when all is served.
  static World Fork(const WorldOptions& options);
  ~World();
  World(World&& other) : pid_(other.pid_), directory_(other.directory_) { other.pid_ = 0; }

  std::string host_kubeconfig() const { return directory_ + "/host.kubeconfig"; }
  int pid() const { return pid_; }

 private:
  World(int pid, std::string directory) : pid_(pid), directory_(std::move(directory)) {}
  int pid_;
  std::string directory_;
};

// About 5 KB as an API server sends it: two containers with probes, environment, volumes.
// `bound_to`
// "" leaves it pending. JSON text.
std::string TypicalPod(const std::string& ns, const std::string& name, const std::string& scheduler,
                       const std::string& bound_to);
// One small container: about 1 KB as an API server sends it.
std::string SmallPod(const std::string& ns, const std::string& name, const std::string& scheduler);
// The status of a TypicalPod that runs.
std::string RunningStatus(const std::string& ip);

}  // namespace stowage::bench
