#include "kube/client/client.h"

#include <utility>

#include "kube/api/well_known.h"

namespace stowage::kube {
namespace {

constexpr std::string_view kJson = "application/json";

Request MakeRequest(std::string method, std::string target) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers.Set("Accept", std::string(kJson));
  return request;
}

// A server fault says nothing about whether a write was carried out.
Error ErrorFor(const Response& response, bool write) {
  Error error = ErrorFromResponse(response);
  if (write && error.code == ErrorCode::kUnavailable) error.code = ErrorCode::kUnknownOutcome;
  return error;
}

Result<Json> JsonFrom(Result<Response> response, bool write) {
  if (!response) return Err(std::move(response).error());
  if (response->status >= 400) return Err(ErrorFor(*response, write));
  if (response->status < 200 || response->status >= 300 || !response->json.is_object()) {
    return MakeError(write ? ErrorCode::kUnknownOutcome : ErrorCode::kUnavailable,
                     "the server answered " + std::to_string(response->status) +
                         " with something that is no JSON object; is this an API server?");
  }
  return std::move(response->json);
}

Result<ObjectList> ListFrom(Result<Response> response) {
  ASSIGN_OR_RETURN(const Json json, JsonFrom(std::move(response), false));
  ObjectList list;
  list.resource_version = json.Find({"metadata", "resourceVersion"}).string();
  list.continue_token = json.Find({"metadata", "continue"}).string();
  list.items.reserve(json["items"].size());
  for (JsonRef item : json["items"].elements()) list.items.emplace_back(json.Share(item));
  return list;
}

std::string DeleteBody(const DeleteOptions& options) {
  MutableJson body;
  body["apiVersion"] = "v1";
  body["kind"] = "DeleteOptions";
  if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
  if (!options.uid.empty()) body.Set({"preconditions", "uid"}, options.uid);
  if (!options.resource_version.empty()) {
    body.Set({"preconditions", "resourceVersion"}, options.resource_version);
  }
  if (!options.propagation.empty()) body["propagationPolicy"] = options.propagation;
  return body.ref().Dump();
}

// The pages of one ListAll, until the last is in.
struct Pages {
  Resource resource;
  std::string ns;
  ListOptions options;
  bool started_anew = false;
  std::vector<Object> all;
  Callback<Result<std::vector<Object>>> done;
};

void NextPage(Client client, std::shared_ptr<Pages> pages) {
  client.List(pages->resource, pages->ns, pages->options,
              [client, pages](Result<ObjectList> page) mutable {
                if (!page && page.error().code == ErrorCode::kGone && !pages->started_anew) {
                  pages->started_anew = true;
                  pages->all.clear();
                  pages->options.continue_token.clear();
                  pages->options.limit = 0;
                  return NextPage(client, std::move(pages));
                }
                if (!page) return pages->done(Err(std::move(page).error()));
                for (Object& o : page->items) pages->all.push_back(std::move(o));
                pages->options.continue_token = std::move(page->continue_token);
                if (pages->options.continue_token.empty())
                  return pages->done(std::move(pages->all));
                NextPage(client, std::move(pages));
              });
}

Client::ObjectCallback Ignoring(Callback<Result<void>> done) {
  return [done = std::move(done)](Result<Object> object) {
    if (!object) return done(Err(std::move(object).error()));
    done({});
  };
}

std::string FieldManager(std::string_view manager = kManager) {
  return Query({{"fieldManager", manager}});
}

}  // namespace

std::string_view PatchContentType(PatchType type) {
  switch (type) {
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kStrategicMerge:
      return "application/strategic-merge-patch+json";
    case PatchType::kApply:
      return "application/apply-patch+yaml";
  }
  return kJson;
}

void Client::Call(std::string method, std::string target, const Json* body,
                  std::string_view content_type, ObjectCallback done) {
  const bool write = method != "GET";
  Request request = MakeRequest(std::move(method), std::move(target));
  if (body) {
    request.headers.Set("Content-Type", std::string(content_type));
    request.body = body->Dump();
  }
  transport_.Send(std::move(request), [write, done = std::move(done)](Result<Response> response) {
    Result<Json> json = JsonFrom(std::move(response), write);
    if (!json) return done(Err(std::move(json).error()));
    done(Object(std::move(*json)));
  });
}

void Client::Get(const Resource& r, std::string_view ns, std::string_view name,
                 ObjectCallback done) {
  Call("GET", r.Path(ns, name), nullptr, {}, std::move(done));
}

