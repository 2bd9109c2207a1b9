#include "sim/apiserver/schema_table.h"

#include <glog/logging.h>

#include <algorithm>

namespace stowage::sim {
namespace {

constexpr std::string_view kCore = "io.k8s.api.core.v1";
constexpr std::string_view kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1";

std::string_view Trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> Split(std::string_view s, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = s.find(by);
    if (!Trim(s.substr(0, end)).empty()) parts.push_back(Trim(s.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    s.remove_prefix(end + 1);
  }
}

struct Primitive {
  std::string_view word;
  SchemaType::Kind kind;
  std::string_view format, name;
};
using K = SchemaType::Kind;
constexpr Primitive kPrimitives[] = {
    {"string", K::kString, "", ""},
    {"bool", K::kBoolean, "", ""},
    {"int32", K::kInteger, "int32", ""},
    {"int64", K::kInteger, "int64", ""},
    {"double", K::kNumber, "double", ""},
    {"bytes", K::kBytes, "byte", ""},
    {"any", K::kAny, "", ""},
    {"time", K::kTime, "date-time", "io.k8s.apimachinery.pkg.apis.meta.v1.Time"},
    {"microtime", K::kTime, "date-time", "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"},
    {"quantity", K::kQuantity, "", "io.k8s.apimachinery.pkg.api.resource.Quantity"},
    {"intstr", K::kIntOrString, "int-or-string", "io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
};

}  // namespace

// Two passes: the first notes every type and its lines, the second makes the fields, so that types
// may refer to ones further down.
class SchemaTableParser {
 public:
  Result<std::unique_ptr<SchemaTable>> Run(const std::vector<std::string_view>& texts);

 private:
  struct Line {
    std::string head, description;
  };
  struct Raw {
    SchemaType* type;
    std::string package, like;
    bool kind = false, done = false;
    std::vector<Line> fields;
  };

  tl::unexpected<Error> Bad(std::string_view what, std::string_view where) const {
    return MakeError(ErrorCode::kInternal,
                     "schema table: " + std::string(what) + ": \"" + std::string(where) + "\"");
  }
  Result<void> Read(std::string_view text);
  Result<void> AddType(std::string_view head, std::string_view description);
  Result<void> Complete(Raw& raw);
  Result<void> AddField(Raw& raw, std::string_view text, std::string_view description);
  Result<const SchemaType*> MakeType(const Raw& raw, std::string_view text,
                                     const std::vector<std::string_view>& options);
  SchemaType* FindNamed(std::string_view package, std::string_view name) const;
  SchemaType* New(SchemaType::Kind kind) {
    table_->owned_.push_back(std::make_unique<SchemaType>());
    table_->owned_.back()->kind = kind;
    return table_->owned_.back().get();
  }
  Result<void> AddKind(const Raw& raw);

  std::unique_ptr<SchemaTable> table_ = std::make_unique<SchemaTable>();
  std::map<std::string_view, const SchemaType*> primitives_;
  std::map<const SchemaType*, Raw*> raw_of_;
  std::vector<std::unique_ptr<Raw>> raw_;
  std::string package_, api_version_;
  std::map<std::string, std::string> api_versions_;  // by package
};

Result<std::unique_ptr<SchemaTable>> SchemaTableParser::Run(
    const std::vector<std::string_view>& texts) {
  for (const Primitive& p : kPrimitives) {
    SchemaType* type = New(p.kind);
    type->format = p.format;
    type->name = p.name;
    primitives_[p.word] = type;
  }
  for (std::string_view text : texts) RETURN_IF_ERROR(Read(text));
  for (auto& raw : raw_) RETURN_IF_ERROR(Complete(*raw));
  for (auto& raw : raw_) {
    if (raw->kind) RETURN_IF_ERROR(AddKind(*raw));
  }
  return std::move(table_);
}

namespace {

// Lines with what goes on below them; the indentation of the first is kept.
std::vector<std::string> LogicalLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (Trim(line).empty()) continue;
    if (line.starts_with("   ") && !lines.empty()) {
      lines.back() += " " + std::string(Trim(line));
    } else {
      lines.emplace_back(line);
    }
  }
  return lines;
}

}  // namespace

Result<void> SchemaTableParser::Read(std::string_view text) {
  for (const std::string& line : LogicalLines(text)) {
    const size_t colon = line.find(": ");
    const std::string head(Trim(std::string_view(line).substr(0, colon)));
    const std::string description = colon == std::string::npos ? "" : line.substr(colon + 2);
    if (line.starts_with("package ")) {
      const auto words = Split(line, ' ');
      if (words.size() != 3) return Bad("a package needs a name and an apiVersion", line);
      package_ = words[1];
      api_version_ = words[2];
      api_versions_[package_] = api_version_;
    } else if (line[0] != ' ') {
      RETURN_IF_ERROR(AddType(head, description));
    } else if (raw_.empty()) {
      return Bad("a field before any type", line);
    } else {
      raw_.back()->fields.push_back({head, description});
    }
  }
  return {};
}

Result<void> SchemaTableParser::AddType(std::string_view head, std::string_view description) {
  const auto words = Split(head, ' ');
  auto raw = std::make_unique<Raw>();
  raw->type = New(SchemaType::Kind::kObject);
  raw->package = package_;
  raw->type->name = package_ + "." + std::string(words[0]);
  raw->type->description = description;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "kind") {
      raw->kind = true;
    } else if (words[i] == "atomic") {
      raw->type->map_atomic = true;
    } else if (words[i].starts_with("like=")) {
      raw->like = words[i].substr(5);
    } else {
      return Bad("a type cannot be", words[i]);
    }
  }
  if (!table_->types_.emplace(raw->type->name, raw->type).second) return Bad("twice", head);
  raw_of_[raw->type] = raw.get();
  raw_.push_back(std::move(raw));
  return {};
}

