// Strategic merge patch, as the API server of Kubernetes applies it.
//
// The merged document is written once, from the original and the patch side by side: lists are
// first planned (which elements, in what order) and then written.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sim/apiserver/patch.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;

constexpr std::string_view kPatch = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList/";
constexpr std::string_view kSetOrder = "$setElementOrder/";

bool IsDirective(std::string_view key) {
  return key == kPatch || key == kRetainKeys || key.starts_with(kDeleteFrom) ||
         key.starts_with(kSetOrder);
}

std::string Join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

tl::unexpected<Error> Bad(const std::string& path, std::string_view what) {
  return MakeError(ErrorCode::kInvalid, "strategic merge patch: " +
                                            (path.empty() ? "" : path + ": ") + std::string(what));
}

// What a patch says of something that the original does not have: directives and nulls go.
void WriteNew(JsonRef value, JsonNode out) {
  if (value.is_object()) {
    out.Set(JsonObject{});
    for (const auto& m : value.members()) {
      if (!IsDirective(m.key) && !m.value.is_null()) WriteNew(m.value, out[m.key]);
    }
  } else if (value.is_array()) {
    out.Set(JsonArray{});
    for (JsonRef e : value.elements()) {
      if (!e[kPatch].exists()) WriteNew(e, out.Append(nullptr));
    }
  } else {
    out.Set(value);
  }
}

// One element of a list that is being merged.
struct Element {
  JsonRef key;                   // what it is found by: the merge key's value, or itself
  JsonRef original;              // missing: it is new
  std::vector<JsonRef> patches;  // in order
};
using Elements = std::vector<Element>;
using Keys = std::vector<JsonRef>;

std::optional<size_t> IndexOf(const Keys& keys, JsonRef key) {
  const auto it = std::find(keys.begin(), keys.end(), key);
  if (it == keys.end()) return std::nullopt;
  return static_cast<size_t>(it - keys.begin());
}

// Elements that `wanted` names come in its order; the others keep the server's order, and stand
// before a named one only where the server had them so.
Elements InOrder(Elements elements, const Keys& wanted, const Keys& server) {
  Elements named, others;
  for (Element& e : elements) (IndexOf(wanted, e.key) ? named : others).push_back(std::move(e));
  const auto by = [](const Keys& order) {
    return [&order](const Element& a, const Element& b) {
      return IndexOf(order, a.key).value_or(order.size()) <
             IndexOf(order, b.key).value_or(order.size());
    };
  };
  std::stable_sort(named.begin(), named.end(), by(wanted));
  std::stable_sort(others.begin(), others.end(), by(server));
  Elements result;
  size_t i = 0, j = 0;
  while (i < others.size() || j < named.size()) {
    bool take_other = j == named.size();
    if (!take_other && i < others.size()) {
      const auto other = IndexOf(server, others[i].key);
      const auto name = IndexOf(server, named[j].key);
      take_other = other && name && *other < *name;
    }
    result.push_back(std::move(take_other ? others[i++] : named[j++]));
  }
  return result;
}

class StrategicMerger {
 public:
  Result<void> MergeObject(const SchemaType* type, JsonRef original, JsonRef patch,
                           const std::string& path, JsonNode out);

 private:
  Result<void> MergeValue(const SchemaType* type, JsonRef original, JsonRef patch, JsonRef order,
                          JsonRef deletions, const std::string& path, JsonNode out);
  Result<void> MergeList(const SchemaType* type, JsonRef original, JsonRef patch, JsonRef order,
                         JsonRef deletions, const std::string& path, JsonNode out);
  Result<Elements> Plan(const std::string& merge_key, JsonRef original, JsonRef patch,
                        const std::string& path) const;
  Result<void> Write(const SchemaType* items, const Element& element, const std::string& path,
                     JsonNode out);
};

bool Retained(JsonRef retain, std::string_view key) {
  if (!retain.exists()) return true;
  for (JsonRef k : retain.elements()) {
    if (k.str() == key) return true;
  }
  return false;
}

