// The types of core/v1, apart from pods and volumes. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

// lint: long-function: a table, one literal
std::string_view SchemaTableCore() {
  return R"schema(
package io.k8s.api.core.v1 v1
AttachedVolume
  devicePath! string; name! string
Binding kind: Ties a pod to a node.
  target! ObjectReference: The node.
ClientIPConfig
  timeoutSeconds int32
ConfigMap kind: Configuration as keys and values.
  binaryData {}bytes: Values that are not UTF-8, in base64.
  data {}string: Values by key.
  immutable bool: Whether the data may never change again.
ConfigMapNodeConfigSource
  kubeletConfigKey! string; name! string; namespace! string; resourceVersion string; uid string
ContainerImage
  names! []string; sizeBytes int64
DaemonEndpoint
  Port! int32
EndpointAddress atomic
  hostname string; ip! string; nodeName string; targetRef ObjectReference
EndpointPort atomic
  appProtocol string; name string; port! int32; protocol string
EndpointSubset
  addresses []EndpointAddress; notReadyAddresses []EndpointAddress; ports []EndpointPort
Endpoints kind: Addresses behind a Service; EndpointSlice is its successor.
  subsets []EndpointSubset
Event kind: Something that happened to an object.
  action string; count int32; eventTime microtime; firstTimestamp time
  involvedObject! ObjectReference; lastTimestamp time; message string; reason string
  related ObjectReference; reportingComponent string; reportingInstance string
  series EventSeries; source EventSource; type string
EventSeries
  count int32; lastObservedTime microtime
EventSource
  component string; host string
LimitRange kind: Bounds and defaults for resources in a namespace.
  spec LimitRangeSpec
LimitRangeItem
  default {}quantity; defaultRequest {}quantity; max {}quantity; maxLimitRequestRatio {}quantity
  min {}quantity; type! string
LimitRangeSpec
  limits! []LimitRangeItem
LoadBalancerIngress
  hostname string; ip string; ipMode string; ports []PortStatus
LoadBalancerStatus
  ingress []LoadBalancerIngress atomic
Namespace kind: A space for the names of objects.
  spec NamespaceSpec; status NamespaceStatus
NamespaceCondition
  lastTransitionTime time; message string; reason string; status! string; type! string
NamespaceSpec
  finalizers []string
NamespaceStatus
  conditions []NamespaceCondition merge=type; phase string
Node kind: A machine, or a cluster that shows itself as one, that runs pods.
  spec NodeSpec: Settings of the node.
  status NodeStatus: What was last seen of the node.
NodeAddress
  address! string; type! string
NodeCondition
  lastHeartbeatTime time; lastTransitionTime time; message string; reason string; status! string
  type! string
NodeConfigSource
  configMap ConfigMapNodeConfigSource
NodeConfigStatus
  active NodeConfigSource; assigned NodeConfigSource; error string
  lastKnownGood NodeConfigSource
NodeDaemonEndpoints
  kubeletEndpoint DaemonEndpoint
NodeFeatures
  supplementalGroupsPolicy bool
NodeRuntimeHandler
  features NodeRuntimeHandlerFeatures; name string
NodeRuntimeHandlerFeatures
  recursiveReadOnlyMounts bool; userNamespaces bool
NodeSpec: Settings of a node.
  podCIDR string: Addresses for pods.
  providerID string: ID of the machine at its provider.
  taints []Taint: Taints that keep pods away.
  unschedulable bool: Whether new pods are kept away; see kubectl cordon.
  configSource NodeConfigSource; externalID string; podCIDRs []string set
NodeStatus: What was last seen of a node.
  addresses []NodeAddress merge=type: Addresses of the node.
  allocatable {}quantity: Resources that pods may use.
  capacity {}quantity: Resources that the node has.
  conditions []NodeCondition merge=type: Ready, MemoryPressure and others.
  config NodeConfigStatus; daemonEndpoints NodeDaemonEndpoints; features NodeFeatures
  images []ContainerImage; nodeInfo NodeSystemInfo; phase string
  runtimeHandlers []NodeRuntimeHandler; volumesAttached []AttachedVolume; volumesInUse []string
NodeSwapStatus
  capacity int64
NodeSystemInfo
  architecture! string; bootID! string; containerRuntimeVersion! string; kernelVersion! string
  kubeProxyVersion! string; kubeletVersion! string; machineID! string; operatingSystem! string
  osImage! string; swap NodeSwapStatus; systemUUID! string
ObjectReference atomic: A reference to another object.
  apiVersion string; fieldPath string; kind string; name string; namespace string
  resourceVersion string; uid string
PodTemplate kind: A template for pods.
  template PodTemplateSpec
PortStatus
  error string; port! int32; protocol! string
ReplicationController kind: Keeps a number of pods running; Deployment is its successor.
  spec ReplicationControllerSpec; status ReplicationControllerStatus
ReplicationControllerCondition
  lastTransitionTime time; message string; reason string; status! string; type! string
ReplicationControllerSpec
  minReadySeconds int32; replicas int32; selector {}string; template PodTemplateSpec
ReplicationControllerStatus
  availableReplicas int32; conditions []ReplicationControllerCondition merge=type
  fullyLabeledReplicas int32; observedGeneration int64; readyReplicas int32; replicas! int32
ResourceQuota kind: Upper bounds on what a namespace may use.
  spec ResourceQuotaSpec; status ResourceQuotaStatus
ResourceQuotaSpec
  hard {}quantity; scopeSelector ScopeSelector; scopes []string
ResourceQuotaStatus
  hard {}quantity; used {}quantity
ScopeSelector atomic
  matchExpressions []ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement
  operator! string; scopeName! string; values []string
Secret kind: Confidential data as keys and values.
  data {}bytes: Values by key, in base64.
  immutable bool: Whether the data may never change again.
  stringData {}string: Values by key in plain text; written only, merged into data.
  type string: What the data is, such as Opaque or kubernetes.io/tls.
SecretReference atomic
  name string; namespace string
Service kind: A stable name and address for a set of pods.
  spec ServiceSpec: Which pods, and how they are reached.
  status ServiceStatus: Addresses of the load balancer, if there is one.
ServiceAccount kind: An identity for the processes of pods.
  automountServiceAccountToken bool: Whether pods get a token mounted.
  imagePullSecrets []LocalObjectReference: Secrets for pulling images, for pods of this account.
  secrets []ObjectReference merge=name: Secrets that pods of this account may use.
ServicePort: A port of a Service.
  appProtocol string: Protocol of the application, such as http.
  name string: Name of the port; needed if there are several.
  nodePort int32: Port on every node, for NodePort and LoadBalancer.
  port! int32: Port of the Service.
  protocol string: TCP, UDP or SCTP; TCP if unset.
  targetPort intstr: Number or name of the pods' port; the same as port if unset.
ServiceSpec: Which pods a Service stands for, and how it is reached.
  allocateLoadBalancerNodePorts bool: Whether a load balancer also gets node ports.
  clusterIP string: Address within the cluster; None for a headless Service.
  clusterIPs []string: All addresses within the cluster.
  externalIPs []string: Addresses outside that lead to the Service.
  externalName string: DNS name that an ExternalName Service stands for.
  externalTrafficPolicy string: Cluster or Local, for traffic from outside.
  healthCheckNodePort int32: Port for health checks by load balancers.
  internalTrafficPolicy string: Cluster or Local, for traffic from inside.
  ipFamilies []string: IPv4, IPv6 or both.
  ipFamilyPolicy string: SingleStack, PreferDualStack or RequireDualStack.
  loadBalancerClass string: Implementation of the load balancer.
  loadBalancerIP string: Address wanted of the load balancer.
  loadBalancerSourceRanges []string: Addresses that may use the load balancer.
  ports []ServicePort merge=port map=port,protocol: Ports of the Service.
  publishNotReadyAddresses bool: Whether pods that are not ready count as well.
  selector {}string atomic: Labels of the pods.
  sessionAffinity string: ClientIP or None.
  sessionAffinityConfig SessionAffinityConfig: Settings of the session affinity.
  trafficDistribution string: Preference among endpoints, such as PreferClose.
  type string: ClusterIP, NodePort, LoadBalancer or ExternalName.
ServiceStatus
  conditions []Condition merge=type; loadBalancer LoadBalancerStatus
SessionAffinityConfig
  clientIP ClientIPConfig
Taint
  effect! string; key! string; timeAdded time; value string
TopologySelectorLabelRequirement
  key! string; values! []string
TopologySelectorTerm atomic
  matchLabelExpressions []TopologySelectorLabelRequirement
TypedObjectReference
  apiGroup string; kind! string; name! string; namespace string
)schema";
}

}  // namespace stowage::sim
