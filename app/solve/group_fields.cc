// What speaks of many pods at once: quotas, gangs, disruption budgets.
#include "app/solve/model_fields.h"

namespace stowage::app {
namespace {

constexpr int64_t kMostOfAll = int64_t{1} << 60;  // of one resource, over all nodes or all pods

}  // namespace

scheduler::Quota ReadQuota(Complaints& complaints, const Value& value,
                           scheduler::ResourceTable& resources) {
  FieldReader in(complaints, value, "quotas", {"name", "namespaces", "clusters", "hard"});
  scheduler::Quota out{.name = in.RequireText("name", "team-a"),
                       .namespaces = ReadTexts(in, "namespaces"),
                       .clusters = ReadTexts(in, "clusters")};
  const Value* hard = in.Require("hard", "{cpu: 10, pods: 50}");
  if (hard == nullptr) return out;
  if (hard->kind != Value::Kind::kMap) {
    complaints.Add(hard->at, in.NameOf("hard") + ": expected a map from resources to quantities");
  }
  for (size_t i = 0; i < hard->keys.size(); ++i) {
    const std::string& resource = hard->keys[i].text;
    out.caps.push_back(
        {resources.Intern(resource),
         ReadQuantity(complaints, hard->values[i], in.NameOf("hard") + ", " + resource, resource, 0,
                      kMostOfAll)});
  }
  return out;
}

scheduler::Gang ReadGang(Complaints& complaints, const Value& value) {
  FieldReader in(complaints, value, "gangs", {"name", "minCount", "oneCluster"});
  in.Require("minCount", "4");
  return {.name = in.RequireText("name", "training"),
          .min_count = in.Int("minCount", 1, 0, scheduler::kMaxPods),
          .one_cluster = in.Flag("oneCluster")};
}

scheduler::DisruptionBudget ReadBudget(Complaints& complaints, const Value& value) {
  FieldReader in(complaints, value, "disruptionBudgets", {"name", "disruptionsAllowed"});
  in.Require("disruptionsAllowed", "1");
  return {.name = in.RequireText("name", "web"),
          .allowed = in.Int("disruptionsAllowed", 0, 0, scheduler::kMaxPods)};
}

}  // namespace stowage::app
