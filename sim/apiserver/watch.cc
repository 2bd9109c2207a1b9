#include "sim/apiserver/watch.h"

#include <algorithm>
#include <charconv>

#include "sim/apiserver/core.h"
#include "sim/apiserver/watch_stream.h"

namespace stowage::sim {
namespace {

ApiResult<WatchOptions> ReadOptions(Core& core, const Call& call) {
  WatchOptions o;
  const ParsedTarget& target = call.info.target;
  o.resource = call.resource;
  o.representation = call.representation;
  o.table_objects = target.Param("includeObject");
  auto filter = ObjectFilter::Make(*call.resource, call.info);
  if (!filter) return ApiFailure(filter.error());
  o.filter = std::move(*filter);
  o.bookmarks = target.Flag("allowWatchBookmarks");
  const std::string_view version = target.Param("resourceVersion");
  uint64_t from = 0;
  if (!version.empty()) {
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), from);
    if (error != std::errc() || end != version.data() + version.size()) {
      return BadRequest("Invalid value: \"" + std::string(version) +
                        "\": strconv.ParseUint: parsing \"" + std::string(version) +
                        "\": invalid syntax");
    }
  }
  if (target.Flag("sendInitialEvents")) {
    if (target.Param("resourceVersionMatch") != "NotOlderThan") {
      return BadRequest("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    o.initial_end_bookmark = o.bookmarks;
  } else if (from > 0 || target.Has("sendInitialEvents")) {
    o.from = from == 0 ? core.store.version() : from;
  }
  if (from > core.store.version()) return TooLargeResourceVersion(from, core.store.version());
  // Kubernetes' default: somewhere between half an hour and an hour.
  const int64_t seconds = target.Int("timeoutSeconds").value_or(0);
  o.timeout = seconds > 0 ? Seconds(seconds) : Seconds(core.rng.Between(1800, 3600));
  return o;
}

}  // namespace

Watches::~Watches() = default;

void Watches::Start(const Call& call) {
  auto options = ReadOptions(core_, call);
  if (!options) return ReplyError(core_, call, options.error());
  Collection& collection = core_.store.collection(call.resource->storage);
  if (options->from && *options->from < collection.forgotten) {
    return ReplyError(core_, call,
                      Expired("too old resource version: " + std::to_string(*options->from) + " (" +
                              std::to_string(collection.forgotten) + ")")
                          .value());
  }
  auto stream = std::make_shared<WatchStream>(core_, std::move(*options));
  streams_[call.resource->storage].push_back(stream);
  stream->Open(call.responder);
}

void Watches::Changed(const std::string& collection, uint64_t version) {
  safe_version_ = std::max(safe_version_, version);
  auto it = streams_.find(collection);
  if (it == streams_.end()) return;
  for (const auto& stream : it->second) stream->Kick();
}

void Watches::EndAll(const Error& why) {
  auto all = std::move(streams_);
  streams_.clear();
  for (const auto& [collection, streams] : all) {
    for (const auto& stream : streams) stream->End(why);
  }
}

void Watches::EndResource(const std::string& collection) {
  auto it = streams_.find(collection);
  if (it == streams_.end()) return;
  auto streams = std::move(it->second);
  streams_.erase(it);
  for (const auto& stream : streams) stream->End(std::nullopt);
}

int64_t Watches::count() const {
  int64_t n = 0;
  for (const auto& [collection, streams] : streams_) n += static_cast<int64_t>(streams.size());
  return n;
}

void Watches::Remove(const std::string& collection, const WatchStream* stream) {
  auto it = streams_.find(collection);
  if (it == streams_.end()) return;
  std::erase_if(it->second, [&](const auto& s) { return s.get() == stream; });
}

}  // namespace stowage::sim
