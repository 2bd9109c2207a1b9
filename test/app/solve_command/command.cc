#include "test/app/solve_command/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace stowage::app {
namespace {

namespace fs = std::filesystem;

std::string TakeFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  fs::remove(path);
  return text;
}

// Files in place of pipes: nothing can fill up.
[[noreturn]] void Become(const std::vector<std::string>& arguments, const fs::path& base) {
  const auto open_as = [&](const char* ending, int flags, int descriptor) {
    const int file = open((base.string() + ending).c_str(), flags, 0600);
    if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
  };
  open_as(".in", O_RDONLY, STDIN_FILENO);
  open_as(".out", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  open_as(".err", O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  std::vector<char*> argv = {const_cast<char*>("stowage")};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  execv(STOWAGE_BINARY, argv.data());
  _exit(127);
}

}  // namespace

Finished RunStowage(const std::vector<std::string>& arguments, const std::string& input,
                    const std::function<void(int)>& meanwhile) {
  const fs::path base =
      fs::path(::testing::TempDir()) / ("solve_command." + std::to_string(getpid()));
  std::ofstream(base.string() + ".in", std::ios::binary) << input;
  const pid_t child = fork();
  if (child == 0) Become(arguments, base);
  if (meanwhile) meanwhile(child);
  int status = 0;
  waitpid(child, &status, 0);
  fs::remove(base.string() + ".in");
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, TakeFile(base.string() + ".out"),
          TakeFile(base.string() + ".err")};
}

}  // namespace stowage::app
