// Responders that take documents as values. An API server in the same process hands over the
// (immutable, shared) document itself instead of bytes that the other side would parse again.
#pragma once

#include <vector>

#include "kube/http/server/handler.h"

namespace stowage::sim {

// Respond() with `json` set needs no text.
class ValueResponder : public kube::Responder {};

// Of a watch. Instead of StartStream() the handler may call Accept(), then Events() any number of
// times, then End() once. All without waiting: the receiver keeps what it has not dealt with.
class ValueWatchResponder : public ValueResponder {
 public:
  virtual void Accept() = 0;
  virtual void Events(std::vector<kube::WatchEvent> batch) = 0;
  virtual void End(kube::WatchEnd end) = 0;
};

}  // namespace stowage::sim
