// Field numbers of the API's protobuf messages, as its published .proto files give them.
#include "sim/apiserver/wire.h"

namespace stowage::sim {

// A message a line: its name, then "field:number:type". s string, b bytes, i integer, t boolean, d
// double;
// * a list, % a map from strings, ^ a part that JSON has inline. A status is not read: clients that
// write one speak JSON.
const std::string_view kWireTables[] = {
    R"(apps.DaemonSet metadata:1:meta.ObjectMeta spec:2:apps.DaemonSetSpec status:3:apps.DaemonSetStatus
apps.DaemonSetSpec selector:1:meta.LabelSelector template:2:core.PodTemplateSpec
 updateStrategy:3:apps.DaemonSetUpdateStrategy minReadySeconds:4:i revisionHistoryLimit:6:i
apps.DaemonSetUpdateStrategy type:1:s rollingUpdate:2:apps.RollingUpdateDaemonSet
apps.Deployment metadata:1:meta.ObjectMeta spec:2:apps.DeploymentSpec
 status:3:apps.DeploymentStatus
apps.DeploymentSpec replicas:1:i selector:2:meta.LabelSelector template:3:core.PodTemplateSpec
 strategy:4:apps.DeploymentStrategy minReadySeconds:5:i revisionHistoryLimit:6:i paused:7:t
 progressDeadlineSeconds:9:i
apps.DeploymentStrategy type:1:s rollingUpdate:2:apps.RollingUpdateDeployment
apps.ReplicaSet metadata:1:meta.ObjectMeta spec:2:apps.ReplicaSetSpec
 status:3:apps.ReplicaSetStatus
apps.ReplicaSetSpec replicas:1:i minReadySeconds:4:i selector:2:meta.LabelSelector
 template:3:core.PodTemplateSpec
apps.RollingUpdateDaemonSet maxUnavailable:1:intstr maxSurge:2:intstr
apps.RollingUpdateDeployment maxUnavailable:1:intstr maxSurge:2:intstr
apps.RollingUpdateStatefulSetStrategy partition:1:i
apps.StatefulSet metadata:1:meta.ObjectMeta spec:2:apps.StatefulSetSpec
 status:3:apps.StatefulSetStatus
apps.StatefulSetSpec replicas:1:i selector:2:meta.LabelSelector template:3:core.PodTemplateSpec
 volumeClaimTemplates:4:*core.PersistentVolumeClaim serviceName:5:s podManagementPolicy:6:s
 updateStrategy:7:apps.StatefulSetUpdateStrategy revisionHistoryLimit:8:i minReadySeconds:9:i
apps.StatefulSetUpdateStrategy type:1:s rollingUpdate:2:apps.RollingUpdateStatefulSetStrategy
authn.BoundObjectReference kind:1:s aPIVersion:2:s name:3:s uID:4:s
authn.ExtraValue items:1:*s
authn.SelfSubjectReview metadata:1:meta.ObjectMeta status:2:authn.SelfSubjectReviewStatus
authn.SelfSubjectReviewStatus userInfo:1:authn.UserInfo
authn.TokenRequest metadata:1:meta.ObjectMeta spec:2:authn.TokenRequestSpec
 status:3:authn.TokenRequestStatus
authn.TokenRequestSpec audiences:1:*s expirationSeconds:4:i
 boundObjectRef:3:authn.BoundObjectReference
authn.TokenRequestStatus token:1:s expirationTimestamp:2:time
authn.TokenReview metadata:1:meta.ObjectMeta spec:2:authn.TokenReviewSpec
 status:3:authn.TokenReviewStatus
authn.TokenReviewSpec token:1:s audiences:2:*s
authn.TokenReviewStatus authenticated:1:t user:2:authn.UserInfo audiences:4:*s error:3:s
authn.UserInfo username:1:s uid:2:s groups:3:*s extra:4:%authn.ExtraValue
authz.ExtraValue items:1:*s
authz.LocalSubjectAccessReview metadata:1:meta.ObjectMeta spec:2:authz.SubjectAccessReviewSpec
 status:3:authz.SubjectAccessReviewStatus
authz.NonResourceAttributes path:1:s verb:2:s
authz.NonResourceRule verbs:1:*s nonResourceURLs:2:*s
authz.ResourceAttributes namespace:1:s verb:2:s group:3:s version:4:s resource:5:s subresource:6:s
 name:7:s
authz.ResourceRule verbs:1:*s apiGroups:2:*s resources:3:*s resourceNames:4:*s
authz.SelfSubjectAccessReview metadata:1:meta.ObjectMeta spec:2:authz.SelfSubjectAccessReviewSpec
 status:3:authz.SubjectAccessReviewStatus
authz.SelfSubjectAccessReviewSpec resourceAttributes:1:authz.ResourceAttributes
 nonResourceAttributes:2:authz.NonResourceAttributes
authz.SelfSubjectRulesReview metadata:1:meta.ObjectMeta spec:2:authz.SelfSubjectRulesReviewSpec
 status:3:authz.SubjectRulesReviewStatus
authz.SelfSubjectRulesReviewSpec namespace:1:s
authz.SubjectAccessReview metadata:1:meta.ObjectMeta spec:2:authz.SubjectAccessReviewSpec
 status:3:authz.SubjectAccessReviewStatus
authz.SubjectAccessReviewSpec resourceAttributes:1:authz.ResourceAttributes
 nonResourceAttributes:2:authz.NonResourceAttributes user:3:s groups:4:*s
 extra:5:%authz.ExtraValue uid:6:s
authz.SubjectAccessReviewStatus allowed:1:t denied:4:t reason:2:s evaluationError:3:s
authz.SubjectRulesReviewStatus resourceRules:1:*authz.ResourceRule
 nonResourceRules:2:*authz.NonResourceRule incomplete:3:t evaluationError:4:s
autoscale1.CrossVersionObjectReference kind:1:s name:2:s apiVersion:3:s
autoscale1.HorizontalPodAutoscaler metadata:1:meta.ObjectMeta
 spec:2:autoscale1.HorizontalPodAutoscalerSpec status:3:autoscale1.HorizontalPodAutoscalerStatus
autoscale1.HorizontalPodAutoscalerSpec scaleTargetRef:1:autoscale1.CrossVersionObjectReference
 minReplicas:2:i maxReplicas:3:i targetCPUUtilizationPercentage:4:i
autoscale2.ContainerResourceMetricSource name:1:s target:2:autoscale2.MetricTarget container:3:s
autoscale2.ExternalMetricSource metric:1:autoscale2.MetricIdentifier target:2:autoscale2.MetricTarget
autoscale2.HPAScalingPolicy type:1:s value:2:i periodSeconds:3:i
autoscale2.HPAScalingRules selectPolicy:1:s policies:2:*autoscale2.HPAScalingPolicy
 stabilizationWindowSeconds:3:i tolerance:4:quantity
autoscale2.HorizontalPodAutoscaler metadata:1:meta.ObjectMeta
 spec:2:autoscale2.HorizontalPodAutoscalerSpec status:3:autoscale2.HorizontalPodAutoscalerStatus
autoscale2.HorizontalPodAutoscalerBehavior scaleUp:1:autoscale2.HPAScalingRules
 scaleDown:2:autoscale2.HPAScalingRules
autoscale2.HorizontalPodAutoscalerSpec scaleTargetRef:1:autoscale1.CrossVersionObjectReference
 minReplicas:2:i maxReplicas:3:i metrics:4:*autoscale2.MetricSpec
 behavior:5:autoscale2.HorizontalPodAutoscalerBehavior
autoscale2.MetricIdentifier name:1:s selector:2:meta.LabelSelector
autoscale2.MetricSpec type:1:s object:2:autoscale2.ObjectMetricSource
 pods:3:autoscale2.PodsMetricSource resource:4:autoscale2.ResourceMetricSource
 external:5:autoscale2.ExternalMetricSource
 containerResource:7:autoscale2.ContainerResourceMetricSource
autoscale2.MetricTarget type:1:s value:2:quantity averageValue:3:quantity averageUtilization:4:i
autoscale2.ObjectMetricSource describedObject:1:autoscale1.CrossVersionObjectReference
 target:2:autoscale2.MetricTarget metric:3:autoscale2.MetricIdentifier
autoscale2.PodsMetricSource metric:1:autoscale2.MetricIdentifier target:2:autoscale2.MetricTarget
autoscale2.ResourceMetricSource name:1:s target:2:autoscale2.MetricTarget
batch.Job metadata:1:meta.ObjectMeta spec:2:batch.JobSpec status:3:batch.JobStatus
batch.JobSpec parallelism:1:i completions:2:i activeDeadlineSeconds:3:i backoffLimit:7:i
 selector:4:meta.LabelSelector manualSelector:5:t template:6:core.PodTemplateSpec
 ttlSecondsAfterFinished:8:i completionMode:9:s suspend:10:t backoffLimitPerIndex:12:i
 maxFailedIndexes:13:i podReplacementPolicy:14:s managedBy:15:s
batchb.CronJob metadata:1:meta.ObjectMeta spec:2:batchb.CronJobSpec status:3:batchb.CronJobStatus
batchb.CronJobSpec schedule:1:s startingDeadlineSeconds:2:i concurrencyPolicy:3:s suspend:4:t
 jobTemplate:5:batchb.JobTemplateSpec successfulJobsHistoryLimit:6:i failedJobsHistoryLimit:7:i
 timeZone:8:s
batchb.JobTemplateSpec metadata:1:meta.ObjectMeta spec:2:batch.JobSpec
coord.Lease metadata:1:meta.ObjectMeta spec:2:coord.LeaseSpec
coord.LeaseSpec holderIdentity:1:s leaseDurationSeconds:2:i acquireTime:3:microtime
 renewTime:4:microtime leaseTransitions:5:i
core.AWSElasticBlockStoreVolumeSource volumeID:1:s fsType:2:s partition:3:i readOnly:4:t
core.Affinity nodeAffinity:1:core.NodeAffinity podAffinity:2:core.PodAffinity
 podAntiAffinity:3:core.PodAntiAffinity
core.AppArmorProfile type:1:s localhostProfile:2:s
core.AzureDiskVolumeSource diskName:1:s diskURI:2:s cachingMode:3:s fsType:4:s readOnly:5:t
 kind:6:s
core.AzureFileVolumeSource secretName:1:s shareName:2:s readOnly:3:t
core.Binding metadata:1:meta.ObjectMeta target:2:core.ObjectReference
core.CSIVolumeSource driver:1:s readOnly:2:t fsType:3:s volumeAttributes:4:%s
 nodePublishSecretRef:5:core.LocalObjectReference
core.Capabilities add:1:*s drop:2:*s
core.CephFSVolumeSource monitors:1:*s path:2:s user:3:s secretFile:4:s
 secretRef:5:core.LocalObjectReference readOnly:6:t
core.CinderVolumeSource volumeID:1:s fsType:2:s readOnly:3:t secretRef:4:core.LocalObjectReference
core.ClientIPConfig timeoutSeconds:1:i
core.ConfigMap metadata:1:meta.ObjectMeta immutable:4:t data:2:%s binaryData:3:%b
core.ConfigMapEnvSource localObjectReference:1:^core.LocalObjectReference optional:2:t
core.ConfigMapKeySelector localObjectReference:1:^core.LocalObjectReference key:2:s optional:3:t
core.ConfigMapNodeConfigSource namespace:1:s name:2:s uid:3:s resourceVersion:4:s
 kubeletConfigKey:5:s
core.ConfigMapProjection localObjectReference:1:^core.LocalObjectReference items:2:*core.KeyToPath
 optional:4:t
core.ConfigMapVolumeSource localObjectReference:1:^core.LocalObjectReference
 items:2:*core.KeyToPath defaultMode:3:i optional:4:t
core.Container name:1:s image:2:s command:3:*s args:4:*s workingDir:5:s
 ports:6:*core.ContainerPort envFrom:19:*core.EnvFromSource env:7:*core.EnvVar
 resources:8:core.ResourceRequirements volumeMounts:9:*core.VolumeMount
 volumeDevices:21:*core.VolumeDevice livenessProbe:10:core.Probe readinessProbe:11:core.Probe
 startupProbe:22:core.Probe lifecycle:12:core.Lifecycle terminationMessagePath:13:s
 terminationMessagePolicy:20:s imagePullPolicy:14:s securityContext:15:core.SecurityContext
 stdin:16:t stdinOnce:17:t tty:18:t resizePolicy:23:*core.ContainerResizePolicy restartPolicy:24:s
core.ContainerPort name:1:s hostPort:2:i containerPort:3:i protocol:4:s hostIP:5:s
core.ContainerResizePolicy resourceName:1:s restartPolicy:2:s
core.DownwardAPIProjection items:1:*core.DownwardAPIVolumeFile
core.DownwardAPIVolumeFile path:1:s fieldRef:2:core.ObjectFieldSelector
 resourceFieldRef:3:core.ResourceFieldSelector mode:4:i
core.DownwardAPIVolumeSource items:1:*core.DownwardAPIVolumeFile defaultMode:2:i
core.EmptyDirVolumeSource medium:1:s sizeLimit:2:quantity
core.EndpointAddress ip:1:s hostname:3:s nodeName:4:s targetRef:2:core.ObjectReference
core.EndpointPort name:1:s port:2:i protocol:3:s appProtocol:4:s
core.EndpointSubset addresses:1:*core.EndpointAddress notReadyAddresses:2:*core.EndpointAddress
 ports:3:*core.EndpointPort
core.Endpoints metadata:1:meta.ObjectMeta subsets:2:*core.EndpointSubset
core.EnvFromSource prefix:1:s configMapRef:2:core.ConfigMapEnvSource
 secretRef:3:core.SecretEnvSource
core.EnvVar name:1:s value:2:s valueFrom:3:core.EnvVarSource
core.EnvVarSource fieldRef:1:core.ObjectFieldSelector
 resourceFieldRef:2:core.ResourceFieldSelector configMapKeyRef:3:core.ConfigMapKeySelector
 secretKeyRef:4:core.SecretKeySelector
core.EphemeralContainer ephemeralContainerCommon:1:^core.EphemeralContainerCommon
 targetContainerName:2:s
core.EphemeralContainerCommon name:1:s image:2:s command:3:*s args:4:*s workingDir:5:s
 ports:6:*core.ContainerPort envFrom:19:*core.EnvFromSource env:7:*core.EnvVar
 resources:8:core.ResourceRequirements volumeMounts:9:*core.VolumeMount
 volumeDevices:21:*core.VolumeDevice livenessProbe:10:core.Probe readinessProbe:11:core.Probe
 startupProbe:22:core.Probe lifecycle:12:core.Lifecycle terminationMessagePath:13:s
 terminationMessagePolicy:20:s imagePullPolicy:14:s securityContext:15:core.SecurityContext
 stdin:16:t stdinOnce:17:t tty:18:t resizePolicy:23:*core.ContainerResizePolicy restartPolicy:24:s
core.EphemeralVolumeSource volumeClaimTemplate:1:core.PersistentVolumeClaimTemplate readOnly:2:t
core.Event metadata:1:meta.ObjectMeta involvedObject:2:core.ObjectReference reason:3:s message:4:s
 source:5:core.EventSource firstTimestamp:6:time lastTimestamp:7:time count:8:i type:9:s
 eventTime:10:microtime series:11:core.EventSeries action:12:s related:13:core.ObjectReference
 reportingComponent:14:s reportingInstance:15:s
core.EventSeries count:1:i lastObservedTime:2:microtime
core.EventSource component:1:s host:2:s
core.ExecAction command:1:*s
core.FCVolumeSource targetWWNs:1:*s lun:2:i fsType:3:s readOnly:4:t wwids:5:*s
core.FlexVolumeSource driver:1:s fsType:2:s secretRef:3:core.LocalObjectReference readOnly:4:t
 options:5:%s
core.FlockerVolumeSource datasetName:1:s datasetUUID:2:s
core.GCEPersistentDiskVolumeSource pdName:1:s fsType:2:s partition:3:i readOnly:4:t
core.GRPCAction port:1:i service:2:s
core.GitRepoVolumeSource repository:1:s revision:2:s directory:3:s
core.GlusterfsVolumeSource endpoints:1:s path:2:s readOnly:3:t
core.HTTPGetAction path:1:s port:2:intstr host:3:s scheme:4:s httpHeaders:5:*core.HTTPHeader
core.HTTPHeader name:1:s value:2:s
core.Handler exec:1:core.ExecAction httpGet:2:core.HTTPGetAction tcpSocket:3:core.TCPSocketAction
 sleep:4:core.SleepAction
core.HostAlias ip:1:s hostnames:2:*s
core.HostPathVolumeSource path:1:s type:2:s
core.ImageVolumeSource reference:1:s pullPolicy:2:s
core.ISCSIVolumeSource targetPortal:1:s iqn:2:s lun:3:i iscsiInterface:4:s fsType:5:s readOnly:6:t
 portals:7:*s chapAuthDiscovery:8:t chapAuthSession:11:t secretRef:10:core.LocalObjectReference
 initiatorName:12:s
core.KeyToPath key:1:s path:2:s mode:3:i
core.Lifecycle postStart:1:core.Handler preStop:2:core.Handler
core.LocalObjectReference name:1:s
core.NFSVolumeSource server:1:s path:2:s readOnly:3:t
core.Namespace metadata:1:meta.ObjectMeta spec:2:core.NamespaceSpec status:3:core.NamespaceStatus
core.NamespaceSpec finalizers:1:*s
core.Node metadata:1:meta.ObjectMeta spec:2:core.NodeSpec status:3:core.NodeStatus
core.NodeAffinity requiredDuringSchedulingIgnoredDuringExecution:1:core.NodeSelector
 preferredDuringSchedulingIgnoredDuringExecution:2:*core.PreferredSchedulingTerm
core.NodeConfigSource configMap:2:core.ConfigMapNodeConfigSource
core.NodeSelector nodeSelectorTerms:1:*core.NodeSelectorTerm
core.NodeSelectorRequirement key:1:s operator:2:s values:3:*s
core.NodeSelectorTerm matchExpressions:1:*core.NodeSelectorRequirement
 matchFields:2:*core.NodeSelectorRequirement
core.NodeSpec podCIDR:1:s podCIDRs:7:*s providerID:3:s unschedulable:4:t taints:5:*core.Taint
 configSource:6:core.NodeConfigSource externalID:2:s
core.ObjectFieldSelector apiVersion:1:s fieldPath:2:s
core.ObjectReference kind:1:s namespace:2:s name:3:s uid:4:s apiVersion:5:s resourceVersion:6:s
 fieldPath:7:s
core.PersistentVolumeClaim metadata:1:meta.ObjectMeta spec:2:core.PersistentVolumeClaimSpec
 status:3:core.PersistentVolumeClaimStatus
core.PersistentVolumeClaimSpec accessModes:1:*s selector:4:meta.LabelSelector
 resources:2:core.ResourceRequirements volumeName:3:s storageClassName:5:s volumeMode:6:s
 dataSource:7:core.TypedLocalObjectReference dataSourceRef:8:core.TypedObjectReference
 volumeAttributesClassName:9:s
core.PersistentVolumeClaimTemplate metadata:1:meta.ObjectMeta
 spec:2:core.PersistentVolumeClaimSpec
core.PersistentVolumeClaimVolumeSource claimName:1:s readOnly:2:t
core.PhotonPersistentDiskVolumeSource pdID:1:s fsType:2:s
core.Pod metadata:1:meta.ObjectMeta spec:2:core.PodSpec status:3:core.PodStatus
core.PodAffinity requiredDuringSchedulingIgnoredDuringExecution:1:*core.PodAffinityTerm
 preferredDuringSchedulingIgnoredDuringExecution:2:*core.WeightedPodAffinityTerm
core.PodAffinityTerm labelSelector:1:meta.LabelSelector namespaces:2:*s topologyKey:3:s)",
    R"(core.PodAntiAffinity requiredDuringSchedulingIgnoredDuringExecution:1:*core.PodAffinityTerm
 preferredDuringSchedulingIgnoredDuringExecution:2:*core.WeightedPodAffinityTerm
 namespaceSelector:4:meta.LabelSelector matchLabelKeys:5:*s mismatchLabelKeys:6:*s
core.PodDNSConfig nameservers:1:*s searches:2:*s options:3:*core.PodDNSConfigOption
core.PodDNSConfigOption name:1:s value:2:s
core.PodOS name:1:s
core.PodReadinessGate conditionType:1:s
core.PodResourceClaim name:1:s resourceClaimName:3:s resourceClaimTemplateName:4:s
core.PodSchedulingGate name:1:s
core.PodSecurityContext seLinuxOptions:1:core.SELinuxOptions
 windowsOptions:8:core.WindowsSecurityContextOptions runAsUser:2:i runAsGroup:6:i runAsNonRoot:3:t
 supplementalGroups:4:*i fsGroup:5:i sysctls:7:*core.Sysctl fsGroupChangePolicy:9:s
 seccompProfile:10:core.SeccompProfile appArmorProfile:11:core.AppArmorProfile
 supplementalGroupsPolicy:12:s
core.PodSpec volumes:1:*core.Volume initContainers:20:*core.Container containers:2:*core.Container
 ephemeralContainers:34:*core.EphemeralContainer restartPolicy:3:s
 terminationGracePeriodSeconds:4:i activeDeadlineSeconds:5:i dnsPolicy:6:s nodeSelector:7:%s
 serviceAccountName:8:s serviceAccount:9:s automountServiceAccountToken:21:t nodeName:10:s
 hostNetwork:11:t hostPID:12:t hostIPC:13:t shareProcessNamespace:27:t
 securityContext:14:core.PodSecurityContext imagePullSecrets:15:*core.LocalObjectReference
 hostname:16:s subdomain:17:s affinity:18:core.Affinity schedulerName:19:s
 tolerations:22:*core.Toleration hostAliases:23:*core.HostAlias priorityClassName:24:s
 priority:25:i dnsConfig:26:core.PodDNSConfig readinessGates:28:*core.PodReadinessGate
 runtimeClassName:29:s enableServiceLinks:30:t preemptionPolicy:31:s overhead:32:%quantity
 topologySpreadConstraints:33:*core.TopologySpreadConstraint setHostnameAsFQDN:35:t
 os:36:core.PodOS hostUsers:37:t schedulingGates:38:*core.PodSchedulingGate
 resourceClaims:39:*core.PodResourceClaim resources:40:core.ResourceRequirements
core.PodTemplateSpec metadata:1:meta.ObjectMeta spec:2:core.PodSpec
core.PortworxVolumeSource volumeID:1:s fsType:2:s readOnly:3:t
core.PreferredSchedulingTerm weight:1:i preference:2:core.NodeSelectorTerm
core.Probe handler:1:^core.ProbeHandler initialDelaySeconds:2:i timeoutSeconds:3:i periodSeconds:4:i
 successThreshold:5:i failureThreshold:6:i terminationGracePeriodSeconds:7:i
core.ProbeHandler exec:1:core.ExecAction httpGet:2:core.HTTPGetAction
 tcpSocket:3:core.TCPSocketAction grpc:4:core.GRPCAction
core.ProjectedVolumeSource sources:1:*core.VolumeProjection defaultMode:2:i
core.QuobyteVolumeSource registry:1:s volume:2:s readOnly:3:t user:4:s group:5:s tenant:6:s
core.RBDVolumeSource monitors:1:*s image:2:s fsType:3:s pool:4:s user:5:s keyring:6:s
 secretRef:7:core.LocalObjectReference readOnly:8:t
core.ResourceFieldSelector containerName:1:s resource:2:s divisor:3:quantity
core.ResourceClaim name:1:s request:2:s
core.ResourceQuota metadata:1:meta.ObjectMeta spec:2:core.ResourceQuotaSpec
 status:3:core.ResourceQuotaStatus
core.ResourceQuotaSpec hard:1:%quantity scopes:2:*s scopeSelector:3:core.ScopeSelector
core.ResourceRequirements limits:1:%quantity requests:2:%quantity claims:3:*core.ResourceClaim
core.SELinuxOptions user:1:s role:2:s type:3:s level:4:s
core.ScaleIOVolumeSource gateway:1:s system:2:s secretRef:3:core.LocalObjectReference
 sslEnabled:4:t protectionDomain:5:s storagePool:6:s storageMode:7:s volumeName:8:s fsType:9:s
 readOnly:10:t
core.ScopeSelector matchExpressions:1:*core.ScopedResourceSelectorRequirement
core.ScopedResourceSelectorRequirement scopeName:1:s operator:2:s values:3:*s
core.SeccompProfile type:1:s localhostProfile:2:s
core.Secret metadata:1:meta.ObjectMeta immutable:5:t data:2:%b stringData:4:%s type:3:s
core.SecretEnvSource localObjectReference:1:^core.LocalObjectReference optional:2:t
core.SecretKeySelector localObjectReference:1:^core.LocalObjectReference key:2:s optional:3:t
core.SecretProjection localObjectReference:1:^core.LocalObjectReference items:2:*core.KeyToPath
 optional:4:t
core.SecretVolumeSource secretName:1:s items:2:*core.KeyToPath defaultMode:3:i optional:4:t
core.SecurityContext capabilities:1:core.Capabilities privileged:2:t
 seLinuxOptions:3:core.SELinuxOptions windowsOptions:10:core.WindowsSecurityContextOptions
 runAsUser:4:i runAsGroup:8:i runAsNonRoot:5:t readOnlyRootFilesystem:6:t
 allowPrivilegeEscalation:7:t procMount:9:s seccompProfile:11:core.SeccompProfile
 appArmorProfile:12:core.AppArmorProfile
core.Service metadata:1:meta.ObjectMeta spec:2:core.ServiceSpec status:3:core.ServiceStatus
core.ServiceAccount metadata:1:meta.ObjectMeta secrets:2:*core.ObjectReference
 imagePullSecrets:3:*core.LocalObjectReference automountServiceAccountToken:4:t
core.ServiceAccountTokenProjection audience:1:s expirationSeconds:2:i path:3:s
core.ServicePort name:1:s protocol:2:s appProtocol:6:s port:3:i targetPort:4:intstr nodePort:5:i
core.ServiceSpec ports:1:*core.ServicePort selector:2:%s clusterIP:3:s clusterIPs:18:*s type:4:s
 externalIPs:5:*s sessionAffinity:7:s loadBalancerIP:8:s loadBalancerSourceRanges:9:*s
 externalName:10:s externalTrafficPolicy:11:s healthCheckNodePort:12:i
 publishNotReadyAddresses:13:t sessionAffinityConfig:14:core.SessionAffinityConfig
 topologyKeys:16:*s ipFamilies:19:*s ipFamilyPolicy:17:s allocateLoadBalancerNodePorts:20:t
 loadBalancerClass:21:s internalTrafficPolicy:22:s trafficDistribution:23:s
core.SessionAffinityConfig clientIP:1:core.ClientIPConfig
core.SleepAction seconds:1:i
core.StorageOSVolumeSource volumeName:1:s volumeNamespace:2:s fsType:3:s readOnly:4:t
 secretRef:5:core.LocalObjectReference
core.Sysctl name:1:s value:2:s
core.TCPSocketAction port:1:intstr host:2:s
core.Taint key:1:s value:2:s effect:3:s timeAdded:4:time
core.Toleration key:1:s operator:2:s value:3:s effect:4:s tolerationSeconds:5:i
core.TopologySpreadConstraint maxSkew:1:i topologyKey:2:s whenUnsatisfiable:3:s
 labelSelector:4:meta.LabelSelector minDomains:5:i nodeAffinityPolicy:6:s nodeTaintsPolicy:7:s
 matchLabelKeys:8:*s
core.TypedLocalObjectReference apiGroup:1:s kind:2:s name:3:s
core.TypedObjectReference apiGroup:1:s kind:2:s name:3:s namespace:4:s
core.Volume name:1:s volumeSource:2:^core.VolumeSource
core.VolumeDevice name:1:s devicePath:2:s
core.VolumeMount name:1:s readOnly:2:t mountPath:3:s subPath:4:s mountPropagation:5:s
 subPathExpr:6:s recursiveReadOnly:7:s
core.VolumeProjection secret:1:core.SecretProjection downwardAPI:2:core.DownwardAPIProjection
 configMap:3:core.ConfigMapProjection serviceAccountToken:4:core.ServiceAccountTokenProjection
core.VolumeSource hostPath:1:core.HostPathVolumeSource emptyDir:2:core.EmptyDirVolumeSource
 gcePersistentDisk:3:core.GCEPersistentDiskVolumeSource
 awsElasticBlockStore:4:core.AWSElasticBlockStoreVolumeSource gitRepo:5:core.GitRepoVolumeSource
 secret:6:core.SecretVolumeSource nfs:7:core.NFSVolumeSource iscsi:8:core.ISCSIVolumeSource
 glusterfs:9:core.GlusterfsVolumeSource
 persistentVolumeClaim:10:core.PersistentVolumeClaimVolumeSource rbd:11:core.RBDVolumeSource
 flexVolume:12:core.FlexVolumeSource cinder:13:core.CinderVolumeSource
 cephfs:14:core.CephFSVolumeSource flocker:15:core.FlockerVolumeSource
 downwardAPI:16:core.DownwardAPIVolumeSource fc:17:core.FCVolumeSource
 azureFile:18:core.AzureFileVolumeSource configMap:19:core.ConfigMapVolumeSource
 vsphereVolume:20:core.VsphereVirtualDiskVolumeSource quobyte:21:core.QuobyteVolumeSource
 azureDisk:22:core.AzureDiskVolumeSource
 photonPersistentDisk:23:core.PhotonPersistentDiskVolumeSource
 projected:26:core.ProjectedVolumeSource portworxVolume:24:core.PortworxVolumeSource
 scaleIO:25:core.ScaleIOVolumeSource storageos:27:core.StorageOSVolumeSource
 csi:28:core.CSIVolumeSource ephemeral:29:core.EphemeralVolumeSource
 image:30:core.ImageVolumeSource
core.VsphereVirtualDiskVolumeSource volumePath:1:s fsType:2:s storagePolicyName:3:s
 storagePolicyID:4:s
core.WeightedPodAffinityTerm weight:1:i podAffinityTerm:2:core.PodAffinityTerm
core.WindowsSecurityContextOptions gmsaCredentialSpecName:1:s gmsaCredentialSpec:2:s
 runAsUserName:3:s hostProcess:4:t
meta.DeleteOptions gracePeriodSeconds:1:i preconditions:2:meta.Preconditions orphanDependents:3:t
 propagationPolicy:4:s dryRun:5:*s
meta.LabelSelector matchLabels:1:%s matchExpressions:2:*meta.LabelSelectorRequirement
meta.LabelSelectorRequirement key:1:s operator:2:s values:3:*s
meta.ManagedFieldsEntry manager:1:s operation:2:s apiVersion:3:s time:4:time fieldsType:6:s
 fieldsV1:7:raw subresource:8:s
meta.ObjectMeta name:1:s generateName:2:s namespace:3:s selfLink:4:s uid:5:s resourceVersion:6:s
 generation:7:i creationTimestamp:8:time deletionTimestamp:9:time deletionGracePeriodSeconds:10:i
 labels:11:%s annotations:12:%s ownerReferences:13:*meta.OwnerReference finalizers:14:*s
 clusterName:15:s managedFields:17:*meta.ManagedFieldsEntry
meta.OwnerReference apiVersion:5:s kind:1:s name:3:s uid:4:s controller:6:t blockOwnerDeletion:7:t
meta.Preconditions uid:1:s resourceVersion:2:s
net.HTTPIngressPath path:1:s pathType:3:s backend:2:net.IngressBackend
net.HTTPIngressRuleValue paths:1:*net.HTTPIngressPath
net.Ingress metadata:1:meta.ObjectMeta spec:2:net.IngressSpec status:3:net.IngressStatus
net.IngressBackend service:4:net.IngressServiceBackend resource:3:core.TypedLocalObjectReference
net.IngressRule host:1:s ingressRuleValue:2:^net.IngressRuleValue
net.IngressRuleValue http:1:net.HTTPIngressRuleValue
net.IngressServiceBackend name:1:s port:2:net.ServiceBackendPort
net.IngressSpec ingressClassName:4:s defaultBackend:1:net.IngressBackend tls:2:*net.IngressTLS
 rules:3:*net.IngressRule
net.IngressTLS hosts:1:*s secretName:2:s
net.ServiceBackendPort name:1:s number:2:i
policy.Eviction metadata:1:meta.ObjectMeta deleteOptions:2:meta.DeleteOptions
policy.PodDisruptionBudget metadata:1:meta.ObjectMeta spec:2:policy.PodDisruptionBudgetSpec
 status:3:policy.PodDisruptionBudgetStatus
policy.PodDisruptionBudgetSpec minAvailable:1:intstr selector:2:meta.LabelSelector
 maxUnavailable:3:intstr unhealthyPodEvictionPolicy:4:s
rbac.AggregationRule clusterRoleSelectors:1:*meta.LabelSelector
rbac.ClusterRole metadata:1:meta.ObjectMeta rules:2:*rbac.PolicyRule
 aggregationRule:3:rbac.AggregationRule
rbac.ClusterRoleBinding metadata:1:meta.ObjectMeta subjects:2:*rbac.Subject roleRef:3:rbac.RoleRef
rbac.PolicyRule verbs:1:*s apiGroups:2:*s resources:3:*s resourceNames:4:*s nonResourceURLs:5:*s
rbac.Role metadata:1:meta.ObjectMeta rules:2:*rbac.PolicyRule
rbac.RoleBinding metadata:1:meta.ObjectMeta subjects:2:*rbac.Subject roleRef:3:rbac.RoleRef
rbac.RoleRef apiGroup:1:s kind:2:s name:3:s
rbac.Subject kind:1:s apiGroup:2:s name:3:s namespace:4:s
sched.PriorityClass metadata:1:meta.ObjectMeta value:2:i globalDefault:3:t description:4:s
 preemptionPolicy:5:s)",
};
const size_t kWireTableCount = sizeof kWireTables / sizeof kWireTables[0];

}  // namespace stowage::sim
