// Storage: where an embedded API server's objects survive its process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "base/time/executor.h"

namespace stowage::sim {

class Storage {
 public:
  virtual ~Storage() = default;

  struct Row {
    std::string collection, ns, name;
    std::string json;
  };

  // Calls `row` for every object; returns the last resourceVersion that was given out (0: empty).
  virtual Result<uint64_t> Load(const std::function<void(Row)>& row) = 0;

  // Written with the next batch; an empty `json` deletes. `version`: the newest resourceVersion.
  virtual void Write(Row row, uint64_t version) = 0;

  // Whether texts are wanted at all: a store in memory spares the serialisation.
  virtual bool durable() const = 0;

  // Runs `f` once all that was written before is safe from kill -9: at once if nothing waits.
  virtual void AfterFlush(Task f) = 0;
};

std::unique_ptr<Storage> MakeMemoryStorage();

// One transaction for all writes of an event loop turn. kUnavailable: the file cannot be used, and
// why.
Result<std::unique_ptr<Storage>> OpenSqliteStorage(Executor& executor, const std::string& path);

}  // namespace stowage::sim
