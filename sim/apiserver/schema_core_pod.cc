// The types of pods and what is in them. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

// lint: long-function: a table, one literal
std::string_view SchemaTableCorePod() {
  return R"schema(
package io.k8s.api.core.v1 v1
Affinity: Rules about which nodes a pod may or should run on.
  nodeAffinity NodeAffinity: Which nodes, by their labels.
  podAffinity PodAffinity: Near which other pods.
  podAntiAffinity PodAntiAffinity: Away from which other pods.
AppArmorProfile: An AppArmor profile for a container.
  localhostProfile string; type! string
Capabilities: POSIX capabilities that a container gains or loses.
  add []string; drop []string
ConfigMapEnvSource
  name string; optional bool
ConfigMapKeySelector atomic: One key of a ConfigMap.
  key! string: The key to take.
  name string: Name of the ConfigMap, in the pod's namespace.
  optional bool: Whether the ConfigMap or its key may be missing.
Container: One application container of a pod.
  args []string: Arguments of the entrypoint; the image's CMD if unset.
  command []string: Entrypoint as a list; the image's ENTRYPOINT if unset.
  env []EnvVar merge=name: Environment variables of the container.
  envFrom []EnvFromSource: ConfigMaps and Secrets whose keys all become environment variables.
  image string: Image to run, such as nginx:1.27.
  imagePullPolicy string: When to pull the image: Always, IfNotPresent or Never.
  lifecycle Lifecycle: What to run after the start and before the stop of the container.
  livenessProbe Probe: Check that restarts the container when it fails.
  name! string: Name of the container, unique within the pod; a DNS label.
  ports []ContainerPort merge=containerPort map=containerPort,protocol: Ports that the container
      listens on; informative.
  readinessProbe Probe: Check that takes the pod out of its Services while it fails.
  resizePolicy []ContainerResizePolicy: Whether a change of resources restarts the container.
  resources ResourceRequirements: CPU, memory and other resources that it asks for and may use.
  restartPolicy string: Always on an init container makes it a sidecar.
  restartPolicyRules []ContainerRestartRule: Exit codes after which another restart policy holds.
  securityContext SecurityContext: Users, privileges and capabilities of the container's processes.
  startupProbe Probe: Check that must pass once before the other probes begin.
  stdin bool: Whether standard input stays open.
  stdinOnce bool: Whether standard input closes after the first attached client leaves.
  terminationMessagePath string: File whose content becomes the message of the terminated state.
  terminationMessagePolicy string: File, or FallbackToLogsOnError to use the end of the log.
  tty bool: Whether the container gets a terminal; needs stdin.
  volumeDevices []VolumeDevice merge=devicePath: Block devices for the container.
  volumeMounts []VolumeMount merge=mountPath: Where the pod's volumes appear in the container's
      file system.
  workingDir string: Directory that the entrypoint starts in.
ContainerExtendedResourceRequest
  containerName! string; requestName! string; resourceName! string
ContainerPort: A port that a container listens on.
  containerPort! int32: Port number inside the pod, 1 to 65535.
  hostIP string: Address of the node to bind hostPort on.
  hostPort int32: Port of the node that leads here.
  name string: Name that Services and probes can use.
  protocol string: TCP, UDP or SCTP; TCP if unset.
ContainerResizePolicy: What a change of one resource does to a running container.
  resourceName! string: cpu or memory.
  restartPolicy! string: NotRequired or RestartContainer.
ContainerRestartRule: When an exit code overrides the restart policy.
  action! string; exitCodes ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: Exit codes, listed or excluded.
  operator! string; values []int32 set replace
ContainerState
  running ContainerStateRunning; terminated ContainerStateTerminated
  waiting ContainerStateWaiting
ContainerStateRunning
  startedAt time
ContainerStateTerminated
  containerID string; exitCode! int32; finishedAt time; message string; reason string
  signal int32; startedAt time
ContainerStateWaiting
  message string; reason string
ContainerStatus: What the kubelet last saw of a container.
  containerID string: ID of the container in its runtime.
  image! string: Image that runs.
  imageID! string: Digest of the image that runs.
  lastState ContainerState: State before the last restart.
  name! string: Name of the container.
  ready! bool: Whether its readiness probe passes.
  restartCount! int32: How often it was restarted.
  started bool: Whether its startup probe has passed.
  state ContainerState: Running, terminated or waiting, and details.
  allocatedResources {}quantity; allocatedResourcesStatus []ResourceStatus merge=name
  resources ResourceRequirements; stopSignal string; user ContainerUser
  volumeMounts []VolumeMountStatus merge=mountPath
ContainerUser: User that the first process of a container started as.
  linux LinuxContainerUser
EnvFromSource: All keys of a ConfigMap or Secret as environment variables.
  prefix string: Text put before each key.
  configMapRef ConfigMapEnvSource; secretRef SecretEnvSource
EnvVar: One environment variable.
  name! string: Name of the variable.
  value string: Value; $(NAME) refers to variables defined before.
  valueFrom EnvVarSource: Where the value comes from; not together with value.
EnvVarSource: Where the value of an environment variable comes from.
  configMapKeyRef ConfigMapKeySelector: A key of a ConfigMap.
  fieldRef ObjectFieldSelector: A field of the pod, such as metadata.name or status.podIP.
  fileKeyRef FileKeySelector: A key of an env file in a volume.
  resourceFieldRef ResourceFieldSelector: A limit or request of a container.
  secretKeyRef SecretKeySelector: A key of a Secret.
EphemeralContainer like=Container: A container added to a running pod for debugging.
  targetContainerName string: Container whose process namespace it joins.
ExecAction: A command that is run in the container.
  command []string: Program and arguments; no shell is involved.
FileKeySelector atomic: One key of an env file.
  key! string; optional bool; path! string; volumeName! string
GRPCAction: A call of the gRPC health checking service.
  port! int32; service string
HTTPGetAction: An HTTP GET request; 200 to 399 pass.
  host string: Host name to connect to; the pod's IP if unset.
  httpHeaders []HTTPHeader: Headers to send.
  path string: Path to ask for.
  port! intstr: Number or name of the port.
  scheme string: HTTP or HTTPS.
HTTPHeader
  name! string; value! string
HostAlias: A line of the pod's hosts file.
  hostnames []string: Names for the address.
  ip! string: The address.
HostIP: An address of the pod's node.
  ip! string
Lifecycle: Hooks around the life of a container.
  postStart LifecycleHandler: Runs right after the container was made.
  preStop LifecycleHandler: Runs before the container is asked to stop.
  stopSignal string: Signal that asks the container to stop.
LifecycleHandler: What runs at an event of a container's life.
  exec ExecAction: A command in the container.
  httpGet HTTPGetAction: A request to the container.
  sleep SleepAction: Wait some seconds.
  tcpSocket TCPSocketAction: Kept for compatibility; has no effect.
LinuxContainerUser
  gid! int64; supplementalGroups []int64; uid! int64
LocalObjectReference atomic: A name in the same namespace.
  name string: Name of the object.
NodeAffinity: Node labels that a pod requires or prefers.
  preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm: Weighted preferences.
  requiredDuringSchedulingIgnoredDuringExecution NodeSelector: What a node must fulfil.
NodeSelector atomic: Terms of which one must match.
  nodeSelectorTerms! []NodeSelectorTerm
NodeSelectorRequirement: A condition on a label or field of a node.
  operator! string: In, NotIn, Exists, DoesNotExist, Gt or Lt.
  key! string; values []string
NodeSelectorTerm atomic: Requirements that must all match.
  matchExpressions []NodeSelectorRequirement; matchFields []NodeSelectorRequirement
ObjectFieldSelector atomic: A field of the pod.
  fieldPath! string: Path of the field, such as metadata.labels['app'].
  apiVersion string
Pod kind: A group of containers that run together on one node.
  spec PodSpec: What should run, and how.
  status PodStatus: What was last seen of the pod; written by the system.
PodAffinity: Pods to be near to.
  preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
  requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
PodAffinityTerm: A set of pods and what counts as the same place.
  topologyKey! string: Node label whose equal values are one place.
  labelSelector LabelSelector; matchLabelKeys []string; mismatchLabelKeys []string
  namespaceSelector LabelSelector; namespaces []string
PodAntiAffinity: Pods to stay away from.
  preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
  requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
PodCondition: One aspect of a pod's state.
  lastProbeTime time; lastTransitionTime time; message string; observedGeneration int64
  reason string; status! string; type! string
PodDNSConfig
  nameservers []string; options []PodDNSConfigOption; searches []string
PodDNSConfigOption
  name string; value string
PodExtendedResourceClaimStatus
  requestMappings! []ContainerExtendedResourceRequest; resourceClaimName! string
PodIP
  ip! string
PodOS: Operating system of a pod's containers.
  name! string: linux or windows.
PodReadinessGate: A condition that must be true before the pod counts as ready.
  conditionType! string
PodResourceClaim: A ResourceClaim that the containers of the pod can refer to.
  name! string; resourceClaimName string; resourceClaimTemplateName string
PodResourceClaimStatus
  name! string; resourceClaimName string
PodSchedulingGate: A reason not to schedule the pod yet.
  name! string: Name of the gate.
PodSecurityContext: Security settings of all containers of a pod.
  appArmorProfile AppArmorProfile: AppArmor profile of the containers.
  fsGroup int64: Group that owns the pod's volumes.
  fsGroupChangePolicy string: OnRootMismatch or Always.
  runAsGroup int64: Group of the containers' processes.
  runAsNonRoot bool: Whether containers that would run as root are refused.
  runAsUser int64: User of the containers' processes.
  seLinuxChangePolicy string: How volumes get their SELinux label.
  seLinuxOptions SELinuxOptions: SELinux context of the containers.
  seccompProfile SeccompProfile: Seccomp profile of the containers.
  supplementalGroups []int64: More groups of the processes.
  supplementalGroupsPolicy string: Merge with the image's groups, or Strict.
  sysctls []Sysctl: Kernel parameters of the pod.
  windowsOptions WindowsSecurityContextOptions: Settings for Windows containers.
PodSpec: What a pod runs, and under which conditions.
  activeDeadlineSeconds int64: Seconds after its start at which the pod is failed.
  affinity Affinity: Rules about where the pod may or should run.
  automountServiceAccountToken bool: Whether a token of the service account is mounted.
  containers! []Container merge=name: The containers of the pod; at least one.
  dnsConfig PodDNSConfig: Additions to the DNS settings that dnsPolicy gives.
  dnsPolicy string: ClusterFirst, ClusterFirstWithHostNet, Default or None.
  enableServiceLinks bool: Whether Services appear as environment variables.
  ephemeralContainers []EphemeralContainer merge=name: Containers added for debugging; see kubectl
      debug.
  hostAliases []HostAlias merge=ip: Lines for the pod's hosts file.
  hostIPC bool: Whether the node's IPC namespace is used.
  hostNetwork bool: Whether the node's network is used.
  hostPID bool: Whether the node's process namespace is used.
  hostUsers bool: Whether the node's user namespace is used; true if unset.
  hostname string: Host name of the pod; its name if unset.
  hostnameOverride string: Host name that wins over all other settings.
  imagePullSecrets []LocalObjectReference merge=name: Secrets with credentials for the images'
      registries.
  initContainers []Container merge=name: Containers that run before the others, one after the
      other.
  nodeName string: Node that the pod is bound to; set by the scheduler.
  nodeSelector {}string atomic: Labels that the node must have.
  os PodOS: Operating system that the containers need.
  overhead {}quantity: Resources that running the pod itself takes; from its RuntimeClass.
  preemptionPolicy string: PreemptLowerPriority or Never.
  priority int32: Priority as a number; from the PriorityClass.
  priorityClassName string: Name of the PriorityClass.
  readinessGates []PodReadinessGate: Conditions that must be true for the pod to be ready.
  resourceClaims []PodResourceClaim merge=name retainKeys: Claims that must be allocated before
      the pod starts.
  resources ResourceRequirements: Resources of the pod as a whole.
  restartPolicy string: Always, OnFailure or Never.
  runtimeClassName string: RuntimeClass that runs the pod.
  schedulerName string: Scheduler that places the pod; default-scheduler if unset.
  schedulingGates []PodSchedulingGate merge=name: While there are any, the pod is not scheduled.
  securityContext PodSecurityContext: Security settings of all containers.
  serviceAccount string: Older name of serviceAccountName.
  serviceAccountName string: Service account that the pod acts as.
  setHostnameAsFQDN bool: Whether the host name is the fully qualified one.
  shareProcessNamespace bool: Whether the containers see each other's processes.
  subdomain string: Subdomain of the pod's fully qualified name.
  terminationGracePeriodSeconds int64: Seconds between the request to stop and the kill; 30 if
      unset.
  tolerations []Toleration: Taints of nodes that do not keep the pod away.
  topologySpreadConstraints []TopologySpreadConstraint merge=topologyKey
      map=topologyKey,whenUnsatisfiable: How the pods spread over zones, nodes or other places.
  volumes []Volume merge=name retainKeys: Volumes that the containers can mount.
PodStatus: What was last seen of a pod.
  conditions []PodCondition merge=type: PodScheduled, Initialized, ContainersReady, Ready and
      others.
  containerStatuses []ContainerStatus: State of each container.
  hostIP string: Address of the pod's node.
  hostIPs []HostIP merge=ip atomic: All addresses of the pod's node.
  message string: Why the pod is in its state, for people.
  nominatedNodeName string: Node on which lower pods were preempted for this one.
  observedGeneration int64: Generation of the spec that the status is about.
  phase string: Pending, Running, Succeeded, Failed or Unknown.
  podIP string: Address of the pod.
  podIPs []PodIP merge=ip: All addresses of the pod.
  qosClass string: Guaranteed, Burstable or BestEffort.
  reason string: Why the pod is in its state, in one word.
  resize string: State of a resource change under way.
  startTime time: When the kubelet took the pod on.
  allocatedResources {}quantity; ephemeralContainerStatuses []ContainerStatus
  extendedResourceClaimStatus PodExtendedResourceClaimStatus
  initContainerStatuses []ContainerStatus
  resourceClaimStatuses []PodResourceClaimStatus merge=name retainKeys
  resources ResourceRequirements
PodTemplateSpec: The pods that a controller makes.
  metadata ObjectMeta: Labels and annotations of the pods.
  spec PodSpec: What the pods run.
PreferredSchedulingTerm
  preference! NodeSelectorTerm; weight! int32
Probe: A health check of a container.
  exec ExecAction: Passes if a command exits with 0.
  failureThreshold int32: Failures in a row that count; 3 if unset.
  grpc GRPCAction: Passes if a gRPC health check says SERVING.
  httpGet HTTPGetAction: Passes if a request is answered with 200 to 399.
  initialDelaySeconds int32: Seconds to wait after the start.
  periodSeconds int32: Seconds between checks; 10 if unset.
  successThreshold int32: Successes in a row that count; 1 if unset.
  tcpSocket TCPSocketAction: Passes if a connection can be opened.
  terminationGracePeriodSeconds int64: Grace after a failure; the pod's if unset.
  timeoutSeconds int32: Seconds after which a check has failed; 1 if unset.
ResourceClaim: A claim of the pod that a container uses.
  name! string; request string
ResourceFieldSelector atomic: A resource of a container.
  containerName string; divisor quantity; resource! string
ResourceHealth
  health string; resourceID! string
ResourceRequirements: Resources that are asked for, and their upper bounds.
  claims []ResourceClaim map=name: Claims of the pod that the container uses.
  limits {}quantity: Most that it may use.
  requests {}quantity: What it needs for sure; counts for scheduling.
ResourceStatus
  name! string; resources []ResourceHealth map=resourceID
SELinuxOptions: An SELinux context.
  level string; role string; type string; user string
SeccompProfile: A seccomp profile.
  localhostProfile string; type! string
SecretEnvSource
  name string; optional bool
SecretKeySelector atomic: One key of a Secret.
  key! string: The key to take.
  name string: Name of the Secret, in the pod's namespace.
  optional bool: Whether the Secret or its key may be missing.
SecurityContext: Security settings of one container; they win over the pod's.
  allowPrivilegeEscalation bool: Whether a process may gain more privileges than its parent.
  appArmorProfile AppArmorProfile: AppArmor profile.
  capabilities Capabilities: Capabilities to add and drop.
  privileged bool: Whether it runs with all of the node's privileges.
  procMount string: How /proc is mounted.
  readOnlyRootFilesystem bool: Whether the root file system is read-only.
  runAsGroup int64: Group of the first process.
  runAsNonRoot bool: Whether to refuse to run as root.
  runAsUser int64: User of the first process.
  seLinuxOptions SELinuxOptions: SELinux context.
  seccompProfile SeccompProfile: Seccomp profile.
  windowsOptions WindowsSecurityContextOptions: Settings for Windows containers.
SleepAction: A pause.
  seconds! int64
Sysctl
  name! string; value! string
TCPSocketAction: Opening a TCP connection.
  host string; port! intstr
Toleration: A taint that does not keep the pod away.
  effect string: NoSchedule, PreferNoSchedule or NoExecute; all if unset.
  key string: Key of the taint; all if unset, with operator Exists.
  operator string: Equal or Exists; Equal if unset.
  tolerationSeconds int64: How long a NoExecute taint is borne; for ever if unset.
  value string: Value of the taint, for Equal.
TopologySpreadConstraint: How evenly pods spread over places.
  labelSelector LabelSelector: Which pods count.
  matchLabelKeys []string: Labels whose values are taken from the pod itself.
  maxSkew! int32: Largest difference in pods between two places.
  minDomains int32: Fewest places that there must be.
  nodeAffinityPolicy string: Honor or Ignore the pod's node affinity when counting.
  nodeTaintsPolicy string: Honor or Ignore taints when counting.
  topologyKey! string: Node label whose equal values are one place.
  whenUnsatisfiable! string: DoNotSchedule or ScheduleAnyway.
TypedLocalObjectReference atomic
  apiGroup string; kind! string; name! string
WeightedPodAffinityTerm
  podAffinityTerm! PodAffinityTerm; weight! int32
WindowsSecurityContextOptions
  gmsaCredentialSpec string; gmsaCredentialSpecName string; hostProcess bool
  runAsUserName string
)schema";
}

}  // namespace stowage::sim
