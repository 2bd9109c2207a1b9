#include "app/solve/document.h"

#include <algorithm>
#include <charconv>

namespace stowage::app {
namespace {

bool IsNull(const Value& value) { return value.kind == Value::Kind::kNull; }

std::string Found(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "nothing";
    case Value::Kind::kScalar:
      return Quoted(value.text);
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kMap:
      return "a map";
  }
  return "";
}

std::string Expected(std::string_view what, std::string_view kind, const Value& value) {
  return std::string(what) + ": expected " + std::string(kind) + ", found " + Found(value);
}

}  // namespace

Result<Value> ParseDocument(Source source) {
  const size_t first = source.text.find_first_not_of(" \t\r\n");
  const bool braces = first != std::string_view::npos && source.text[first] == '{';
  if (!braces && !source.name.ends_with(".json")) return ParseYaml(source);
  auto json = ParseJson(source);
  // YAML in braces, without quotes, is no JSON.
  if (json || source.name.ends_with(".json")) return json;
  return ParseYaml(source);
}

const Value::Key* FindKeyTwice(const Value& map) {
  constexpr size_t kFew = 12;  // so many are compared with each other
  if (map.keys.size() <= kFew) {
    for (size_t i = 1; i < map.keys.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (map.keys[i].text == map.keys[j].text) return &map.keys[i];
      }
    }
    return nullptr;
  }
  std::vector<const Value::Key*> keys;
  for (const Value::Key& key : map.keys) keys.push_back(&key);
  std::stable_sort(keys.begin(), keys.end(), [](auto* a, auto* b) { return a->text < b->text; });
  const auto twice = std::adjacent_find(keys.begin(), keys.end(),
                                        [](auto* a, auto* b) { return a->text == b->text; });
  return twice == keys.end() ? nullptr : *(twice + 1);
}

std::string KeyTwice(const Value& map, const Value::Key& key) {
  const auto first = std::find_if(map.keys.begin(), map.keys.end(),
                                  [&](const Value::Key& k) { return k.text == key.text; });
  return "the key " + Quoted(key.text) + " stands twice in this map; the first is in line " +
         std::to_string(first->at.line) + "; remove one of them";
}

int64_t ReadInt(Complaints& complaints, const Value& value, std::string_view what, int64_t min,
                int64_t max) {
  int64_t n = 0;
  const char* const last = value.text.data() + value.text.size();
  const auto [end, error] = std::from_chars(value.text.data(), last, n);
  if (value.kind == Value::Kind::kScalar && !value.quoted && error == std::errc() && end == last &&
      n >= min && n <= max) {
    return n;
  }
  complaints.Add(
      value.at,
      Expected(what, "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
               value));
  return min;
}

std::string ReadText(Complaints& complaints, const Value& value, std::string_view what) {
  if (value.kind == Value::Kind::kScalar) return value.text;
  complaints.Add(value.at, Expected(what, "a text", value));
  return "";
}

bool ReadFlag(Complaints& complaints, const Value& value, std::string_view what) {
  if (value.kind == Value::Kind::kScalar && !value.quoted) {
    if (value.text == "true") return true;
    if (value.text == "false") return false;
  }
  complaints.Add(value.at, Expected(what, "true or false", value));
  return false;
}

FieldReader::FieldReader(Complaints& complaints, const Value& map, std::string what,
                         std::initializer_list<std::string_view> known)
    : complaints_(complaints), map_(map), what_(std::move(what)) {
  if (map.kind != Value::Kind::kMap && !IsNull(map)) {
    complaints.Add(map.at, Expected(what_, "a map of fields", map));
  }
  for (const Value::Key& key : map.keys) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    std::vector<std::string_view> names(known);
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    complaints.Add(key.at,
                   what_ + ": unknown field " + Quoted(key.text) + "; known fields are " + all);
  }
}

const Value* FindField(const Value& map, std::string_view field) {
  for (size_t i = 0; i < map.keys.size() && i < map.values.size(); ++i) {
    if (map.keys[i].text == field) return IsNull(map.values[i]) ? nullptr : &map.values[i];
  }
  return nullptr;
}

const Value* FieldReader::Require(std::string_view field, std::string_view example) {
  const Value* value = Find(field);
  if (value == nullptr) {
    complaints_.Add(map_.at, what_ + ": expected the field " + std::string(field) +
                                 ", found none; add it, for example " + std::string(field) + ": " +
                                 std::string(example));
  }
  return value;
}

int64_t FieldReader::Int(std::string_view field, int64_t fallback, int64_t min, int64_t max) {
  const Value* value = Find(field);
  return value == nullptr ? fallback : ReadInt(complaints_, *value, NameOf(field), min, max);
}

std::string FieldReader::Text(std::string_view field) {
  const Value* value = Find(field);
  return value == nullptr ? "" : ReadText(complaints_, *value, NameOf(field));
}

std::string FieldReader::RequireText(std::string_view field, std::string_view example) {
  const Value* value = Require(field, example);
  if (value == nullptr) return "";
  std::string text = ReadText(complaints_, *value, NameOf(field));
  if (value->kind == Value::Kind::kScalar && text.empty()) {
    complaints_.Add(value->at, Expected(NameOf(field), "a name", *value));
  }
  return text;
}

bool FieldReader::Flag(std::string_view field) {
  const Value* value = Find(field);
  return value != nullptr && ReadFlag(complaints_, *value, NameOf(field));
}

const std::vector<Value>& FieldReader::List(std::string_view field) {
  static const std::vector<Value> none;
  const Value* value = Find(field);
  if (value == nullptr) return none;
  if (value->kind == Value::Kind::kList) return value->values;
  complaints_.Add(value->at, Expected(NameOf(field), "a list", *value));
  return none;
}

std::string FieldReader::NameOf(std::string_view field) const {
  return what_ + ", " + std::string(field);
}

}  // namespace stowage::app
