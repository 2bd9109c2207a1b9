#include "providers/memory/memory_provider.h"
#include "test/providers/conformance/world.h"

namespace stowage::test {
namespace {

using providers::MemoryMember;
using providers::MemoryProvider;

class MemoryWorld : public World {
 public:
  MemoryWorld() : member_(loop.executor(), loop.rng("member")) {
    member_.dials.latency = Milliseconds(4);
    providers::Capacity capacity;
    capacity.allocatable = capacity.capacity = {{"cpu", 8000}};
    capacity.nodes = capacity.ready_nodes = 2;
    member_.SetCapacity(capacity);
    Restart();
  }

  providers::Provider& provider() override { return *provider_; }
  providers::CapacityProvider& capacity() override { return *provider_; }
  providers::StreamProvider& streams() override { return *provider_; }
  void Destroy() override { provider_.reset(); }
  void Restart() override {
    provider_.reset();
    provider_ = std::make_unique<MemoryProvider>(loop.executor(), member_, "vnode");
  }

  void PutForeignPod(const std::string& ns, const std::string& name) override {
    member_.PutForeignPod(ns, name);
  }
  bool ForeignPodIsUntouched(const std::string& ns, const std::string& name) override {
    return member_.HasForeignPod(ns, name);
  }
  void LosePod(const std::string& ns, const std::string& name) override {
    member_.LosePod(ns, name);
  }
  void EmitEvent(const std::string& ns, const std::string& name) override {
    member_.EmitEvent(ns, name, ObjectFrom(R"({"kind":"Event","reason":"BackOff"})"));
  }
  void SetReachable(bool reachable) override { member_.SetReachable(reachable); }
  void FaultNext(const std::string& verb, CallFault fault) override {
    member_.FaultNext(verb, fault == CallFault::kError        ? MemoryMember::Fault::kError
                            : fault == CallFault::kLostAnswer ? MemoryMember::Fault::kLostAnswer
                                                              : MemoryMember::Fault::kHang);
  }
  int CopiesEver(const std::string& uid) override { return member_.starts(uid); }

 private:
  MemoryMember member_;
  std::unique_ptr<MemoryProvider> provider_;
};

}  // namespace

std::unique_ptr<World> MakeMemoryWorld() { return std::make_unique<MemoryWorld>(); }

}  // namespace stowage::test
