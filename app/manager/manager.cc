#include "app/manager/manager.h"

#include "app/manager/fleet.h"
#include "base/log/log.h"
#include "kube/api/well_known.h"
#include "kube/controller/leader_election.h"

namespace stowage::app {

struct Manager::Impl {
  Impl(Deps d, Rng r, ManagerOptions o, Callbacks c)
      : deps(d),
        rng(std::move(r)),
        options(std::move(o)),
        callbacks(std::move(c)),
        client(d.host),
        alive(std::make_shared<bool>(true)) {}

  void Begin();
  void Lead();
  void Lose();
  void FetchIdentity();

  Deps deps;
  Rng rng;
  ManagerOptions options;
  Callbacks callbacks;
  kube::Client client;
  std::shared_ptr<bool> alive;
  std::string host_uid;
  uint64_t terms = 0;  // how often we began to lead: each term has random streams of its own
  std::unique_ptr<kube::LeaderElector> elector;
  std::unique_ptr<Fleet> fleet;
};

// The host's identity is needed for every label; nothing begins without it.
void Manager::Impl::FetchIdentity() {
  client.Get(kube::kNamespaces, "", "kube-system", [this, live = alive](Result<kube::Object> ns) {
    if (!*live) return;
    if (!ns) {
      LogWarning("the host does not answer; trying again", {{"error", ns.error()}});
      deps.executor.RunAfter(Seconds(2), [this, live] {
        if (*live) FetchIdentity();
      });
      return;
    }
    host_uid = ns->uid();
    Begin();
  });
}

void Manager::Impl::Begin() {
  if (!options.leader_election) return Lead();
  kube::LeaderElectionOptions lease{
      .ns = options.ns, .name = "stowage", .identity = options.identity};
  elector = std::make_unique<kube::LeaderElector>(
      deps.executor, client, rng.Stream("leader-election"), lease,
      kube::LeaderElector::Callbacks{.on_started = [this] { Lead(); },
                                     .on_stopped = [this] { Lose(); },
                                     .on_new_leader =
                                         [this](const std::string& who) {
                                           if (who != options.identity && callbacks.on_standby)
                                             callbacks.on_standby(who);
                                         }});
  elector->Start();
}

void Manager::Impl::Lead() {
  Fleet::Deps fleet_deps{deps.executor, client, deps.members, deps.endpoints};
  fleet = std::make_unique<Fleet>(fleet_deps, rng.Stream("term/" + std::to_string(++terms)),
                                  options, host_uid);
  fleet->Start();
  if (callbacks.on_leading) callbacks.on_leading();
}

void Manager::Impl::Lose() {
  fleet.reset();  // stops all writes
  if (callbacks.on_lost) callbacks.on_lost();
}

Manager::Manager(Deps deps, Rng rng, ManagerOptions options, Callbacks callbacks)
    : impl_(
          std::make_unique<Impl>(deps, std::move(rng), std::move(options), std::move(callbacks))) {}

Manager::~Manager() { *impl_->alive = false; }

void Manager::Start() { impl_->FetchIdentity(); }

void Manager::Stop(std::function<void()> done) {
  impl_->fleet.reset();
  if (!impl_->elector) return done();
  impl_->elector->Release(std::move(done));
}

bool Manager::leading() const { return impl_->fleet != nullptr; }

Manager::Stats Manager::stats() const { return impl_->fleet ? impl_->fleet->stats() : Stats{}; }

}  // namespace stowage::app
