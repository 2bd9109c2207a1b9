// The names that Stowage and Kubernetes share.
#pragma once

#include <string_view>

#include "kube/api/object.h"

namespace stowage::kube {

// Kubernetes' labels and taints.
inline constexpr std::string_view kLabelHostname = "kubernetes.io/hostname";
inline constexpr std::string_view kLabelZone = "topology.kubernetes.io/zone";
inline constexpr std::string_view kLabelRegion = "topology.kubernetes.io/region";
inline constexpr std::string_view kLabelOs = "kubernetes.io/os";
inline constexpr std::string_view kLabelArch = "kubernetes.io/arch";
inline constexpr std::string_view kLabelInstanceType = "node.kubernetes.io/instance-type";
inline constexpr std::string_view kTaintNotReady = "node.kubernetes.io/not-ready";
inline constexpr std::string_view kTaintUnreachable = "node.kubernetes.io/unreachable";
inline constexpr std::string_view kLabelExcludeBalancers =
    "node.kubernetes.io/exclude-from-external-load-balancers";

// Ours.
inline constexpr std::string_view kGroup = "stowage.dev";
inline constexpr std::string_view kSchedulerName = "stowage";
inline constexpr std::string_view kTaintProvider =
    "virtual-kubelet.io/provider";  // value "stowage"
inline constexpr std::string_view kLabelCluster =
    "stowage.dev/cluster";  // on virtual nodes: the member
// On every remote object that we make:
inline constexpr std::string_view kLabelHost = "stowage.dev/host";  // UID of the host's kube-system
inline constexpr std::string_view kLabelNode = "stowage.dev/node";  // the virtual node
inline constexpr std::string_view kLabelOriginUid =
    "stowage.dev/origin-uid";  // of the host's object
// On host pods:
inline constexpr std::string_view kAnnotationPlacement =
    "stowage.dev/placement";  // why there: JSON
// On the host's claims: the virtual node whose member has the volume, or will make it.
inline constexpr std::string_view kAnnotationVolumeNode = "stowage.dev/volume-node";
inline constexpr std::string_view kManager = "stowage";  // fieldManager, and managed-by

inline const Resource kPods{"", "v1", "pods", true};
inline const Resource kNodes{"", "v1", "nodes", false};
inline const Resource kNamespaces{"", "v1", "namespaces", false};
inline const Resource kConfigMaps{"", "v1", "configmaps", true};
inline const Resource kSecrets{"", "v1", "secrets", true};
inline const Resource kServices{"", "v1", "services", true};
inline const Resource kServiceAccounts{"", "v1", "serviceaccounts", true};
inline const Resource kEvents{"", "v1", "events", true};
inline const Resource kEndpoints{"", "v1", "endpoints", true};
inline const Resource kPersistentVolumeClaims{"", "v1", "persistentvolumeclaims", true};
inline const Resource kPersistentVolumes{"", "v1", "persistentvolumes", false};
inline const Resource kStorageClasses{"storage.k8s.io", "v1", "storageclasses", false};
inline const Resource kLeases{"coordination.k8s.io", "v1", "leases", true};
inline const Resource kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices", true};
inline const Resource kDeployments{"apps", "v1", "deployments", true};
inline const Resource kReplicaSets{"apps", "v1", "replicasets", true};
inline const Resource kStatefulSets{"apps", "v1", "statefulsets", true};
inline const Resource kDaemonSets{"apps", "v1", "daemonsets", true};
inline const Resource kJobs{"batch", "v1", "jobs", true};
inline const Resource kPriorityClasses{"scheduling.k8s.io", "v1", "priorityclasses", false};
inline const Resource kCustomResourceDefinitions{"apiextensions.k8s.io", "v1",
                                                 "customresourcedefinitions", false};
inline const Resource kClusters{"stowage.dev", "v1alpha1", "clusters", false};

}  // namespace stowage::kube
