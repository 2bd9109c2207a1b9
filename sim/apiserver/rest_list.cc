#include <charconv>

#include "sim/apiserver/convert.h"
#include "sim/apiserver/filter.h"
#include "sim/apiserver/rest.h"
#include "sim/apiserver/tables.h"

namespace stowage::sim {
namespace {

// A continue token: where the next page starts, and the version all pages show.
struct PageToken {
  uint64_t version = 0;
  kube::NamespacedName after;
};

constexpr char kHex[] = "0123456789abcdef";

std::string WriteToken(const PageToken& token) {
  kube::MutableJson j;
  j["v"] = "v1";
  j["rv"] = static_cast<int64_t>(token.version);
  j["ns"] = token.after.ns;
  j["name"] = token.after.name;
  std::string out;
  for (unsigned char c : j.ref().Dump()) {
    out += kHex[c >> 4];
    out += kHex[c & 15];
  }
  return out;
}

ApiResult<PageToken> ReadToken(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    const auto [p, e] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (e != std::errc() || p != text.data() + i + 2) break;
    bytes += static_cast<char>(value);
  }
  auto json = kube::Json::Parse(bytes);
  if (!json || (*json)["v"].str() != "v1" || (*json)["rv"].i64() <= 0) {
    return BadRequest("continue key is not valid: it was not made by this server");
  }
  return PageToken{static_cast<uint64_t>((*json)["rv"].i64()),
                   {(*json)["ns"].string(), (*json)["name"].string()}};
}

struct Page {
  std::vector<EntryPtr> entries;
  uint64_t version = 0;
  std::string next;
  int64_t remaining = -1;
};

ApiResult<uint64_t> ListVersion(Core& core, const ParsedTarget& target) {
  const std::string_view text = target.Param("resourceVersion");
  const std::string_view match = target.Param("resourceVersionMatch");
  const uint64_t current = core.store.version();
  if (!match.empty() && match != "Exact" && match != "NotOlderThan") {
    return BadRequest("resourceVersionMatch: Unsupported value: \"" + std::string(match) +
                      "\": supported values: \"Exact\", \"NotOlderThan\"");
  }
  if (text.empty()) {
    if (!match.empty() && !target.Has("sendInitialEvents")) {
      return BadRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    return current;
  }
  uint64_t asked = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), asked);
  if (error != std::errc() || end != text.data() + text.size()) {
    return BadRequest("Invalid value: \"" + std::string(text) + "\": invalid resource version");
  }
  if (asked > current) return TooLargeResourceVersion(asked, current);
  if (match == "Exact") {
    if (asked == 0) {
      return BadRequest("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
    }
    return asked;
  }
  return current;
}

ApiResult<Page> ReadPage(Core& core, const Call& call) {
  const ParsedTarget& target = call.info.target;
  auto filter = ObjectFilter::Make(*call.resource, call.info);
  if (!filter) return ApiFailure(filter.error());
  Page page;
  std::optional<kube::NamespacedName> from;
  if (!target.Param("continue").empty()) {
    const std::string_view rv = target.Param("resourceVersion");
    if (!rv.empty() && rv != "0") {
      return BadRequest("specifying resource version is not allowed when using continue");
    }
    auto token = ReadToken(target.Param("continue"));
    if (!token) return ApiFailure(token.error());
    page.version = token->version;
    from = token->after;
  } else {
    auto version = ListVersion(core, target);
    if (!version) return ApiFailure(version.error());
    page.version = *version;
  }
  const size_t limit = static_cast<size_t>(std::max<int64_t>(0, target.Int("limit").value_or(0)));
  bool more = false;
  int64_t left = 0;
  auto scanned = core.store.Scan(
      call.resource->storage, filter->ns(), page.version, from, [&](const EntryPtr& entry) {
        if (more) {
          ++left;
          return true;
        }
        if (!filter->Matches(entry->key(), entry->json())) return true;
        if (limit > 0 && page.entries.size() == limit) {
          more = true;
          ++left;
          return !filter->selective();  // how many are left is told where nothing is selected
        }
        page.entries.push_back(entry);
        return true;
      });
  if (!scanned) return ApiFailure(scanned.error());
  if (more) {
    page.next = WriteToken({page.version, page.entries.back()->key()});
    if (!filter->selective()) page.remaining = left;
  }
  return page;
}

std::string ListMeta(const Page& page) {
  std::string meta = "{\"resourceVersion\":\"" + std::to_string(page.version) + "\"";
  if (!page.next.empty()) meta += ",\"continue\":\"" + page.next + "\"";
  if (page.remaining > 0) meta += ",\"remainingItemCount\":" + std::to_string(page.remaining);
  return meta + "}";
}

// Bytes are put together from the texts that the objects have anyway.
std::string ListText(const ResourceInfo& r, const Page& page) {
  std::string out = "{\"kind\":\"" + r.kind + "List\",\"apiVersion\":\"" + r.GroupVersion() +
                    "\",\"metadata\":" + ListMeta(page) + ",\"items\":[";
  const bool same = r.GroupVersion() == r.storage_version;
  bool first = true;
  for (const EntryPtr& entry : page.entries) {
    if (!first) out += ",";
    first = false;
    if (same) {
      out += entry->text();
    } else {
      out += ToVersion(r, entry->json()).Dump();
    }
  }
  return out + "]}";
}

kube::Json ListValue(const ResourceInfo& r, const Page& page, const Representation& as) {
  const bool partial = as.as == Representation::As::kPartialMetadata;
  kube::MutableJson list;
  list["kind"] = partial ? "PartialObjectMetadataList" : r.kind + "List";
  list["apiVersion"] = partial ? "meta.k8s.io/" + as.meta_version : r.GroupVersion();
  list.Set({"metadata", "resourceVersion"}, std::to_string(page.version));
  if (!page.next.empty()) list.Set({"metadata", "continue"}, page.next);
  if (page.remaining > 0) list.Set({"metadata", "remainingItemCount"}, page.remaining);
  list["items"] = kube::JsonArray{};
  kube::JsonNode items = list["items"];
  for (const EntryPtr& entry : page.entries) {
    const kube::Json object = ToVersion(r, entry->json());
    items.Append(partial ? PartialMetadata(object, as) : object);
  }
  return std::move(list).Freeze();
}

}  // namespace

void ServeList(Core& core, Call& call) {
  auto page = ReadPage(core, call);
  if (!page) return ReplyError(core, call, page.error());
  const ResourceInfo& r = *call.resource;
  if (call.representation.as == Representation::As::kTable) {
    std::vector<kube::Json> objects;
    for (const EntryPtr& entry : page->entries) objects.push_back(ToVersion(r, entry->json()));
    TableOptions options{.meta_version = call.representation.meta_version,
                         .include = std::string(call.info.target.Param("includeObject")),
                         .columns = true,
                         .now = core.executor.WallNow()};
    return ReplyJson(core, call, 200,
                     MakeTable(r, {objects.begin(), objects.end()}, std::to_string(page->version),
                               page->next, options));
  }
  if (call.representation.as == Representation::As::kObject &&
      !dynamic_cast<ValueResponder*>(call.responder.get())) {
    return ReplyText(core, call, 200, "application/json", ListText(r, *page));
  }
  ReplyJson(core, call, 200, ListValue(r, *page, call.representation));
}

}  // namespace stowage::sim
