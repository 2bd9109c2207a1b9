// Managers and what they own: server-side apply and the tracking of other writes.
#include "sim/apiserver/managed_fields.h"

#include <algorithm>
#include <tuple>

#include "base/time/rfc3339.h"
#include "kube/api/quantity.h"
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

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr size_t kMaxUpdateManagers = 10;

struct Manager {
  std::string name, api_version, subresource, time;
  bool apply = false;
  FieldSet fields;

  // An applier is one whatever version it speaks.
  bool Is(const FieldManagement& who, bool applies) const {
    return name == who.manager && subresource == who.subresource && apply == applies &&
           (applies || api_version == who.api_version);
  }
};
using Managers = std::vector<Manager>;

Managers Decode(JsonRef managed_fields) {
  Managers managers;
  for (JsonRef e : managed_fields.elements()) {
    Manager m;
    m.name = e["manager"].string();
    m.api_version = e["apiVersion"].string();
    m.subresource = e["subresource"].string();
    m.time = e["time"].string();
    m.apply = e["operation"].str() == "Apply";
    m.fields = FieldSet::FromJson(e["fieldsV1"]);
    if (!m.fields.empty()) managers.push_back(std::move(m));
  }
  return managers;
}

void Encode(Managers managers, MutableJson& object) {
  std::erase_if(managers, [](const Manager& m) { return m.fields.empty(); });
  if (managers.empty()) {
    object.Remove({"metadata", "managedFields"});
    return;
  }
  const auto order = [](const Manager& m) {
    return std::tie(m.apply, m.time, m.name, m.api_version, m.subresource);
  };
  std::stable_sort(managers.begin(), managers.end(), [&](const Manager& a, const Manager& b) {
    if (a.apply != b.apply) return a.apply;  // "Apply" before "Update"
    return order(a) < order(b);
  });
  const JsonNode list = object["metadata"]["managedFields"];
  list.Set(JsonArray{});
  for (const Manager& m : managers) {
    const JsonNode e = list.Append(JsonObject{});
    e["manager"] = m.name;
    e["operation"] = m.apply ? "Apply" : "Update";
    e["apiVersion"] = m.api_version;
    if (!m.time.empty()) e["time"] = m.time;
    e["fieldsType"] = "FieldsV1";
    m.fields.ToJson(e["fieldsV1"]);
    if (!m.subresource.empty()) e["subresource"] = m.subresource;
  }
}

// What the system sets, nobody owns.
const FieldSet& NeverOwned() {
  static const FieldSet* set = [] {
    auto* s = new FieldSet;
    for (const char* f : {"f:apiVersion", "f:kind", "f:metadata"}) s->children[f].member = true;
    for (const char* f : {"f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid",
                          "f:generation", "f:managedFields", "f:resourceVersion"}) {
      s->children["f:metadata"].children[f].member = true;
    }
    return s;
  }();
  return *set;
}

Json WithoutManagedFields(JsonRef object) {
  MutableJson copy(object);
  copy.Remove({"metadata", "managedFields"});
  return std::move(copy).Freeze();
}

// Takes what a write touched away from the managers, all but `keep`.
void TakeAway(Managers& managers, const FieldComparison& change, const Manager* keep) {
  for (Manager& m : managers) {
    if (&m == keep) continue;
    m.fields.Subtract(change.modified);
    m.fields.Subtract(change.added);
    m.fields.Subtract(change.removed);
  }
}

Manager& FindOrAdd(Managers& managers, const FieldManagement& who, bool applies) {
  for (Manager& m : managers) {
    if (m.Is(who, applies)) return m;
  }
  managers.push_back({who.manager, who.api_version, who.subresource, "", applies, {}});
  return managers.back();
}

// The oldest updaters become one, so that the list stays short.
void CapUpdateManagers(Managers& managers) {
  const auto updaters = [&] {
    return static_cast<size_t>(
        std::count_if(managers.begin(), managers.end(),
                      [](const Manager& m) { return !m.apply && !m.fields.empty(); }));
  };
  while (updaters() > kMaxUpdateManagers) {
    const auto oldest_of = [&](auto accept) {
      Manager* oldest = nullptr;
      for (Manager& m : managers) {
        if (m.apply || m.fields.empty() || !accept(m)) continue;
        if (!oldest || std::tie(m.time, m.name) < std::tie(oldest->time, oldest->name)) oldest = &m;
      }
      return oldest;
    };
    Manager* first = oldest_of([](const Manager&) { return true; });
    Manager* second = oldest_of([&](const Manager& m) {
      return &m != first && m.api_version == first->api_version &&
             m.subresource == first->subresource;
    });
    if (!second) return;  // one version each: nothing that can be merged
    first->name = "ancient-changes";
    first->time = second->time;
    first->fields.Union(second->fields);
    second->fields = {};
  }
}

