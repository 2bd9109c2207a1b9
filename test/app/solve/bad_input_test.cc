// Every file of bad/ is refused, with the message that bad/messages.txt has for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "app/solve/formats.h"

namespace stowage::app {
namespace {

namespace fs = std::filesystem;

fs::path Folder() { return fs::path(STOWAGE_SOURCE_DIR) / "test/app/solve/bad"; }

std::string TextOf(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Lines "FILE:LINE:COLUMN: what is wrong".
std::map<std::string, std::string> ExpectedMessages() {
  std::istringstream in(TextOf(Folder() / "messages.txt"));
  std::map<std::string, std::string> out;
  for (std::string line; std::getline(in, line);) out[line.substr(0, line.find(':'))] = line;
  return out;
}

std::map<std::string, std::string> FoundMessages() {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(Folder())) {
    const std::string name = entry.path().filename().string();
    if (name == "messages.txt") continue;
    const auto format = FormatOf("", name);
    EXPECT_TRUE(format) << name;
    if (!format) continue;
    const auto problem = Parse(*format, {name, TextOf(entry.path())});
    out[name] = problem ? name + " was accepted" : problem.error().message;
  }
  return out;
}

TEST(BadInputTest, EveryFileIsRefusedWithItsMessage) {
  const auto expected = ExpectedMessages(), found = FoundMessages();
  EXPECT_GE(found.size(), 40u);
  for (const auto& [name, message] : found) {
    const auto it = expected.find(name);
    EXPECT_EQ(message, it == expected.end() ? "(nothing in messages.txt)" : it->second);
  }
  EXPECT_EQ(expected.size(), found.size()) << "messages.txt names files that are not there";
}

TEST(BadInputTest, EveryMessageNamesAPlaceInTheFile) {
  for (const auto& [name, message] : FoundMessages()) {
    EXPECT_THAT(message, testing::ContainsRegex("^[a-z_]+\\.[a-z]+:[0-9]+:[0-9]+: .........."));
    const std::string text = TextOf(Folder() / name);
    const size_t at = message.find(':') + 1;
    const int64_t line = std::stoll(message.substr(at));
    EXPECT_LE(line, 1 + std::count(text.begin(), text.end(), '\n')) << message;
  }
}

TEST(BadInputTest, CutOffAnywhereAGoodFileIsRefusedOrWhole) {
  const std::string gap = "2 2\n1 2\n3 4\n5 6\n7 8\n9 10";
  for (size_t n = 0; n < gap.size(); ++n) {
    // Only the last number still is one when it loses a digit.
    EXPECT_EQ(Parse(Format::kGap, {"f", gap.substr(0, n)}).has_value(), n == gap.size() - 1) << n;
  }
}

}  // namespace
}  // namespace stowage::app
