// The kinds of constraints that a problem can have, each of which can be taken away.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scheduler/model/problem.h"

namespace stowage::scheduler {

struct ConstraintKind {
  std::string name;
  std::function<void(Problem&)> strip;
  // Less of it never leaves room for fewer pods. Not so where it says which nodes a spread counts,
  // or whom to serve first.
  bool loosens = true;
};

const std::vector<ConstraintKind>& ConstraintKinds();

}  // namespace stowage::scheduler