void RecordUpdate(Managers& managers, const FieldComparison& change, const FieldManagement& who) {
  Manager& self = FindOrAdd(managers, who, false);
  const FieldSet before = self.fields;
  self.fields.Subtract(change.removed);
  self.fields.Union(change.modified);
  self.fields.Union(change.added);
  self.fields.Subtract(NeverOwned());
  if (!(self.fields == before)) self.time = FormatTime(who.now);
  TakeAway(managers, change, &self);
  CapUpdateManagers(managers);
}

std::string Shown(const Manager& m) {
  std::string text = kube::QuoteJson(m.name);
  if (!m.subresource.empty()) text += " with subresource " + kube::QuoteJson(m.subresource);
  if (!m.apply) text += " using " + m.api_version;
  return text;
}

struct Conflict {
  const Manager* manager;
  FieldSet fields;
};

tl::unexpected<Error> ConflictError(const std::vector<Conflict>& conflicts) {
  size_t count = 0;
  for (const Conflict& c : conflicts) count += c.fields.Paths().size();
  std::string text =
      "Apply failed with " + std::to_string(count) + (count == 1 ? " conflict: " : " conflicts: ");
  if (count == 1) {
    text += "conflict with " + Shown(*conflicts[0].manager) + ": " + conflicts[0].fields.Paths()[0];
  } else {
    bool first = true;
    for (const Conflict& c : conflicts) {
      text += std::string(first ? "" : "\n") + "conflicts with " + Shown(*c.manager) + ":";
      for (const std::string& path : c.fields.Paths()) text += "\n- " + path;
      first = false;
    }
  }
  return MakeError(ErrorCode::kConflict, text);
}

// A configuration as the server would store it: null says nothing, and quantities have one form,
// so that `cpu: 1` and "1000m" are no conflict with "1".
void Normalize(const SchemaType* type, JsonRef value, JsonNode out) {
  using K = SchemaType::Kind;
  if (value.is_object()) {
    out.Set(JsonObject{});
    for (const auto& m : value.members()) {
      if (m.value.is_null()) continue;
      const auto* field = type && type->kind == K::kObject ? type->Find(m.key) : nullptr;
      const SchemaType* map_items = type && type->kind == K::kMap ? type->items : nullptr;
      Normalize(field ? field->type : map_items, m.value, out[m.key]);
    }
  } else if (value.is_array()) {
    out.Set(JsonArray{});
    const SchemaType* items = type && type->kind == K::kList ? type->items : nullptr;
    for (JsonRef e : value.elements()) Normalize(items, e, out.Append(nullptr));
  } else if (type && type->kind == K::kQuantity) {
    const auto quantity = kube::Quantity::Parse(value.is_string() ? value.string() : value.Dump());
    if (quantity) {
      out.Set(quantity->ToString());
    } else {
      out.Set(value);
    }
  } else {
    out.Set(value);
  }
}

// Fields that client-side apply set and nobody has changed since: kubectl may take them over.
FieldSet OwnedByLastApplied(const SchemaType* type, JsonRef live) {
  const JsonRef annotation = live["metadata"]["annotations"][kLastApplied];
  if (!annotation.is_string()) return {};
  const auto last = Json::Parse(annotation.str());
  if (!last) return {};
  MutableJson config;
  Normalize(type, *last, config.root());
  FieldSet fields = FieldsOf(type, config.ref());
  const FieldComparison change = CompareFields(type, config.ref(), live);
  fields.Subtract(change.modified);
  fields.Subtract(change.added);
  fields.Subtract(change.removed);
  return fields;
}

class Applier {
 public:
  Applier(const SchemaType* type, bool force, const FieldManagement& who)
      : type_(type), force_(force), who_(who) {}

  Result<Json> Run(JsonRef live_with_fields, JsonRef config);

 private:
  // Without what a write to this subresource does not change anyway.
  Json Relevant(JsonRef config) const;
  Json Prune(Json merged, const FieldSet& last) const;
  std::vector<Conflict> FindConflicts(const FieldComparison& change, JsonRef live) const;
  void KeepLastApplied(JsonRef live, JsonRef config, MutableJson& result) const;

  const SchemaType* type_;
  bool force_;
  const FieldManagement& who_;
  Managers managers_;
  size_t self_ = 0;
};

Json Applier::Relevant(JsonRef config) const {
  MutableJson copy(config);
  const bool built_in = type_ && !type_->openapi.exists() && !type_->preserve_unknown;
  if (who_.subresource == "status") copy.Remove({"spec"});
  if (who_.subresource.empty() && built_in) copy.Remove({"status"});
  return std::move(copy).Freeze();
}

// Removes what this applier set last time and no longer sets, unless somebody else owns it.
Json Applier::Prune(Json merged, const FieldSet& last) const {
  if (last.empty()) return merged;
  const FieldSet merged_set = FieldsOf(type_, merged);
  Json pruned = RemoveFields(type_, merged, last);
  // Parts that others own come back, even inside of something that was removed.
  FieldSet kept = FieldsOf(type_, pruned);
  for (const Manager& m : managers_) kept.Union(m.fields);
  FieldSet gone = merged_set;
  gone.Subtract(kept);
  pruned = RemoveFields(type_, merged, gone);
  // And so do parts that were never this applier's.
  gone = merged_set;
  gone.Subtract(FieldsOf(type_, pruned));
  return RemoveFields(type_, merged, gone.Intersection(last));
}

