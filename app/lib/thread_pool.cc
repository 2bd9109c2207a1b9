#include "app/lib/thread_pool.h"

namespace stowage::app {

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void ThreadPool::TakeJobs(const std::function<void(size_t)>& job, size_t jobs) {
  for (size_t i = next_++; i < jobs; i = next_++) job(i);
}

void ThreadPool::Run(size_t jobs, const std::function<void(size_t)>& job) {
  {
    const std::lock_guard lock(mutex_);
    job_ = &job;
    jobs_ = jobs;
    next_ = 0;
    working_ = threads_.size();
    ++run_;
  }
  start_.notify_all();
  TakeJobs(job, jobs);
  std::unique_lock lock(mutex_);
  end_.wait(lock, [&] { return working_ == 0; });
}

void ThreadPool::Work() {
  uint64_t done = 0;
  for (;;) {
    std::unique_lock lock(mutex_);
    start_.wait(lock, [&] { return stop_ || run_ != done; });
    if (stop_) return;
    done = run_;
    const std::function<void(size_t)>& job = *job_;
    const size_t jobs = jobs_;
    lock.unlock();
    TakeJobs(job, jobs);
    lock.lock();
    if (--working_ == 0) end_.notify_one();
  }
}

}  // namespace stowage::app
