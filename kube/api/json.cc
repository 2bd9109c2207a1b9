// lint: long-file: the one file that sees RapidJSON; its types cannot be shared without its
// headers.
#include "kube/api/json.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <unordered_set>

#include "base/random/rng.h"
#include "kube/api/utf8.h"

namespace stowage::kube {
namespace {

using Allocator = rapidjson::MemoryPoolAllocator<rapidjson::CrtAllocator>;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Allocator>;
using Value = Document::ValueType;

constexpr int kMaxDepth = 1000;  // what is deeper could exhaust the stack of who walks it

const Value* V(const void* p) { return static_cast<const Value*>(p); }
Value* M(void* p) { return static_cast<Value*>(p); }

std::string_view Str(const Value& v) { return {v.GetString(), v.GetStringLength()}; }

// A document and the pool that its values live in.
struct Pool {
  explicit Pool(size_t chunk) : allocator(chunk) {}
  Allocator allocator;
  Value root;
};

// Bytes that a deep copy of `v` takes from its pool, for a pool without slack.
size_t PoolBytes(const Value& v) {
  constexpr size_t kInlineString = sizeof(Value) - 3;
  const auto align = [](size_t n) { return (n + 7) & ~size_t{7}; };
  switch (v.GetType()) {
    case rapidjson::kStringType:
      return v.GetStringLength() > kInlineString ? align(v.GetStringLength() + 1 + sizeof(unsigned))
                                                 : 0;
    case rapidjson::kArrayType: {
      size_t n = align(v.Size() * sizeof(Value));
      for (const Value& e : v.GetArray()) n += PoolBytes(e);
      return n;
    }
    case rapidjson::kObjectType: {
      size_t n = align(v.MemberCount() * sizeof(Value::Member));
      for (const auto& m : v.GetObject()) n += PoolBytes(m.name) + PoolBytes(m.value);
      return n;
    }
    default:
      return 0;
  }
}

// Length and three letters of a key: keys of different tags differ, and tags compare fast.
uint32_t KeyTag(const Value& name) {
  const unsigned n = name.GetStringLength();
  if (n == 0) return 0;
  const char* s = name.GetString();
  const auto byte = [&](unsigned at) { return uint32_t{static_cast<unsigned char>(s[at])}; };
  return (n & 0xFF) | byte(0) << 8 | byte(n / 2) << 16 | byte(n - 1) << 24;
}

bool HasDuplicateKeys(const Value& object) {
  constexpr size_t kFew = 32;
  const size_t n = object.MemberCount();
  const Value::Member* members = n > 0 ? &*object.MemberBegin() : nullptr;
  if (n <= kFew) {
    uint32_t tags[kFew];
    for (size_t i = 0; i < n; ++i) {
      tags[i] = KeyTag(members[i].name);
      for (size_t j = 0; j < i; ++j) {
        if (tags[i] == tags[j] && Str(members[i].name) == Str(members[j].name)) return true;
      }
    }
    return false;
  }
  std::unordered_set<std::string_view> seen;
  seen.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    if (!seen.insert(Str(members[i].name)).second) return true;
  }
  return false;
}

// Of members with one key the last stays, at its own place. Documents without duplicates (all but
// broken ones) are only read.
void DropDuplicateKeys(Value& v) {
  if (v.IsArray()) {
    for (Value& e : v.GetArray()) DropDuplicateKeys(e);
    return;
  }
  if (!v.IsObject()) return;
  if (HasDuplicateKeys(v)) {
    std::unordered_set<std::string> later;
    for (size_t i = v.MemberCount(); i-- > 0;) {
      const auto it = v.MemberBegin() + static_cast<ptrdiff_t>(i);
      if (!later.insert(std::string(Str(it->name))).second) v.EraseMember(it);
    }
  }
  for (auto& m : v.GetObject()) {
    if (m.value.IsObject() || m.value.IsArray()) DropDuplicateKeys(m.value);
  }
}

// Hands on to a document what a reader finds, and ends the reading where it nests too deep, so that
// the (recursive, faster) reader and whoever walks the document have stack enough.
class DepthLimit {
 public:
  explicit DepthLimit(Document& to) : to_(to) {}
  bool too_deep() const { return depth_ > kMaxDepth; }
  bool too_big() const { return too_big_; }

