// JSON, immutable and shared (Json), borrowed (JsonRef), and being built (MutableJson).
//
// The library behind it (RapidJSON) is hidden in json.cc. Reading never fails: a member that is not
// there reads as `missing`, and a value of another kind as the fallback. Integers stay integers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result/result.h"

namespace stowage::kube {

class Json;

// A borrowed value: valid as long as the Json (or MutableJson, unchanged) it came from lives.
class JsonRef {
 public:
  JsonRef() = default;  // missing

  bool exists() const { return value_ != nullptr; }
  bool is_null() const;
  bool is_bool() const;
  bool is_int() const;     // fits int64
  bool is_number() const;  // any number
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;
  // "missing", "null", "boolean", "integer", "number", "string", "array", "object": for messages.
  std::string_view kind_name() const;

  JsonRef operator[](std::string_view key) const;  // missing unless an object with that key
  JsonRef operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  JsonRef At(size_t index) const;  // missing unless an array that long
  JsonRef Find(std::initializer_list<std::string_view> path) const;

  std::string_view str(std::string_view fallback = {}) const;
  std::string string(std::string_view fallback = {}) const { return std::string(str(fallback)); }
  int64_t i64(int64_t fallback = 0) const;  // a number with a fraction is cut towards zero
  double f64(double fallback = 0) const;
  bool boolean(bool fallback = false) const;

  size_t size() const;  // elements of an array, members of an object, else 0
  bool empty() const { return size() == 0; }

  struct Member;
  class ElementIterator;
  class MemberIterator;
  template <class It>
  struct Range {
    It first, last;
    It begin() const { return first; }
    It end() const { return last; }
  };
  Range<ElementIterator> elements() const;  // empty unless an array
  Range<MemberIterator> members() const;    // in document order; empty unless an object

  std::string Dump() const;        // compact; "" if missing
  std::string DumpPretty() const;  // indented by 4

  // Deep; objects regardless of member order, 1 == 1.0.
  friend bool operator==(JsonRef a, JsonRef b);

  // A hash that agrees with ==.
  uint64_t Hash() const;

 private:
  friend class Json;
  friend class MutableJson;
  friend class JsonNode;
  explicit JsonRef(const void* value) : value_(value) {}
  const void* value_ = nullptr;
};

struct JsonRef::Member {
  std::string_view key;
  JsonRef value;
};

class JsonRef::ElementIterator {
 public:
  JsonRef operator*() const { return JsonRef(at_); }
  ElementIterator& operator++();
  bool operator==(const ElementIterator&) const = default;

 private:
  friend class JsonRef;
  explicit ElementIterator(const void* at) : at_(at) {}
  const void* at_;
};

class JsonRef::MemberIterator {
 public:
  Member operator*() const;
  MemberIterator& operator++();
  bool operator==(const MemberIterator&) const = default;

 private:
  friend class JsonRef;
  explicit MemberIterator(const void* at) : at_(at) {}
  const void* at_;
};

// An immutable document, or a part of one; copying shares it. Safe to read from several threads.
class Json : public JsonRef {
 public:
  Json() = default;  // missing

  // kInvalid with line and column and what was expected. At most 1,000 levels; NaN and Infinity
  // are refused; of duplicate keys the last wins, as in Kubernetes.
  static Result<Json> Parse(std::string_view text);

  // A deep copy in a document of its own, as small as it can be.
  static Json Copy(JsonRef value);

  // A part of this document, which lives on with it.
  Json Share(JsonRef part) const;

  // Approximate bytes held on the heap by the whole document.
  size_t HeapBytes() const;

 private:
  friend class MutableJson;
  Json(std::shared_ptr<const void> owner, const void* value)
      : JsonRef(value), owner_(std::move(owner)) {}
  std::shared_ptr<const void> owner_;
};

// What can be written: a scalar, or a copy of another value. `JsonObject{}` and `JsonArray{}` are
// the empty ones.
struct JsonObject {};
struct JsonArray {};
class JsonValue {
 public:
  JsonValue(std::nullptr_t) : v_(nullptr) {}
  JsonValue(bool b) : v_(b) {}
  JsonValue(int n) : v_(int64_t{n}) {}
  JsonValue(int64_t n) : v_(n) {}
  JsonValue(uint64_t n) : v_(static_cast<int64_t>(n)) {}
  JsonValue(double d) : v_(d) {}
  JsonValue(const char* s) : v_(std::string_view(s)) {}
  JsonValue(std::string_view s) : v_(s) {}
  JsonValue(const std::string& s) : v_(std::string_view(s)) {}
  JsonValue(JsonRef r) : v_(r) {}
  JsonValue(const Json& r) : v_(JsonRef(r)) {}
  JsonValue(JsonObject o) : v_(o) {}
  JsonValue(JsonArray a) : v_(a) {}

 private:
  friend class JsonNode;
  std::variant<std::nullptr_t, bool, int64_t, double, std::string_view, JsonRef, JsonObject,
               JsonArray>
      v_;
};

// A place inside a MutableJson. It is valid until a sibling or an ancestor is added to or removed
// from; take it anew then.
class JsonNode {
 public:
  JsonRef ref() const { return JsonRef(value_); }

  // The member, made (as null) if it is not there; a value that is no object becomes one.
  JsonNode operator[](std::string_view key) const;
  JsonNode operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  JsonNode At(size_t index) const;         // the element must exist
  JsonNode Append(JsonValue value) const;  // a value that is no array becomes one
  JsonNode Insert(size_t index, JsonValue value) const;
  void Set(JsonValue value) const;
  const JsonNode& operator=(JsonValue value) const {
    Set(value);
    return *this;
  }
  bool Remove(std::string_view key) const;  // keeps the order of the others; false if not there
  bool RemoveAt(size_t index) const;
  bool Has(std::string_view key) const { return ref()[key].exists(); }

 private:
  friend class MutableJson;
  JsonNode(void* value, void* doc) : value_(value), doc_(doc) {}
  void* value_;
  void* doc_;
};

// A document being built. Not shared; one thread.
class MutableJson {
 public:
  MutableJson();                         // {}
  explicit MutableJson(JsonRef source);  // a deep copy
  MutableJson(MutableJson&&) noexcept;
  MutableJson& operator=(MutableJson&&) noexcept;
  ~MutableJson();

  JsonNode root();
  JsonRef ref() const;
  JsonNode operator[](std::string_view key) { return root()[key]; }
  JsonNode operator[](const char* key) { return root()[std::string_view(key)]; }

  // Sets the member at `path`, making the objects on the way.
  void Set(std::initializer_list<std::string_view> path, JsonValue value);
  bool Remove(std::initializer_list<std::string_view> path);

  Json Freeze() &&;  // this object is empty afterwards
  Json Snapshot() const { return Json::Copy(ref()); }

 private:
  struct Doc;
  std::shared_ptr<Doc> doc_;
};

// JSON string escaping with the quotes, for the few places that build text directly.
std::string QuoteJson(std::string_view text);

}  // namespace stowage::kube
