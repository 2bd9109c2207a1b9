// PodHistory: what a host pod tells only ever goes forwards, and its object goes last.
//
// The node never changes; a finished pod stays as it ended; phases and restart counts never fall;
// the object of a pod that has not finished is not taken away while its copy is there, unless a
// user forced it; copies are made only where the pod is bound, and not deleted while it lives; no
// pod is said to run that never had a copy.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "kube/api/object.h"
#include "sim/checkers/findings.h"

namespace stowage::sim {

class PodHistory {
 public:
  explicit PodHistory(Findings& findings) : findings_(findings) {}

  // A user deletes this UID with grace 0.
  void Forced(const std::string& uid) { forced_.insert(uid); }
  // An owner of the member deletes the copy of this UID.
  void Lost(const std::string& uid) { lost_.insert(uid); }
  // From Recorders; pods without a copy's label of the host are left out.
  void OnHostPod(const kube::Object* before, const kube::Object* after);
  void OnCopy(const std::string& member, const kube::Object* before, const kube::Object* after);

  uint64_t pods_seen() const { return uids_.size(); }

 private:
  void Compare(const kube::Object& before, const kube::Object& after);
  void OnGone(const kube::Object& pod);
  void OnCopyMade(const std::string& member, const kube::Object& copy);

  Findings& findings_;
  std::set<std::string> uids_, forced_, lost_;
  std::set<std::string> copied_;                         // host UIDs that have had a copy
  std::set<std::string> living_;                         // host UIDs neither deleted nor finished
  std::map<std::string, std::string> bound_;             // host UID -> node
  std::map<std::string, std::set<std::string>> copies_;  // host UID -> "member/uid" that are there
};

}  // namespace stowage::sim
