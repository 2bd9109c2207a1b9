// IoContext: the threads that sockets live on. One a process is enough.
#pragma once

#include <memory>

namespace stowage::kube {

class IoContext {
 public:
  explicit IoContext(int threads = 1);
  // Closes the sockets that are left, stops and joins; servers and transports that use it go first.
  ~IoContext();
  IoContext(const IoContext&) = delete;
  IoContext& operator=(const IoContext&) = delete;

  struct Impl;
  const std::shared_ptr<Impl>& impl() { return impl_; }  // for kube/http only

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace stowage::kube
