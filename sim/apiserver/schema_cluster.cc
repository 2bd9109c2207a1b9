// The types of policy, RBAC, scheduling, storage, leases and events. Notation is described in
// schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

// lint: long-function: a table, one literal
std::string_view SchemaTableCluster() {
  return R"schema(
package io.k8s.api.certificates.v1 certificates.k8s.io/v1
CertificateSigningRequest kind: A request for a certificate.
  spec! CertificateSigningRequestSpec; status CertificateSigningRequestStatus
CertificateSigningRequestCondition
  lastTransitionTime time; lastUpdateTime time; message string; reason string; status! string
  type! string
CertificateSigningRequestSpec
  expirationSeconds int32; extra {}[]string; groups []string; request! bytes; signerName! string
  uid string; usages []string; username string
CertificateSigningRequestStatus
  certificate bytes; conditions []CertificateSigningRequestCondition map=type

package io.k8s.api.coordination.v1 coordination.k8s.io/v1
Lease kind: A claim to something that must be renewed to last.
  spec LeaseSpec
LeaseSpec
  acquireTime microtime; holderIdentity string; leaseDurationSeconds int32
  leaseTransitions int32; preferredHolder string; renewTime microtime; strategy string

package io.k8s.api.events.v1 events.k8s.io/v1
Event kind: Something that happened to an object.
  action string; deprecatedCount int32; deprecatedFirstTimestamp time
  deprecatedLastTimestamp time; deprecatedSource EventSource; eventTime! microtime; note string
  reason string; regarding ObjectReference; related ObjectReference; reportingController string
  reportingInstance string; series EventSeries; type string
EventSeries
  count! int32; lastObservedTime! microtime

package io.k8s.api.node.v1 node.k8s.io/v1
Overhead
  podFixed {}quantity
RuntimeClass kind: A way to run containers.
  handler! string; overhead Overhead; scheduling Scheduling
Scheduling
  nodeSelector {}string atomic; tolerations []Toleration

package io.k8s.api.policy.v1 policy/v1
Eviction kind: A request to evict a pod, within the disruption budgets.
  deleteOptions DeleteOptions
PodDisruptionBudget kind: How many of a set of pods may be down on purpose.
  spec PodDisruptionBudgetSpec; status PodDisruptionBudgetStatus
PodDisruptionBudgetSpec
  maxUnavailable intstr; minAvailable intstr; selector LabelSelector replace
  unhealthyPodEvictionPolicy string
PodDisruptionBudgetStatus
  conditions []Condition merge=type; currentHealthy! int32; desiredHealthy! int32
  disruptedPods {}time; disruptionsAllowed! int32; expectedPods! int32; observedGeneration int64

package io.k8s.api.policy.v1beta1 policy/v1beta1
Eviction kind like=policy.v1.Eviction
PodDisruptionBudget kind like=policy.v1.PodDisruptionBudget

package io.k8s.api.rbac.v1 rbac.authorization.k8s.io/v1
AggregationRule
  clusterRoleSelectors []LabelSelector
ClusterRole kind: Permissions, in all namespaces.
  aggregationRule AggregationRule; rules []PolicyRule
ClusterRoleBinding kind: Gives a ClusterRole to subjects.
  roleRef! RoleRef; subjects []Subject
PolicyRule
  apiGroups []string; nonResourceURLs []string; resourceNames []string; resources []string
  verbs! []string
Role kind: Permissions in one namespace.
  rules []PolicyRule
RoleBinding kind: Gives a role to subjects, in one namespace.
  roleRef! RoleRef; subjects []Subject
RoleRef atomic
  apiGroup! string; kind! string; name! string
Subject atomic
  apiGroup string; kind! string; name! string; namespace string

package io.k8s.api.scheduling.v1 scheduling.k8s.io/v1
PriorityClass kind: A name for a priority of pods.
  description string; globalDefault bool; preemptionPolicy string; value! int32

package io.k8s.api.storage.v1 storage.k8s.io/v1
CSIDriver kind: A storage driver of the cluster.
  spec! CSIDriverSpec
CSIDriverSpec
  attachRequired bool; fsGroupPolicy string; nodeAllocatableUpdatePeriodSeconds int64
  podInfoOnMount bool; requiresRepublish bool; seLinuxMount bool
  serviceAccountTokenInSecrets bool; storageCapacity bool; tokenRequests []TokenRequest
  volumeLifecycleModes []string set replace
CSINode kind: The storage drivers of a node.
  spec! CSINodeSpec
CSINodeDriver
  allocatable VolumeNodeResources; name! string; nodeID! string; topologyKeys []string
CSINodeSpec
  drivers! []CSINodeDriver merge=name
CSIStorageCapacity kind: Storage that is left in one place.
  capacity quantity; maximumVolumeSize quantity; nodeTopology LabelSelector
  storageClassName! string
StorageClass kind: A kind of storage that volumes can be made of.
  allowVolumeExpansion bool; allowedTopologies []TopologySelectorTerm; mountOptions []string
  parameters {}string; provisioner! string; reclaimPolicy string; volumeBindingMode string
TokenRequest
  audience! string; expirationSeconds int64
VolumeAttachment kind: The wish to attach a volume to a node.
  spec! VolumeAttachmentSpec; status VolumeAttachmentStatus
VolumeAttachmentSource
  inlineVolumeSpec PersistentVolumeSpec; persistentVolumeName string
VolumeAttachmentSpec
  attacher! string; nodeName! string; source! VolumeAttachmentSource
VolumeAttachmentStatus
  attachError VolumeError; attached! bool; attachmentMetadata {}string; detachError VolumeError
VolumeError
  errorCode int32; message string; time time
VolumeNodeResources
  count int32
)schema";
}

}  // namespace stowage::sim