  bool Null() { return to_.Null(); }
  bool Bool(bool b) { return to_.Bool(b); }
  bool Int(int n) { return to_.Int(n); }
  bool Uint(unsigned n) { return to_.Uint(n); }
  bool Int64(int64_t n) { return to_.Int64(n); }
  bool Uint64(uint64_t n) { return to_.Uint64(n); }
  bool Double(double d) { return to_.Double(d); }
  // The reader's own conversion takes 0e40 for some large number. `s` ends in a zero byte.
  bool RawNumber(const char* s, unsigned n, bool) {
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    const auto whole = [end = s + n](std::from_chars_result r) {
      return r.ptr == end && r.ec == std::errc();
    };
    if (whole(std::from_chars(s, s + n, i))) return to_.Int64(i);
    if (whole(std::from_chars(s, s + n, u))) return to_.Uint64(u);
    if (!whole(std::from_chars(s, s + n, d))) d = std::strtod(s, nullptr);  // 0 or infinity
    too_big_ = !std::isfinite(d);
    return !too_big_ && to_.Double(d);
  }
  bool String(const char* s, unsigned n, bool copy) {
    if (IsUtf8({s, n})) return to_.String(s, n, copy);
    const std::string whole = ReplaceInvalidUtf8({s, n});  // "\ude00": half of a pair
    return to_.String(whole.data(), static_cast<unsigned>(whole.size()), true);
  }
  bool Key(const char* s, unsigned n, bool copy) { return String(s, n, copy); }
  bool StartObject() { return Deeper() && to_.StartObject(); }
  bool StartArray() { return Deeper() && to_.StartArray(); }
  bool EndObject(unsigned n) {
    --depth_;
    return to_.EndObject(n);
  }
  bool EndArray(unsigned n) {
    --depth_;
    return to_.EndArray(n);
  }

