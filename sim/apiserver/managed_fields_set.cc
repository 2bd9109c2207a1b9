#include "sim/apiserver/managed_fields_set.h"

namespace stowage::sim {
namespace {

using kube::Json;
using kube::JsonNode;
using kube::JsonObject;
using kube::JsonRef;

// As the API server shows values in paths.
std::string Shown(JsonRef value) { return value.Dump(); }

// "f:image" is ".image", "k:{\"name\":\"web\"}" is "[name=\"web\"]".
std::string ShownElement(std::string_view element) {
  const std::string_view rest = element.substr(std::min<size_t>(2, element.size()));
  if (element.starts_with("f:")) return "." + std::string(rest);
  if (element.starts_with("v:")) return "[=" + std::string(rest) + "]";
  if (element.starts_with("k:")) {
    const auto keys = Json::Parse(rest);
    std::string shown;
    if (keys) {
      for (const auto& m : keys->members()) {
        shown += (shown.empty() ? "" : ",") + std::string(m.key) + "=" + Shown(m.value);
      }
    }
    return "[" + shown + "]";
  }
  return "[" + std::string(rest) + "]";
}

void CollectPaths(const FieldSet& set, const std::string& path, std::vector<std::string>& out) {
  if (set.member) out.push_back(path);
  for (const auto& [element, child] : set.children) {
    CollectPaths(child, path + ShownElement(element), out);
  }
}

}  // namespace

const FieldSet* FieldSet::Find(std::string_view element) const {
  const auto it = children.find(element);
  return it == children.end() ? nullptr : &it->second;
}

void FieldSet::Union(const FieldSet& other) {
  member |= other.member;
  for (const auto& [element, child] : other.children) children[element].Union(child);
}

void FieldSet::Subtract(const FieldSet& other) {
  if (other.member) member = false;
  for (const auto& [element, child] : other.children) {
    const auto it = children.find(element);
    if (it == children.end()) continue;
    it->second.Subtract(child);
    if (it->second.empty()) children.erase(it);
  }
}

FieldSet FieldSet::Intersection(const FieldSet& other) const {
  FieldSet result;
  result.member = member && other.member;
  for (const auto& [element, child] : children) {
    const FieldSet* theirs = other.Find(element);
    if (!theirs) continue;
    FieldSet both = child.Intersection(*theirs);
    if (!both.empty()) result.children.emplace(element, std::move(both));
  }
  return result;
}

std::vector<std::string> FieldSet::Paths() const {
  std::vector<std::string> paths;
  CollectPaths(*this, "", paths);
  return paths;
}

FieldSet FieldSet::FromJson(JsonRef fields) {
  FieldSet set;
  for (const auto& m : fields.members()) {
    if (m.key == ".") {
      set.member = true;
      continue;
    }
    FieldSet child = FromJson(m.value);
    if (m.value.empty()) child.member = true;
    if (!child.empty()) set.children.emplace(std::string(m.key), std::move(child));
  }
  return set;
}

void FieldSet::ToJson(JsonNode out) const {
  out.Set(JsonObject{});
  if (member && !children.empty()) out["."].Set(JsonObject{});
  for (const auto& [element, child] : children) child.ToJson(out[element]);
}

}  // namespace stowage::sim
