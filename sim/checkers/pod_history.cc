#include "sim/checkers/pod_history.h"

#include "kube/api/well_known.h"
#include "sim/checkers/snapshot.h"

namespace stowage::sim {
namespace {

constexpr const char* kChecker = "pod-history";

int Rank(std::string_view phase) {
  if (phase == "Running") return 1;
  if (phase == "Succeeded" || phase == "Failed") return 2;
  return 0;
}

std::map<std::string, int64_t> Restarts(const kube::Object& pod) {
  std::map<std::string, int64_t> counts;
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const kube::JsonRef c : pod.status()[list].elements()) {
      counts[c["name"].string()] = c["restartCount"].i64();
    }
  }
  return counts;
}

}  // namespace

void PodHistory::Compare(const kube::Object& before, const kube::Object& after) {
  const std::string who = Describe(after);
  if (!NodeOf(before).empty() && NodeOf(before) != NodeOf(after)) {
    findings_.Add(kChecker, who + " moved from " + NodeOf(before) + " to " + NodeOf(after));
  }
  const std::string_view was = before.status()["phase"].str(), is = after.status()["phase"].str();
  if (was != is && (IsFinished(before) || Rank(is) < Rank(was))) {
    findings_.Add(kChecker, who + " went from " + std::string(was) + " to " + std::string(is));
  }
  if (was != is && is == "Running" && !copied_.contains(std::string(after.uid()))) {
    findings_.Add(kChecker, who + " is said to run and never had a copy");
  }
  const auto counts = Restarts(after);
  for (const auto& [name, count] : Restarts(before)) {
    const auto it = counts.find(name);
    if (it != counts.end() && it->second < count) {
      findings_.Add(kChecker, who + ": restarts of " + name + " fell from " +
                                  std::to_string(count) + " to " + std::to_string(it->second));
    }
  }
}

void PodHistory::OnGone(const kube::Object& pod) {
  const std::string uid(pod.uid());
  const auto copies = copies_.find(uid);
  const bool expected = forced_.contains(uid) || IsFinished(pod) || NodeOf(pod).empty();
  if (!expected && copies != copies_.end() && !copies->second.empty()) {
    findings_.Add(kChecker, Describe(pod) + " went from the host while its copy " +
                                *copies->second.begin() + " was there");
  }
}

void PodHistory::OnHostPod(const kube::Object* before, const kube::Object* after) {
  if (before && after) Compare(*before, *after);
  if (after) {
    const std::string uid(after->uid());
    uids_.insert(uid);
    if (!NodeOf(*after).empty()) bound_[uid] = NodeOf(*after);
    if (after->deleting() || IsFinished(*after)) {
      living_.erase(uid);
    } else {
      living_.insert(uid);
    }
  } else if (before) {
    living_.erase(std::string(before->uid()));
    OnGone(*before);
  }
}

void PodHistory::OnCopy(const std::string& member, const kube::Object* before,
                        const kube::Object* after) {
  const kube::Object& any = after ? *after : *before;
  const std::string origin(any.label(kube::kLabelOriginUid));
  if (origin.empty()) return;
  const bool going = !after || after->deleting();
  if (before && going && !before->deleting() && living_.contains(origin) &&
      !lost_.contains(origin)) {
    findings_.Add(kChecker, Describe(any) + " was deleted in " + member + " while host UID " +
                                origin + " lived");
  }
  if (!after) {
    copies_[origin].erase(member + "/" + std::string(any.uid()));
  } else if (!before) {
    OnCopyMade(member, any);
  }
}

void PodHistory::OnCopyMade(const std::string& member, const kube::Object& copy) {
  const std::string origin(copy.label(kube::kLabelOriginUid));
  copied_.insert(origin);
  copies_[origin].insert(member + "/" + std::string(copy.uid()));
  const auto bound = bound_.find(origin);
  if (bound == bound_.end()) {
    findings_.Add(kChecker, Describe(copy) + " was made in " + member + " for host UID " + origin +
                                ", which was never bound");
  } else if (bound->second != member) {
    findings_.Add(kChecker, Describe(copy) + " was made in " + member + ", but host UID " + origin +
                                " is bound to " + bound->second);
  }
}

}  // namespace stowage::sim
