// The types of volumes, claims and their sources. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

// lint: long-function: a table, one literal
std::string_view SchemaTableCoreVolume() {
  return R"schema(
package io.k8s.api.core.v1 v1
AWSElasticBlockStoreVolumeSource
  fsType string; partition int32; readOnly bool; volumeID! string
AzureDiskVolumeSource
  cachingMode string; diskName! string; diskURI! string; fsType string; kind string
  readOnly bool
AzureFilePersistentVolumeSource
  readOnly bool; secretName! string; secretNamespace string; shareName! string
AzureFileVolumeSource
  readOnly bool; secretName! string; shareName! string
CSIPersistentVolumeSource
  controllerExpandSecretRef SecretReference; controllerPublishSecretRef SecretReference
  driver! string; fsType string; nodeExpandSecretRef SecretReference
  nodePublishSecretRef SecretReference; nodeStageSecretRef SecretReference; readOnly bool
  volumeAttributes {}string; volumeHandle! string
CSIVolumeSource: A volume of a CSI driver that lives as long as the pod.
  driver! string; fsType string; nodePublishSecretRef LocalObjectReference; readOnly bool
  volumeAttributes {}string
CephFSPersistentVolumeSource
  monitors! []string; path string; readOnly bool; secretFile string; secretRef SecretReference
  user string
CephFSVolumeSource
  monitors! []string; path string; readOnly bool; secretFile string
  secretRef LocalObjectReference; user string
CinderPersistentVolumeSource
  fsType string; readOnly bool; secretRef SecretReference; volumeID! string
CinderVolumeSource
  fsType string; readOnly bool; secretRef LocalObjectReference; volumeID! string
ClusterTrustBundleProjection: CA certificates of cluster trust bundles, as a file.
  labelSelector LabelSelector; name string; optional bool; path! string; signerName string
ConfigMapProjection
  items []KeyToPath; name string; optional bool
ConfigMapVolumeSource: Files from the keys of a ConfigMap.
  defaultMode int32: Permission bits of the files, 0644 if unset.
  items []KeyToPath: Which keys to show and under which paths; all of them if unset.
  name string: Name of the ConfigMap.
  optional bool: Whether the ConfigMap or its keys may be missing.
DownwardAPIProjection
  items []DownwardAPIVolumeFile
DownwardAPIVolumeFile
  fieldRef ObjectFieldSelector; mode int32; path! string; resourceFieldRef ResourceFieldSelector
DownwardAPIVolumeSource
  defaultMode int32; items []DownwardAPIVolumeFile
EmptyDirVolumeSource: A directory that starts empty and lives as long as the pod.
  medium string: Memory for a tmpfs; the node's disk if unset.
  sizeLimit quantity: Largest total size.
EphemeralVolumeSource: A volume claim made for the pod and deleted with it.
  volumeClaimTemplate PersistentVolumeClaimTemplate: The claim to make.
FCVolumeSource
  fsType string; lun int32; readOnly bool; targetWWNs []string; wwids []string
FlexPersistentVolumeSource
  driver! string; fsType string; options {}string; readOnly bool; secretRef SecretReference
FlexVolumeSource
  driver! string; fsType string; options {}string; readOnly bool; secretRef LocalObjectReference
FlockerVolumeSource
  datasetName string; datasetUUID string
GCEPersistentDiskVolumeSource
  fsType string; partition int32; pdName! string; readOnly bool
GitRepoVolumeSource
  directory string; repository! string; revision string
GlusterfsPersistentVolumeSource
  endpoints! string; endpointsNamespace string; path! string; readOnly bool
GlusterfsVolumeSource
  endpoints! string; path! string; readOnly bool
HostPathVolumeSource: A file or directory of the node.
  path! string; type string
ISCSIPersistentVolumeSource
  chapAuthDiscovery bool; chapAuthSession bool; fsType string; initiatorName string; iqn! string
  iscsiInterface string; lun! int32; portals []string; readOnly bool; secretRef SecretReference
  targetPortal! string
ISCSIVolumeSource
  chapAuthDiscovery bool; chapAuthSession bool; fsType string; initiatorName string; iqn! string
  iscsiInterface string; lun! int32; portals []string; readOnly bool
  secretRef LocalObjectReference; targetPortal! string
ImageVolumeSource: Files of an OCI image or artifact.
  pullPolicy string; reference string
KeyToPath: A key and the file that it becomes.
  key! string; mode int32; path! string
LocalVolumeSource
  fsType string; path! string
ModifyVolumeStatus
  status! string; targetVolumeAttributesClassName string
NFSVolumeSource
  path! string; readOnly bool; server! string
PersistentVolume kind: A piece of storage of the cluster.
  spec PersistentVolumeSpec; status PersistentVolumeStatus
PersistentVolumeClaim kind: A user's request for storage.
  spec PersistentVolumeClaimSpec; status PersistentVolumeClaimStatus
PersistentVolumeClaimCondition
  lastProbeTime time; lastTransitionTime time; message string; reason string; status! string
  type! string
PersistentVolumeClaimSpec: What storage is wanted.
  accessModes []string: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.
  dataSource TypedLocalObjectReference: A snapshot or claim to start from.
  dataSourceRef TypedObjectReference: An object of any kind to start from.
  resources VolumeResourceRequirements: How much storage.
  selector LabelSelector: Labels of the volumes to consider.
  storageClassName string: Class that makes the volume.
  volumeAttributesClassName string: Class of attributes that may change later.
  volumeMode string: Filesystem or Block.
  volumeName string: The volume that is bound.
PersistentVolumeClaimStatus
  accessModes []string; allocatedResourceStatuses {}string; allocatedResources {}quantity
  capacity {}quantity; conditions []PersistentVolumeClaimCondition merge=type
  currentVolumeAttributesClassName string; modifyVolumeStatus ModifyVolumeStatus; phase string
PersistentVolumeClaimTemplate
  metadata ObjectMeta; spec! PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource: A claim in the pod's namespace.
  claimName! string: Name of the claim.
  readOnly bool: Whether it is mounted read-only.
PersistentVolumeSpec
  accessModes []string; awsElasticBlockStore AWSElasticBlockStoreVolumeSource
  azureDisk AzureDiskVolumeSource; azureFile AzureFilePersistentVolumeSource; capacity {}quantity
  cephfs CephFSPersistentVolumeSource; cinder CinderPersistentVolumeSource
  claimRef ObjectReference; csi CSIPersistentVolumeSource; fc FCVolumeSource
  flexVolume FlexPersistentVolumeSource; flocker FlockerVolumeSource
  gcePersistentDisk GCEPersistentDiskVolumeSource; glusterfs GlusterfsPersistentVolumeSource
  hostPath HostPathVolumeSource; iscsi ISCSIPersistentVolumeSource; local LocalVolumeSource
  mountOptions []string; nfs NFSVolumeSource; nodeAffinity VolumeNodeAffinity
  persistentVolumeReclaimPolicy string; photonPersistentDisk PhotonPersistentDiskVolumeSource
  portworxVolume PortworxVolumeSource; quobyte QuobyteVolumeSource; rbd RBDPersistentVolumeSource
  scaleIO ScaleIOPersistentVolumeSource; storageClassName string
  storageos StorageOSPersistentVolumeSource; volumeAttributesClassName string; volumeMode string
  vsphereVolume VsphereVirtualDiskVolumeSource
PersistentVolumeStatus
  lastPhaseTransitionTime time; message string; phase string; reason string
PhotonPersistentDiskVolumeSource
  fsType string; pdID! string
PodCertificateProjection: A private key and a certificate for the pod.
  certificateChainPath string; credentialBundlePath string; keyPath string; keyType! string
  maxExpirationSeconds int32; signerName! string; userAnnotations {}string
PortworxVolumeSource
  fsType string; readOnly bool; volumeID! string
ProjectedVolumeSource: Several sources in one directory.
  defaultMode int32; sources []VolumeProjection
QuobyteVolumeSource
  group string; readOnly bool; registry! string; tenant string; user string; volume! string
RBDPersistentVolumeSource
  fsType string; image! string; keyring string; monitors! []string; pool string; readOnly bool
  secretRef SecretReference; user string
RBDVolumeSource
  fsType string; image! string; keyring string; monitors! []string; pool string; readOnly bool
  secretRef LocalObjectReference; user string
ScaleIOPersistentVolumeSource
  fsType string; gateway! string; protectionDomain string; readOnly bool
  secretRef! SecretReference; sslEnabled bool; storageMode string; storagePool string
  system! string; volumeName string
ScaleIOVolumeSource
  fsType string; gateway! string; protectionDomain string; readOnly bool
  secretRef! LocalObjectReference; sslEnabled bool; storageMode string; storagePool string
  system! string; volumeName string
SecretProjection
  items []KeyToPath; name string; optional bool
SecretVolumeSource: Files from the keys of a Secret.
  defaultMode int32: Permission bits of the files, 0644 if unset.
  items []KeyToPath: Which keys to show and under which paths; all of them if unset.
  optional bool: Whether the Secret or its keys may be missing.
  secretName string: Name of the Secret.
ServiceAccountTokenProjection: A token of the pod's service account.
  audience string; expirationSeconds int64; path! string
StorageOSPersistentVolumeSource
  fsType string; readOnly bool; secretRef ObjectReference; volumeName string
  volumeNamespace string
StorageOSVolumeSource
  fsType string; readOnly bool; secretRef LocalObjectReference; volumeName string
  volumeNamespace string
Volume: Storage that containers of the pod can mount.
  configMap ConfigMapVolumeSource: Files from a ConfigMap.
  csi CSIVolumeSource: A volume of a CSI driver for this pod alone.
  downwardAPI DownwardAPIVolumeSource: Files with fields of the pod.
  emptyDir EmptyDirVolumeSource: A directory that starts empty and ends with the pod.
  ephemeral EphemeralVolumeSource: A claim made for this pod and deleted with it.
  hostPath HostPathVolumeSource: A file or directory of the node.
  image ImageVolumeSource: Files of an OCI image.
  name! string: Name of the volume, unique within the pod.
  nfs NFSVolumeSource: A directory of an NFS server.
  persistentVolumeClaim PersistentVolumeClaimVolumeSource: A claim in the pod's namespace.
  projected ProjectedVolumeSource: Several sources in one directory.
  secret SecretVolumeSource: Files from a Secret.
  awsElasticBlockStore AWSElasticBlockStoreVolumeSource; azureDisk AzureDiskVolumeSource
  azureFile AzureFileVolumeSource; cephfs CephFSVolumeSource; cinder CinderVolumeSource
  fc FCVolumeSource; flexVolume FlexVolumeSource; flocker FlockerVolumeSource
  gcePersistentDisk GCEPersistentDiskVolumeSource; gitRepo GitRepoVolumeSource
  glusterfs GlusterfsVolumeSource; iscsi ISCSIVolumeSource
  photonPersistentDisk PhotonPersistentDiskVolumeSource; portworxVolume PortworxVolumeSource
  quobyte QuobyteVolumeSource; rbd RBDVolumeSource; scaleIO ScaleIOVolumeSource
  storageos StorageOSVolumeSource; vsphereVolume VsphereVirtualDiskVolumeSource
VolumeDevice
  devicePath! string; name! string
VolumeMount: Where a volume appears in a container.
  mountPath! string: Path in the container.
  mountPropagation string: None, HostToContainer or Bidirectional.
  name! string: Name of the volume.
  readOnly bool: Whether the mount is read-only.
  recursiveReadOnly string: Disabled, IfPossible or Enabled.
  subPath string: Path within the volume.
  subPathExpr string: Path within the volume, with $(NAME) replaced.
VolumeMountStatus
  mountPath! string; name! string; readOnly bool; recursiveReadOnly string
VolumeNodeAffinity
  required NodeSelector
VolumeProjection
  clusterTrustBundle ClusterTrustBundleProjection; configMap ConfigMapProjection
  downwardAPI DownwardAPIProjection; podCertificate PodCertificateProjection
  secret SecretProjection; serviceAccountToken ServiceAccountTokenProjection
VolumeResourceRequirements: How much storage is asked for.
  limits {}quantity; requests {}quantity
VsphereVirtualDiskVolumeSource
  fsType string; storagePolicyID string; storagePolicyName string; volumePath! string
)schema";
}

}  // namespace stowage::sim
