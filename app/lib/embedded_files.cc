#include "app/lib/embedded_files.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <set>

namespace stowage::app {
namespace {

constexpr std::string_view kClusterCrd =
#include "clusters_crd.inc"
    ;

std::string At(const YAML::Mark& mark) {
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

// YAML 1.2's core schema, as far as Kubernetes' manifests use it.
void Scalar(const YAML::Node& node, const kube::JsonNode& out) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return out.Set(text);  // quoted
  if (text == "true" || text == "false") return out.Set(text == "true");
  if (text == "null" || text == "~" || text.empty()) return out.Set(nullptr);
  int64_t n = 0;
  const char* last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, n);
  if (error == std::errc() && end == last) return out.Set(n);
  double d = 0;
  auto [end2, error2] = std::from_chars(text.data(), last, d);
  const bool numeric = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (numeric && error2 == std::errc() && end2 == last) return out.Set(d);
  out.Set(text);
}

// Aliases let a short text stand for any number of values.
constexpr int kMaxValues = 200'000;

Result<void> Convert(const YAML::Node& node, const kube::JsonNode& out, int depth, int& values) {
  if (++values > kMaxValues) {
    return MakeError(ErrorCode::kInvalid,
                     At(node.Mark()) + ": more than " + std::to_string(kMaxValues) + " values");
  }
  if (depth > 100) return MakeError(ErrorCode::kInvalid, At(node.Mark()) + ": nested too deep");
  if (node.IsScalar()) {
    Scalar(node, out);
  } else if (node.IsSequence()) {
    out.Set(kube::JsonArray{});
    for (const YAML::Node& child : node)
      RETURN_IF_ERROR(Convert(child, out.Append(nullptr), depth + 1, values));
  } else if (node.IsMap()) {
    out.Set(kube::JsonObject{});
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar())
        return MakeError(ErrorCode::kInvalid, At(entry.first.Mark()) + ": a key must be a word");
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        return MakeError(ErrorCode::kInvalid,
                         At(entry.first.Mark()) + ": the key \"" + key + "\" stands twice");
      }
      RETURN_IF_ERROR(Convert(entry.second, out[key], depth + 1, values));
    }
  } else {
    out.Set(nullptr);
  }
  return {};
}

}  // namespace

Result<kube::Json> YamlToJson(std::string_view yaml) {
  try {
    const YAML::Node node = YAML::Load(std::string(yaml));
    kube::MutableJson out;
    int values = 0;
    RETURN_IF_ERROR(Convert(node, out.root(), 0, values));
    return std::move(out).Freeze();
  } catch (const YAML::Exception& e) {
    return MakeError(ErrorCode::kInvalid, At(e.mark) + ": " + e.msg);
  }
}

Result<kube::Json> ClusterCrd() { return YamlToJson(kClusterCrd); }

}  // namespace stowage::app
