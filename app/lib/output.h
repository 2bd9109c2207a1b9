// Words to a person: errors to standard error, and objects as JSON or YAML.
#pragma once

#include <string>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::app {

// "stowage: MESSAGE" on standard error; returns 1.
int Fail(const Error& error);
int Fail(const std::string& message);

std::string ToYaml(kube::JsonRef value);

}  // namespace stowage::app
