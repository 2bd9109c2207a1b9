// The types of workloads: apps, batch, autoscaling. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

// lint: long-function: a table, one literal
std::string_view SchemaTableApps() {
  return R"schema(
package io.k8s.api.apps.v1 apps/v1
ControllerRevision kind: A past state of a controller's template.
  data any; revision! int64
DaemonSet kind: Runs a pod on every node that matches.
  spec DaemonSetSpec; status DaemonSetStatus
DaemonSetCondition
  lastTransitionTime time; message string; reason string; status! string; type! string
DaemonSetSpec: Which pods run on every node.
  minReadySeconds int32: Seconds that a pod must be ready to count as available.
  revisionHistoryLimit int32: Old revisions kept for rollbacks; 10 if unset.
  selector! LabelSelector: Which pods belong to it; must match the template's labels.
  template! PodTemplateSpec: The pod for each node.
  updateStrategy DaemonSetUpdateStrategy: How pods are replaced after a change.
DaemonSetStatus
  collisionCount int32; conditions []DaemonSetCondition merge=type; currentNumberScheduled! int32
  desiredNumberScheduled! int32; numberAvailable int32; numberMisscheduled! int32
  numberReady! int32; numberUnavailable int32; observedGeneration int64
  updatedNumberScheduled int32
DaemonSetUpdateStrategy
  rollingUpdate RollingUpdateDaemonSet; type string
Deployment kind: Keeps a number of equal pods running and rolls out changes.
  spec DeploymentSpec: What should run.
  status DeploymentStatus: What was last seen.
DeploymentCondition
  lastTransitionTime time; lastUpdateTime time; message string; reason string; status! string
  type! string
DeploymentSpec: What a Deployment should run.
  minReadySeconds int32: Seconds that a pod must be ready to count as available.
  paused bool: Whether rollouts wait.
  progressDeadlineSeconds int32: Seconds without progress after which a rollout has failed; 600 if
      unset.
  replicas int32: How many pods; 1 if unset.
  revisionHistoryLimit int32: Old ReplicaSets kept for rollbacks; 10 if unset.
  selector! LabelSelector: Which pods belong to it; must match the template's labels.
  strategy DeploymentStrategy retainKeys: How old pods are replaced by new ones.
  template! PodTemplateSpec: The pods to run.
DeploymentStatus: What was last seen of a Deployment.
  terminatingReplicas int32: Pods that are being deleted.
  availableReplicas int32; collisionCount int32; conditions []DeploymentCondition merge=type
  observedGeneration int64; readyReplicas int32; replicas int32; unavailableReplicas int32
  updatedReplicas int32
DeploymentStrategy: How old pods are replaced by new ones.
  rollingUpdate RollingUpdateDeployment: Settings of RollingUpdate.
  type string: RollingUpdate or Recreate.
ReplicaSet kind: Keeps a number of equal pods running.
  spec ReplicaSetSpec; status ReplicaSetStatus
ReplicaSetCondition
  lastTransitionTime time; message string; reason string; status! string; type! string
ReplicaSetSpec: What a ReplicaSet should run.
  minReadySeconds int32: Seconds that a pod must be ready to count as available.
  replicas int32: How many pods; 1 if unset.
  selector! LabelSelector: Which pods belong to it; must match the template's labels.
  template PodTemplateSpec: The pods to run.
ReplicaSetStatus
  availableReplicas int32; conditions []ReplicaSetCondition merge=type
  fullyLabeledReplicas int32; observedGeneration int64; readyReplicas int32; replicas! int32
  terminatingReplicas int32
RollingUpdateDaemonSet
  maxSurge intstr; maxUnavailable intstr
RollingUpdateDeployment: Pace of a rolling update.
  maxSurge intstr: Pods above the wanted number, as a number or per cent; 25% if unset.
  maxUnavailable intstr: Pods that may be missing, as a number or per cent; 25% if unset.
RollingUpdateStatefulSetStrategy
  maxUnavailable intstr; partition int32
StatefulSet kind: Runs pods with stable names and storage.
  spec StatefulSetSpec; status StatefulSetStatus
StatefulSetCondition
  lastTransitionTime time; message string; reason string; status! string; type! string
StatefulSetOrdinals
  start int32
StatefulSetPersistentVolumeClaimRetentionPolicy
  whenDeleted string; whenScaled string
StatefulSetSpec: What a StatefulSet should run.
  minReadySeconds int32: Seconds that a pod must be ready to count as available.
  ordinals StatefulSetOrdinals: Number of the first pod.
  persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy: What
      becomes of claims.
  podManagementPolicy string: OrderedReady or Parallel.
  replicas int32: How many pods; 1 if unset.
  revisionHistoryLimit int32: Old revisions kept for rollbacks; 10 if unset.
  selector! LabelSelector: Which pods belong to it; must match the template's labels.
  serviceName! string: Headless Service that gives the pods their names.
  template! PodTemplateSpec: The pods to run.
  updateStrategy StatefulSetUpdateStrategy: How pods are replaced after a change.
  volumeClaimTemplates []PersistentVolumeClaim: Claims that each pod gets.
StatefulSetStatus
  availableReplicas int32; collisionCount int32; conditions []StatefulSetCondition merge=type
  currentReplicas int32; currentRevision string; observedGeneration int64; readyReplicas int32
  replicas! int32; updateRevision string; updatedReplicas int32
StatefulSetUpdateStrategy
  rollingUpdate RollingUpdateStatefulSetStrategy; type string

package io.k8s.api.autoscaling.v1 autoscaling/v1
CrossVersionObjectReference atomic
  apiVersion string; kind! string; name! string
HorizontalPodAutoscaler kind: Follows a metric with the number of pods.
  spec HorizontalPodAutoscalerSpec; status HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec
  maxReplicas! int32; minReplicas int32; scaleTargetRef! CrossVersionObjectReference
  targetCPUUtilizationPercentage int32
HorizontalPodAutoscalerStatus
  currentCPUUtilizationPercentage int32; currentReplicas! int32; desiredReplicas! int32
  lastScaleTime time; observedGeneration int64
Scale kind: The number of replicas of an object that can be scaled.
  spec ScaleSpec; status ScaleStatus
ScaleSpec
  replicas int32
ScaleStatus
  replicas! int32; selector string

package io.k8s.api.autoscaling.v2 autoscaling/v2
ContainerResourceMetricSource
  container! string; name! string; target! MetricTarget
ContainerResourceMetricStatus
  container! string; current! MetricValueStatus; name! string
CrossVersionObjectReference atomic
  apiVersion string; kind! string; name! string
ExternalMetricSource
  metric! MetricIdentifier; target! MetricTarget
ExternalMetricStatus
  current! MetricValueStatus; metric! MetricIdentifier
HPAScalingPolicy
  periodSeconds! int32; type! string; value! int32
HPAScalingRules
  policies []HPAScalingPolicy; selectPolicy string; stabilizationWindowSeconds int32
  tolerance quantity
HorizontalPodAutoscaler kind: Follows metrics with the number of pods.
  spec HorizontalPodAutoscalerSpec; status HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerBehavior
  scaleDown HPAScalingRules; scaleUp HPAScalingRules
HorizontalPodAutoscalerCondition
  lastTransitionTime time; message string; reason string; status! string; type! string
HorizontalPodAutoscalerSpec
  behavior HorizontalPodAutoscalerBehavior; maxReplicas! int32; metrics []MetricSpec
  minReplicas int32; scaleTargetRef! CrossVersionObjectReference
HorizontalPodAutoscalerStatus
  conditions []HorizontalPodAutoscalerCondition merge=type; currentMetrics []MetricStatus
  currentReplicas int32; desiredReplicas! int32; lastScaleTime time; observedGeneration int64
MetricIdentifier
  name! string; selector LabelSelector
MetricSpec
  containerResource ContainerResourceMetricSource; external ExternalMetricSource
  object ObjectMetricSource; pods PodsMetricSource; resource ResourceMetricSource; type! string
MetricStatus
  containerResource ContainerResourceMetricStatus; external ExternalMetricStatus
  object ObjectMetricStatus; pods PodsMetricStatus; resource ResourceMetricStatus; type! string
MetricTarget
  averageUtilization int32; averageValue quantity; type! string; value quantity
MetricValueStatus
  averageUtilization int32; averageValue quantity; value quantity
ObjectMetricSource
  describedObject! CrossVersionObjectReference; metric! MetricIdentifier; target! MetricTarget
ObjectMetricStatus
  current! MetricValueStatus; describedObject! CrossVersionObjectReference
  metric! MetricIdentifier
PodsMetricSource
  metric! MetricIdentifier; target! MetricTarget
PodsMetricStatus
  current! MetricValueStatus; metric! MetricIdentifier
ResourceMetricSource
  name! string; target! MetricTarget
ResourceMetricStatus
  current! MetricValueStatus; name! string

package io.k8s.api.batch.v1 batch/v1
CronJob kind: Makes Jobs at given times.
  spec CronJobSpec: When, and which Jobs.
  status CronJobStatus: What was last seen.
CronJobSpec: When a CronJob makes Jobs, and which.
  concurrencyPolicy string: Allow, Forbid or Replace, if the last Job still runs.
  failedJobsHistoryLimit int32: Failed Jobs to keep; 1 if unset.
  jobTemplate! JobTemplateSpec: The Jobs to make.
  schedule! string: Times in cron format.
  startingDeadlineSeconds int64: Seconds by which a Job may start late.
  successfulJobsHistoryLimit int32: Completed Jobs to keep; 3 if unset.
  suspend bool: Whether no more Jobs are made.
  timeZone string: Time zone of the schedule, such as Europe/Berlin.
CronJobStatus: What was last seen of a CronJob.
  active []ObjectReference; lastScheduleTime time; lastSuccessfulTime time
Job kind: Runs pods until enough of them have completed.
  spec JobSpec: What should run.
  status JobStatus: What was last seen.
JobCondition
  lastProbeTime time; lastTransitionTime time; message string; reason string; status! string
  type! string
JobSpec: What a Job should run.
  activeDeadlineSeconds int64: Seconds after its start at which the Job is failed.
  backoffLimit int32: Failures of pods after which the Job is failed; 6 if unset.
  backoffLimitPerIndex int32: Failures allowed for each index.
  completionMode string: NonIndexed or Indexed.
  completions int32: Pods that must succeed; 1 if unset.
  managedBy string: Controller that runs the Job.
  manualSelector bool: Whether the selector is the user's own.
  maxFailedIndexes int32: Failed indexes after which the Job is failed.
  parallelism int32: Pods that may run at the same time; 1 if unset.
  podFailurePolicy PodFailurePolicy: What the failures of pods mean.
  podReplacementPolicy string: TerminatingOrFailed or Failed.
  selector LabelSelector: Which pods belong to it; set by the system.
  successPolicy SuccessPolicy: When an indexed Job has succeeded early.
  suspend bool: Whether no pods run for now.
  template! PodTemplateSpec: The pods to run.
  ttlSecondsAfterFinished int32: Seconds after its end at which the Job is deleted.
JobStatus: What was last seen of a Job.
  active int32; completedIndexes string; completionTime time
  conditions []JobCondition merge=type atomic; failed int32; failedIndexes string; ready int32
  startTime time; succeeded int32; terminating int32
  uncountedTerminatedPods UncountedTerminatedPods
JobTemplateSpec: The Jobs that a CronJob makes.
  metadata ObjectMeta; spec JobSpec
PodFailurePolicy: What the failures of a Job's pods mean.
  rules! []PodFailurePolicyRule
PodFailurePolicyOnExitCodesRequirement
  containerName string; operator! string; values! []int32 set replace
PodFailurePolicyOnPodConditionsPattern
  status string; type! string
PodFailurePolicyRule
  action! string; onExitCodes PodFailurePolicyOnExitCodesRequirement
  onPodConditions []PodFailurePolicyOnPodConditionsPattern
SuccessPolicy: When an indexed Job has succeeded early.
  rules! []SuccessPolicyRule
SuccessPolicyRule
  succeededCount int32; succeededIndexes string
UncountedTerminatedPods
  failed []string set replace; succeeded []string set replace

package io.k8s.api.batch.v1beta1 batch/v1beta1
CronJob kind like=batch.v1.CronJob
)schema";
}

}  // namespace stowage::sim
