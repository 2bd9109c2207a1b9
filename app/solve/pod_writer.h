// Pods as YAML: what model_fields.h reads.
#pragma once

#include "app/solve/yaml_writer.h"
#include "scheduler/model/problem.h"

namespace stowage::app {

void WriteLabels(YamlWriter& out, const std::string& key, const scheduler::Labels& labels);
void WriteTaints(YamlWriter& out, const std::vector<scheduler::Taint>& taints);
void WriteAmounts(YamlWriter& out, const std::string& key,
                  const scheduler::ResourceTable& resources, const scheduler::Amounts& amounts);
void WritePrice(YamlWriter& out, const std::string& key, scheduler::Money price);

// The rules of a pod, as fields of the map that is open.
void WritePod(YamlWriter& out, const scheduler::PodConstraints& constraints,
              const scheduler::PodRelations& relations);

}  // namespace stowage::app
