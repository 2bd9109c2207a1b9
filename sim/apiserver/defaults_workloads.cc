#include "sim/apiserver/defaults.h"

namespace stowage::sim {
namespace {

using kube::JsonNode;
using kube::JsonRef;
using kube::MutableJson;

void DefaultTemplate(JsonNode holder) {
  DefaultMetadataOfTemplate(holder["template"]);
  DefaultPodSpec(holder["template"]["spec"]);
}

void DefaultDeployment(JsonNode spec) {
  Default(spec, "replicas", 1);
  Default(spec, "revisionHistoryLimit", 10);
  Default(spec, "progressDeadlineSeconds", 600);
  Default(spec["strategy"], "type", "RollingUpdate");
  if (spec.ref()["strategy"]["type"].str() == "RollingUpdate") {
    Default(spec["strategy"]["rollingUpdate"], "maxUnavailable", "25%");
    Default(spec["strategy"]["rollingUpdate"], "maxSurge", "25%");
  }
}

void DefaultStatefulSet(JsonNode spec) {
  Default(spec, "replicas", 1);
  Default(spec, "revisionHistoryLimit", 10);
  Default(spec, "podManagementPolicy", "OrderedReady");
  Default(spec["updateStrategy"], "type", "RollingUpdate");
  if (spec.ref()["updateStrategy"]["type"].str() == "RollingUpdate") {
    Default(spec["updateStrategy"]["rollingUpdate"], "partition", 0);
  }
  Default(spec["persistentVolumeClaimRetentionPolicy"], "whenDeleted", "Retain");
  Default(spec["persistentVolumeClaimRetentionPolicy"], "whenScaled", "Retain");
}

void DefaultDaemonSet(JsonNode spec) {
  Default(spec, "revisionHistoryLimit", 10);
  Default(spec["updateStrategy"], "type", "RollingUpdate");
  if (spec.ref()["updateStrategy"]["type"].str() == "RollingUpdate") {
    Default(spec["updateStrategy"]["rollingUpdate"], "maxUnavailable", 1);
    Default(spec["updateStrategy"]["rollingUpdate"], "maxSurge", 0);
  }
}

void DefaultJob(JsonNode spec, bool in_cron_job) {
  const JsonRef completions = spec.ref()["completions"], parallelism = spec.ref()["parallelism"];
  if (!completions.is_int() && !parallelism.is_int()) Default(spec, "completions", 1);
  Default(spec, "parallelism", 1);
  Default(spec, "backoffLimit", 6);
  Default(spec, "completionMode", "NonIndexed");
  Default(spec, "suspend", false);
  Default(spec, "podReplacementPolicy",
          spec.ref()["podFailurePolicy"].exists() ? "Failed" : "TerminatingOrFailed");
  if (!in_cron_job) Default(spec, "manualSelector", false);
}

void DefaultCronJob(JsonNode spec) {
  Default(spec, "concurrencyPolicy", "Allow");
  Default(spec, "suspend", false);
  Default(spec, "successfulJobsHistoryLimit", 3);
  Default(spec, "failedJobsHistoryLimit", 1);
  if (!spec.ref()["jobTemplate"]["metadata"]["creationTimestamp"].exists()) {
    spec["jobTemplate"]["metadata"]["creationTimestamp"] = nullptr;
  }
  DefaultTemplate(spec["jobTemplate"]["spec"]);
}

}  // namespace

bool DefaultWorkload(std::string_view storage, MutableJson& object) {
  const auto spec = [&] { return object["spec"]; };
  if (storage == "deployments.apps") {
    DefaultDeployment(spec());
  } else if (storage == "replicasets.apps" || storage == "replicationcontrollers") {
    Default(spec(), "replicas", 1);
  } else if (storage == "statefulsets.apps") {
    DefaultStatefulSet(spec());
  } else if (storage == "daemonsets.apps") {
    DefaultDaemonSet(spec());
  } else if (storage == "jobs.batch") {
    DefaultJob(spec(), false);
  } else if (storage == "cronjobs.batch") {
    DefaultCronJob(spec());
    return true;
  } else {
    return false;
  }
  if (object.ref()["spec"]["template"].is_object()) DefaultTemplate(spec());
  return true;
}

}  // namespace stowage::sim