Result<void> CheckRetainKeys(JsonRef patch, JsonRef retain, const std::string& path) {
  if (!retain.is_array()) return Bad(path, "$retainKeys must be a list of field names");
  for (const auto& m : patch.members()) {
    if (IsDirective(m.key) || m.value.is_null()) continue;
    if (!Retained(retain, m.key)) {
      return Bad(path,
                 "the patch sets " + std::string(m.key) + ", which $retainKeys does not list");
    }
  }
  return {};
}

Result<void> StrategicMerger::MergeObject(const SchemaType* type, JsonRef original, JsonRef patch,
                                          const std::string& path, JsonNode out) {
  out.Set(JsonObject{});
  const JsonRef directive = patch[kPatch];
  if (directive.exists() && directive.str() != "merge") {
    if (directive.str() == "replace") WriteNew(patch, out);
    if (directive.str() == "replace" || directive.str() == "delete") return {};
    return Bad(path, "$patch must be replace, delete or merge, not " + directive.Dump());
  }
  const JsonRef retain = patch[kRetainKeys];
  if (retain.exists()) RETURN_IF_ERROR(CheckRetainKeys(patch, retain, path));
  for (const auto& m : original.members()) {
    if (!Retained(retain, m.key)) continue;
    const JsonRef change = patch[m.key];
    if (change.is_null()) continue;
    const std::string key(m.key);
    const JsonRef order = patch[std::string(kSetOrder) + key];
    const JsonRef deletions = patch[std::string(kDeleteFrom) + key];
    const SchemaType* field_type = nullptr;
    if (type && type->kind == SchemaType::Kind::kObject) {
      const auto* field = type->Find(key);
      field_type = field ? field->type : nullptr;
    } else if (type && type->kind == SchemaType::Kind::kMap) {
      field_type = type->items;
    }
    RETURN_IF_ERROR(
        MergeValue(field_type, m.value, change, order, deletions, Join(path, key), out[key]));
  }
  for (const auto& m : patch.members()) {
    if (IsDirective(m.key) || m.value.is_null() || original[m.key].exists()) continue;
    WriteNew(m.value, out[m.key]);
  }
  return {};
}

Result<void> StrategicMerger::MergeValue(const SchemaType* type, JsonRef original, JsonRef patch,
                                         JsonRef order, JsonRef deletions, const std::string& path,
                                         JsonNode out) {
  if (original.is_array() && (!patch.exists() || patch.is_array()) &&
      (patch.exists() || order.exists() || deletions.exists())) {
    return MergeList(type, original, patch, order, deletions, path, out);
  }
  if (!patch.exists()) {
    out.Set(original);
  } else if (original.is_object() && patch.is_object()) {
    return MergeObject(type, original, patch, path, out);
  } else {
    WriteNew(patch, out);
  }
  return {};
}

// Elements of both lists by key; `merge_key` is empty for primitives.
Result<Elements> StrategicMerger::Plan(const std::string& merge_key, JsonRef original,
                                       JsonRef patch, const std::string& path) const {
  Elements elements;
  const auto key_of = [&](JsonRef e) { return merge_key.empty() ? e : e[merge_key]; };
  bool replace = false;
  for (JsonRef e : patch.elements()) replace |= e[kPatch].str() == "replace";
  if (!replace) {
    for (JsonRef e : original.elements()) elements.push_back({key_of(e), e, {}});
  }
  for (JsonRef e : patch.elements()) {
    const JsonRef directive = e[kPatch];
    if (directive.str() == "replace") continue;
    const JsonRef key = key_of(e);
    if (!key.exists()) {
      return Bad(path,
                 "an element does not contain the declared merge key " + merge_key + ": add it");
    }
    if (directive.str() == "delete") {
      std::erase_if(elements, [&](const Element& x) { return x.key == key; });
      continue;
    }
    if (directive.exists() && directive.str() != "merge") {
      return Bad(path, "$patch must be replace, delete or merge, not " + directive.Dump());
    }
    const auto found = std::find_if(elements.begin(), elements.end(),
                                    [&](const Element& x) { return x.key == key; });
    if (found == elements.end()) {
      elements.push_back({key, {}, {e}});
    } else {
      found->patches.push_back(e);
    }
  }
  return elements;
}

