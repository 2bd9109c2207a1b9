// Checks the whole tree, and that every rule finds its bad sample.
#include "test/lint/lint.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace stowage::lint {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Lint, TheTreeKeepsTheRulesOfTheHouse) {
  const fs::path root = STOWAGE_SOURCE_DIR;
  int files = 0;
  for (const char* top :
       {"base", "kube", "scheduler", "vkubelet", "providers", "sim", "app", "test"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string ext = entry.path().extension();
      if (ext != ".h" && ext != ".cc") continue;
      ++files;
      const std::string path = fs::relative(entry.path(), root);
      for (const Violation& v : Check(path, Read(entry.path()))) {
        ADD_FAILURE() << v.path << ":" << v.line << ": [" << v.rule << "] " << v.message;
      }
    }
  }
  EXPECT_GT(files, 30);
}

// Each sample's first line: "// as PATH, breaks RULE".
TEST(Lint, EveryRuleFindsItsBadSample) {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(fs::path(STOWAGE_SOURCE_DIR) / "test/lint/bad")) {
    if (entry.path().filename() == "format.h.txt") continue;  // for clang-format
    std::string text = Read(entry.path());
    std::istringstream head(text.substr(0, text.find('\n')));
    std::string slashes, as, path, breaks, rule;
    head >> slashes >> as >> path >> breaks >> rule;
    ASSERT_EQ(as, "as") << entry.path();
    path.pop_back();  // the comma
    if (rule == "file-length") {
      for (int i = 0; i < 500; ++i) text += "int x" + std::to_string(i) + ";\n";
    }
    std::set<std::string> rules;
    for (const Violation& v : Check(path, text)) rules.insert(v.rule);
    EXPECT_EQ(rules, std::set<std::string>{rule}) << entry.path();
    found.insert(rule);
  }
  const std::set<std::string> all = {
      "include-table", "heavy-header",    "banned-call", "unordered-iteration",
      "file-length",   "function-length", "promise"};
  EXPECT_EQ(found, all);
}

// What clang-format would change, a line each; or why it could not be run.
std::string Misformatted(const std::string& files) {
  const std::string command =
      "cd '" STOWAGE_SOURCE_DIR "' && " + files +
      " | xargs -0 -P 2 -n 40 clang-format-16 --dry-run --Werror 2>&1 | grep -E 'error|not found'";
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  char line[512];
  while (fgets(line, sizeof(line), pipe) != nullptr) out += line;
  pclose(pipe);
  return out;
}

TEST(Lint, TheTreeIsFormatted) {
  const std::string sources =
      "find base kube scheduler vkubelet providers sim app test -name '*.h' -print0 -o -name "
      "'*.cc' -print0";
  EXPECT_EQ(Misformatted(sources), "") << "make format mends it";
}

TEST(Lint, WhatIsNotFormattedIsFound) {
  const fs::path sample = fs::path(STOWAGE_SOURCE_DIR) / "test/lint/bad/format.h.txt";
  const fs::path copy = fs::path(testing::TempDir()) / "stowage_lint_format.h";
  fs::copy_file(sample, copy, fs::copy_options::overwrite_existing);
  const std::string found = Misformatted(
      "printf '%s\\0' '--style=file:" STOWAGE_SOURCE_DIR "/.clang-format' '" + copy.string() + "'");
  fs::remove(copy);
  EXPECT_NE(found.find("clang-format-violations"), std::string::npos) << found;
}

TEST(Lint, CommentsAndStringsAreNotCode) {
  EXPECT_TRUE(
      Check("base/x/a.cc", "// throw rand() sleep(1)\nconst char* s = \"throw\";\n").empty());
  EXPECT_TRUE(Check("base/x/a.cc", "auto s = R\"(throw { sleep(1))\";\n").empty());
}

}  // namespace
}  // namespace stowage::lint
