// Core: what the parts of the embedded API server share, and one request on its way through them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random/rng.h"
#include "base/time/executor.h"
#include "sim/apiserver/api_server.h"
#include "sim/apiserver/request.h"
#include "sim/apiserver/resources.h"
#include "sim/apiserver/schema.h"
#include "sim/apiserver/store.h"
#include "sim/apiserver/watch.h"

namespace stowage::sim {

struct UserInfo {
  std::string name = "system:anonymous";
  std::string uid;
  std::vector<std::string> groups = {"system:unauthenticated"};
  bool InGroup(std::string_view group) const;
};

struct Core {
  Core(Executor& executor, Rng rng, ApiServerOptions options);

  Executor& executor;
  Rng rng;
  ApiServerOptions options;
  SchemaRegistry schemas;
  Resources resources;
  Watches watches;
  Store store;
  KubeletConnector* connector = nullptr;
  ApiServer::Stats stats;
  std::string cluster_uid;

  std::string Timestamp() const;  // now, as metadata carries it
};

// One request on its way.
struct Call {
  kube::ServerRequest request;
  RequestInfo info;
  Representation representation;
  UserInfo user;
  const ResourceInfo* resource = nullptr;
  std::vector<std::string> warnings;
  std::shared_ptr<kube::Responder> responder;
};

// Answers, after all that was written so far is safe.
void Reply(Core& core, const Call& call, kube::Response response);
void ReplyJson(Core& core, const Call& call, int status, kube::Json json);
void ReplyText(Core& core, const Call& call, int status, std::string content_type,
               std::string text);
void ReplyError(Core& core, const Call& call, const ApiError& error);
// In the representation that the client asked for, and in the version of `call.resource`.
void ReplyObject(Core& core, const Call& call, int status, const EntryPtr& entry);

}  // namespace stowage::sim