 private:
  bool Deeper() { return ++depth_ <= kMaxDepth; }
  Document& to_;
  int depth_ = 0;
  bool too_big_ = false;
};

bool Equal(const Value& a, const Value& b) {
  if (a.IsNumber() && b.IsNumber()) {
    if (a.IsInt64() && b.IsInt64()) return a.GetInt64() == b.GetInt64();
    if (a.IsUint64() && b.IsUint64()) return a.GetUint64() == b.GetUint64();
    return a.GetDouble() == b.GetDouble();
  }
  if (a.GetType() != b.GetType()) return false;
  if (a.IsString()) return Str(a) == Str(b);
  if (a.IsArray()) {
    if (a.Size() != b.Size()) return false;
    for (unsigned i = 0; i < a.Size(); ++i) {
      if (!Equal(a[i], b[i])) return false;
    }
    return true;
  }
  if (a.IsObject()) {
    if (a.MemberCount() != b.MemberCount()) return false;
    auto same_place = b.MemberBegin();
    for (const auto& m : a.GetObject()) {
      auto it = same_place->name == m.name ? same_place : b.FindMember(m.name);
      if (it == b.MemberEnd() || !Equal(m.value, it->value)) return false;
      ++same_place;
    }
  }
  return true;
}

uint64_t HashOf(const Value& v) {
  if (v.IsString()) return HashCombine(3, StableHash(Str(v)));
  if (v.IsBool()) return v.GetBool() ? 5 : 7;
  if (v.IsInt64()) return HashCombine(11, static_cast<uint64_t>(v.GetInt64()));
  if (v.IsNumber()) {
    const double d = v.GetDouble();
    if (d == std::floor(d) && std::abs(d) < 9e18) {
      return HashCombine(11, static_cast<uint64_t>(static_cast<int64_t>(d)));
    }
    return HashCombine(13, StableHash({reinterpret_cast<const char*>(&d), sizeof d}));
  }
  if (v.IsArray()) {
    uint64_t h = 17;
    for (const Value& e : v.GetArray()) h = HashCombine(h, HashOf(e));
    return h;
  }
  if (v.IsObject()) {
    uint64_t h = 19;  // a sum, since the order of members does not count
    for (const auto& m : v.GetObject()) h += HashCombine(StableHash(Str(m.name)), HashOf(m.value));
    return h;
  }
  return 23;
}

// "line 3, column 14"
std::string Position(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t last = before.rfind('\n');
  const size_t column = 1 + before.size() - (last == std::string_view::npos ? 0 : last + 1);
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

bool JsonRef::is_null() const { return value_ && V(value_)->IsNull(); }
bool JsonRef::is_bool() const { return value_ && V(value_)->IsBool(); }
bool JsonRef::is_int() const { return value_ && V(value_)->IsInt64(); }
bool JsonRef::is_number() const { return value_ && V(value_)->IsNumber(); }
bool JsonRef::is_string() const { return value_ && V(value_)->IsString(); }
bool JsonRef::is_array() const { return value_ && V(value_)->IsArray(); }
bool JsonRef::is_object() const { return value_ && V(value_)->IsObject(); }

std::string_view JsonRef::kind_name() const {
  if (!exists()) return "missing";
  if (is_null()) return "null";
  if (is_bool()) return "boolean";
  if (is_int()) return "integer";
  if (is_number()) return "number";
  if (is_string()) return "string";
  return is_array() ? "array" : "object";
}

JsonRef JsonRef::operator[](std::string_view key) const {
  if (!is_object()) return {};
  for (const auto& m : V(value_)->GetObject()) {
    if (Str(m.name) == key) return JsonRef(&m.value);
  }
  return {};
}

JsonRef JsonRef::At(size_t index) const {
  if (!is_array() || index >= V(value_)->Size()) return {};
  return JsonRef(&(*V(value_))[static_cast<unsigned>(index)]);
}

JsonRef JsonRef::Find(std::initializer_list<std::string_view> path) const {
  JsonRef at = *this;
  for (std::string_view key : path) at = at[key];
  return at;
}

std::string_view JsonRef::str(std::string_view fallback) const {
  return is_string() ? Str(*V(value_)) : fallback;
}

int64_t JsonRef::i64(int64_t fallback) const {
  if (is_int()) return V(value_)->GetInt64();
  if (!is_number()) return fallback;
  const double d = V(value_)->GetDouble();
  return d > -9.2e18 && d < 9.2e18 ? static_cast<int64_t>(d) : fallback;
}

double JsonRef::f64(double fallback) const {
  return is_number() ? V(value_)->GetDouble() : fallback;
}

bool JsonRef::boolean(bool fallback) const { return is_bool() ? V(value_)->GetBool() : fallback; }

size_t JsonRef::size() const {
  if (is_array()) return V(value_)->Size();
  return is_object() ? V(value_)->MemberCount() : 0;
}

JsonRef::ElementIterator& JsonRef::ElementIterator::operator++() {
  at_ = V(at_) + 1;
  return *this;
}

JsonRef::Member JsonRef::MemberIterator::operator*() const {
  const auto* m = static_cast<const Value::Member*>(at_);
  return {Str(m->name), JsonRef(&m->value)};
}

JsonRef::MemberIterator& JsonRef::MemberIterator::operator++() {
  at_ = static_cast<const Value::Member*>(at_) + 1;
  return *this;
}

JsonRef::Range<JsonRef::ElementIterator> JsonRef::elements() const {
  if (!is_array() || V(value_)->Empty())
    return {ElementIterator(nullptr), ElementIterator(nullptr)};
  return {ElementIterator(V(value_)->Begin()), ElementIterator(V(value_)->End())};
}

JsonRef::Range<JsonRef::MemberIterator> JsonRef::members() const {
  if (!is_object() || V(value_)->ObjectEmpty()) {
    return {MemberIterator(nullptr), MemberIterator(nullptr)};
  }
  const auto* first = &*V(value_)->MemberBegin();
  return {MemberIterator(first), MemberIterator(first + V(value_)->MemberCount())};
}

std::string JsonRef::Dump() const {
  if (!exists()) return "";
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  V(value_)->Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string JsonRef::DumpPretty() const {
  if (!exists()) return "";
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  V(value_)->Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

bool operator==(JsonRef a, JsonRef b) {
  if (!a.exists() || !b.exists()) return a.exists() == b.exists();
  return Equal(*V(a.value_), *V(b.value_));
}

uint64_t JsonRef::Hash() const { return exists() ? HashOf(*V(value_)) : 0; }

Result<Json> Json::Parse(std::string_view text) {
  constexpr unsigned kFlags =
      rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  auto pool = std::make_shared<Pool>(std::clamp<size_t>(text.size() * 2, 512, 1 << 16));
  Document doc(&pool->allocator);
  rapidjson::Reader reader;
  DepthLimit limit(doc);
  rapidjson::MemoryStream stream(text.data(), text.size());
  const auto read = [&](Document&) { return !reader.Parse<kFlags>(stream, limit).IsError(); };
  doc.Populate(read);
  if (limit.too_deep()) {
    return MakeError(ErrorCode::kInvalid,
                     "JSON nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  if (reader.HasParseError()) {
    return MakeError(
        ErrorCode::kInvalid,
        "not valid JSON at " + Position(text, reader.GetErrorOffset()) + ": " +
            rapidjson::GetParseError_En(limit.too_big() ? rapidjson::kParseErrorNumberTooBig
                                                        : reader.GetParseErrorCode()));
  }
  // A zero byte looks like the end to the reader.
  if (stream.Tell() != text.size()) {
    return MakeError(ErrorCode::kInvalid,
                     "not valid JSON at " + Position(text, stream.Tell()) + ": a zero byte");
  }
  pool->root = std::move(static_cast<Value&>(doc));
  DropDuplicateKeys(pool->root);
  const void* root = &pool->root;
  return Json(std::move(pool), root);
}

Json Json::Copy(JsonRef value) {
  if (!value.exists()) return {};
  auto pool = std::make_shared<Pool>(std::max<size_t>(64, PoolBytes(*V(value.value_))));
  pool->root.CopyFrom(*V(value.value_), pool->allocator);
  const void* root = &pool->root;
  return Json(std::move(pool), root);
}

Json Json::Share(JsonRef part) const { return Json(owner_, part.value_); }

size_t Json::HeapBytes() const {
  if (!owner_) return 0;
  return static_cast<const Pool*>(owner_.get())->allocator.Capacity() + sizeof(Pool);
}

struct MutableJson::Doc : Pool {
  Doc() : Pool(2048) {}
};

namespace {
Allocator& AllocatorOf(void* doc) { return static_cast<Pool*>(doc)->allocator; }
}  // namespace

JsonNode JsonNode::operator[](std::string_view key) const {
  Value& v = *M(value_);
  if (!v.IsObject()) v.SetObject();
  for (auto& m : v.GetObject()) {
    if (Str(m.name) == key) return JsonNode(&m.value, doc_);
  }
  if (!IsUtf8(key)) return (*this)[ReplaceInvalidUtf8(key)];
  Allocator& a = AllocatorOf(doc_);
  Value name(key.empty() ? "" : key.data(), static_cast<unsigned>(key.size()), a);
  v.AddMember(name, Value(), a);
  return JsonNode(&(v.MemberEnd() - 1)->value, doc_);
}

JsonNode JsonNode::At(size_t index) const {
  return JsonNode(&(*M(value_))[static_cast<unsigned>(index)], doc_);
}

// All of it can be read again: bytes that are no UTF-8 become U+FFFD (as in Go), infinity null.
void JsonNode::Set(JsonValue value) const {
  Value& v = *M(value_);
  Allocator& a = AllocatorOf(doc_);
  std::visit(
      [&](auto x) {
        using T = decltype(x);
        if constexpr (std::is_same_v<T, std::nullptr_t>) {
          v.SetNull();
        } else if constexpr (std::is_same_v<T, bool>) {
          v.SetBool(x);
        } else if constexpr (std::is_same_v<T, int64_t>) {
          v.SetInt64(x);
        } else if constexpr (std::is_same_v<T, double>) {
          std::isfinite(x) ? v.SetDouble(x) : v.SetNull();
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          const std::string fixed = IsUtf8(x) ? "" : ReplaceInvalidUtf8(x);
          if (!fixed.empty()) x = fixed;
          v.SetString(x.empty() ? "" : x.data(), static_cast<unsigned>(x.size()), a);
        } else if constexpr (std::is_same_v<T, JsonRef>) {
          Value copy;  // apart, since `x` may be a part of `v`
          if (x.exists()) copy.CopyFrom(*V(x.value_), a);
          v = std::move(copy);
        } else if constexpr (std::is_same_v<T, JsonObject>) {
          v.SetObject();
        } else {
          v.SetArray();
        }
      },
      value.v_);
}

JsonNode JsonNode::Append(JsonValue value) const {
  Value element;
  JsonNode(&element, doc_).Set(std::move(value));  // before `this` is touched: it may be its part
  Value& v = *M(value_);
  if (!v.IsArray()) v.SetArray();
  v.PushBack(element, AllocatorOf(doc_));
  return At(v.Size() - 1);
}

JsonNode JsonNode::Insert(size_t index, JsonValue value) const {
  Append(std::move(value));
  Value& v = *M(value_);
  const unsigned last = v.Size() - 1;
  const unsigned at = static_cast<unsigned>(std::min<size_t>(index, last));
  for (unsigned i = last; i > at; --i) v[i].Swap(v[i - 1]);
  return At(at);
}

bool JsonNode::Remove(std::string_view key) const {
  Value& v = *M(value_);
  if (!v.IsObject()) return false;
  for (auto it = v.MemberBegin(); it != v.MemberEnd(); ++it) {
    if (Str(it->name) == key) {
      v.EraseMember(it);
      return true;
    }
  }
  return false;
}

bool JsonNode::RemoveAt(size_t index) const {
  Value& v = *M(value_);
  if (!v.IsArray() || index >= v.Size()) return false;
  v.Erase(v.Begin() + index);
  return true;
}

MutableJson::MutableJson() : doc_(std::make_shared<Doc>()) { doc_->root.SetObject(); }
MutableJson::MutableJson(JsonRef source) : MutableJson() {
  if (source.exists()) root().Set(source);
}
MutableJson::MutableJson(MutableJson&&) noexcept = default;
MutableJson& MutableJson::operator=(MutableJson&&) noexcept = default;
MutableJson::~MutableJson() = default;

JsonNode MutableJson::root() { return JsonNode(&doc_->root, static_cast<Pool*>(doc_.get())); }
JsonRef MutableJson::ref() const { return JsonRef(&doc_->root); }

void MutableJson::Set(std::initializer_list<std::string_view> path, JsonValue value) {
  JsonNode at = root();
  for (std::string_view key : path) at = at[key];
  at.Set(std::move(value));
}

bool MutableJson::Remove(std::initializer_list<std::string_view> path) {
  JsonNode at = root();
  size_t left = path.size();
  for (std::string_view key : path) {
    if (--left == 0) return at.Remove(key);
    if (!at.Has(key)) return false;
    at = at[key];
  }
  return false;
}

Json MutableJson::Freeze() && {
  const void* root = &doc_->root;
  std::shared_ptr<const void> owner(doc_, static_cast<const Pool*>(doc_.get()));
  doc_ = std::make_shared<Doc>();
  doc_->root.SetObject();
  return Json(std::move(owner), root);
}

std::string QuoteJson(std::string_view text) {
  if (!IsUtf8(text)) return QuoteJson(ReplaceInvalidUtf8(text));
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.empty() ? "" : text.data(), static_cast<unsigned>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace stowage::kube
