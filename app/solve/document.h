// Document: YAML or JSON as a tree in which every value knows where it stands, and FieldReader, a
// strict way to read it: unknown fields, duplicate keys and values of another kind are errors.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/solve/source.h"
#include "base/result/result.h"

namespace stowage::app {

struct Value {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Key {
    std::string text;
    Position at;
  };
  Kind kind = Kind::kNull;
  bool quoted = false;  // of a scalar: never a number, a boolean or null
  std::string text;     // of a scalar
  Position at;
  std::vector<Key> keys;      // of a map, in the order of the file
  std::vector<Value> values;  // elements of a list; values of a map, by place in `keys`
};

// One document of JSON (where it begins with a brace: 50 times as fast) or YAML. kInvalid with the
// place: what the format refuses, a key twice, a second document, anchors and aliases, more than
// 100 levels.
Result<Value> ParseDocument(Source source);

// What ParseDocument() chooses from.
Result<Value> ParseYaml(Source source);
Result<Value> ParseJson(Source source);

inline constexpr size_t kMaxDocumentDepth = 100;

// The second of two equal keys; nullptr: none. And what to say of it.
const Value::Key* FindKeyTwice(const Value& map);
std::string KeyTwice(const Value& map, const Value::Key& key);

// Gathers what is wrong while a document is read. The first complaint counts; reading goes on with
// fallbacks, so that readers need no exit at every field.
class Complaints {
 public:
  explicit Complaints(std::string_view source_name) : source_name_(source_name) {}
  void Add(Position at, std::string_view what) {
    if (!first_) first_ = ErrorAt(source_name_, at, what);
  }
  bool any() const { return first_.has_value(); }
  const Error& first() const { return *first_; }
  std::string_view source_name() const { return source_name_; }

 private:
  std::string_view source_name_;
  std::optional<Error> first_;
};

// The value of a map's field; nullptr: absent, or null.
const Value* FindField(const Value& map, std::string_view field);

// The scalar's text as a whole number in [min, max]; complains and gives `min` otherwise.
int64_t ReadInt(Complaints& complaints, const Value& value, std::string_view what, int64_t min,
                int64_t max);
std::string ReadText(Complaints& complaints, const Value& value, std::string_view what);
bool ReadFlag(Complaints& complaints, const Value& value, std::string_view what);

// The fields of one map.
class FieldReader {
 public:
  // `what` names the map in messages: "class 3". Complains at once of fields that are not `known`.
  FieldReader(Complaints& complaints, const Value& map, std::string what,
              std::initializer_list<std::string_view> known);

  // nullptr: absent, or null.
  const Value* Find(std::string_view field) const { return FindField(map_, field); }
  // Complains where it is absent.
  const Value* Require(std::string_view field, std::string_view example);

  int64_t Int(std::string_view field, int64_t fallback, int64_t min, int64_t max);
  std::string Text(std::string_view field);  // "" if absent
  std::string RequireText(std::string_view field, std::string_view example);
  bool Flag(std::string_view field);  // false if absent
  // The elements of a list; none if absent. Complains of anything but a list.
  const std::vector<Value>& List(std::string_view field);

  Complaints& complaints() const { return complaints_; }
  Position at() const { return map_.at; }
  std::string NameOf(std::string_view field) const;  // "count of class 3"

 private:
  Complaints& complaints_;
  const Value& map_;
  std::string what_;
};

}  // namespace stowage::app
