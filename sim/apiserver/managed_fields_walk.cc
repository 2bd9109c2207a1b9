// Walks over typed objects for field ownership: compare, list the fields, merge, remove.
//
// A value is a leaf (owned whole) if it is a scalar, an atomic list or an atomic map; otherwise its
// parts are owned one by one. Where no type is known, maps are granular and lists atomic.
#include <map>
#include <set>

#include "sim/apiserver/managed_fields_set.h"
#include "sim/apiserver/schema.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::MutableJson;
using K = SchemaType::Kind;

bool Present(JsonRef v) { return v.exists() && !v.is_null(); }

bool IsGranularMap(const SchemaType* type, JsonRef value) {
  if (!value.is_object()) return false;
  if (!type || type->kind == K::kAny) return true;
  return (type->kind == K::kObject || type->kind == K::kMap) && !type->map_atomic;
}

bool IsGranularList(const SchemaType* type, JsonRef value) {
  return value.is_array() && type && type->kind == K::kList &&
         type->list_type != SchemaType::ListType::kAtomic;
}

const SchemaType* TypeOfField(const SchemaType* type, std::string_view name) {
  if (!type) return nullptr;
  if (type->kind == K::kMap) return type->items;
  const auto* field = type->Find(name);
  return field ? field->type : nullptr;
}

// In Go these are values, not pointers: always there, so nobody owns the fact that they are.
bool AlwaysThere(const SchemaType* type) {
  if (!type || type->kind != K::kObject) return false;
  const std::string& name = type->name;
  return name.ends_with("Spec") || name.ends_with("Status") || name.ends_with(".ObjectMeta") ||
         name.ends_with("Strategy");
}

std::string FieldElement(std::string_view name) { return "f:" + std::string(name); }

// The key of a map list's element where it is not given: what the server will default it to.
std::string DefaultKey(const SchemaType& list, const std::string& key) {
  const auto* field = list.items->Find(key);
  if (field && field->type->openapi["default"].exists()) {
    return field->type->openapi["default"].Dump();
  }
  return key == "protocol" ? "\"TCP\"" : "";
}

// "v:1" or "k:{...}"; empty if a key is missing.
std::string ListElement(const SchemaType& list, JsonRef item) {
  if (list.list_type == SchemaType::ListType::kSet) return "v:" + item.Dump();
  std::map<std::string, std::string> keys;
  for (const std::string& key : list.list_keys) {
    const JsonRef value = item[key];
    std::string text = Present(value) ? value.Dump() : DefaultKey(list, key);
    if (text.empty() && list.list_keys.size() == 1) return "";
    if (!text.empty()) keys[key] = std::move(text);
  }
  if (keys.empty()) return "";
  std::string element = "k:{";
  for (const auto& [key, value] : keys) {
    if (element.size() > 3) element += ',';
    element += kube::QuoteJson(key) + ":" + value;
  }
  return element + "}";
}

struct ListItem {
  std::string element;
  JsonRef value;
};

// Elements without a key are known by their place. Of equal keys only the first counts.
std::vector<ListItem> ItemsOf(const SchemaType& list, JsonRef value) {
  std::vector<ListItem> items;
  std::set<std::string> seen;
  size_t index = 0;
  for (JsonRef e : value.elements()) {
    std::string element = ListElement(list, e);
    if (element.empty()) element = "i:" + std::to_string(index);
    ++index;
    if (seen.insert(element).second) items.push_back({std::move(element), e});
  }
  return items;
}

JsonRef FindItem(const std::vector<ListItem>& items, const std::string& element) {
  for (const ListItem& item : items) {
    if (item.element == element) return item.value;
  }
  return {};
}

