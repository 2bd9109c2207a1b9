// Workload: what the users of a world do, by seed: Deployments, Jobs and bare pods that come,
// change and go in every way; and what the owners of the members do there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "test/scenarios/world.h"

namespace stowage::scenarios {

class Workload {
 public:
  explicit Workload(World& world);
  ~Workload() { *alive_ = false; }

  void Start();
  // Nothing more is begun; nodes are uncordoned.
  void Stop();
  uint64_t actions() const { return actions_; }

 private:
  using Client = kube::Client;

  void Next();
  void Act();
  // Fire and forget, past all faults: what users wanted and did not get, they did not get.
  void Create(Client& client, const kube::Resource& resource, const std::string& ns,
              const std::string& json);
  void Patch(const kube::Resource& resource, const std::string& ns, const std::string& name,
             const std::string& json, std::string_view subresource = {});
  void Delete(Client& client, const kube::Resource& resource, const std::string& ns,
              const std::string& name, std::optional<int64_t> grace);
  void After(Duration delay, std::function<void()> f);

  void ComeAndGo();
  void CreateDeployment();
  void ChangeDeployment();
  void CreateJob();
  void CreatePod();
  void DeletePod();
  void CreateAgain();
  void ReplaceNewPods();
  void Replace(const std::string& name);
  void ChangePod();
  void EndPod();
  void ChangeConfig();
  void DeleteNode();
  void Cordon();
  void StrangersPod();
  void MembersOwnPod();
  void LoseCopy();

  const kube::Object* SomePod();
  Cluster& SomeMember();
  std::string PodJson(const std::string& name, const std::string& spec);
  std::string SpecJson(const std::string& container, const std::string& more);
  std::string SomeSpec();
  std::string SpecFor(const std::string& cluster, const std::string& more);

  World& world_;
  Rng rng_;
  Client& host_;
  bool on_ = false;
  int next_name_ = 1;
  std::vector<std::string> deployments_, cordoned_;
  std::vector<std::pair<Cluster*, std::string>> foreign_;
  uint64_t actions_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::scenarios