SchemaType* SchemaTableParser::FindNamed(std::string_view package, std::string_view name) const {
  const std::string n(name);
  const std::string parent(package.substr(0, package.find('.', 8)));  // "io.k8s.api"
  for (const std::string& full : {std::string(package) + "." + n, std::string(kCore) + "." + n,
                                  std::string(kMeta) + "." + n, parent + "." + n}) {
    const auto it = table_->types_.find(full);
    if (it != table_->types_.end()) return it->second;
  }
  return nullptr;
}

Result<void> SchemaTableParser::Complete(Raw& raw) {
  if (raw.done) return {};
  raw.done = true;
  SchemaType& type = *raw.type;
  if (!raw.like.empty()) {
    SchemaType* like = FindNamed(raw.package, raw.like);
    if (!like) return Bad("no type of that name", raw.like);
    RETURN_IF_ERROR(Complete(*raw_of_[like]));
    type.fields = like->fields;
    if (type.description.empty()) type.description = like->description;
  }
  for (const Line& line : raw.fields) {
    for (std::string_view one : Split(line.head, ';')) {
      RETURN_IF_ERROR(AddField(raw, one, line.description));
    }
  }
  if (raw.kind) {
    static constexpr std::pair<std::string_view, std::string_view> kRoot[] = {
        {"apiVersion string", "Group and version of the kind."},
        {"kind string", "Kind of the object."},
        {"metadata ObjectMeta", "Name, labels and what else all objects have."}};
    for (const auto& [field, description] : kRoot) {
      if (!type.Find(field.substr(0, field.find(' ')))) {
        RETURN_IF_ERROR(AddField(raw, field, description));
      }
    }
  }
  return {};
}

Result<void> SchemaTableParser::AddField(Raw& raw, std::string_view text,
                                         std::string_view description) {
  auto words = Split(text, ' ');
  if (words.size() < 2) return Bad("a field needs a type", text);
  SchemaType::Field field;
  field.required = words[0].ends_with('!');
  field.name = words[0].substr(0, words[0].size() - (field.required ? 1 : 0));
  field.description = description;
  const std::string_view type_text = words[1];
  words.erase(words.begin(), words.begin() + 2);
  ASSIGN_OR_RETURN(field.type, MakeType(raw, type_text, words));
  auto& fields = raw.type->fields;
  const auto at =
      std::lower_bound(fields.begin(), fields.end(), field.name,
                       [](const SchemaType::Field& f, const std::string& n) { return f.name < n; });
  if (at != fields.end() && at->name == field.name) return Bad("a field is there twice", text);
  fields.insert(at, std::move(field));
  return {};
}

