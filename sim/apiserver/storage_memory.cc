#include "sim/apiserver/storage.h"

namespace stowage::sim {
namespace {

class MemoryStorage : public Storage {
 public:
  Result<uint64_t> Load(const std::function<void(Row)>&) override { return 0; }
  void Write(Row, uint64_t) override {}
  bool durable() const override { return false; }
  void AfterFlush(Task f) override { f(); }
};

}  // namespace

std::unique_ptr<Storage> MakeMemoryStorage() { return std::make_unique<MemoryStorage>(); }

}  // namespace stowage::sim
