#include "providers/kubernetes/references.h"

#include <gtest/gtest.h>

namespace stowage::providers {
namespace {

std::string Found(const std::string& spec) {
  auto json = kube::Json::Parse(spec);
  EXPECT_TRUE(json) << spec;
  std::string text;
  for (const Reference& r : FindReferences(*json)) {
    text += (r.kind == DependentKind::kSecret ? "s:" : "c:") + r.name + (r.optional ? "? " : " ");
  }
  return text;
}

TEST(ReferencesTest, FindsEveryPlaceWhereAPodNamesAnObject) {
  const std::pair<const char*, const char*> places[] = {
      {R"({"containers":[{"env":[{"valueFrom":{"configMapKeyRef":{"name":"a"}}}]}]})", "c:a "},
      {R"({"containers":[{"env":[{"valueFrom":{"secretKeyRef":{"name":"a"}}}]}]})", "s:a "},
      {R"({"containers":[{"envFrom":[{"configMapRef":{"name":"a"}}]}]})", "c:a "},
      {R"({"initContainers":[{"envFrom":[{"secretRef":{"name":"a","optional":true}}]}]})", "s:a? "},
      {R"({"ephemeralContainers":[{"envFrom":[{"secretRef":{"name":"a"}}]}]})", "s:a "},
      {R"({"volumes":[{"configMap":{"name":"a"}}]})", "c:a "},
      {R"({"volumes":[{"secret":{"secretName":"a","optional":true}}]})", "s:a? "},
      {R"({"volumes":[{"projected":{"sources":[{"configMap":{"name":"a"}},{"secret":{"name":"b"}}]}}]})",
       "c:a s:b "},
      {R"({"volumes":[{"csi":{"nodePublishSecretRef":{"name":"a"}}}]})", "s:a "},
      {R"({"volumes":[{"cephfs":{"secretRef":{"name":"a"}}}]})", "s:a "},
      {R"({"volumes":[{"azureFile":{"secretName":"a"}}]})", "s:a "},
      {R"({"imagePullSecrets":[{"name":"a"}]})", "s:a? "},
      {R"({"volumes":[{"emptyDir":{}},{"persistentVolumeClaim":{"claimName":"x"}}]})", ""},
  };
  for (const auto& [spec, expected] : places) EXPECT_EQ(Found(spec), expected) << spec;
}

TEST(ReferencesTest, AnObjectIsOptionalOnlyIfEveryUseOfItIs) {
  EXPECT_EQ(Found(R"({"containers":[{"envFrom":[{"secretRef":{"name":"a","optional":true}},
                      {"secretRef":{"name":"a"}}]}]})"),
            "s:a ");
}

}  // namespace
}  // namespace stowage::providers
