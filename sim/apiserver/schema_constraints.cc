// The constraints that a CRD's OpenAPI schema puts on values, in the words of the API server.
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/time/rfc3339.h"
#include "sim/apiserver/schema_custom.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;
using Errors = std::vector<FieldError>;

std::string Join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string Number(JsonRef n) { return n.Dump(); }

struct Place {
  JsonRef node;
  JsonRef value;
  const std::string& path;
  Errors& errors;

  // "Invalid value: 0: spec.replicas in body should be ..."
  void Invalid(std::string_view rule) const {
    errors.push_back(
        {path, "Invalid value: " + value.Dump() + ": " + path + " in body " + std::string(rule),
         "FieldValueInvalid"});
  }
};

// Characters, not bytes.
size_t Length(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Expressions are compiled once for each pattern; nullptr where it is not an expression.
const RE2* Compiled(std::string_view pattern) {
  static thread_local std::map<std::string, std::unique_ptr<RE2>, std::less<>> cache;
  const auto found = cache.find(pattern);
  if (found != cache.end()) return found->second.get();
  constexpr size_t kKept = 1000;
  if (cache.size() >= kKept) cache.clear();
  RE2::Options options;
  options.set_log_errors(false);
  auto expression =
      std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression->ok()) expression.reset();
  return cache.emplace(std::string(pattern), std::move(expression)).first->second.get();
}

bool IsUuid(std::string_view s) {
  static const RE2 expression(
      "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}");
  return RE2::FullMatch(re2::StringPiece(s.data(), s.size()), expression);
}

bool IsIpv4(std::string_view s) {
  static const RE2 expression("((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.|$)){4}");
  return !s.ends_with('.') && RE2::FullMatch(re2::StringPiece(s.data(), s.size()), expression);
}

// Formats that are checked; all others are only notes to the reader.
bool HasFormat(std::string_view format, std::string_view s) {
  if (format == "date-time") return ParseTime(s).has_value();
  if (format == "date")
    return s.size() == 10 && ParseTime(std::string(s) + "T00:00:00Z").has_value();
  if (format == "uuid") return IsUuid(s);
  if (format == "ipv4") return IsIpv4(s);
  if (format == "duration") return ParseDuration(s).has_value();
  if (format == "byte") {
    static const RE2 base64("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?");
    return RE2::FullMatch(re2::StringPiece(s.data(), s.size()), base64);
  }
  if (format == "email") return s.find('@') != std::string_view::npos && s.find(' ') == s.npos;
  if (format == "uri") return s.find(':') != std::string_view::npos && s.find(' ') == s.npos;
  return true;
}

void CheckString(const Place& at) {
  const std::string_view s = at.value.str();
  const size_t length = Length(s);
  const JsonRef shortest = at.node["minLength"], longest = at.node["maxLength"];
  if (shortest.is_number() && length < static_cast<size_t>(std::max<int64_t>(0, shortest.i64()))) {
    at.Invalid("should be at least " + Number(shortest) + " chars long");
  }
  if (longest.is_number() && length > static_cast<size_t>(std::max<int64_t>(0, longest.i64()))) {
    at.errors.push_back({at.path, "Too long: may not be more than " + Number(longest) + " bytes",
                         "FieldValueTooLong"});
  }
  const JsonRef pattern = at.node["pattern"];
  if (pattern.is_string()) {
    const RE2* expression = Compiled(pattern.str());
    if (expression && !RE2::PartialMatch(re2::StringPiece(s.data(), s.size()), *expression)) {
      at.Invalid("should match '" + pattern.string() + "'");
    }
  }
  const std::string_view format = at.node["format"].str();
  if (!format.empty() && !HasFormat(format, s)) {
    at.Invalid("must be of type " + std::string(format) + ": " + at.value.Dump());
  }
}

