// World: one provider in front of one member, and the levers that the suite needs on that member.
// The same tests run over every kind of world.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "providers/api/provider.h"
#include "test/support/builders.h"
#include "test/support/test_loop.h"

namespace stowage::test {

enum class CallFault {
  kError,       // not done, kUnavailable
  kLostAnswer,  // done, and the answer is lost
  kHang,        // not done, no answer until the call times out
};

class World {
 public:
  virtual ~World() = default;

  virtual providers::Provider& provider() = 0;
  virtual providers::CapacityProvider& capacity() = 0;
  virtual providers::StreamProvider& streams() = 0;
  // The provider goes, with its calls under way; the member lives on. Restart makes another.
  virtual void Destroy() = 0;
  virtual void Restart() = 0;

  virtual void PutForeignPod(const std::string& ns, const std::string& name) = 0;
  virtual bool ForeignPodIsUntouched(const std::string& ns, const std::string& name) = 0;
  virtual void LosePod(const std::string& ns, const std::string& name) = 0;
  virtual void EmitEvent(const std::string& ns, const std::string& name) = 0;
  virtual void SetReachable(bool reachable) = 0;
  // Of the next call of `verb`: "CreatePod", "DeletePod", "GetPod".
  virtual void FaultNext(const std::string& verb, CallFault fault) = 0;
  // How many copies of this origin ever began to be.
  virtual int CopiesEver(const std::string& uid) = 0;

  TestLoop loop{7};
};

struct WorldKind {
  const char* name;
  std::function<std::unique_ptr<World>()> make;
};
std::ostream& operator<<(std::ostream& out, const WorldKind& kind);

std::unique_ptr<World> MakeMemoryWorld();
std::unique_ptr<World> MakeKubernetesWorld();

// Remembers what it was told.
class RecordingListener : public providers::ProviderListener {
 public:
  void OnPodChanged(const providers::PodRef& ref) override { changed.push_back(ref); }
  void OnCapacityChanged() override { ++capacity_changes; }
  void OnPodEvent(const providers::PodRef& ref, const kube::Object& event) override {
    events.emplace_back(ref, std::string(event["reason"].str()));
  }
  bool Heard(const std::string& uid) const {
    for (const auto& ref : changed) {
      if (ref.uid == uid) return true;
    }
    return false;
  }

  std::vector<providers::PodRef> changed;
  std::vector<std::pair<providers::PodRef, std::string>> events;
  int capacity_changes = 0;
};

// A host pod that never ends by itself.
kube::Object HostPod(const std::string& name, const std::string& uid = "",
                     const std::string& ns = "shop");
providers::PodRef RefOf(const kube::Object& pod);

}  // namespace stowage::test
