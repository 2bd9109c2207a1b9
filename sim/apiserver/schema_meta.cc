// The types of the metadata of all kinds. Notation is described in schema_table.h.
#include "sim/apiserver/schema_table.h"

namespace stowage::sim {

std::string_view SchemaTableMeta() {
  return R"schema(
package io.k8s.apimachinery.pkg.apis.meta.v1 v1
Condition
  lastTransitionTime! time; message! string; observedGeneration int64; reason! string
  status! string; type! string
DeleteOptions
  apiVersion string; dryRun []string; gracePeriodSeconds int64
  ignoreStoreReadErrorWithClusterBreakingPotential bool; kind string; orphanDependents bool
  preconditions Preconditions; propagationPolicy string
LabelSelector atomic: Labels that objects must have.
  matchExpressions []LabelSelectorRequirement: Conditions on labels; all must hold.
  matchLabels {}string: Labels and values that must be there.
LabelSelectorRequirement
  key! string; operator! string; values []string
ListMeta
  continue string; remainingItemCount int64; resourceVersion string; selfLink string
  shardInfo ShardInfo
ManagedFieldsEntry: Which fields one manager set.
  apiVersion string; fieldsType string; fieldsV1 any; manager string; operation string
  subresource string; time time
ObjectMeta: What all objects have: name, labels and more.
  annotations {}string: Notes for tools and people; not for selecting.
  creationTimestamp time: When the object was made; set by the system.
  deletionGracePeriodSeconds int64: Seconds that a deletion may take; set by the system.
  deletionTimestamp time: When the object goes; set once its deletion was asked for.
  finalizers []string set: Who must act before the object may go.
  generateName string: Start of a name that the server completes.
  generation int64: Counts changes of the wanted state.
  labels {}string: Labels for selecting and grouping.
  managedFields []ManagedFieldsEntry: Who set which field.
  name string: Name of the object, unique for its kind and namespace.
  namespace string: Space that the name is unique in.
  ownerReferences []OwnerReference merge=uid: Objects that this one depends on and goes with.
  resourceVersion string: Version of the object as stored; changes with every write.
  selfLink string: No longer set.
  uid string: ID of the object, unique in space and time.
OwnerReference atomic: An object that this one depends on.
  apiVersion! string: API version of the owner.
  blockOwnerDeletion bool: Whether the owner waits for this object in foreground deletion.
  controller bool: Whether the owner is the controller of this object.
  kind! string: Kind of the owner.
  name! string: Name of the owner.
  uid! string: UID of the owner.
Preconditions
  resourceVersion string; uid string
ShardInfo
  selector! string
Status kind: The outcome of a request that returns no object.
  code int32; details StatusDetails; message string; metadata ListMeta; reason string
  status string
StatusCause
  field string; message string; reason string
StatusDetails
  causes []StatusCause; group string; kind string; name string; retryAfterSeconds int32
  uid string
)schema";
}

}  // namespace stowage::sim
