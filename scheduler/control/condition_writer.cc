#include "scheduler/control/condition_writer.h"

#include <map>
#include <utility>

#include "base/time/rfc3339.h"
#include "kube/api/well_known.h"

namespace stowage::scheduler {

struct ConditionWriter::Impl : std::enable_shared_from_this<ConditionWriter::Impl> {
  struct Wanted {
    std::string uid;
    std::string message;
  };

  Impl(Executor& e, kube::Client& c, int max) : executor(e), client(c), under_way_max(max) {}

  void Pump() {
    while (!wanted.empty() && under_way < under_way_max) {
      const auto node = wanted.extract(wanted.begin());
      ++under_way;
      kube::MutableJson patch;
      patch.Set({"metadata", "uid"}, node.mapped().uid);  // not of a later pod of that name
      kube::JsonNode condition = patch["status"]["conditions"].Append(kube::JsonObject{});
      condition["type"] = "PodScheduled";
      condition["status"] = "False";
      condition["reason"] = "Unschedulable";
      condition["message"] = node.mapped().message;
      condition["lastProbeTime"] = nullptr;
      condition["lastTransitionTime"] = FormatTime(executor.WallNow());
      client.Patch(
          kube::kPods, node.key().ns, node.key().name, kube::PatchType::kStrategicMerge,
          std::move(patch).Freeze(),
          [weak = weak_from_this()](Result<kube::Object>) {
            if (auto self = weak.lock()) {
              --self->under_way;
              self->Pump();
            }
          },
          "status");
    }
  }

  Executor& executor;
  kube::Client& client;
  const int under_way_max;
  std::map<kube::NamespacedName, Wanted> wanted;
  int under_way = 0;
};

ConditionWriter::ConditionWriter(Executor& executor, kube::Client& client, int under_way_max)
    : impl_(std::make_shared<Impl>(executor, client, under_way_max)) {}

ConditionWriter::~ConditionWriter() = default;

void ConditionWriter::Unschedulable(const kube::NamespacedName& pod, const std::string& uid,
                                    const std::string& message) {
  impl_->wanted.insert_or_assign(pod, Impl::Wanted{uid, message});
  impl_->Pump();
}

void ConditionWriter::Forget(const kube::NamespacedName& pod) { impl_->wanted.erase(pod); }

}  // namespace stowage::scheduler
