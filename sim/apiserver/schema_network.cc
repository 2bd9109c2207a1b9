// The types of networking and discovery. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

std::string_view SchemaTableNetwork() {
  return R"schema(
package io.k8s.api.discovery.v1 discovery.k8s.io/v1
Endpoint
  addresses! []string set replace; conditions EndpointConditions; deprecatedTopology {}string
  hints EndpointHints; hostname string; nodeName string; targetRef ObjectReference; zone string
EndpointConditions
  ready bool; serving bool; terminating bool
EndpointHints
  forNodes []ForNode; forZones []ForZone
EndpointPort atomic
  appProtocol string; name string; port int32; protocol string
EndpointSlice kind: A part of the addresses behind a Service.
  addressType! string; endpoints! []Endpoint; ports []EndpointPort
ForNode
  name! string
ForZone
  name! string

package io.k8s.api.networking.v1 networking.k8s.io/v1
HTTPIngressPath
  backend! IngressBackend; path string; pathType! string
HTTPIngressRuleValue
  paths! []HTTPIngressPath
IPBlock
  cidr! string; except []string
Ingress kind: Rules that lead requests from outside to Services.
  spec IngressSpec; status IngressStatus
IngressBackend
  resource TypedLocalObjectReference; service IngressServiceBackend
IngressClass kind: An implementation of Ingress.
  spec IngressClassSpec
IngressClassParametersReference
  apiGroup string; kind! string; name! string; namespace string; scope string
IngressClassSpec
  controller string; parameters IngressClassParametersReference
IngressLoadBalancerIngress
  hostname string; ip string; ports []IngressPortStatus
IngressLoadBalancerStatus
  ingress []IngressLoadBalancerIngress
IngressPortStatus
  error string; port! int32; protocol! string
IngressRule
  host string; http HTTPIngressRuleValue
IngressServiceBackend
  name! string; port ServiceBackendPort
IngressSpec
  defaultBackend IngressBackend; ingressClassName string; rules []IngressRule; tls []IngressTLS
IngressStatus
  loadBalancer IngressLoadBalancerStatus
IngressTLS
  hosts []string; secretName string
NetworkPolicy kind: Which traffic pods may receive and send.
  spec NetworkPolicySpec
NetworkPolicyEgressRule
  ports []NetworkPolicyPort; to []NetworkPolicyPeer
NetworkPolicyIngressRule
  from []NetworkPolicyPeer; ports []NetworkPolicyPort
NetworkPolicyPeer
  ipBlock IPBlock; namespaceSelector LabelSelector; podSelector LabelSelector
NetworkPolicyPort
  endPort int32; port intstr; protocol string
NetworkPolicySpec
  egress []NetworkPolicyEgressRule; ingress []NetworkPolicyIngressRule; podSelector LabelSelector
  policyTypes []string
ServiceBackendPort atomic
  name string; number int32
)schema";
}

}  // namespace stowage::sim
