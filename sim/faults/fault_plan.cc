#include "sim/faults/fault_plan.h"

namespace stowage::sim {

std::string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kDelay:
      return "delay";
    case Fault::kDrop:
      return "drop";
    case Fault::kUnanswered:
      return "unanswered";
    case Fault::kHang:
      return "hang";
    case Fault::kConflict:
      return "409";
    case Fault::kGone:
      return "410";
    case Fault::kTooMany:
      return "429";
    case Fault::kServerError:
      return "5xx";
    case Fault::kWatchClose:
      return "watch-close";
    case Fault::kWatchStall:
      return "watch-stall";
    case Fault::kWatchRefused:
      return "watch-refused";
    case Fault::kPartition:
      return "partition";
    case Fault::kCrash:
      return "crash";
    case Fault::kWallJump:
      return "wall-jump";
    case Fault::kPowerCycle:
      return "power-cycle";
    case Fault::kNodeHang:
      return "node-hang";
    case Fault::kCompaction:
      return "compaction";
    case Fault::kDisconnect:
      return "disconnect";
    case Fault::kCount:
      break;
  }
  return "none";
}

std::optional<Fault> FaultOfName(std::string_view name) {
  for (size_t i = 0; i < kFaults; ++i) {
    const Fault fault = static_cast<Fault>(i);
    if (FaultName(fault) == name) return fault;
  }
  return std::nullopt;
}

FaultPlan DrawFaultPlan(Rng rng) {
  FaultPlan plan;
  const auto chance = [&rng](double max) { return rng.Chance(0.6) ? rng.Uniform() * max : 0; };
  plan.delay = chance(0.4);
  plan.drop = chance(0.1);
  plan.unanswered = chance(0.15);
  plan.hang = chance(0.01);
  plan.conflict = chance(0.1);
  plan.gone = chance(0.5);
  plan.too_many = chance(0.1);
  plan.server_error = chance(0.1);
  plan.watch_close_per_second = chance(0.1);
  plan.watch_stall_per_second = chance(0.05);
  plan.watch_refused = chance(0.3);
  plan.watch_gone = chance(0.2);
  if (rng.Chance(0.3)) plan.stall_max = Minutes(4);
  if (rng.Chance(0.5)) plan.unanswered_max = Seconds(30);
  return plan;
}

}  // namespace stowage::sim
