// Namespaces: the member's namespaces that hold our pods, each with its anchor. The anchor is a
// ConfigMap of ours that owns all our pods there, so that no controller of the member adopts them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/client/client.h"
#include "providers/kubernetes/options.h"

namespace stowage::providers {

class Namespaces {
 public:
  // `may_collect`: whether all our pods there are known, so that "no pod here" is a fact.
  Namespaces(Executor& executor, kube::Client& member, const MemberOptions& options,
             std::function<bool()> may_collect);
  ~Namespaces();

  // Makes the namespace and the anchor where they are missing; the anchor's UID. kAlreadyExists:
  // the anchor's name is taken by others. kUnavailable: also while the namespace is being deleted.
  void Ensure(const std::string& ns, Callback<Result<std::string>> done);

  // Something of ours there needs the anchor. An anchor without uses goes after dependents_idle.
  void AddUse(const std::string& ns);
  void DropUse(const std::string& ns);

  // The member has (or has no more) an anchor of ours.
  void OnAnchorSeen(const std::string& ns, const std::string& uid);
  void OnAnchorGone(const std::string& ns);
  // Somebody was told that the namespace is not there.
  void Forget(const std::string& ns);

 private:
  struct State {
    int uses = 0;
    bool busy = false;   // a chain of calls is under way
    bool ready = false;  // the namespace is there, and `anchor` is its anchor
    bool check_armed = false;
    std::string anchor;
    MonotonicTime told;  // when somebody was last told of the anchor: pods may be on their way
    std::vector<Callback<Result<std::string>>> waiters;
  };
  void GetNamespace(const std::string& ns);
  void CreateNamespace(const std::string& ns);
  void CreateAnchor(const std::string& ns);
  void ReadAnchor(const std::string& ns);
  void Finish(const std::string& ns, Result<std::string> result);
  void ArmCheck(const std::string& ns, Duration after);
  void LookForPods(const std::string& ns);
  void Collect(const std::string& ns);
  void Resume(const std::string& ns);
  // `f` with the answer, unless we are gone by then.
  kube::Client::ObjectCallback Guard(std::function<void(Result<kube::Object>)> f);

  Executor& executor_;
  kube::Client& member_;
  const MemberOptions& options_;
  std::function<bool()> may_collect_;
  std::map<std::string, State> states_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::providers