void CheckNumber(const Place& at) {
  const double n = at.value.f64();
  const JsonRef minimum = at.node["minimum"], maximum = at.node["maximum"];
  if (minimum.is_number()) {
    const bool exclusive = at.node["exclusiveMinimum"].boolean();
    if (exclusive ? n <= minimum.f64() : n < minimum.f64()) {
      at.Invalid(std::string("should be greater than ") + (exclusive ? "" : "or equal to ") +
                 Number(minimum));
    }
  }
  if (maximum.is_number()) {
    const bool exclusive = at.node["exclusiveMaximum"].boolean();
    if (exclusive ? n >= maximum.f64() : n > maximum.f64()) {
      at.Invalid(std::string("should be less than ") + (exclusive ? "" : "or equal to ") +
                 Number(maximum));
    }
  }
  const JsonRef multiple = at.node["multipleOf"];
  if (multiple.f64() > 0 && std::abs(std::remainder(n, multiple.f64())) > 1e-9) {
    at.Invalid("should be a multiple of " + Number(multiple));
  }
  const std::string_view format = at.node["format"].str();
  if (format == "int32" && (n < -2147483648.0 || n > 2147483647.0)) {
    at.Invalid("must be of type int32: " + at.value.Dump());
  }
}

// Elements that must differ: of a set, of uniqueItems, or in the keys of a map list.
void CheckUnique(const Place& at) {
  const std::string_view list_type = at.node["x-kubernetes-list-type"].str();
  const bool unique = at.node["uniqueItems"].boolean();
  if (list_type != "set" && list_type != "map" && !unique) return;
  std::set<std::string> seen;
  size_t i = 0;
  for (JsonRef e : at.value.elements()) {
    std::string key;
    if (list_type == "map") {
      for (JsonRef k : at.node["x-kubernetes-list-map-keys"].elements()) {
        key += e[k.str()].Dump() + "\n";
      }
    } else {
      key = e.Dump();
    }
    if (!seen.insert(key).second) {
      if (unique) return at.Invalid("shouldn't contain duplicates");
      at.errors.push_back({at.path + "[" + std::to_string(i) + "]", "Duplicate value: " + e.Dump(),
                           "FieldValueDuplicate"});
    }
    ++i;
  }
}

void CheckArray(const Place& at) {
  const auto size = static_cast<int64_t>(at.value.size());
  const JsonRef fewest = at.node["minItems"], most = at.node["maxItems"];
  if (fewest.is_number() && size < fewest.i64()) {
    at.Invalid("should have at least " + Number(fewest) + " items");
  }
  if (most.is_number() && size > most.i64()) {
    at.errors.push_back(
        {at.path,
         "Too many: " + std::to_string(size) + ": must have at most " + Number(most) + " items",
         "FieldValueTooMany"});
    return;  // and no word about each of them
  }
  CheckUnique(at);
  size_t i = 0;
  for (JsonRef e : at.value.elements()) {
    CheckOpenApi(at.node["items"], e, at.path + "[" + std::to_string(i++) + "]", at.errors);
  }
}

void CheckObject(const Place& at) {
  const auto size = static_cast<int64_t>(at.value.size());
  const JsonRef fewest = at.node["minProperties"], most = at.node["maxProperties"];
  if (fewest.is_number() && size < fewest.i64()) {
    at.Invalid("should have at least " + Number(fewest) + " properties");
  }
  if (most.is_number() && size > most.i64()) {
    at.errors.push_back(
        {at.path,
         "Too many: " + std::to_string(size) + ": must have at most " + Number(most) + " items",
         "FieldValueTooMany"});
  }
  for (JsonRef name : at.node["required"].elements()) {
    if (!at.value[name.str()].exists()) {
      at.errors.push_back({Join(at.path, name.str()), "Required value", "FieldValueRequired"});
    }
  }
  const JsonRef properties = at.node["properties"], additional = at.node["additionalProperties"];
  for (const auto& m : at.value.members()) {
    const JsonRef property = properties[m.key];
    if (property.exists()) {
      CheckOpenApi(property, m.value, Join(at.path, m.key), at.errors);
    } else if (additional.is_object()) {
      CheckOpenApi(additional, m.value, Join(at.path, m.key), at.errors);
    }
  }
}

