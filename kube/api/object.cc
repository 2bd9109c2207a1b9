#include "kube/api/object.h"

namespace stowage::kube {

std::string Resource::Path(std::string_view ns, std::string_view name, std::string_view sub) const {
  std::string path = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (namespaced && !ns.empty()) {
    path += "/namespaces/";
    path += ns;
  }
  path += "/" + plural;
  for (std::string_view part : {name, sub}) {
    if (part.empty()) continue;
    path += "/";
    path += part;
  }
  return path;
}

}  // namespace stowage::kube
