// MemoryMember: a member cluster that is a map, with dials. It outlives the MemoryProvider in front
// of it, as a real member outlives a manager that crashes: destroy the provider, make another, and
// what ran runs on.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random/rng.h"
#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "providers/api/provider.h"

namespace stowage::providers {

// Fixed for a run, but changed by tests at any time.
struct MemoryDials {
  Duration latency{0};                       // of every answer
  double error_rate = 0;                     // of calls that fail with kUnavailable, nothing done
  double lost_answer_rate = 0;               // of writes that are done and answered kUnknownOutcome
  Duration call_timeout = Seconds(30);       // of a call that hangs
  Duration start_after = Milliseconds(100);  // Pending -> Running
  Duration stop_after = Milliseconds(200);   // of a pod that is asked to stop, at most its grace
  std::optional<Duration>
      run_for;  // pods that need not run for ever succeed so long after they began
};

class MemoryMember {
 public:
  MemoryMember(Executor& executor, Rng rng) : executor_(executor), rng_(std::move(rng)) {}
  ~MemoryMember();
  MemoryMember(const MemoryMember&) = delete;
  MemoryMember& operator=(const MemoryMember&) = delete;

  MemoryDials dials;

  // One-shot faults of the next calls of `verb` ("CreatePod", "GetPod" ...), in order.
  enum class Fault {
    kError,       // nothing is done; `error` comes
    kLostAnswer,  // done, but the caller hears kUnknownOutcome (a read: kUnavailable)
    kHang,        // not done; the same answer, after call_timeout
  };
  void FaultNext(const std::string& verb, Fault fault,
                 Error error = {ErrorCode::kUnavailable, "member: injected fault", std::nullopt});
  // An unreachable member answers nothing and tells nothing; what runs there runs on.
  void SetReachable(bool reachable);
  bool reachable() const { return reachable_; }

  // The member's own life.
  void PutForeignPod(const std::string& ns, const std::string& name);
  bool HasForeignPod(const std::string& ns, const std::string& name) const;
  void LosePod(const std::string& ns, const std::string& name);  // gone, as with a node that died
  void LoseAllPods();                                            // the whole cluster crashed
  void SetStatus(const std::string& ns, const std::string& name, kube::Json status);
  void EmitEvent(const std::string& ns, const std::string& name, const kube::Object& event);
  void SetCapacity(Capacity capacity);  // in all, with nothing foreign running

  // How often a copy of this UID began: never more than 1 in a correct world.
  int starts(const std::string& uid) const;

  // ---- For MemoryProvider -----------------------------------------------------------------------
  struct Copy {
    RemotePod pod;
    kube::Object spec;  // the host's pod as last created or updated; missing: foreign
    TimerId timer = TimerId::kNone;
  };
  using Observer = std::function<void(const kube::NamespacedName&, const kube::Object* event)>;

  Result<void> Create(const std::string& node, const kube::Object& pod);
  Result<void> Update(const kube::Object& pod);
  Result<void> Delete(const PodRef& ref, Grace grace);
  Result<RemotePod> Read(const PodRef& ref) const;
  const Copy* Find(const kube::NamespacedName& key) const;
  const std::map<kube::NamespacedName, Copy>& copies() const { return copies_; }
  const std::optional<Capacity>& capacity() const { return capacity_; }

  struct Fate {
    Duration delay{0};
    bool execute = true;
    std::optional<Error> error;  // comes instead of what the execution gave
  };
  Fate Decide(const std::string& verb, bool write);

  // False once the member was destroyed.
  std::shared_ptr<const bool> alive() const { return alive_; }

  // Told of each change (an empty key: of capacity and reachability), in a task of its own.
  uint64_t AddObserver(Observer observer);
  void RemoveObserver(uint64_t id);

 private:
  Copy* FindOurs(const PodRef& ref);
  void Changed(const kube::NamespacedName& key, const kube::Object* event = nullptr);
  void Start(const kube::NamespacedName& key, const std::string& uid);
  void Finish(const kube::NamespacedName& key, const std::string& uid);
  void Remove(const kube::NamespacedName& key);
  void SetTimer(Copy& copy, Duration after, std::function<void()> f);

  struct Scripted {
    Fault fault;
    Error error;
  };
  Executor& executor_;
  Rng rng_;
  bool reachable_ = true;
  std::map<kube::NamespacedName, Copy> copies_;
  std::map<std::string, std::deque<Scripted>> faults_;
  std::map<std::string, int> starts_;
  std::map<uint64_t, Observer> observers_;
  std::optional<Capacity> capacity_;
  uint64_t next_observer_ = 1;
  uint64_t version_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::providers