Result<const SchemaType*> SchemaTableParser::MakeType(
    const Raw& raw, std::string_view text, const std::vector<std::string_view>& options) {
  const bool list = text.starts_with("[]"), map = text.starts_with("{}");
  if (!list && !map) {
    const auto primitive = primitives_.find(text);
    if (primitive != primitives_.end()) return primitive->second;
    SchemaType* named = FindNamed(raw.package, text);
    if (!named) return Bad("no type of that name", text);
    if (options.empty()) return named;
    // The same type used in another way: a copy, once the fields are there.
    RETURN_IF_ERROR(Complete(*raw_of_[named]));
    SchemaType* copy = New(SchemaType::Kind::kObject);
    *copy = *named;
    for (std::string_view o : options) {
      if (o == "retainKeys") copy->patch_retain_keys = true;
      if (o == "replace") copy->patch_replace = true;
      if (o == "atomic") copy->map_atomic = true;
    }
    return copy;
  }
  SchemaType* type = New(list ? SchemaType::Kind::kList : SchemaType::Kind::kMap);
  ASSIGN_OR_RETURN(type->items, MakeType(raw, text.substr(2), {}));
  bool atomic = false;
  for (std::string_view o : options) {
    if (o.starts_with("merge=")) {
      type->patch_merge_key = o.substr(6);
    } else if (o.starts_with("map=")) {
      for (std::string_view key : Split(o.substr(4), ',')) type->list_keys.emplace_back(key);
    } else if (o == "set") {
      type->list_type = SchemaType::ListType::kSet;
    } else if (o == "replace") {
      type->patch_replace = true;
    } else if (o == "retainKeys") {
      type->patch_retain_keys = true;
    } else if (o == "atomic") {
      atomic = true;
    } else {
      return Bad("a field cannot be", o);
    }
  }
  if (type->list_keys.empty() && !type->patch_merge_key.empty() && !atomic) {
    type->list_keys = {type->patch_merge_key};
  }
  if (!type->list_keys.empty()) type->list_type = SchemaType::ListType::kMap;
  type->map_atomic = map && atomic;
  return type;
}

// The kind and its list.
Result<void> SchemaTableParser::AddKind(const Raw& raw) {
  const std::string api_version = api_versions_[raw.package];
  const std::string kind = raw.type->name.substr(raw.package.size() + 1);
  table_->kinds_[api_version + "/" + kind] = raw.type;
  const SchemaType* list_meta = FindNamed(kMeta, "ListMeta");
  const auto* metadata = raw.type->Find("metadata");
  if (!list_meta || metadata->type == list_meta) return {};
  SchemaType* list = New(SchemaType::Kind::kObject);
  list->name = raw.type->name + "List";
  list->description = "A list of objects of kind " + kind + ".";
  SchemaType* items = New(SchemaType::Kind::kList);
  items->items = raw.type;
  const auto string = primitives_["string"];
  list->fields = {
      {"apiVersion", string, false, "Group and version of the kind."},
      {"items", items, true, "The objects."},
      {"kind", string, false, "Kind of the list."},
      {"metadata", list_meta, false, "Version of the list, and how to go on reading it."}};
  table_->types_[list->name] = list;
  table_->kinds_[api_version + "/" + kind + "List"] = list;
  return {};
}

Result<std::unique_ptr<SchemaTable>> SchemaTable::Parse(
    const std::vector<std::string_view>& texts) {
  return SchemaTableParser().Run(texts);
}

const SchemaTable& SchemaTable::BuiltIn() {
  static const SchemaTable* table = [] {
    auto parsed =
        Parse({SchemaTableMeta(), SchemaTableCore(), SchemaTableCorePod(), SchemaTableCoreVolume(),
               SchemaTableApps(), SchemaTableNetwork(), SchemaTableCluster(), SchemaTableExtend()});
    CHECK(parsed) << parsed.error().ToString();  // our own text, not outside data
    return parsed->release();
  }();
  return *table;
}

const SchemaType* SchemaTable::FindKind(std::string_view api_version, std::string_view kind) const {
  const auto it = kinds_.find(std::string(api_version) + "/" + std::string(kind));
  return it == kinds_.end() ? nullptr : it->second;
}

const SchemaType* SchemaTable::FindType(std::string_view name) const {
  const auto it = types_.find(name);
  return it == types_.end() ? nullptr : it->second;
}

}  // namespace stowage::sim
