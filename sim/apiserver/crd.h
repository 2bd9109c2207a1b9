// CustomResourceDefinitions: from the object to the resources that it makes.
#pragma once

#include "sim/apiserver/strategy.h"

namespace stowage::sim {

// Names that follow from others (singular, listKind), the conversion default.
void PrepareCrd(kube::MutableJson& crd);
Causes ValidateCrd(kube::JsonRef crd, kube::JsonRef old);

// Serves what the CRD describes from now on, and says so in its status.
void CrdChanged(Core& core, const EntryPtr& crd);
// Its objects go with it.
void CrdDeleted(Core& core, const EntryPtr& crd);

}  // namespace stowage::sim
