#include "vkubelet/pod/sweep.h"

#include <algorithm>
#include <utility>

#include "base/log/log.h"
#include "kube/api/well_known.h"
#include "vkubelet/pod/pod_record.h"

namespace stowage::vkubelet {
namespace {

constexpr int kCallsAtOnce = 16;

bool Finished(const providers::RemotePod& remote) {
  return IsTerminal(ParsePhase(remote.status["phase"].str()));
}

}  // namespace

Sweep::Sweep(Deps deps) : deps_(std::move(deps)) {}

Sweep::~Sweep() { *alive_ = false; }

bool Sweep::Orphan(const providers::PodRef& ref) const { return !deps_.on_host(ref); }

std::vector<providers::PodRef> Sweep::Candidates(bool full, int64_t* running, int64_t* copies) {
  std::vector<providers::PodRef> orphans;
  const auto take = [&](const providers::RemotePod& remote) {
    if (remote.deleting) return;
    orphans.push_back(remote.ref);
    if (!Finished(remote)) ++*running;
  };
  *copies = 0;
  if (full) {
    suspects_.clear();
    deps_.provider.EachCached([&](const providers::RemotePod& remote) {
      ++*copies;
      if (!Orphan(remote.ref)) return;
      suspects_.insert(remote.ref);  // until it is gone
      take(remote);
    });
    std::sort(orphans.begin(), orphans.end());
    return orphans;
  }
  for (auto it = suspects_.begin(); it != suspects_.end();) {
    const auto remote = deps_.provider.Cached(*it);
    if (!remote || !Orphan(*it)) {
      it = suspects_.erase(it);
      continue;
    }
    take(*remote);
    ++it;
  }
  if (!orphans.empty()) deps_.provider.EachCached([&](const auto&) { ++*copies; });
  return orphans;
}

bool Sweep::Brake(int64_t running, int64_t copies) {
  const int64_t limit = std::max<int64_t>(10, copies / 10);
  if (running <= limit) return false;
  return !deps_.hooks.sweep_allowance || running > deps_.hooks.sweep_allowance();
}

void Sweep::SetHeld(bool held, std::string message) {
  if (told_ && held == held_ && message == held_message_) return;
  if (held && !held_) {
    LogWarning("sweep held", {{"node", deps_.node}, {"why", message}});
  }
  told_ = true;
  held_ = held;
  held_message_ = message;
  if (!deps_.hooks.on_sweep_held) return;
  deps_.hooks.on_sweep_held(held ? std::optional<std::string>(std::move(message)) : std::nullopt);
}

void Sweep::Run(bool full, std::function<void()> done) {
  if (pass_ || !deps_.synced()) {
    if (done) done();
    return;
  }
  int64_t running = 0, copies = 0;
  std::vector<providers::PodRef> orphans = Candidates(full, &running, &copies);
  if (Brake(running, copies)) {
    SetHeld(true,
            std::to_string(running) + " running pods of " + std::to_string(copies) +
                " in the member have no pod on the host; nothing is deleted until this drops or "
                "you allow it: kubectl annotate node " +
                deps_.node + " stowage.dev/allow-sweep=" + std::to_string(running));
    if (done) done();
    return;
  }
  SetHeld(false, "");
  pass_ = std::make_unique<Pass>();
  pass_->orphans = std::move(orphans);
  pass_->done = std::move(done);
  Pump();
}

void Sweep::Pump() {
  while (pass_->open < kCallsAtOnce && pass_->next < pass_->orphans.size()) {
    ++pass_->open;
    CheckOnHost(pass_->orphans[pass_->next++]);
  }
  if (pass_->open == 0) Finish();
}

void Sweep::Finish() {
  const auto done = std::move(pass_->done);
  pass_.reset();
  if (done) done();
}

void Sweep::CheckOnHost(const providers::PodRef& ref) {
  deps_.host.Get(
      kube::kPods, ref.ns, ref.name, [this, ref, alive = alive_](Result<kube::Object> pod) {
        if (!*alive) return;
        const bool absent = pod ? pod->uid() != ref.uid : pod.error().code == ErrorCode::kNotFound;
        if (absent) return Delete(ref);
        --pass_->open;  // it exists, or nothing is known: the next pass asks again
        Pump();
      });
}

void Sweep::Delete(const providers::PodRef& ref) {
  LogInfo("orphan deleted",
          {{"node", deps_.node}, {"pod", ref.ns + "/" + ref.name}, {"uid", ref.uid}});
  ++deletions_;
  deps_.provider.DeletePod(ref, {}, [this, ref, alive = alive_](Result<void> deleted) {
    if (!*alive) return;
    if (!deleted && deleted.error().code != ErrorCode::kNotFound) {
      LogWarning("orphan not deleted",
                 {{"pod", ref.ns + "/" + ref.name}, {"error", deleted.error()}});
    }
    --pass_->open;
    Pump();
  });
}

}  // namespace stowage::vkubelet
