// World: a host, its members, the manager processes and the checkers, on one virtual clock. A world
// is its seed: the same seed gives the same run, task for task.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "kube/cache/informer.h"
#include "sim/checkers/asks_seldom.h"
#include "sim/checkers/caches_equal.h"
#include "sim/checkers/capacity_kept.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/foreign_untouched.h"
#include "sim/checkers/pod_history.h"
#include "sim/checkers/recorder.h"
#include "sim/checkers/runs_once.h"
#include "sim/checkers/selectors_kept.h"
#include "sim/engine/sim_executor.h"
#include "sim/faults/fault_plan.h"
#include "test/scenarios/cluster.h"
#include "test/scenarios/journal.h"
#include "test/scenarios/link.h"
#include "test/scenarios/process.h"

namespace stowage::scenarios {

inline constexpr const char* kApp = "app";        // the namespace of the workload
inline constexpr const char* kRare = "rare";      // where a pod is now and then
inline constexpr const char* kOther = "default";  // where members have pods of their own, too

class World {
 public:
  // `show`: lines of the journal that contain it go to standard error.
  explicit World(uint64_t seed, std::string show = {});
  ~World();

  sim::SimExecutor& executor() { return executor_; }
  const Rng& rng() const { return rng_; }
  sim::Findings& findings() { return findings_; }
  sim::FaultCounts& counts() { return counts_; }
  Journal& journal() { return journal_; }
  Cluster& host() { return *host_; }
  std::vector<std::unique_ptr<Cluster>>& members() { return members_; }
  Cluster* FindServer(const std::string& name);
  sim::PodHistory& history() { return history_; }
  sim::ForeignUntouched& foreign() { return foreign_; }
  // The host's pods as they are now.
  const std::map<kube::NamespacedName, kube::Object>& host_pods() const {
    return host_recorder_->objects();
  }
  uint64_t starts() const { return runs_once_.starts(); }

  // Processes, by number. Starting one that runs does nothing.
  size_t process_count() const { return processes_.size(); }
  bool Running(size_t number) const { return processes_[number] != nullptr; }
  void StartProcess(size_t number);
  void Kill(size_t number);

  // What passes to the server of that name from now on, also in links that are made later.
  void SetPlan(const std::string& server, sim::FaultPlan plan);
  // Between all processes and that server; or between one process and it.
  void SetPartitioned(const std::string& server, bool partitioned);
  // All watches of all processes on that server end.
  void Disconnect(const std::string& server);
  bool partitioned(const std::string& server) const { return partitions_.contains(server); }

  // The process under test dies after so many further tasks.
  void KillAfter(size_t number, uint64_t tasks);
  void SpareAll() { kills_.clear(); }  // nobody is killed any more
  // Asked at every write of a process: kill it after so many tasks?
  std::function<std::optional<uint64_t>()> on_write;

  // Runs for `span` of virtual time, task by task, under the checkers.
  void Run(Duration span);
  // Looks at all servers and caches as they are now.
  sim::Findings Look();

 private:
  struct Follower;  // an informer of ours, through faulty links
  void SetUpHost();
  void SetUpMember(int number);
  void AddRecorders();
  void CheckManager(const sim::Snapshot& snapshot, sim::Findings& findings);
  void AfterTask();
  void Note(const std::string& server, const kube::Object* before, const kube::Object* after);
  std::unique_ptr<Link> Dial(const std::string& process, const std::string& server);

  Rng rng_;
  sim::SimExecutor executor_;
  Journal journal_;
  sim::Findings findings_;
  sim::FaultCounts counts_;
  sim::RunsOnce runs_once_;
  sim::PodHistory history_;
  sim::CapacityKept capacity_;
  sim::SelectorsKept selectors_;
  sim::AsksSeldom moderation_;
  sim::ForeignUntouched foreign_;
  std::unique_ptr<Cluster> host_;
  std::vector<std::unique_ptr<Cluster>> members_;
  std::unique_ptr<sim::Recorder> host_recorder_;
  std::vector<std::unique_ptr<sim::Recorder>> recorders_;
  std::map<std::string, sim::FaultPlan> plans_;
  std::set<std::string> partitions_;
  std::set<std::pair<uint64_t, Link*>> links_;  // in the order they were made
  std::map<Link*, uint64_t> link_numbers_;
  uint64_t next_link_ = 1;
  bool leader_election_ = false;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<int> starts_of_;                   // of each process
  std::map<std::string, std::string> bound_by_;  // pod's UID -> the process that bound it last
  std::map<size_t, uint64_t> kills_;             // process -> at that number of tasks
  std::vector<std::unique_ptr<Follower>> followers_;
  std::string host_uid_;
  MonotonicTime instant_{};
  uint64_t tasks_at_instant_ = 0;
};

}  // namespace stowage::scenarios
