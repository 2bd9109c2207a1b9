// Which objects of a collection a list or a watch is about.
#pragma once

#include <string>
#include <string_view>

#include "kube/api/object.h"
#include "kube/api/selector.h"
#include "sim/apiserver/request.h"
#include "sim/apiserver/resources.h"

namespace stowage::sim {

class ObjectFilter {
 public:
  // 400 for selectors that do not parse and fields that the kind cannot be selected by.
  static ApiResult<ObjectFilter> Make(const ResourceInfo& resource, const RequestInfo& info);

  bool Matches(const kube::NamespacedName& key, kube::JsonRef object) const;
  const std::string& ns() const { return ns_; }
  // Selects by something other than the namespace.
  bool selective() const { return !labels_.everything() || !fields_.terms().empty(); }

 private:
  std::string ns_;
  kube::LabelSelector labels_;
  kube::FieldSelector fields_;
};

// The value at a dotted path as text, as field selectors compare it.
std::string FieldText(kube::JsonRef object, std::string_view path);

}  // namespace stowage::sim
