// The Asio side of IoContext and Strand. Only for the .cc files of kube/http/io.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "kube/http/io/strand.h"

namespace stowage::kube {

namespace io {
// What must be closed before the threads can end. The call may come from any thread.
class Closeable {
 public:
  virtual void CloseSoon() = 0;

 protected:
  ~Closeable() = default;
};
}  // namespace io

struct IoContext::Impl {
  explicit Impl(int threads) : context(threads), work(context.get_executor()) {}

  boost::asio::io_context context;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;

  std::mutex mutex;  // guards what follows
  std::set<io::Closeable*> open;
  int running = 0;
};

namespace io {

using AsioStrand = boost::asio::strand<boost::asio::io_context::executor_type>;

struct Strand::Impl {
  std::shared_ptr<IoContext::Impl> io;  // the context outlives everything that runs on it
  AsioStrand strand;
};

}  // namespace io
}  // namespace stowage::kube
