#include "sim/apiserver/core.h"

#include <algorithm>

#include "base/log/log.h"
#include "base/time/rfc3339.h"
#include "sim/apiserver/convert.h"
#include "sim/apiserver/tables.h"
#include "sim/apiserver/value_responder.h"

namespace stowage::sim {
namespace {

std::unique_ptr<Storage> MakeStorage(Executor& executor, const ApiServerOptions& options) {
  if (options.database.empty()) return MakeMemoryStorage();
  auto storage = OpenSqliteStorage(executor, options.database);
  if (storage) return std::move(*storage);
  LogError("the database cannot be used; objects will not survive this process",
           {{"server", options.name}, {"error", storage.error()}});
  return MakeMemoryStorage();
}

}  // namespace

bool UserInfo::InGroup(std::string_view group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

Core::Core(Executor& e, Rng r, ApiServerOptions o)
    : executor(e),
      rng(std::move(r)),
      options(std::move(o)),
      resources(schemas),
      watches(*this),
      store(MakeStorage(e, options),
            static_cast<size_t>(std::max<int64_t>(1, options.watch_history)),
            [this](const std::string& collection) {
              store.AfterFlush([this, collection, version = store.version()] {
                watches.Changed(collection, version);
              });
            }) {
  if (options.token_key.empty()) options.token_key = rng.Stream("tokens").Uuid();
}

std::string Core::Timestamp() const { return FormatTime(executor.WallNow()); }

void Reply(Core& core, const Call& call, kube::Response response) {
  for (const std::string& w : call.warnings) {
    response.headers.Add("Warning", "299 - " + kube::QuoteJson(w));
  }
  core.store.AfterFlush([responder = call.responder, response = std::move(response)] {
    responder->Respond(response);
  });
}

void ReplyJson(Core& core, const Call& call, int status, kube::Json json) {
  kube::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.json = std::move(json);
  Reply(core, call, std::move(response));
}

void ReplyText(Core& core, const Call& call, int status, std::string content_type,
               std::string text) {
  kube::Response response;
  response.status = status;
  response.headers.Add("Content-Type", std::move(content_type));
  response.text = std::move(text);
  Reply(core, call, std::move(response));
}

void ReplyError(Core& core, const Call& call, const ApiError& error) {
  Reply(core, call, error.ToResponse());
}

void ReplyObject(Core& core, const Call& call, int status, const EntryPtr& entry) {
  const ResourceInfo& r = *call.resource;
  switch (call.representation.as) {
    case Representation::As::kTable: {
      TableOptions options{.meta_version = call.representation.meta_version,
                           .include = std::string(call.info.target.Param("includeObject")),
                           .columns = true,
                           .now = core.executor.WallNow()};
      const kube::Json object = ToVersion(r, entry->json());
      return ReplyJson(
          core, call, status,
          MakeTable(r, {object}, object["metadata"]["resourceVersion"].str(), "", options));
    }
    case Representation::As::kPartialMetadata:
      return ReplyJson(core, call, status, PartialMetadata(entry->json(), call.representation));
    case Representation::As::kObject:
      break;
  }
  if (r.GroupVersion() == r.storage_version &&
      !dynamic_cast<ValueResponder*>(call.responder.get())) {
    return ReplyText(core, call, status, "application/json", entry->text());
  }
  ReplyJson(core, call, status, ToVersion(r, entry->json()));
}

}  // namespace stowage::sim
