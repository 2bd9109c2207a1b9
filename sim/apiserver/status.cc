#include "sim/apiserver/status.h"

#include "sim/apiserver/resources.h"

namespace stowage::sim {
namespace {

ApiFailure Make(int code, std::string reason, std::string message) {
  ApiError e;
  e.code = code;
  e.reason = std::move(reason);
  e.message = std::move(message);
  return ApiFailure(std::move(e));
}

ApiFailure About(const ResourceInfo& r, std::string_view name, int code, std::string reason,
                 std::string message) {
  ApiFailure f = Make(code, std::move(reason), std::move(message));
  f.value().name = name;
  f.value().group = r.group;
  f.value().kind = r.plural;
  return f;
}

std::string Quoted(const ResourceInfo& r, std::string_view name) {
  return r.GroupResource() + " \"" + std::string(name) + "\"";
}

}  // namespace

kube::Json ApiError::ToStatus() const {
  kube::MutableJson j;
  j["kind"] = "Status";
  j["apiVersion"] = "v1";
  j["metadata"] = kube::JsonObject{};
  j["status"] = "Failure";
  j["message"] = message;
  if (!reason.empty()) j["reason"] = reason;
  if (!name.empty() || !kind.empty() || !causes.empty() || retry_after_seconds > 0) {
    auto details = [&] { return j["details"]; };
    if (!name.empty()) details()["name"] = name;
    if (!group.empty()) details()["group"] = group;
    if (!kind.empty()) details()["kind"] = kind;
    if (!uid.empty()) details()["uid"] = uid;
    for (const Cause& c : causes) {
      kube::MutableJson cause;
      if (!c.reason.empty()) cause["reason"] = c.reason;
      if (!c.message.empty()) cause["message"] = c.message;
      if (!c.field.empty()) cause["field"] = c.field;
      details()["causes"].Append(cause.ref());
    }
    if (retry_after_seconds > 0) details()["retryAfterSeconds"] = retry_after_seconds;
  }
  j["code"] = code;
  return std::move(j).Freeze();
}

kube::Response ApiError::ToResponse() const {
  kube::Response r;
  r.status = code;
  r.headers.Add("Content-Type", "application/json");
  if (retry_after_seconds > 0) r.headers.Add("Retry-After", std::to_string(retry_after_seconds));
  r.json = ToStatus();
  return r;
}

ApiFailure BadRequest(std::string message) { return Make(400, "BadRequest", std::move(message)); }

ApiFailure NotFound(const ResourceInfo& r, std::string_view name) {
  return About(r, name, 404, "NotFound", Quoted(r, name) + " not found");
}

ApiFailure NoSuchResource() {
  return Make(404, "NotFound", "the server could not find the requested resource");
}

ApiFailure AlreadyExists(const ResourceInfo& r, std::string_view name) {
  return About(r, name, 409, "AlreadyExists", Quoted(r, name) + " already exists");
}

ApiFailure Conflict(const ResourceInfo& r, std::string_view name, std::string_view why) {
  return About(r, name, 409, "Conflict",
               "Operation cannot be fulfilled on " + Quoted(r, name) + ": " + std::string(why));
}

ApiFailure Modified(const ResourceInfo& r, std::string_view name) {
  return Conflict(r, name,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

ApiFailure Forbidden(const ResourceInfo& r, std::string_view name, std::string_view why) {
  return About(
      r, name, 403, "Forbidden",
      (name.empty() ? r.GroupResource() : Quoted(r, name)) + " is forbidden: " + std::string(why));
}

ApiFailure Invalid(const ResourceInfo& r, std::string_view name,
                   std::vector<ApiError::Cause> causes) {
  std::string all;
  for (const auto& c : causes) {
    if (!all.empty()) all += ", ";
    all += c.field.empty() ? c.message : c.field + ": " + c.message;
  }
  if (causes.size() > 1) all = "[" + all + "]";
  const std::string kind = r.group.empty() ? r.kind : r.kind + "." + r.group;
  ApiFailure f =
      About(r, name, 422, "Invalid", kind + " \"" + std::string(name) + "\" is invalid: " + all);
  f.value().kind = r.kind;
  f.value().causes = std::move(causes);
  return f;
}

ApiFailure MethodNotAllowed() {
  return Make(405, "MethodNotAllowed",
              "the server does not allow this method on the requested resource");
}

ApiFailure Expired(std::string message) { return Make(410, "Expired", std::move(message)); }

ApiFailure Unauthorized() { return Make(401, "Unauthorized", "Unauthorized"); }

ApiFailure NotAcceptable(std::string_view supported) {
  return Make(406, "NotAcceptable",
              "only the following media types are accepted: " + std::string(supported));
}

ApiFailure UnsupportedMediaType(std::string_view supported) {
  return Make(415, "UnsupportedMediaType",
              "the body of the request was in an unknown format - accepted media types include: " +
                  std::string(supported));
}

ApiFailure TooLargeResourceVersion(uint64_t asked, uint64_t current) {
  ApiFailure f = Make(504, "Timeout",
                      "Too large resource version: " + std::to_string(asked) +
                          ", current: " + std::to_string(current));
  f.value().causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  f.value().retry_after_seconds = 1;
  return f;
}

ApiFailure ServiceUnavailable(std::string message) {
  return Make(503, "ServiceUnavailable", std::move(message));
}

ApiFailure InternalError(std::string message) {
  return Make(500, "InternalError", "Internal error occurred: " + std::move(message));
}

kube::Json SuccessStatus(const ResourceInfo& r, std::string_view name, std::string_view uid) {
  kube::MutableJson j;
  j["kind"] = "Status";
  j["apiVersion"] = "v1";
  j["metadata"] = kube::JsonObject{};
  j["status"] = "Success";
  if (!name.empty()) j.Set({"details", "name"}, name);
  if (!r.group.empty()) j.Set({"details", "group"}, r.group);
  j.Set({"details", "kind"}, r.plural);
  if (!uid.empty()) j.Set({"details", "uid"}, uid);
  return std::move(j).Freeze();
}

}  // namespace stowage::sim