size_t CountErrors(JsonRef node, JsonRef value, const std::string& path, Errors* kept = nullptr) {
  Errors errors;
  CheckOpenApi(node, value, path, errors);
  const size_t n = errors.size();
  if (kept) kept->insert(kept->end(), errors.begin(), errors.end());
  return n;
}

void CheckCombinations(const Place& at) {
  const JsonRef one_of = at.node["oneOf"], any_of = at.node["anyOf"], all_of = at.node["allOf"];
  Errors inner;
  if (!one_of.empty()) {
    size_t good = 0;
    for (JsonRef s : one_of.elements()) good += CountErrors(s, at.value, at.path, &inner) == 0;
    if (good != 1) {
      at.Invalid(
          "must validate one and only one schema (oneOf). Found " +
          (good == 0 ? std::string("none valid") : std::to_string(good) + " valid alternatives"));
      if (good == 0) at.errors.insert(at.errors.end(), inner.begin(), inner.end());
    }
  }
  inner.clear();
  if (!any_of.empty()) {
    bool good = false;
    for (JsonRef s : any_of.elements()) good |= CountErrors(s, at.value, at.path, &inner) == 0;
    if (!good) {
      at.Invalid("must validate at least one schema (anyOf)");
      at.errors.insert(at.errors.end(), inner.begin(), inner.end());
    }
  }
  inner.clear();
  for (JsonRef s : all_of.elements()) CountErrors(s, at.value, at.path, &inner);
  if (!inner.empty()) {
    at.Invalid("must validate all the schemas (allOf)");
    at.errors.insert(at.errors.end(), inner.begin(), inner.end());
  }
  const JsonRef negated = at.node["not"];
  if (negated.is_object() && CountErrors(negated, at.value, at.path) == 0) {
    at.Invalid("must not validate the schema (not)");
  }
}

bool IsIntegral(JsonRef value) {
  return value.is_int() || (value.is_number() && std::floor(value.f64()) == value.f64());
}

bool HasType(JsonRef node, JsonRef value) {
  if (node["x-kubernetes-int-or-string"].boolean()) return IsIntegral(value) || value.is_string();
  const std::string_view type = node["type"].str();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return IsIntegral(value);
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  return true;
}

void CheckEnum(const Place& at) {
  const JsonRef allowed = at.node["enum"];
  if (!allowed.is_array()) return;
  std::string list;
  for (JsonRef e : allowed.elements()) {
    if (e == at.value) return;
    list += (list.empty() ? "" : ", ") + e.Dump();
  }
  at.errors.push_back({at.path,
                       "Unsupported value: " + at.value.Dump() + ": supported values: " + list,
                       "FieldValueNotSupported"});
}

}  // namespace

void CheckOpenApi(JsonRef node, JsonRef value, const std::string& path, Errors& errors) {
  if (!node.is_object() || !value.exists()) return;
  if (value.is_null() && node["nullable"].boolean()) return;
  const Place at{node, value, path, errors};
  if (!HasType(node, value)) {
    const std::string type =
        node["type"].exists() ? node["type"].string() : std::string("integer,string");
    const std::string shown = value.is_null() ? "null" : std::string(value.kind_name());
    errors.push_back({path,
                      "Invalid value: \"" + shown + "\": " + path + " in body must be of type " +
                          type + ": \"" + shown + "\"",
                      "FieldValueTypeInvalid"});
    return;
  }
  CheckEnum(at);
  if (value.is_string()) CheckString(at);
  if (value.is_number()) CheckNumber(at);
  if (value.is_array()) CheckArray(at);
  if (value.is_object()) CheckObject(at);
  CheckCombinations(at);
}

}  // namespace stowage::sim
