#include "app/lib/output.h"

#include <yaml-cpp/yaml.h>

#include <iostream>

namespace stowage::app {
namespace {

void Emit(YAML::Emitter& out, kube::JsonRef value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (auto [key, child] : value.members()) {
      out << YAML::Key << std::string(key) << YAML::Value;
      Emit(out, child);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (kube::JsonRef child : value.elements()) Emit(out, child);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    // Quoted where a reader would take it for something else.
    const std::string text = value.string();
    const bool plain =
        !text.empty() && text.find_first_of(":#{}[],&*?|<>=!%@\\\"'\n`") == std::string::npos &&
        text.find_first_not_of("0123456789.+-eE_") != std::string::npos && text != "true" &&
        text != "false" && text != "null" && text != "yes" && text != "no" && text != "on" &&
        text != "off" && text.front() != ' ' && text.back() != ' ' && text.front() != '-';
    if (text.find('\n') != std::string::npos) {
      out << YAML::Literal << text;
    } else if (plain) {
      out << text;
    } else {
      out << YAML::DoubleQuoted << text;
    }
  } else {
    out << value.Dump();
  }
}

}  // namespace

int Fail(const Error& error) { return Fail(error.message); }

int Fail(const std::string& message) {
  std::cerr << "stowage: " << message << "\n";
  return 1;
}

std::string ToYaml(kube::JsonRef value) {
  YAML::Emitter out;
  Emit(out, value);
  return std::string(out.c_str()) + "\n";
}

}  // namespace stowage::app
