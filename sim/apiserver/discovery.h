// Requests for no resource: discovery, versions, health and the OpenAPI documents.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/apiserver/core.h"

namespace stowage::sim {

class Discovery {
 public:
  explicit Discovery(Core& core) : core_(core) {}
  void Serve(Call& call);

 private:
  void ServeApi(Call& call);
  void ServeApis(Call& call);
  void ServeOpenApiV2(Call& call);
  void ServeOpenApiV3(Call& call);

  Core& core_;
  // What was made for the resources of `generation_`, by path and form.
  std::map<std::string, std::string> documents_;
  uint64_t generation_ = 0;
};

}  // namespace stowage::sim