Keys KeysOf(JsonRef list, const std::string& merge_key, bool without_deleted) {
  Keys keys;
  for (JsonRef e : list.elements()) {
    if (without_deleted && e[kPatch].exists()) continue;
    // kubectl writes $setElementOrder of keyed lists as objects that hold the key alone.
    keys.push_back(merge_key.empty() || !e.is_object() ? e : e[merge_key]);
  }
  return keys;
}

// The patch's elements must come in the order that $setElementOrder gives.
Result<void> CheckOrder(const Keys& patch, const Keys& order, const std::string& path) {
  size_t at = 0;
  for (JsonRef key : patch) {
    while (at < order.size() && !(order[at] == key)) ++at;
    if (at == order.size()) {
      return Bad(path, "the order in the patch does not match $setElementOrder (element " +
                           key.Dump() + ")");
    }
  }
  return {};
}

Result<void> StrategicMerger::MergeList(const SchemaType* type, JsonRef original, JsonRef patch,
                                        JsonRef order, JsonRef deletions, const std::string& path,
                                        JsonNode out) {
  if ((order.exists() && !order.is_array()) || (deletions.exists() && !deletions.is_array())) {
    return Bad(path, "$setElementOrder and $deleteFromPrimitiveList must be lists");
  }
  const bool is_list = type && type->kind == SchemaType::Kind::kList;
  const std::string merge_key = is_list ? type->patch_merge_key : "";
  const bool set = is_list && type->list_type == SchemaType::ListType::kSet && !type->patch_replace;
  if (merge_key.empty() && !set && patch.exists()) {
    WriteNew(patch, out);
    return {};
  }
  ASSIGN_OR_RETURN(Elements elements, Plan(merge_key, original, patch, path));
  const Keys server = KeysOf(original, merge_key, false);
  const Keys patched = KeysOf(patch, merge_key, true);
  elements = InOrder(std::move(elements), patched, server);
  if (order.exists()) {
    const Keys wanted = KeysOf(order, merge_key, false);
    RETURN_IF_ERROR(CheckOrder(patched, wanted, path));
    elements = InOrder(std::move(elements), wanted, server);
  }
  if (deletions.exists()) {
    const Keys gone = KeysOf(deletions, "", false);
    std::erase_if(elements, [&](const Element& e) { return IndexOf(gone, e.key).has_value(); });
  }
  out.Set(JsonArray{});
  const SchemaType* items = is_list ? type->items : nullptr;
  size_t index = 0;
  Keys written;
  for (const Element& e : elements) {
    if (merge_key.empty()) {
      if (IndexOf(written, e.key)) continue;
      written.push_back(e.key);
    }
    const std::string at = path + "[" + std::to_string(index++) + "]";
    RETURN_IF_ERROR(Write(items, e, at, out.Append(nullptr)));
  }
  return {};
}

Result<void> StrategicMerger::Write(const SchemaType* items, const Element& element,
                                    const std::string& path, JsonNode out) {
  size_t next = 0;
  Json current;
  if (!element.original.exists() || !element.original.is_object()) {
    WriteNew(element.original.exists() ? element.original : element.patches[next++], out);
    if (!out.ref().is_object()) return {};
  } else if (element.patches.empty()) {
    out.Set(element.original);
    return {};
  } else {
    RETURN_IF_ERROR(MergeObject(items, element.original, element.patches[next++], path, out));
  }
  for (; next < element.patches.size(); ++next) {
    current = Json::Copy(out.ref());
    RETURN_IF_ERROR(MergeObject(items, current, element.patches[next], path, out));
  }
  return {};
}

}  // namespace

Result<Json> ApplyStrategicMergePatch(const SchemaType* type, JsonRef document, JsonRef patch) {
  if (!type) return ApplyMergePatch(document, patch);
  if (!patch.is_object())
    return Bad("", "must be an object, not " + std::string(patch.kind_name()));
  MutableJson result;
  StrategicMerger merger;
  RETURN_IF_ERROR(merger.MergeObject(type, document, patch, "", result.root()));
  return std::move(result).Freeze();
}

}  // namespace stowage::sim
