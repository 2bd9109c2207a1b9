#include "sim/checkers/runs_once.h"

namespace stowage::sim {

void RunsOnce::Check() {
  for (MemberLog& member : members_) {
    const auto& starts = member.log->starts();
    while (member.next < starts.size()) CheckStart(member.name, starts[member.next++]);
  }
}

void RunsOnce::CheckStart(const std::string& member, const KubeletLog::Start& start) {
  ++starts_;
  const std::string who = start.ns + "/" + start.pod + " in " + member;
  const std::string attempt =
      start.uid + "/" + start.container + "#" + std::to_string(start.restart);
  if (!attempts_.insert(attempt).second) {
    findings_.Add("runs-once", who + ": " + attempt + " was started twice");
  }
  if (ended_.contains(start.uid)) {
    findings_.Add("runs-once", who + ": " + attempt + " was started after the pod had ended");
  }
  // A sandbox runs nothing of the user's: a pod that only got so far may begin anew.
  if (start.origin_uid.empty() || start.container.empty()) return;
  const std::string here = member + "/" + start.uid;
  const auto [it, fresh] = place_.emplace(start.origin_uid, here);
  if (!fresh && it->second != here) {
    findings_.Add("runs-once", who + ": host UID " + start.origin_uid + " ran as " + it->second +
                                   " and as " + here);
  }
}

}  // namespace stowage::sim
