// Errors as the API tells them: Status objects in Kubernetes' own words, which kubectl prints.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "kube/api/json.h"
#include "kube/client/transport.h"

namespace stowage::sim {

struct ResourceInfo;

struct ApiError {
  struct Cause {
    std::string reason, message, field;
  };
  int code = 500;
  std::string reason;                  // "NotFound", "Conflict" ...
  std::string message;                 // the whole sentence
  std::string name, group, kind, uid;  // details; `kind` is the plural, but for Invalid the kind
  std::vector<Cause> causes;
  int retry_after_seconds = 0;

  kube::Json ToStatus() const;
  kube::Response ToResponse() const;
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;
using ApiFailure = tl::unexpected<ApiError>;

ApiFailure BadRequest(std::string message);
ApiFailure NotFound(const ResourceInfo& resource, std::string_view name);
ApiFailure NoSuchResource();  // "the server could not find the requested resource"
ApiFailure AlreadyExists(const ResourceInfo& resource, std::string_view name);
ApiFailure Conflict(const ResourceInfo& resource, std::string_view name, std::string_view why);
ApiFailure Modified(const ResourceInfo& resource, std::string_view name);
ApiFailure Forbidden(const ResourceInfo& resource, std::string_view name, std::string_view why);
ApiFailure Invalid(const ResourceInfo& resource, std::string_view name,
                   std::vector<ApiError::Cause> causes);
ApiFailure MethodNotAllowed();
ApiFailure Expired(std::string message);
ApiFailure Unauthorized();
ApiFailure NotAcceptable(std::string_view accept);
ApiFailure UnsupportedMediaType(std::string_view supported);
ApiFailure TooLargeResourceVersion(uint64_t asked, uint64_t current);
ApiFailure ServiceUnavailable(std::string message);
ApiFailure InternalError(std::string message);

// {"kind": "Status", "status": "Success", details of what was deleted}
kube::Json SuccessStatus(const ResourceInfo& resource, std::string_view name, std::string_view uid);

}  // namespace stowage::sim
