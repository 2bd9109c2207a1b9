// JSON patch (RFC 6902) and merge patch (RFC 7386). Strategic merge: patch_strategic.cc.
#include "sim/apiserver/patch.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonArray;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;
using kube::JsonValue;
using kube::MutableJson;

// A patch may copy a document into itself again and again: these bounds keep small patches from
// making huge results. The API server of Kubernetes has the first two as well.
constexpr size_t kMaxOperations = 10000;
constexpr size_t kMaxCopiedBytes = 3 << 20;
constexpr size_t kMaxDepth = 1000;

using Pointer = std::vector<std::string>;

// RFC 6901: "/a~1b/0" is {"a/b", "0"}; nullopt if it is not a pointer.
std::optional<Pointer> ParsePointer(std::string_view text) {
  Pointer tokens;
  if (text.empty()) return tokens;
  if (text[0] != '/') return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      tokens.emplace_back();
    } else if (text[i] == '~') {
      if (++i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
      tokens.back() += text[i] == '0' ? '~' : '/';
    } else {
      tokens.back() += text[i];
    }
  }
  return tokens;
}

// "0", "17"; no sign, no leading zeros.
std::optional<size_t> ParseIndex(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return std::nullopt;
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return index;
}

JsonRef Lookup(JsonRef at, const Pointer& path) {
  for (const std::string& token : path) {
    if (at.is_array()) {
      const auto index = ParseIndex(token);
      at = index ? at.At(*index) : JsonRef();
    } else {
      at = at[token];
    }
  }
  return at;
}

size_t Depth(JsonRef value) {
  size_t depth = 0;
  for (JsonRef e : value.elements()) depth = std::max(depth, Depth(e));
  for (const auto& m : value.members()) depth = std::max(depth, Depth(m.value));
  return depth + 1;
}

// One run over the operations of a JSON patch.
class JsonPatcher {
 public:
  explicit JsonPatcher(JsonRef document) : doc_(document) {}

  Result<void> Apply(JsonRef operation);
  Json Take() && { return std::move(doc_).Freeze(); }

 private:
  tl::unexpected<Error> Fail(std::string_view what) const {
    return MakeError(ErrorCode::kInvalid,
                     "json patch: " + op_ + " operation does not apply: " + std::string(what));
  }
  tl::unexpected<Error> Missing(std::string_view path) const {
    return Fail("there is nothing at path \"" + std::string(path) + "\"");
  }
  // The node that contains the last token of `path`, which must exist.
  std::optional<JsonNode> Parent(const Pointer& path);
  Result<void> Add(const Pointer& path, std::string_view text, JsonRef value);
  Result<void> Remove(const Pointer& path, std::string_view text);
  Result<void> Replace(const Pointer& path, std::string_view text, JsonRef value);
  Result<void> CopyOrMove(const Pointer& path, std::string_view text, std::string_view from_text);

  MutableJson doc_;
  std::string op_;
  size_t copied_bytes_ = 0;
};

std::optional<JsonNode> JsonPatcher::Parent(const Pointer& path) {
  JsonNode at = doc_.root();
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (at.ref().is_array()) {
      const auto index = ParseIndex(path[i]);
      if (!index || *index >= at.ref().size()) return std::nullopt;
      at = at.At(*index);
    } else {
      if (!at.Has(path[i])) return std::nullopt;
      at = at[path[i]];
    }
  }
  return at;
}

Result<void> JsonPatcher::Add(const Pointer& path, std::string_view text, JsonRef value) {
  if (path.size() + Depth(value) > kMaxDepth) return Fail("the result would be nested too deeply");
  if (path.empty()) {
    doc_.root().Set(value);
    return {};
  }
  const auto parent = Parent(path);
  if (!parent) return Missing(text);
  const std::string& last = path.back();
  if (parent->ref().is_object()) {
    (*parent)[last].Set(value);
    return {};
  }
  if (!parent->ref().is_array()) return Missing(text);
  const size_t size = parent->ref().size();
  const auto index = last == "-" ? std::optional<size_t>(size) : ParseIndex(last);
  if (!index || *index > size) {
    return Fail("\"" + std::string(text) + "\" is not an index of the list, which has " +
                std::to_string(size) + " elements");
  }
  parent->Insert(*index, value);
  return {};
}

