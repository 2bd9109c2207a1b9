// Documents stay true: every path that they name exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace stowage::lint {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> PathsIn(const fs::path& document) {
  std::ifstream in(document);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  static const std::regex quoted(
      "`((?:base|kube|scheduler|providers|vkubelet|sim|app|manifests|test)/[A-Za-z0-9_./-]*)`");
  std::vector<std::string> paths;
  for (auto it = std::sregex_iterator(all.begin(), all.end(), quoted); it != std::sregex_iterator();
       ++it) {
    paths.push_back((*it)[1]);
  }
  return paths;
}

TEST(Documents, EveryPathInTheArchitectureExists) {
  const fs::path root = STOWAGE_SOURCE_DIR;
  const auto paths = PathsIn(root / "ARCHITECTURE.md");
  EXPECT_GT(paths.size(), 30u);
  for (const std::string& path : paths) EXPECT_TRUE(fs::exists(root / path)) << path;
}

TEST(Documents, EveryPathInTheReadmeExists) {
  const fs::path root = STOWAGE_SOURCE_DIR;
  for (const std::string& path : PathsIn(root / "README.md"))
    EXPECT_TRUE(fs::exists(root / path)) << path;
}

TEST(Documents, EveryFolderSaysWhatItOwns) {
  const fs::path root = STOWAGE_SOURCE_DIR;
  for (const char* folder :
       {"base", "kube", "scheduler", "providers", "vkubelet", "sim", "app", "manifests", "test"}) {
    EXPECT_TRUE(fs::exists(root / folder / "README.md")) << folder;
  }
}

}  // namespace
}  // namespace stowage::lint
