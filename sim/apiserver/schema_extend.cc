// The types of extension, webhooks and reviews. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

// lint: long-function: a table, one literal
std::string_view SchemaTableExtend() {
  return R"schema(
package io.k8s.api.admissionregistration.v1 admissionregistration.k8s.io/v1
MatchCondition
  expression! string; name! string
MutatingWebhook
  admissionReviewVersions! []string; clientConfig! WebhookClientConfig; failurePolicy string
  matchConditions []MatchCondition merge=name; matchPolicy string; name! string
  namespaceSelector LabelSelector; objectSelector LabelSelector; reinvocationPolicy string
  rules []RuleWithOperations; sideEffects! string; timeoutSeconds int32
MutatingWebhookConfiguration kind: Webhooks that may change objects.
  webhooks []MutatingWebhook merge=name
RuleWithOperations
  apiGroups []string; apiVersions []string; operations []string; resources []string; scope string
ServiceReference
  name! string; namespace! string; path string; port int32
ValidatingWebhook
  admissionReviewVersions! []string; clientConfig! WebhookClientConfig; failurePolicy string
  matchConditions []MatchCondition merge=name; matchPolicy string; name! string
  namespaceSelector LabelSelector; objectSelector LabelSelector; rules []RuleWithOperations
  sideEffects! string; timeoutSeconds int32
ValidatingWebhookConfiguration kind: Webhooks that may refuse objects.
  webhooks []ValidatingWebhook merge=name
WebhookClientConfig
  caBundle bytes; service ServiceReference; url string

package io.k8s.api.authentication.v1 authentication.k8s.io/v1
BoundObjectReference
  apiVersion string; kind string; name string; uid string
SelfSubjectReview kind: Who the caller is.
  status SelfSubjectReviewStatus
SelfSubjectReviewStatus
  userInfo UserInfo
TokenRequest kind: A request for a token of a service account.
  spec! TokenRequestSpec; status TokenRequestStatus
TokenRequestSpec
  audiences! []string; boundObjectRef BoundObjectReference; expirationSeconds int64
TokenRequestStatus
  expirationTimestamp! time; token! string
TokenReview kind: Whose a token is.
  spec! TokenReviewSpec; status TokenReviewStatus
TokenReviewSpec
  audiences []string; token string
TokenReviewStatus
  audiences []string; authenticated bool; error string; user UserInfo
UserInfo
  extra {}[]string; groups []string; uid string; username string

package io.k8s.api.authorization.v1 authorization.k8s.io/v1
FieldSelectorAttributes
  rawSelector string; requirements []FieldSelectorRequirement
FieldSelectorRequirement
  key! string; operator! string; values []string
LabelSelectorAttributes
  rawSelector string; requirements []LabelSelectorRequirement
LocalSubjectAccessReview kind: Whether somebody may do something in a namespace.
  spec! SubjectAccessReviewSpec; status SubjectAccessReviewStatus
NonResourceAttributes
  path string; verb string
NonResourceRule
  nonResourceURLs []string; verbs! []string
ResourceAttributes
  fieldSelector FieldSelectorAttributes; group string; labelSelector LabelSelectorAttributes
  name string; namespace string; resource string; subresource string; verb string; version string
ResourceRule
  apiGroups []string; resourceNames []string; resources []string; verbs! []string
SelfSubjectAccessReview kind: Whether the caller may do something.
  spec! SelfSubjectAccessReviewSpec; status SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec
  nonResourceAttributes NonResourceAttributes; resourceAttributes ResourceAttributes
SelfSubjectRulesReview kind: What the caller may do in a namespace.
  spec! SelfSubjectRulesReviewSpec; status SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec
  namespace string
SubjectAccessReview kind: Whether somebody may do something.
  spec! SubjectAccessReviewSpec; status SubjectAccessReviewStatus
SubjectAccessReviewSpec
  extra {}[]string; groups []string; nonResourceAttributes NonResourceAttributes
  resourceAttributes ResourceAttributes; uid string; user string
SubjectAccessReviewStatus
  allowed! bool; denied bool; evaluationError string; reason string
SubjectRulesReviewStatus
  evaluationError string; incomplete! bool; nonResourceRules! []NonResourceRule
  resourceRules! []ResourceRule

package io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1 apiextensions.k8s.io/v1
CustomResourceColumnDefinition
  description string; format string; jsonPath! string; name! string; priority int32; type! string
CustomResourceConversion
  strategy! string; webhook WebhookConversion
CustomResourceDefinition kind: A kind of object of the user's own.
  spec! CustomResourceDefinitionSpec; status CustomResourceDefinitionStatus
CustomResourceDefinitionCondition
  lastTransitionTime time; message string; observedGeneration int64; reason string
  status! string; type! string
CustomResourceDefinitionNames
  categories []string; kind! string; listKind string; plural! string; shortNames []string
  singular string
CustomResourceDefinitionSpec
  conversion CustomResourceConversion; group! string; names! CustomResourceDefinitionNames
  preserveUnknownFields bool; scope! string; versions! []CustomResourceDefinitionVersion
CustomResourceDefinitionStatus
  acceptedNames CustomResourceDefinitionNames
  conditions []CustomResourceDefinitionCondition map=type; observedGeneration int64
  storedVersions []string
CustomResourceDefinitionVersion
  additionalPrinterColumns []CustomResourceColumnDefinition; deprecated bool
  deprecationWarning string; name! string; schema CustomResourceValidation
  selectableFields []SelectableField; served! bool; storage! bool
  subresources CustomResourceSubresources
CustomResourceSubresourceScale
  labelSelectorPath string; specReplicasPath! string; statusReplicasPath! string
CustomResourceSubresourceStatus
CustomResourceSubresources
  scale CustomResourceSubresourceScale; status CustomResourceSubresourceStatus
CustomResourceValidation
  openAPIV3Schema JSONSchemaProps
ExternalDocumentation
  description string; url string
JSONSchemaProps
  $ref string; $schema string; additionalItems any; additionalProperties any
  allOf []JSONSchemaProps; anyOf []JSONSchemaProps; default any; definitions {}JSONSchemaProps
  dependencies {}any; description string; enum []any; example any; exclusiveMaximum bool
  exclusiveMinimum bool; externalDocs ExternalDocumentation; format string; id string; items any
  maxItems int64; maxLength int64; maxProperties int64; maximum double; minItems int64
  minLength int64; minProperties int64; minimum double; multipleOf double; not JSONSchemaProps
  nullable bool; oneOf []JSONSchemaProps; pattern string; patternProperties {}JSONSchemaProps
  properties {}JSONSchemaProps; required []string; title string; type string; uniqueItems bool
  x-kubernetes-embedded-resource bool; x-kubernetes-int-or-string bool
  x-kubernetes-list-map-keys []string; x-kubernetes-list-type string
  x-kubernetes-map-type string; x-kubernetes-preserve-unknown-fields bool
  x-kubernetes-validations []ValidationRule merge=rule
SelectableField
  jsonPath! string
ServiceReference
  name! string; namespace! string; path string; port int32
ValidationRule
  fieldPath string; message string; messageExpression string; optionalOldSelf bool; reason string
  rule! string
WebhookClientConfig
  caBundle bytes; service ServiceReference; url string
WebhookConversion
  clientConfig WebhookClientConfig; conversionReviewVersions! []string
)schema";
}

}  // namespace stowage::sim
