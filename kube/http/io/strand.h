// Strand and Timer: code that runs on the threads of an IoContext, one task at a time per strand.
//
// Every connection has a strand of its own; what belongs to the connection is touched there alone,
// so that it needs no lock.
#pragma once

#include <functional>
#include <memory>

#include "base/time/types.h"
#include "kube/http/io/io_context.h"

namespace stowage::kube::io {

class Strand {
 public:
  explicit Strand(IoContext& io);
  ~Strand();

  void Post(std::function<void()> f);  // from any thread; never inside the call

  struct Impl;  // strand_impl.h
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};
using StrandPtr = std::shared_ptr<Strand>;

// One timer of a strand, used on it; destroyed on any thread, which cancels.
class Timer {
 public:
  explicit Timer(StrandPtr strand);
  ~Timer();
  void Start(Duration delay, std::function<void()> f);  // replaces what was pending
  void Cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stowage::kube::io
