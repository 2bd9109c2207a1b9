#include "sim/checkers/foreign_untouched.h"

#include "base/random/rng.h"

namespace stowage::sim {
namespace {

uint64_t ContentOf(const kube::Object& object) {
  kube::MutableJson spec(object.spec());
  spec.Remove({"nodeName"});
  return HashCombine(HashCombine(object.metadata()["labels"].Hash(), object["data"].Hash()),
                     spec.ref().Hash());
}

}  // namespace

void ForeignUntouched::OnObject(const std::string& member, const kube::Object* before,
                                const kube::Object* after, Findings& findings) {
  if (!before || !before->label(kube::kLabelHost).empty()) return;
  const std::string who = member + "/" + before->key().ToString();
  if (released_.contains(who)) return;
  if (!after) {
    findings.Add("foreign-untouched", who + ", which is not ours, was deleted");
  } else if (ContentOf(*before) != ContentOf(*after)) {
    findings.Add("foreign-untouched", who + ", which is not ours, was changed");
  }
}

}  // namespace stowage::sim
