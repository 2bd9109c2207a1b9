#include "kube/api/selector.h"
#include "sim/apiserver/validate.h"

namespace stowage::sim {
namespace {

using kube::JsonRef;

void NotNegative(JsonRef value, std::string field, Causes& causes) {
  if (value.exists() && value.i64() < 0) {
    InvalidValue(causes, std::move(field), value, "must be greater than or equal to 0");
  }
}

void ValidateSelector(JsonRef spec, Causes& causes) {
  const JsonRef selector = spec["selector"];
  if (!selector.exists()) return Required(causes, "spec.selector");
  auto parsed = kube::LabelSelector::FromJson(selector);
  if (!parsed) return InvalidValue(causes, "spec.selector", selector, parsed.error().message);
  if (parsed->everything()) {
    return InvalidValue(causes, "spec.selector", selector,
                        "empty selector is invalid for deployment");
  }
  const JsonRef labels = spec["template"]["metadata"]["labels"];
  if (!parsed->Matches(labels)) {
    InvalidValue(causes, "spec.template.metadata.labels", labels,
                 "`selector` does not match template `labels`");
  }
}

void ValidateTemplate(JsonRef spec, std::string_view only_policy, Causes& causes) {
  const JsonRef pod_template = spec["template"];
  if (!pod_template.is_object()) return Required(causes, "spec.template");
  ValidateLabels(pod_template["metadata"]["labels"], "spec.template.metadata.labels", causes);
  ValidatePodSpec(pod_template["spec"], "spec.template.spec", causes);
  const std::string_view policy = pod_template["spec"]["restartPolicy"].str();
  if (!only_policy.empty() && policy != only_policy) {
    NotSupported(causes, "spec.template.spec.restartPolicy", policy, {only_policy});
  }
}

void ValidateJob(JsonRef spec, JsonRef old, Causes& causes) {
  for (const char* field : {"parallelism", "completions", "backoffLimit", "activeDeadlineSeconds",
                            "ttlSecondsAfterFinished"}) {
    NotNegative(spec[field], std::string("spec.") + field, causes);
  }
  ValidateTemplate(spec, "", causes);
  const std::string_view policy = spec["template"]["spec"]["restartPolicy"].str();
  if (policy == "Always") {
    NotSupported(causes, "spec.template.spec.restartPolicy", policy, {"OnFailure", "Never"});
  }
  if (spec["completionMode"].str() == "Indexed" && !spec["completions"].is_int()) {
    Required(causes, "spec.completions", "when completion mode is Indexed");
  }
  if (!old.exists()) return;
  const JsonRef before = old["spec"];
  if (!(spec["selector"] == before["selector"]))
    Immutable(causes, "spec.selector", spec["selector"]);
  if (!(spec["template"] == before["template"]) &&
      !(before["suspend"].boolean() && old["status"]["startTime"].str().empty())) {
    Immutable(causes, "spec.template", spec["template"]);
  }
  if (!(spec["completions"] == before["completions"]) &&
      spec["completionMode"].str() != "Indexed") {
    Immutable(causes, "spec.completions", spec["completions"]);
  }
}

void ValidateCronJob(JsonRef spec, Causes& causes) {
  if (spec["schedule"].str().empty()) Required(causes, "spec.schedule");
  const std::string_view policy = spec["concurrencyPolicy"].str();
  if (policy != "Allow" && policy != "Forbid" && policy != "Replace") {
    NotSupported(causes, "spec.concurrencyPolicy", policy, {"Allow", "Forbid", "Replace"});
  }
  const JsonRef pod = spec["jobTemplate"]["spec"]["template"]["spec"];
  ValidatePodSpec(pod, "spec.jobTemplate.spec.template.spec", causes);
  if (pod["restartPolicy"].str() == "Always") {
    NotSupported(causes, "spec.jobTemplate.spec.template.spec.restartPolicy", "Always",
                 {"OnFailure", "Never"});
  }
}

// What of a StatefulSet's spec may change.
bool StatefulSetMayChange(std::string_view field) {
  for (std::string_view f :
       {"replicas", "ordinals", "template", "updateStrategy", "minReadySeconds",
        "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy"}) {
    if (f == field) return true;
  }
  return false;
}

void ValidateStatefulSetUpdate(JsonRef spec, JsonRef before, Causes& causes) {
  for (const auto& [key, value] : spec.members()) {
    if (StatefulSetMayChange(key) || value == before[key]) continue;
    return ForbiddenField(
        causes, "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
        "'minReadySeconds' are forbidden");
  }
}

}  // namespace

bool ValidateWorkload(std::string_view storage, JsonRef object, JsonRef old, Causes& causes) {
  const JsonRef spec = object["spec"];
  // A status write does not judge again what was let in before.
  if (old.exists() && spec == old["spec"]) {
    return storage.ends_with(".apps") || storage.ends_with(".batch");
  }
  if (storage == "jobs.batch") {
    ValidateJob(spec, old, causes);
  } else if (storage == "cronjobs.batch") {
    ValidateCronJob(spec, causes);
  } else if (storage == "deployments.apps" || storage == "replicasets.apps" ||
             storage == "statefulsets.apps" || storage == "daemonsets.apps") {
    NotNegative(spec["replicas"], "spec.replicas", causes);
    NotNegative(spec["minReadySeconds"], "spec.minReadySeconds", causes);
    ValidateSelector(spec, causes);
    ValidateTemplate(spec, "Always", causes);
    if (old.exists() && !(spec["selector"] == old["spec"]["selector"])) {
      Immutable(causes, "spec.selector", spec["selector"]);
    }
    if (old.exists() && storage == "statefulsets.apps") {
      ValidateStatefulSetUpdate(spec, old["spec"], causes);
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace stowage::sim
