// Kubernetes' protobuf encoding of objects, as typed clients send them (kubectl create, from 1.32
// on). Only read: answers are JSON, which every client accepts.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::sim {

inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

// kUnsupported: a kind or a field that is not known here (dropping it silently would change what
// was asked for); kInvalid: not in that encoding.
Result<kube::Json> DecodeProtobuf(std::string_view bytes);

extern const std::string_view kWireTables[];
extern const size_t kWireTableCount;

}  // namespace stowage::sim