// Three sets are filled at the same path; children are only made where there is something.
struct Comparer {
  void Walk(const SchemaType* type, JsonRef l, JsonRef r, FieldComparison& out) {
    const bool has_l = Present(l), has_r = Present(r);
    if (!has_l && !has_r) return;
    const auto granular = [&](auto is) {
      return (!has_l || is(type, l)) && (!has_r || is(type, r)) && !(l.empty() && r.empty());
    };
    if (granular(IsGranularMap)) {
      WalkMap(type, l, r, out);
    } else if (granular(IsGranularList)) {
      WalkList(*type, l, r, out);
    } else {
      if (!has_l) {
        out.added.member = true;
      } else if (!has_r) {
        out.removed.member = true;
      } else if (!(l == r)) {
        out.modified.member = true;
      }
      return;
    }
    if (AlwaysThere(type)) return;
    if (!has_l) out.added.member = true;
    if (!has_r) out.removed.member = true;
  }

 private:
  void Descend(const SchemaType* type, const std::string& element, JsonRef l, JsonRef r,
               FieldComparison& out) {
    FieldComparison inner;
    Walk(type, l, r, inner);
    if (!inner.added.empty()) out.added.children[element] = std::move(inner.added);
    if (!inner.modified.empty()) out.modified.children[element] = std::move(inner.modified);
    if (!inner.removed.empty()) out.removed.children[element] = std::move(inner.removed);
  }

  void WalkMap(const SchemaType* type, JsonRef l, JsonRef r, FieldComparison& out) {
    for (const auto& m : l.members()) {
      const JsonRef other = r[m.key];
      // Most parts of most objects did not change: seen without making anything.
      if (other.exists() && other == m.value) continue;
      Descend(TypeOfField(type, m.key), FieldElement(m.key), m.value, other, out);
    }
    for (const auto& m : r.members()) {
      if (l[m.key].exists()) continue;
      Descend(TypeOfField(type, m.key), FieldElement(m.key), {}, m.value, out);
    }
  }

  void WalkList(const SchemaType& type, JsonRef l, JsonRef r, FieldComparison& out) {
    const auto left = ItemsOf(type, l), right = ItemsOf(type, r);
    for (const ListItem& item : left) {
      Descend(type.items, item.element, item.value, FindItem(right, item.element), out);
    }
    for (const ListItem& item : right) {
      if (!FindItem(left, item.element).exists()) {
        Descend(type.items, item.element, {}, item.value, out);
      }
    }
  }
};

void Collect(const SchemaType* type, JsonRef value, FieldSet& out) {
  if (!Present(value)) return;
  if (IsGranularMap(type, value)) {
    for (const auto& m : value.members()) {
      FieldSet child;
      Collect(TypeOfField(type, m.key), m.value, child);
      if (m.value.is_object() && m.value.empty()) child.member = true;
      if (!child.empty()) out.children[FieldElement(m.key)] = std::move(child);
    }
  } else if (IsGranularList(type, value)) {
    for (const ListItem& item : ItemsOf(*type, value)) {
      FieldSet& child = out.children[item.element];
      Collect(type->items, item.value, child);
      child.member = true;
    }
  } else {
    out.member = true;
  }
}

Result<void> CheckKeys(const SchemaType* type, JsonRef value, const std::string& path) {
  if (IsGranularMap(type, value)) {
    for (const auto& m : value.members()) {
      RETURN_IF_ERROR(
          CheckKeys(TypeOfField(type, m.key), m.value, path + "." + std::string(m.key)));
    }
  } else if (IsGranularList(type, value)) {
    std::set<std::string> seen;
    size_t index = 0;
    for (JsonRef e : value.elements()) {
      const std::string element = ListElement(*type, e);
      if (element.empty()) {
        return MakeError(ErrorCode::kInvalid,
                         path + ": element " + std::to_string(index) +
                             ": associative list with keys has an element that omits key field \"" +
                             type->list_keys[0] + "\" (and doesn't have default value)");
      }
      if (!seen.insert(element).second) {
        return MakeError(ErrorCode::kInvalid,
                         path + ": duplicate entries for key " + element.substr(2));
      }
      RETURN_IF_ERROR(CheckKeys(type->items, e, path + "[" + std::to_string(index++) + "]"));
    }
  }
  return {};
}

