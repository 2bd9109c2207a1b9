#include "kube/api/selector.h"

#include <gtest/gtest.h>

#include "test/support/builders.h"

namespace stowage::kube {
namespace {

using Labels = std::map<std::string, std::string>;

bool Selects(std::string_view selector, const Labels& labels) {
  const auto s = LabelSelector::Parse(selector);
  EXPECT_TRUE(s) << selector << ": " << (s ? "" : s.error().ToString());
  return s && s->Matches(labels);
}

TEST(LabelSelector, SelectsAsKubectlDoes) {
  const Labels web{{"app", "web"}, {"tier", "front"}, {"weight", "7"}, {"empty", ""}};
  for (const char* yes : {"",
                          "  ",
                          "app=web",
                          "app==web",
                          "app = web , tier=front",
                          "app!=db",
                          "other!=x",
                          "app",
                          "!other",
                          "! other",
                          "app in (web,db)",
                          "app in ( db , web )",
                          "app notin (db)",
                          "other notin (db)",
                          "weight>6",
                          "weight<8",
                          "empty=",
                          "empty",
                          "empty in (,x)",
                          "app in (web),tier notin (back),!x"}) {
    EXPECT_TRUE(Selects(yes, web)) << yes;
  }
  for (const char* no :
       {"app=db", "app!=web", "other", "!app", "app in (db)", "app notin (web,db)",
        "other=", "weight>7", "weight<7", "app>3", "other>3", "app=web,tier=back"}) {
    EXPECT_FALSE(Selects(no, web)) << no;
  }
}

TEST(LabelSelector, RefusesWhatCannotBeReadAndSaysWhere) {
  for (const char* bad : {"app=web,", ",", "=web", "app in", "app in ()", "app in (a",
                          "app in (a b)", "app weird (a)", "app=web tier=front", "!", "a>b", "a>",
                          "a b", "-bad=x", "app=-bad", "a/b/c=d", "app=web)", "x in (a),,y"}) {
    const auto s = LabelSelector::Parse(bad);
    ASSERT_FALSE(s) << bad;
    EXPECT_EQ(s.error().code, ErrorCode::kInvalid);
    EXPECT_NE(s.error().message.find("character"), std::string::npos) << s.error().message;
  }
}

TEST(LabelSelector, PrintsInKubernetesOrder) {
  EXPECT_EQ(LabelSelector::Parse("z, a in (c,b,c),m!=1,!k")->ToString(), "a in (b,c),!k,m!=1,z");
  EXPECT_EQ(LabelSelector::Parse("b>3,a==x")->ToString(), "a=x,b>3");
}

TEST(LabelSelector, ReadsMatchLabelsAndExpressions) {
  const auto s = LabelSelector::FromJson(test::JsonFrom(R"({"matchLabels": {"app": "web"},
      "matchExpressions": [{"key": "tier", "operator": "In", "values": ["b", "a"]},
                           {"key": "old", "operator": "DoesNotExist"}]})"));
  ASSERT_TRUE(s);
  EXPECT_TRUE(s->Matches(Labels{{"app", "web"}, {"tier", "a"}}));
  EXPECT_FALSE(s->Matches(Labels{{"app", "web"}, {"tier", "c"}}));
  EXPECT_FALSE(s->Matches(Labels{{"app", "web"}, {"tier", "a"}, {"old", ""}}));
}

TEST(LabelSelector, NullSelectsNothingAndEmptySelectsAll) {
  EXPECT_FALSE(LabelSelector::FromJson({})->Matches(Labels{}));
  EXPECT_FALSE(LabelSelector::FromJson(test::JsonFrom("null"))->Matches(Labels{{"a", "b"}}));
  EXPECT_TRUE(LabelSelector::FromJson(test::JsonFrom("{}"))->Matches(Labels{{"a", "b"}}));
  EXPECT_TRUE(LabelSelector::FromJson(test::JsonFrom("{}"))->everything());
  EXPECT_FALSE(LabelSelector::Nothing().everything());
}

TEST(LabelSelector, RefusesBadExpressions) {
  for (const char* bad :
       {"[]", "3", R"({"matchExpressions": [{"key": "a", "operator": "Near"}]})",
        R"({"matchExpressions": [{"key": "a", "operator": "In"}]})",
        R"({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]})",
        R"({"matchLabels": {"bad key": "x"}})"}) {
    EXPECT_FALSE(LabelSelector::FromJson(test::JsonFrom(bad))) << bad;
  }
}

TEST(LabelSelector, MatchesLabelsOfAnObject) {
  const Object pod = test::MakePod("default", "web").Label("app", "web");
  EXPECT_TRUE(LabelSelector::Parse("app=web")->Matches(pod.metadata()["labels"]));
  EXPECT_TRUE(LabelSelector::FromMap(test::JsonFrom(R"({"app": "web"})"))
                  .Matches(pod.metadata()["labels"]));
  EXPECT_FALSE(LabelSelector::Parse("app")->Matches(JsonRef()));
}

TEST(FieldSelector, SelectsByPath) {
  const auto get = [](std::string_view path) -> std::string {
    if (path == "metadata.name") return "web";
    return path == "status.phase" ? "Running" : "";
  };
  EXPECT_TRUE(FieldSelector::Parse("metadata.name=web,status.phase!=Failed")->Matches(get));
  EXPECT_TRUE(FieldSelector::Parse("metadata.name==web")->Matches(get));
  EXPECT_TRUE(FieldSelector::Parse("spec.nodeName=")->Matches(get));
  EXPECT_TRUE(FieldSelector::Parse("")->Matches(get));
  EXPECT_FALSE(FieldSelector::Parse("spec.nodeName!=")->Matches(get));
  EXPECT_FALSE(FieldSelector::Parse("metadata.name=db")->Matches(get));
}

TEST(FieldSelector, UndoesBackslashes) {
  const auto s = FieldSelector::Parse(R"(a=x\,y\=z\\,b!=c)");
  ASSERT_TRUE(s);
  ASSERT_EQ(s->terms().size(), 2u);
  EXPECT_EQ(s->terms()[0].value, "x,y=z\\");
  EXPECT_FALSE(s->terms()[1].equal);
}

TEST(FieldSelector, RefusesWhatIsNoTerm) {
  for (const char* bad : {"name", "=x", "a=b=c", "a=\\q", "a=x\\", "!=x"}) {
    EXPECT_FALSE(FieldSelector::Parse(bad)) << bad;
  }
}

TEST(Names, LabelKeysAndValues) {
  for (const char* good : {"app", "a", "A.b_c-d", "example.com/app", "k8s.io/x"}) {
    EXPECT_TRUE(ValidateLabelKey(good)) << good;
  }
  const std::string long_name(64, 'a');
  for (const std::string& bad :
       {std::string(""), std::string("-a"), std::string("a-"), std::string("/a"), std::string("a/"),
        std::string("A.com/a"), std::string("a b"), long_name}) {
    EXPECT_FALSE(ValidateLabelKey(bad)) << bad;
  }
  EXPECT_TRUE(ValidateLabelValue(""));
  EXPECT_TRUE(ValidateLabelValue(std::string(63, 'x')));
  EXPECT_FALSE(ValidateLabelValue(std::string(64, 'x')));
  EXPECT_FALSE(ValidateLabelValue("a/b"));
}

TEST(Names, DnsSubdomainsAndLabels) {
  EXPECT_TRUE(ValidateDnsSubdomain("web-1.example"));
  EXPECT_TRUE(ValidateDnsSubdomain("0"));
  for (const char* bad : {"", "Web", "a..b", ".a", "a.", "-a", "a_b"}) {
    EXPECT_FALSE(ValidateDnsSubdomain(bad)) << bad;
  }
  EXPECT_FALSE(ValidateDnsSubdomain(std::string(254, 'a')));
  EXPECT_TRUE(ValidateDnsLabel("kube-system"));
  EXPECT_FALSE(ValidateDnsLabel("a.b"));
  EXPECT_FALSE(ValidateDnsLabel(std::string(64, 'a')));
}

}  // namespace
}  // namespace stowage::kube
