// Problems as mixed-integer programs in the two text formats that other solvers read.
#pragma once

#include <string>

#include "app/solve/formats.h"
#include "base/result/result.h"

namespace stowage::app {

enum class ModelFormat { kLp, kMps };  // CPLEX LP; free-format MPS

// The whole model: its optimum is the problem's, our own model apart. Names count from 1 as in the
// file:
//   gap, mrgap, fleet   x_K_J items of class K on agent J; rows class_K, capacity_J_R
//   mvp                 open_T_B bin B of type T is open, x_T_B_I_N items I in it as incarnation N;
//                       rows item_I, room_T_B_D
//   stowage             placement_model.h: what is left out is listed at the head of the text, and
//   the
//                       optimum is a lower bound of the problem's
// kInvalid: more than LinearModel::kMostNumbers numbers.
Result<std::string> ExportModel(const AnyProblem& problem, ModelFormat format);

}  // namespace stowage::app
