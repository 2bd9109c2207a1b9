// Amounts, money, labels and the rules of pods, as fields of a document.
#pragma once

#include <optional>
#include <string>

#include "app/solve/document.h"
#include "scheduler/model/problem.h"

namespace stowage::app {

// A map from resources to quantities (nullptr: an empty one). `pods` is what it holds of the
// resource "pods" unless it says.
scheduler::Amounts ReadAmounts(Complaints& complaints, const Value* map, const std::string& what,
                               scheduler::ResourceTable& resources, int64_t pods);

// A quantity in the units that the model counts the resource in: 500m of cpu is 500.
int64_t ReadQuantity(Complaints& complaints, const Value& value, std::string_view what,
                     std::string_view resource, int64_t min, int64_t max);

// A decimal text such as "0.0425"; nothing if absent.
scheduler::Money ReadPrice(FieldReader& in, std::string_view field);

// A decimal number >= 0 with at most `places` places, times 10^places: 12.5 with 3 places is 12500.
std::optional<int64_t> ParseDecimal(std::string_view text, int places);
int64_t ReadDecimal(FieldReader& in, std::string_view field, int places, int64_t fallback,
                    int64_t max);

scheduler::Labels ReadLabels(FieldReader& in, std::string_view field);
std::vector<scheduler::Taint> ReadTaints(FieldReader& in, std::string_view field);

// A list of texts.
std::vector<std::string> ReadTexts(FieldReader& in, std::string_view field);

// A list of label requirements, and of terms of them, as in node affinity.
std::vector<scheduler::LabelRequirement> ReadRequirements(FieldReader& in, std::string_view field);
std::vector<scheduler::NodeSelectorTerm> ReadTerms(FieldReader& in, std::string_view field);

// One of two words, or `fallback` if absent.
bool ReadEither(FieldReader& in, std::string_view field, std::string_view yes, std::string_view no,
                bool fallback);

// What `field` holds, or an empty map.
const Value& MapOrNothing(const FieldReader& in, std::string_view field);

// The fields of a pod, for the lists of known ones: of ReadConstraints() and of ReadRelations().
#define STOWAGE_POD_FIELDS                                                                      \
  "nodeSelector", "affinity", "tolerations", "latency", "data", "once", "residency", "volumes", \
      "namespace", "labels", "topologySpreadConstraints", "hostPorts"

scheduler::PodConstraints ReadConstraints(FieldReader& in);
scheduler::PodRelations ReadRelations(FieldReader& in);

// group_fields.cc
scheduler::Quota ReadQuota(Complaints& complaints, const Value& value,
                           scheduler::ResourceTable& resources);
scheduler::Gang ReadGang(Complaints& complaints, const Value& value);
scheduler::DisruptionBudget ReadBudget(Complaints& complaints, const Value& value);

}  // namespace stowage::app
