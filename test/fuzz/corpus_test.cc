// Replays the kept inputs of every fuzz target: seeds, and what once crashed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "test/fuzz/target.h"

namespace stowage::fuzz {
namespace {

namespace fs = std::filesystem;

fs::path Corpus() { return fs::path(STOWAGE_SOURCE_DIR) / "test/fuzz/corpus"; }

std::vector<fs::path> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class CorpusTest : public ::testing::TestWithParam<Target> {};

TEST_P(CorpusTest, KeptInputsDoNoHarm) {
  const std::vector<fs::path> files = FilesIn(Corpus() / GetParam().name);
  EXPECT_GE(files.size(), 3u) << "a target starts from a few examples";
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    GetParam().run(ReadFile(file));
  }
}

TEST_P(CorpusTest, NothingIsAnInputToo) { GetParam().run(""); }

INSTANTIATE_TEST_SUITE_P(Targets, CorpusTest, ::testing::ValuesIn(Targets()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(CorpusFoldersTest, EachBelongsToATarget) {
  std::set<std::string> names;
  for (const Target& target : Targets()) names.insert(std::string(target.name));
  std::set<std::string> folders;
  for (const fs::path& folder : FilesIn(Corpus())) folders.insert(folder.filename().string());
  EXPECT_EQ(folders, names);
}

}  // namespace
}  // namespace stowage::fuzz
