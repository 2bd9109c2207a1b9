// What a request asks for, read from its method and target.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/http/server/handler.h"
#include "sim/apiserver/status.h"

namespace stowage::sim {

// A target split and percent-decoded.
struct ParsedTarget {
  std::string path;  // as on the wire
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;

  static ParsedTarget Parse(std::string_view target);
  std::string_view Param(std::string_view name) const;  // the first, or ""
  bool Has(std::string_view name) const;
  bool Flag(std::string_view name) const;  // "true", "1" (and Go's other spellings)
  std::optional<int64_t> Int(std::string_view name) const;
};

// How the client wants objects: plain, as a Table, or only their metadata.
struct Representation {
  enum class As { kObject, kTable, kPartialMetadata };
  As as = As::kObject;
  std::string meta_version = "v1";  // of Tables: "v1" or "v1beta1"
};

// A request for a resource: "/apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME[/SUB...]]".
struct RequestInfo {
  std::string verb;  // get list watch create update patch delete deletecollection
  bool resource_request = false;
  std::string group, version, ns, plural, name, subresource;
  std::string rest;  // what follows the subresource ("proxy/a/b" -> "a/b")
  ParsedTarget target;
};

RequestInfo ParseRequest(const kube::ServerRequest& request);

// From the Accept header; 406 if nothing in it can be served.
ApiResult<Representation> ReadAccept(std::string_view accept);

// The media type alone: "application/json; charset=utf-8" -> "application/json".
std::string_view MediaType(std::string_view content_type);

}  // namespace stowage::sim
