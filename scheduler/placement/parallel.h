// Parallel: runs jobs that do not depend on one another. The seam through which solvers use several
// threads without knowing any: how the work is cut into jobs depends on the problem alone, and what
// jobs find is put together in the order of their numbers, so that the answer is the same for any
// number of threads, to the last bit.
#pragma once

#include <cstddef>
#include <functional>

namespace stowage::scheduler {

class Parallel {
 public:
  virtual ~Parallel() = default;
  // Calls job(0) to job(jobs - 1), each once, in any order and several at a time; returns when all
  // have. A job writes only what no other touches. Not to be called from a job.
  virtual void Run(size_t jobs, const std::function<void(size_t)>& job) = 0;
};

}  // namespace stowage::scheduler