Result<void> JsonPatcher::Remove(const Pointer& path, std::string_view text) {
  if (path.empty()) return Fail("the whole document cannot be removed");
  const auto parent = Parent(path);
  if (!parent) return Missing(text);
  if (parent->ref().is_array()) {
    const auto index = ParseIndex(path.back());
    if (!index || !parent->RemoveAt(*index)) return Missing(text);
    return {};
  }
  if (!parent->Remove(path.back())) return Missing(text);
  return {};
}

Result<void> JsonPatcher::Replace(const Pointer& path, std::string_view text, JsonRef value) {
  if (path.size() + Depth(value) > kMaxDepth) return Fail("the result would be nested too deeply");
  if (!Lookup(doc_.ref(), path).exists()) return Missing(text);
  if (path.empty()) {
    doc_.root().Set(value);
    return {};
  }
  const auto parent = Parent(path);
  if (parent->ref().is_array()) {
    parent->At(*ParseIndex(path.back())).Set(value);
  } else {
    (*parent)[path.back()].Set(value);
  }
  return {};
}

Result<void> JsonPatcher::CopyOrMove(const Pointer& path, std::string_view text,
                                     std::string_view from_text) {
  const auto from = ParsePointer(from_text);
  if (!from) return Fail("\"from\" must be a JSON pointer such as \"/metadata/labels/app\"");
  const bool move = op_ == "move";
  const JsonRef source = Lookup(doc_.ref(), *from);
  if (!source.exists()) return Missing(from_text);
  if (move && path == *from) return {};
  if (move && path.size() > from->size() && std::equal(from->begin(), from->end(), path.begin())) {
    return Fail("a value cannot be moved into itself");
  }
  const Json value = Json::Copy(source);
  copied_bytes_ += value.HeapBytes();
  if (copied_bytes_ > kMaxCopiedBytes) return Fail("the patch copies too much");
  if (move) RETURN_IF_ERROR(Remove(*from, from_text));
  return Add(path, text, value);
}

Result<void> JsonPatcher::Apply(JsonRef operation) {
  op_ = operation["op"].string();
  const JsonRef path_text = operation["path"];
  if (!path_text.is_string()) return Fail("it has no \"path\"");
  const std::string_view text = path_text.str();
  const auto path = ParsePointer(text);
  if (!path) {
    return Fail("\"" + std::string(text) +
                "\" is not a JSON pointer; write for example \"/metadata/labels/app\"");
  }
  const JsonRef value = operation["value"];
  if (op_ == "remove") return Remove(*path, text);
  if (op_ == "move" || op_ == "copy") return CopyOrMove(*path, text, operation["from"].str("?"));
  if (op_ != "add" && op_ != "replace" && op_ != "test") {
    return Fail("\"op\" must be add, remove, replace, move, copy or test");
  }
  if (!value.exists() && op_ != "test") return Fail("it has no \"value\"");
  if (op_ == "add") return Add(*path, text, value);
  if (op_ == "replace") return Replace(*path, text, value);
  const JsonRef found = Lookup(doc_.ref(), *path);
  const bool both_unset =
      (!found.exists() || found.is_null()) && (!value.exists() || value.is_null());
  if (found == value || both_unset) return {};
  return MakeError(ErrorCode::kInvalid,
                   "json patch: testing value " + std::string(text) + " failed");
}

void Merge(JsonNode target, JsonRef patch) {
  if (!patch.is_object()) {
    target.Set(patch);
    return;
  }
  if (!target.ref().is_object()) target.Set(JsonObject{});
  for (const auto& m : patch.members()) {
    if (m.value.is_null()) {
      target.Remove(m.key);
    } else {
      Merge(target[m.key], m.value);
    }
  }
}

}  // namespace

Result<Json> ApplyJsonPatch(JsonRef document, JsonRef patch) {
  if (!patch.is_array()) {
    return MakeError(ErrorCode::kInvalid, "json patch: must be a list of operations, not " +
                                              std::string(patch.kind_name()));
  }
  if (patch.size() > kMaxOperations) {
    return MakeError(ErrorCode::kInvalid, "json patch: the allowed maximum operations is " +
                                              std::to_string(kMaxOperations) + ", got " +
                                              std::to_string(patch.size()));
  }
  JsonPatcher patcher(document);
  for (JsonRef operation : patch.elements()) RETURN_IF_ERROR(patcher.Apply(operation));
  return std::move(patcher).Take();
}

Json ApplyMergePatch(JsonRef document, JsonRef patch) {
  MutableJson result(document);
  Merge(result.root(), patch);
  return std::move(result).Freeze();
}

}  // namespace stowage::sim