std::vector<Conflict> Applier::FindConflicts(const FieldComparison& change, JsonRef live) const {
  std::vector<Conflict> conflicts;
  FieldSet touched = change.modified;
  touched.Union(change.added);
  if (who_.manager == "kubectl") touched.Subtract(OwnedByLastApplied(type_, live));
  for (size_t i = 0; i < managers_.size(); ++i) {
    if (i == self_) continue;
    FieldSet both = managers_[i].fields.Intersection(touched);
    if (!both.empty()) conflicts.push_back({&managers_[i], std::move(both)});
  }
  std::stable_sort(conflicts.begin(), conflicts.end(), [](const Conflict& a, const Conflict& b) {
    return a.manager->name < b.manager->name;
  });
  return conflicts;
}

void Applier::KeepLastApplied(JsonRef live, JsonRef config, MutableJson& result) const {
  if (who_.manager != "kubectl" || !live["metadata"]["annotations"][kLastApplied].exists()) return;
  MutableJson last(config);
  last.Remove({"metadata", "annotations", kLastApplied});
  result.Set({"metadata", "annotations", kLastApplied}, last.ref().Dump() + "\n");
}

Result<Json> Applier::Run(JsonRef live_with_fields, JsonRef applied) {
  const bool create = !live_with_fields.exists();
  const Json config = Relevant(applied);
  RETURN_IF_ERROR(CheckListKeys(type_, config));
  managers_ = Decode(live_with_fields["metadata"]["managedFields"]);
  const Json live =
      create ? std::move(MutableJson()).Freeze() : WithoutManagedFields(live_with_fields);
  if (!create && managers_.empty()) {
    FieldManagement before = who_;
    before.manager = "before-first-apply";
    before.subresource = "";
    RecordUpdate(managers_, CompareFields(type_, {}, live), before);
  }
  self_ = static_cast<size_t>(&FindOrAdd(managers_, who_, true) - managers_.data());
  const FieldSet last = managers_[self_].fields;
  managers_[self_].fields = FieldsOf(type_, config);
  const std::string last_version = managers_[self_].api_version;
  const Json result = Prune(MergeFields(type_, live, config), last);

  const FieldComparison change = CompareFields(type_, live, result);
  if (!force_) {
    const auto conflicts = FindConflicts(change, live);
    if (!conflicts.empty()) return ConflictError(conflicts);
  }
  TakeAway(managers_, change, &managers_[self_]);
  Manager& self = managers_[self_];
  self.fields.Subtract(NeverOwned());
  self.api_version = who_.api_version;
  if (!change.same() || !(self.fields == last) || last_version != who_.api_version) {
    self.time = FormatTime(who_.now);
  }
  MutableJson out(result);
  KeepLastApplied(live, applied, out);
  Encode(std::move(managers_), out);
  return std::move(out).Freeze();
}

// [{}]: the client asks to forget who owns what.
bool IsReset(JsonRef managed_fields) {
  return managed_fields.size() == 1 && managed_fields.At(0).is_object() &&
         managed_fields.At(0).empty();
}

}  // namespace

Result<Json> ServerSideApply(const SchemaType* type, JsonRef live, JsonRef applied, bool force,
                             const FieldManagement& who) {
  if (!applied.is_object()) {
    return MakeError(ErrorCode::kInvalid, "the applied configuration must be an object");
  }
  if (!applied["metadata"]["managedFields"].empty()) {
    return MakeError(ErrorCode::kInvalid, "metadata.managedFields must be nil");
  }
  MutableJson config;
  Normalize(type, applied, config.root());
  config.Remove({"metadata", "managedFields"});
  return Applier(type, force, who).Run(live, config.ref());
}

Json TrackUpdate(const SchemaType* type, JsonRef before, JsonRef after,
                 const FieldManagement& who) {
  const JsonRef sent = after["metadata"]["managedFields"];
  Managers managers;
  if (!IsReset(sent)) {
    managers = Decode(sent);
    if (managers.empty()) managers = Decode(before["metadata"]["managedFields"]);
  }
  MutableJson result(after);
  if (before.exists() && managers.empty()) {
    // Nobody is tracked: an apply starts that again.
    result.Remove({"metadata", "managedFields"});
    return std::move(result).Freeze();
  }
  const Json old = before.exists() ? WithoutManagedFields(before) : Json();
  result.Remove({"metadata", "managedFields"});
  const FieldComparison change = CompareFields(type, old, result.ref());
  if (!change.same()) RecordUpdate(managers, change, who);
  Encode(std::move(managers), result);
  return std::move(result).Freeze();
}

}  // namespace stowage::sim
