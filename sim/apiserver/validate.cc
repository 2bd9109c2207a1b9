#include "sim/apiserver/validate.h"

#include "kube/api/selector.h"
#include "sim/apiserver/crd.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

// Names that are only used in a path: RBAC's may hold colons.
bool FreeName(const ResourceInfo& r) { return r.group == "rbac.authorization.k8s.io"; }

bool LabelName(const ResourceInfo& r) {
  return r.storage == "namespaces" || r.storage == "services";
}

void ValidateName(const ResourceInfo& r, std::string_view name, Causes& causes) {
  if (FreeName(r)) {
    if (name.find('/') != std::string_view::npos || name == "." || name == "..") {
      InvalidText(causes, "metadata.name", name, "may not contain '/'");
    }
    return;
  }
  const auto ok = LabelName(r) ? kube::ValidateDnsLabel(name) : kube::ValidateDnsSubdomain(name);
  if (!ok) InvalidText(causes, "metadata.name", name, ok.error().message);
}

void ValidateOwners(JsonRef metadata, Causes& causes) {
  size_t i = 0;
  int controllers = 0;
  for (JsonRef o : metadata["ownerReferences"].elements()) {
    const std::string path = "metadata.ownerReferences[" + std::to_string(i++) + "]";
    for (const char* field : {"apiVersion", "kind", "name", "uid"}) {
      if (o[field].str().empty()) {
        causes.push_back(
            {"FieldValueInvalid", "Invalid value: \"\": must not be empty", path + "." + field});
      }
    }
    controllers += o["controller"].boolean();
  }
  if (controllers > 1) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: Only one reference can have Controller set to true",
                      "metadata.ownerReferences"});
  }
}

void ValidateMetadata(JsonRef metadata, Causes& causes) {
  ValidateLabels(metadata["labels"], "metadata.labels", causes);
  size_t bytes = 0;
  for (const auto& [key, value] : metadata["annotations"].members()) {
    bytes += key.size() + value.str().size();
    std::string lower(key);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (auto ok = kube::ValidateLabelKey(lower); !ok) {
      InvalidText(causes, "metadata.annotations", key, ok.error().message);
    }
  }
  if (bytes > 256 * 1024) {
    causes.push_back({"FieldValueTooLong", "Too long: may not be more than 262144 bytes",
                      "metadata.annotations"});
  }
  ValidateOwners(metadata, causes);
}

void ValidateKind(const ResourceInfo& r, JsonRef object, JsonRef old, Causes& causes) {
  if (r.storage == "pods") {
    ValidatePod(object, old, causes);
  } else if (r.storage == "customresourcedefinitions.apiextensions.k8s.io") {
    Causes more = ValidateCrd(object, old);
    causes.insert(causes.end(), more.begin(), more.end());
  } else if (!ValidateWorkload(r.storage, object, old, causes)) {
    ValidateOther(r.storage, object, old, causes);
  }
}

void Add(Causes& causes, const char* reason, std::string field, std::string message) {
  causes.push_back({reason, std::move(message), std::move(field)});
}

}  // namespace

void ValidateLabels(JsonRef labels, const std::string& path, Causes& causes) {
  for (const auto& [key, value] : labels.members()) {
    if (auto ok = kube::ValidateLabelKey(key); !ok)
      InvalidText(causes, path, key, ok.error().message);
    if (auto ok = kube::ValidateLabelValue(value.str()); !ok) {
      InvalidText(causes, path, value.str(), ok.error().message);
    }
  }
}

Causes ValidateCreate(const ResourceInfo& r, JsonRef object) {
  Causes causes;
  ValidateName(r, object["metadata"]["name"].str(), causes);
  ValidateMetadata(object["metadata"], causes);
  ValidateKind(r, object, {}, causes);
  return causes;
}

Causes ValidateUpdate(const ResourceInfo& r, JsonRef object, JsonRef old) {
  Causes causes;
  ValidateMetadata(object["metadata"], causes);
  ValidateKind(r, object, old, causes);
  return causes;
}

void Required(Causes& causes, std::string field, std::string detail) {
  Add(causes, "FieldValueRequired", std::move(field),
      detail.empty() ? "Required value" : "Required value: " + detail);
}

void InvalidValue(Causes& causes, std::string field, JsonRef value, std::string detail) {
  Add(causes, "FieldValueInvalid", std::move(field),
      "Invalid value: " + (value.exists() ? value.Dump() : "null") + ": " + detail);
}

void InvalidText(Causes& causes, std::string field, std::string_view value, std::string detail) {
  Add(causes, "FieldValueInvalid", std::move(field),
      "Invalid value: " + kube::QuoteJson(value) + ": " + detail);
}

void ForbiddenField(Causes& causes, std::string field, std::string detail) {
  Add(causes, "FieldValueForbidden", std::move(field), "Forbidden: " + detail);
}

void NotSupported(Causes& causes, std::string field, std::string_view value,
                  std::initializer_list<std::string_view> supported) {
  std::string all;
  for (std::string_view s : supported) all += (all.empty() ? "" : ", ") + kube::QuoteJson(s);
  Add(causes, "FieldValueNotSupported", std::move(field),
      "Unsupported value: " + kube::QuoteJson(value) + ": supported values: " + all);
}

void DuplicateValue(Causes& causes, std::string field, std::string_view value) {
  Add(causes, "FieldValueDuplicate", std::move(field),
      "Duplicate value: " + kube::QuoteJson(value));
}

void Immutable(Causes& causes, std::string field, JsonRef value) {
  InvalidValue(causes, std::move(field), value, "field is immutable");
}

}  // namespace stowage::sim
