// The verbs of resources, from requests to answers.
#pragma once

#include "sim/apiserver/core.h"
#include "sim/apiserver/writes.h"

namespace stowage::sim {

// `call.resource` and `call.user` are set; `call` is allowed to do this.
void ServeResource(Core& core, Call& call);

void ServeList(Core& core, Call& call);
void ServePatch(Core& core, Call& call);
// Sub-resources other than status: binding, eviction, scale, log, token ...
void ServeSubresource(Core& core, Call& call);
// Reviews and other kinds that are answered and forgotten.
void ServeReview(Core& core, Call& call);

// The object that the path names; 404.
ApiResult<EntryPtr> FindObject(Core& core, const Call& call);
// The body as an object of the expected kind; 400, 415.
ApiResult<kube::Json> ReadBody(Call& call, const ResourceInfo& expected);
// A body in JSON or YAML; missing if there is none.
ApiResult<kube::Json> ReadAnyBody(const kube::ServerRequest& request);
WriteContext MakeWriteContext(Call& call);

// YAML to JSON, as kubectl would convert it.
Result<kube::Json> ParseYaml(const std::string& text);

}  // namespace stowage::sim
