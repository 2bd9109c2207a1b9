// RunsOnce: no pod runs twice, judged from what the members' kubelets really started.
//
// A host UID runs as one pod of one member for ever; each of its containers is started once an
// attempt; and nothing of it starts any more once its copy has finished or is gone.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"
#include "sim/cluster/kubelet_log.h"

namespace stowage::sim {

class RunsOnce {
 public:
  explicit RunsOnce(Findings& findings) : findings_(findings) {}

  // `log` must outlive it.
  void AddMember(std::string name, const KubeletLog& log) { members_.push_back({name, &log, 0}); }
  // The member's pod of that UID has finished, or is gone.
  void OnEnded(const std::string& remote_uid) { ended_.insert(remote_uid); }

  // Looks at what was started since the last call; to be called after every task.
  void Check();
  uint64_t starts() const { return starts_; }

 private:
  struct MemberLog {
    std::string name;
    const KubeletLog* log;
    size_t next;
  };
  void CheckStart(const std::string& member, const KubeletLog::Start& start);

  Findings& findings_;
  std::vector<MemberLog> members_;
  std::map<std::string, std::string> place_;  // origin UID -> "member/remote UID"
  std::set<std::string> attempts_;            // "remote UID/container#attempt"
  std::set<std::string> ended_;               // remote UIDs
  uint64_t starts_ = 0;
};

}  // namespace stowage::sim
