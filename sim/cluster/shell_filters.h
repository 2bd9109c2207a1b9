// Text tools that turn their whole input into output: pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace stowage::sim {

struct FilterResult {
  std::string out;
  std::string err;
  int status = 0;
};

// grep, egrep, wc, head, tail, sort, uniq, tr, cut, sed (s///), tac, tee (to its output only).
bool IsShellFilter(std::string_view name);
// `input` is read where no file is named; `read` opens files.
FilterResult RunShellFilter(const std::vector<std::string>& argv, std::string input,
                            const std::function<Result<std::string>(std::string_view)>& read);

}  // namespace stowage::sim
