// ThreadPool: the threads behind scheduler/placement/parallel.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "scheduler/placement/parallel.h"

namespace stowage::app {

class ThreadPool : public scheduler::Parallel {
 public:
  // The calling thread works, too: 1 starts none.
  explicit ThreadPool(int threads);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Run(size_t jobs, const std::function<void(size_t)>& job) override;

 private:
  void Work();
  void TakeJobs(const std::function<void(size_t)>& job, size_t jobs);

  std::mutex mutex_;
  std::condition_variable start_, end_;
  const std::function<void(size_t)>* job_ = nullptr;
  size_t jobs_ = 0;
  std::atomic<size_t> next_{0};
  size_t working_ = 0;  // threads that have not finished this run
  uint64_t run_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace stowage::app
