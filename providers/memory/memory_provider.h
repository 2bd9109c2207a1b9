// MemoryProvider: the reference provider. It does what provider.h says and nothing else, over a
// MemoryMember; for tests and fast simulation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/time/executor.h"
#include "kube/client/byte_stream.h"
#include "providers/api/provider.h"
#include "providers/memory/memory_member.h"

namespace stowage::providers {

class MemoryProvider : public Provider, public CapacityProvider, public StreamProvider {
 public:
  // `member` must outlive it. `node`: the virtual node.
  MemoryProvider(Executor& executor, MemoryMember& member, std::string node);
  ~MemoryProvider() override;

  void CreatePod(const kube::Object& pod, Callback<Result<void>> done) override;
  void UpdatePod(const kube::Object& pod, Callback<Result<void>> done) override;
  void DeletePod(const PodRef& ref, Grace grace, Callback<Result<void>> done) override;
  void GetPod(const PodRef& ref, Callback<Result<RemotePod>> done) override;
  void ListPods(Callback<Result<std::vector<RemotePod>>> done) override;
  void Probe(Callback<Result<Health>> done) override;
  void SetListener(ProviderListener* listener) override;
  std::optional<RemotePod> Cached(const PodRef& ref) const override;
  void EachCached(const std::function<void(const RemotePod&)>& visit) const override;
  bool Synced() const override;

  Result<Capacity> GetCapacity() const override;

  // "log": a line that names the pod. Others: 101, and what is written can be read back.
  void OpenStream(StreamRequest request, Callback<Result<kube::UpgradeReply>> done) override;

 private:
  template <class T>
  void Call(const std::string& verb, bool write, std::function<Result<T>(MemoryMember&)> execute,
            Callback<Result<T>> done);
  void OnMemberChanged(const kube::NamespacedName& key, const kube::Object* event);
  void Refresh(const kube::NamespacedName& key);

  Executor& executor_;
  MemoryMember& member_;
  std::string node_;
  ProviderListener* listener_ = nullptr;
  bool synced_ = false;
  std::map<PodRef, RemotePod> cache_;
  uint64_t observer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stowage::providers
