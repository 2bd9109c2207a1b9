// Our own model as a mixed-integer program, as far as linear rows can say it.
#pragma once

#include "app/solve/linear_model.h"
#include "base/result/result.h"
#include "scheduler/model/problem.h"

namespace stowage::app {

// Everything placed, at least cost in nano-currency an hour. A room is those standing nodes of a
// cluster that the same classes may use, or the nodes of one pool that could be opened:
//   x_K_S           pods of class K in room S; no more than its nodes hold of them, one by one
//   open_S          nodes of the pool S that are opened, whole ones
//   class_K         the class is placed
//   room_S_R        the room's sum of resource R
//   quota_Q_C       cap C of quota Q
//   spread_K_D      the most that hard topology spread ever lets class K have in domain D
// The model's comments name classes, rooms, resources and quotas by number, and list what it leaves
// out: with that its optimum is a lower bound of the problem's. kInvalid: more than
// LinearModel::kMostNumbers numbers. `problem` must be valid.
Result<LinearModel> PlacementModelOf(const scheduler::Problem& problem);

}  // namespace stowage::app
