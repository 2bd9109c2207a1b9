// Label and field selectors.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "kube/api/json.h"

namespace stowage::kube {

struct Requirement {
  enum class Op { kIn, kNotIn, kExists, kDoesNotExist, kGt, kLt };
  std::string key;
  Op op = Op::kExists;
  std::vector<std::string> values;
  // `value` is nullptr where the label is absent. NotIn holds for an absent label, Gt and Lt do
  // not.
  bool Matches(const std::string_view* value) const;
  bool operator==(const Requirement&) const = default;
};

class LabelSelector {
 public:
  LabelSelector() = default;  // matches everything
  static LabelSelector Nothing();
  // "a=b,c!=d,e in (f,g),!h,i,j>3": what kubectl -l takes. kInvalid says where.
  static Result<LabelSelector> Parse(std::string_view text);
  // metav1.LabelSelector {matchLabels, matchExpressions}. Missing or null: nothing; {}: everything.
  static Result<LabelSelector> FromJson(JsonRef selector);
  // {"a": "b"}, as Service and nodeSelector have it. Empty: everything.
  static LabelSelector FromMap(JsonRef labels);

  bool Matches(JsonRef labels) const;  // an object of strings, or missing
  bool Matches(const std::map<std::string, std::string>& labels) const;
  const std::vector<Requirement>& requirements() const { return requirements_; }
  bool everything() const { return !nothing_ && requirements_.empty(); }
  std::string ToString() const;

 private:
  bool nothing_ = false;
  std::vector<Requirement> requirements_;
};

// "metadata.name=x,status.phase!=Failed"
class FieldSelector {
 public:
  struct Term {
    std::string path;
    bool equal;
    std::string value;
  };
  static Result<FieldSelector> Parse(std::string_view text);
  // Reads the fields through `get` (path -> value, "" if unset).
  bool Matches(const std::function<std::string(std::string_view)>& get) const;
  const std::vector<Term>& terms() const { return terms_; }

 private:
  std::vector<Term> terms_;
};

// Kubernetes' rules for names, as sentences; ok or what is wrong.
Result<void> ValidateLabelKey(std::string_view key);
Result<void> ValidateLabelValue(std::string_view value);
Result<void> ValidateDnsSubdomain(std::string_view name);  // most object names
Result<void> ValidateDnsLabel(std::string_view name);      // namespaces, services

}  // namespace stowage::kube
