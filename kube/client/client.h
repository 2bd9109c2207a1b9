// Client: the verbs of an API server over a Transport, and errors as Error.
//
// Thin and stateless but for the Transport; it never retries (queues and reflectors do). All
// callbacks are on the Executor, once, never inside the call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/executor.h"
#include "kube/api/object.h"
#include "kube/client/transport.h"

namespace stowage::kube {

struct ListOptions {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // "" most recent, "0" any
  int64_t limit = 0;             // 0: no pages
  std::string continue_token;
};

struct ObjectList {
  // Parts of one document: copy what must live long. API servers leave apiVersion and kind out of
  // the items of built-in kinds.
  std::vector<Object> items;
  std::string resource_version;
  std::string continue_token;  // "" on the last page
};

struct DeleteOptions {
  std::optional<int64_t> grace_seconds;
  std::string uid;               // precondition; "" for none
  std::string resource_version;  // precondition; "" for none
  std::string propagation;  // "Background", "Foreground", "Orphan" or "" for the server's choice
};

enum class PatchType { kJson, kMerge, kStrategicMerge, kApply };
std::string_view PatchContentType(PatchType type);

struct PatchOptions {
  std::string field_manager = "stowage";
  bool force = false;  // of server-side apply
};

class Client {
 public:
  using ObjectCallback = Callback<Result<Object>>;

  explicit Client(Transport& transport) : transport_(transport) {}

  void Get(const Resource& r, std::string_view ns, std::string_view name, ObjectCallback done);
  // One page.
  void List(const Resource& r, std::string_view ns, const ListOptions& options,
            Callback<Result<ObjectList>> done);
  // All pages, in pages of `page_size`. A token that expires on the way (410) starts anew once,
  // without pages. The whole documents stay in memory: to follow a large collection take an
  // Informer.
  void ListAll(const Resource& r, std::string_view ns, ListOptions options,
               Callback<Result<std::vector<Object>>> done, int64_t page_size = 500);
  // `subresource`: "" or "status", "binding", "eviction", "token" ...
  void Create(const Resource& r, std::string_view ns, const Json& object, ObjectCallback done,
              std::string_view name = {}, std::string_view subresource = {});
  void Update(const Resource& r, std::string_view ns, std::string_view name, const Json& object,
              ObjectCallback done, std::string_view subresource = {});
  void Patch(const Resource& r, std::string_view ns, std::string_view name, PatchType type,
             const Json& patch, ObjectCallback done, std::string_view subresource = {},
             const PatchOptions& options = {});
  // The answer is the object with its deletionTimestamp, or a Status when it is gone at once.
  void Delete(const Resource& r, std::string_view ns, std::string_view name,
              const DeleteOptions& options, ObjectCallback done);
  // POST pods/NAME/binding with `metadata` (uid, annotations) as the Binding's metadata.
  void Bind(std::string_view ns, std::string_view pod, std::string_view node, JsonRef annotations,
            std::string_view uid, Callback<Result<void>> done);
  void Evict(std::string_view ns, std::string_view pod, const DeleteOptions& options,
             Callback<Result<void>> done);
  // Any GET that answers with JSON: "/version", "/readyz" (text is wrapped: {"text": ...}).
  void GetRaw(std::string_view target, Callback<Result<Json>> done, Duration timeout = Seconds(10));

  Transport& transport() { return transport_; }

 private:
  void Call(std::string method, std::string target, const Json* body, std::string_view content_type,
            ObjectCallback done);

  Transport& transport_;
};

// Percent-encodes a query value; joins "?a=b&c=d" leaving out empty values.
std::string EncodeQuery(std::string_view value);
std::string DecodeQuery(std::string_view value);  // %XX and '+'
std::string Query(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);

}  // namespace stowage::kube