void Client::List(const Resource& r, std::string_view ns, const ListOptions& options,
                  Callback<Result<ObjectList>> done) {
  const std::string query =
      Query({{"labelSelector", options.label_selector},
             {"fieldSelector", options.field_selector},
             {"resourceVersion", options.resource_version},
             {"limit", options.limit > 0 ? std::to_string(options.limit) : ""},
             {"continue", options.continue_token}});
  Request request = MakeRequest("GET", r.Path(ns) + query);
  request.timeout = Seconds(60);  // a page of large objects over a slow link
  transport_.Send(std::move(request), [done = std::move(done)](Result<Response> response) {
    done(ListFrom(std::move(response)));
  });
}

void Client::ListAll(const Resource& r, std::string_view ns, ListOptions options,
                     Callback<Result<std::vector<Object>>> done, int64_t page_size) {
  auto pages = std::make_shared<Pages>();
  pages->resource = r;
  pages->ns = ns;
  pages->options = std::move(options);
  pages->options.limit = page_size;
  pages->done = std::move(done);
  NextPage(*this, std::move(pages));
}

void Client::Create(const Resource& r, std::string_view ns, const Json& object, ObjectCallback done,
                    std::string_view name, std::string_view subresource) {
  Call("POST", r.Path(ns, name, subresource) + FieldManager(), &object, kJson, std::move(done));
}

void Client::Update(const Resource& r, std::string_view ns, std::string_view name,
                    const Json& object, ObjectCallback done, std::string_view subresource) {
  Call("PUT", r.Path(ns, name, subresource) + FieldManager(), &object, kJson, std::move(done));
}

void Client::Patch(const Resource& r, std::string_view ns, std::string_view name, PatchType type,
                   const Json& patch, ObjectCallback done, std::string_view subresource,
                   const PatchOptions& options) {
  const bool force = options.force && type == PatchType::kApply;
  Call("PATCH",
       r.Path(ns, name, subresource) +
           Query({{"fieldManager", options.field_manager}, {"force", force ? "true" : ""}}),
       &patch, PatchContentType(type), std::move(done));
}

void Client::Delete(const Resource& r, std::string_view ns, std::string_view name,
                    const DeleteOptions& options, ObjectCallback done) {
  Request request = MakeRequest("DELETE", r.Path(ns, name));
  request.headers.Set("Content-Type", std::string(kJson));
  request.body = DeleteBody(options);
  transport_.Send(std::move(request), [done = std::move(done)](Result<Response> response) {
    Result<Json> json = JsonFrom(std::move(response), true);
    if (!json) return done(Err(std::move(json).error()));
    done(Object(std::move(*json)));
  });
}

void Client::Bind(std::string_view ns, std::string_view pod, std::string_view node,
                  JsonRef annotations, std::string_view uid, Callback<Result<void>> done) {
  MutableJson binding;
  binding["apiVersion"] = "v1";
  binding["kind"] = "Binding";
  binding.Set({"metadata", "name"}, pod);
  binding.Set({"metadata", "namespace"}, ns);
  if (!uid.empty()) binding.Set({"metadata", "uid"}, uid);
  if (!annotations.empty()) binding.Set({"metadata", "annotations"}, annotations);
  binding.Set({"target", "apiVersion"}, "v1");
  binding.Set({"target", "kind"}, "Node");
  binding.Set({"target", "name"}, node);
  Create(kPods, ns, std::move(binding).Freeze(), Ignoring(std::move(done)), pod, "binding");
}

void Client::Evict(std::string_view ns, std::string_view pod, const DeleteOptions& options,
                   Callback<Result<void>> done) {
  MutableJson eviction;
  eviction["apiVersion"] = "policy/v1";
  eviction["kind"] = "Eviction";
  eviction.Set({"metadata", "name"}, pod);
  eviction.Set({"metadata", "namespace"}, ns);
  const Result<Json> how = Json::Parse(DeleteBody(options));
  if (how) eviction["deleteOptions"] = *how;
  eviction.Remove({"deleteOptions", "apiVersion"});
  eviction.Remove({"deleteOptions", "kind"});
  Create(kPods, ns, std::move(eviction).Freeze(), Ignoring(std::move(done)), pod, "eviction");
}

void Client::GetRaw(std::string_view target, Callback<Result<Json>> done, Duration timeout) {
  Request request = MakeRequest("GET", std::string(target));
  request.headers.Set("Accept", "application/json, */*");
  request.timeout = timeout;
  transport_.Send(std::move(request), [done = std::move(done)](Result<Response> response) {
    if (!response) return done(Err(std::move(response).error()));
    if (response->status < 200 || response->status >= 300) {
      return done(Err(ErrorFromResponse(*response)));
    }
    if (response->json.exists()) return done(std::move(response->json));
    MutableJson wrapped;
    wrapped["text"] = response->text;
    done(std::move(wrapped).Freeze());
  });
}

}  // namespace stowage::kube
