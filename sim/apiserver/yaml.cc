#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "sim/apiserver/rest.h"

namespace stowage::sim {
namespace {

constexpr int kMaxDepth = 100;
// Aliases let a short text stand for any number of values.
constexpr int kMaxValues = 200'000;

void SetScalar(kube::JsonNode at, const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return at.Set(text);  // quoted
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return at.Set(nullptr);
  }
  if (text == "true" || text == "True" || text == "TRUE") return at.Set(true);
  if (text == "false" || text == "False" || text == "FALSE") return at.Set(false);
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  if (auto [p, e] = std::from_chars(text.data(), end, integer); e == std::errc() && p == end) {
    return at.Set(integer);
  }
  const bool number = text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
                      text.find_first_of("0123456789") != std::string::npos;
  double real = 0;
  if (number) {
    if (auto [p, e] = std::from_chars(text.data(), end, real);
        e == std::errc() && p == end && std::isfinite(real)) {
      return at.Set(real);
    }
  }
  at.Set(text);
}

bool Convert(kube::JsonNode at, const YAML::Node& node, int depth, int& values) {
  if (depth > kMaxDepth || ++values > kMaxValues) return false;
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      SetScalar(at, node);
      return true;
    case YAML::NodeType::Sequence:
      at.Set(kube::JsonArray{});
      for (const auto& element : node) {
        if (!Convert(at.Append(nullptr), element, depth + 1, values)) return false;
      }
      return true;
    case YAML::NodeType::Map:
      at.Set(kube::JsonObject{});
      for (const auto& member : node) {
        if (!member.first.IsScalar()) return false;
        if (!Convert(at[member.first.Scalar()], member.second, depth + 1, values)) return false;
      }
      return true;
    default:
      at.Set(nullptr);
      return true;
  }
}

}  // namespace

Result<kube::Json> ParseYaml(const std::string& text) {
  // yaml-cpp reports by exceptions; they stop here.
  try {
    const YAML::Node node = YAML::Load(text);
    kube::MutableJson json;
    int values = 0;
    if (!Convert(json.root(), node, 0, values)) {
      return MakeError(ErrorCode::kInvalid,
                       "YAML that JSON cannot say: keys must be scalars, at most " +
                           std::to_string(kMaxDepth) + " levels and " + std::to_string(kMaxValues) +
                           " values");
    }
    return std::move(json).Freeze();
  } catch (const YAML::Exception& e) {
    return MakeError(ErrorCode::kInvalid, std::string("error parsing YAML: ") + e.what());
  }
}

}  // namespace stowage::sim