void Merge(const SchemaType* type, JsonRef live, JsonRef applied, JsonNode out);

// The order of `applied` where it says one, else that of `live`.
void MergeList(const SchemaType& type, JsonRef live, JsonRef applied, JsonNode out) {
  const auto left = ItemsOf(type, live), right = ItemsOf(type, applied);
  std::set<std::string> written;
  const auto write = [&](const ListItem& item) {
    if (!written.insert(item.element).second) return;
    Merge(type.items, FindItem(left, item.element), FindItem(right, item.element),
          out.Append(nullptr));
  };
  out.Set(JsonArray{});
  size_t r = 0;
  for (const ListItem& item : left) {
    if (!FindItem(right, item.element).exists()) {
      write(item);
      continue;
    }
    if (written.contains(item.element)) continue;
    while (r < right.size() && right[r].element != item.element) write(right[r++]);
    write(item);
  }
  for (; r < right.size(); ++r) write(right[r]);
}

void Merge(const SchemaType* type, JsonRef live, JsonRef applied, JsonNode out) {
  if (!Present(applied)) return out.Set(live);
  if (!Present(live)) return out.Set(applied);
  if (IsGranularMap(type, applied) && live.is_object()) {
    out.Set(JsonObject{});
    for (const auto& m : live.members()) {
      Merge(TypeOfField(type, m.key), m.value, applied[m.key], out[m.key]);
    }
    for (const auto& m : applied.members()) {
      if (!live[m.key].exists()) out[m.key].Set(m.value);
    }
  } else if (IsGranularList(type, applied) && live.is_array()) {
    MergeList(*type, live, applied, out);
  } else {
    out.Set(applied);
  }
}

// False: nothing is left.
bool Remove(const SchemaType* type, JsonRef value, const FieldSet& gone, JsonNode out) {
  bool left = false;
  if (IsGranularMap(type, value)) {
    out.Set(JsonObject{});
    for (const auto& m : value.members()) {
      const FieldSet* part = gone.Find(FieldElement(m.key));
      if (part && part->member) continue;
      left = true;
      if (!part) {
        out[m.key].Set(m.value);
      } else if (!Remove(TypeOfField(type, m.key), m.value, *part, out[m.key])) {
        out.Remove(m.key);
      }
    }
  } else if (IsGranularList(type, value)) {
    out.Set(JsonArray{});
    size_t size = 0;
    for (const ListItem& item : ItemsOf(*type, value)) {
      const FieldSet* part = gone.Find(item.element);
      if (part && part->member) continue;
      left = true;
      const JsonNode place = out.Append(nullptr);
      if (!part) {
        place.Set(item.value);
      } else if (!Remove(type->items, item.value, *part, place)) {
        place.Set(JsonObject{});
      }
      ++size;
    }
  } else {
    out.Set(value);
    left = true;
  }
  return left;
}

}  // namespace

FieldComparison CompareFields(const SchemaType* type, JsonRef before, JsonRef after) {
  FieldComparison result;
  Comparer().Walk(type, before, after, result);
  result.added.member = result.modified.member = result.removed.member = false;
  return result;
}

FieldSet FieldsOf(const SchemaType* type, JsonRef object) {
  FieldSet set;
  Collect(type, object, set);
  set.member = false;
  return set;
}

Result<void> CheckListKeys(const SchemaType* type, JsonRef object) {
  return CheckKeys(type, object, "");
}

Json MergeFields(const SchemaType* type, JsonRef live, JsonRef applied) {
  MutableJson result;
  Merge(type, live, applied, result.root());
  return std::move(result).Freeze();
}

Json RemoveFields(const SchemaType* type, JsonRef object, const FieldSet& gone) {
  MutableJson result;
  if (!Remove(type, object, gone, result.root())) result.root().Set(JsonObject{});
  return std::move(result).Freeze();
}

}  // namespace stowage::sim
