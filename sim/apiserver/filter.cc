#include "sim/apiserver/filter.h"

#include <algorithm>
#include <map>

namespace stowage::sim {
namespace {

const std::map<std::string_view, std::vector<std::string_view>>& SelectableFields() {
  static const std::map<std::string_view, std::vector<std::string_view>> kFields = {
      {"pods",
       {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs",
        "status.nominatedNodeName"}},
      {"nodes", {"spec.unschedulable"}},
      {"namespaces", {"status.phase"}},
      {"secrets", {"type"}},
      {"services", {"spec.clusterIP", "spec.type"}},
      {"replicasets.apps", {"status.replicas"}},
      {"replicationcontrollers", {"status.replicas"}},
      {"jobs.batch", {"status.successful"}},
      {"certificatesigningrequests.certificates.k8s.io", {"spec.signerName"}},
      {"events",
       {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
        "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "regarding.kind", "regarding.namespace", "regarding.name",
        "regarding.uid", "regarding.apiVersion", "reason", "reportingComponent",
        "reportingController", "source", "type"}},
  };
  return kFields;
}

bool Selectable(const ResourceInfo& r, const std::string& path) {
  if (path == "metadata.name" || (path == "metadata.namespace" && r.namespaced)) return true;
  if (r.custom) {
    const auto& all = r.selectable_fields;
    return std::find(all.begin(), all.end(), path) != all.end();
  }
  auto it = SelectableFields().find(r.storage);
  if (it == SelectableFields().end()) return false;
  return std::find(it->second.begin(), it->second.end(), path) != it->second.end();
}

// Events are stored in the words of core/v1.
std::string EventField(kube::JsonRef event, std::string_view path) {
  if (path.starts_with("regarding.")) {
    return FieldText(event["involvedObject"], path.substr(std::string_view("regarding.").size()));
  }
  if (path == "reportingController") return event["reportingComponent"].string();
  if (path == "source") {
    const std::string component = event.Find({"source", "component"}).string();
    return component.empty() ? event["reportingComponent"].string() : component;
  }
  return FieldText(event, path);
}

}  // namespace

std::string FieldText(kube::JsonRef object, std::string_view path) {
  kube::JsonRef at = object;
  for (std::string_view left = path; !left.empty();) {
    const size_t dot = std::min(left.find('.'), left.size());
    at = at[left.substr(0, dot)];
    left.remove_prefix(std::min(dot + 1, left.size()));
  }
  if (at.is_string()) return at.string();
  if (at.exists() && !at.is_null()) return at.Dump();
  if (path == "spec.unschedulable" || path == "spec.hostNetwork") return "false";
  if (path == "status.replicas" || path == "status.successful") return "0";
  return "";
}

ApiResult<ObjectFilter> ObjectFilter::Make(const ResourceInfo& r, const RequestInfo& info) {
  ObjectFilter f;
  f.ns_ = info.ns;
  auto labels = kube::LabelSelector::Parse(info.target.Param("labelSelector"));
  if (!labels) return BadRequest("unable to parse labelSelector: " + labels.error().message);
  f.labels_ = std::move(*labels);
  std::string text(info.target.Param("fieldSelector"));
  if (!info.name.empty()) text += (text.empty() ? "" : ",") + ("metadata.name=" + info.name);
  auto fields = kube::FieldSelector::Parse(text);
  if (!fields) return BadRequest("unable to parse fieldSelector: " + fields.error().message);
  f.fields_ = std::move(*fields);
  for (const auto& term : f.fields_.terms()) {
    if (Selectable(r, term.path)) continue;
    return BadRequest("Unable to find \"" + r.GroupVersion() + ", Resource=" + r.plural +
                      "\" that match label selector \"" +
                      std::string(info.target.Param("labelSelector")) + "\", field selector \"" +
                      text + "\": field label not supported: " + term.path);
  }
  return f;
}

bool ObjectFilter::Matches(const kube::NamespacedName& key, kube::JsonRef object) const {
  if (!ns_.empty() && key.ns != ns_) return false;
  if (!labels_.everything() && !labels_.Matches(object["metadata"]["labels"])) return false;
  if (fields_.terms().empty()) return true;
  return fields_.Matches([&](std::string_view path) -> std::string {
    if (path == "metadata.name") return key.name;
    if (path == "metadata.namespace") return key.ns;
    return object["kind"].str() == "Event" ? EventField(object, path) : FieldText(object, path);
  });
}

}  // namespace stowage::sim
