#include "app/lib/run_config.h"

#include <set>

#include "app/lib/embedded_files.h"

namespace stowage::app {
namespace {

constexpr int64_t kLatencyMaxMs = 60'000;
constexpr double kDataMaxGib = 1e6;  // an hour

Result<void> OnlyKnows(kube::JsonRef object, const std::string& path,
                       const std::set<std::string_view>& known) {
  if (object.exists() && !object.is_null() && !object.is_object()) {  // null: nothing was said
    return MakeError(ErrorCode::kInvalid,
                     path + ": must be a map, not " + std::string(object.kind_name()));
  }
  for (auto [key, value] : object.members()) {
    if (known.contains(key)) continue;
    std::string all;
    for (std::string_view k : known) all += (all.empty() ? "" : ", ") + std::string(k);
    return MakeError(ErrorCode::kInvalid,
                     path + ": unknown field \"" + std::string(key) + "\"; known are " + all);
  }
  return {};
}

Result<void> ReadPrice(kube::JsonRef value, const std::string& path, scheduler::Money& out) {
  if (!value.exists()) return {};
  auto price = scheduler::ParsePrice(value.str());
  if (!price) return Err(WithContext(price.error(), path));
  out = *price;
  return {};
}

Result<void> ReadLatency(kube::JsonRef latency, scheduler::PlacementDefaults& defaults) {
  RETURN_IF_ERROR(
      OnlyKnows(latency, "latency", {"sources", "costPerMillisecond", "maximumMilliseconds"}));
  int64_t total = 0;
  for (kube::JsonRef source : latency["sources"].elements()) {
    RETURN_IF_ERROR(OnlyKnows(source, "latency.sources[]", {"region", "weight"}));
    const int64_t weight = source["weight"].i64(1);
    if (source["region"].str().empty() || weight <= 0 || weight > 1000000) {
      return MakeError(ErrorCode::kInvalid,
                       "latency.sources[]: needs a region and a weight of 1 to 1000000");
    }
    total += weight;
  }
  for (kube::JsonRef source : latency["sources"].elements()) {
    defaults.latency_sources.push_back(
        {source["region"].string(), source["weight"].i64(1) * 1000000 / total});
  }
  RETURN_IF_ERROR(
      ReadPrice(latency["costPerMillisecond"], "latency.costPerMillisecond", defaults.cost_per_ms));
  if (latency["maximumMilliseconds"].exists()) {
    const int64_t milliseconds = latency["maximumMilliseconds"].i64(-1);
    if (milliseconds < 0 || milliseconds > kLatencyMaxMs) {
      return MakeError(ErrorCode::kInvalid,
                       "latency.maximumMilliseconds: must be a number from 0 to " +
                           std::to_string(kLatencyMaxMs));
    }
    defaults.latency_us_max = milliseconds * 1000;
  }
  return {};
}

Result<void> ReadOnce(kube::JsonRef once, scheduler::OneTimeCosts& out) {
  RETURN_IF_ERROR(OnlyKnows(once, "once", {"restart", "waitingHour", "runSeconds"}));
  RETURN_IF_ERROR(ReadPrice(once["restart"], "once.restart", out.restart));
  RETURN_IF_ERROR(ReadPrice(once["waitingHour"], "once.waitingHour", out.waiting));
  if (!once["runSeconds"].exists()) return {};
  out.run_seconds = once["runSeconds"].i64(-1);
  if (out.run_seconds >= 1 && out.run_seconds <= scheduler::kMaxSeconds) return {};
  return MakeError(ErrorCode::kInvalid, "once.runSeconds: must be a number from 1 to " +
                                            std::to_string(scheduler::kMaxSeconds));
}

}  // namespace

Result<void> ApplyRunConfig(std::string_view yaml, ManagerOptions& options) {
  ASSIGN_OR_RETURN(const kube::Json config, YamlToJson(yaml));
  RETURN_IF_ERROR(OnlyKnows(config, "configuration",
                            {"schedulerName", "latency", "data", "once", "carbonPerTonne"}));
  if (config["schedulerName"].exists() && config["schedulerName"].str().empty()) {
    return MakeError(ErrorCode::kInvalid, "schedulerName: must be a name");
  }
  if (config["schedulerName"].exists())
    options.scheduler.scheduler_name = config["schedulerName"].string();
  RETURN_IF_ERROR(ReadLatency(config["latency"], options.defaults));
  const kube::JsonRef data = config["data"];
  RETURN_IF_ERROR(OnlyKnows(data, "data", {"region", "gibPerHour"}));
  const double gib = data["gibPerHour"].exists() ? data["gibPerHour"].f64(-1) : 0;
  if (!(gib >= 0 && gib <= kDataMaxGib)) {
    return MakeError(ErrorCode::kInvalid, "data.gibPerHour: must be a number from 0 to 1000000");
  }
  options.defaults.data_region = data["region"].string();
  options.defaults.data_mib_per_hour = static_cast<int64_t>(gib * 1024);
  RETURN_IF_ERROR(ReadOnce(config["once"], options.defaults.once));
  return ReadPrice(config["carbonPerTonne"], "carbonPerTonne", options.defaults.carbon_per_tonne);
}

}  // namespace stowage::app
