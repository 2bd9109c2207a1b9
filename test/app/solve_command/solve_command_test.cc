// `stowage solve` and `stowage check` as a shell sees them: output and exit codes.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "kube/api/json.h"
#include "test/app/solve_command/command.h"

namespace stowage::app {
namespace {

namespace fs = std::filesystem;

fs::path Examples() { return fs::path(STOWAGE_SOURCE_DIR) / "manifests/examples/placement"; }

std::string Example(const std::string& name) { return (Examples() / name).string(); }

kube::Json Parsed(const Finished& run) {
  auto json = kube::Json::Parse(run.out);
  EXPECT_TRUE(json) << run.out << run.err;
  return json ? *json : kube::Json();
}

// A file of this test's own.
class Written {
 public:
  Written(const std::string& name, const std::string& text)
      : path_(fs::path(::testing::TempDir()) / (std::to_string(getpid()) + "." + name)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~Written() { fs::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

TEST(SolveCommandTest, EveryExampleIsSolvedAndItsAnswerVerified) {
  const std::map<std::string, int> other_codes = {{"pools_full.yaml", 2}, {"too_small.yaml", 2}};
  int examples = 0;
  for (const auto& entry : fs::directory_iterator(Examples())) {
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    ++examples;
    const Finished run =
        RunStowage({"solve", Example(name), "--iterations", "300000", "--assignment"});
    EXPECT_EQ(run.exit_code, other_codes.contains(name) ? other_codes.at(name) : 0) << run.err;
    const kube::Json json = Parsed(run);
    for (const char* member : {"status", "cost", "bound", "gap", "tiers", "relaxed", "seconds",
                               "iterations", "solver", "hash", "assignment"}) {
      EXPECT_TRUE(json[member].exists()) << member;
    }
    EXPECT_LE(json["bound"].f64(), json["cost"].f64());
    const Written solution("solution.json", run.out);
    const Finished check = RunStowage({"check", Example(name), solution.path()});
    EXPECT_EQ(check.exit_code, 0) << check.err << run.out;
  }
  EXPECT_GE(examples, 10);
}

TEST(SolveCommandTest, BurstFillsThePaidForMachinesAndThenTheCheaperRegion) {
  const kube::Json json = Parsed(RunStowage({"solve", Example("burst.yaml"), "--assignment"}));
  EXPECT_EQ(json["status"].str(), "optimal");
  EXPECT_DOUBLE_EQ(json["cost"].f64(), 4 * (1.5 * 0.032 + 0.004));
  EXPECT_EQ(json["gap"].i64(-1), 0);
  EXPECT_EQ(json["assignment"].At(0)["cluster"].str(), "cloud-us");
  EXPECT_EQ(json["assignment"].At(0)["count"].i64(), 4);
  EXPECT_EQ(json["assignment"].At(1)["cluster"].str(), "onprem");
  EXPECT_EQ(json["assignment"].At(1)["count"].i64(), 6);
}

TEST(SolveCommandTest, WhatIfAndExplainTakeOneWordEach) {
  const kube::Json json =
      Parsed(RunStowage({"solve", "--explain", "web", "--without", "onprem", "--price",
                         "cloud-us=1.5", "--load", "2", Example("burst.yaml")}));
  EXPECT_EQ(json["explanation"].At(0)["class"].str(), "web");
  EXPECT_EQ(json["whatIf"]["changes"].size(), 3u);
  EXPECT_EQ(json["whatIf"]["before"]["pods"].i64(), 10);
  EXPECT_EQ(json["whatIf"]["after"]["pods"].i64(), 20);
  EXPECT_EQ(RunStowage({"solve", Example("burst.yaml"), "--without", "x"}).exit_code, 3);
  EXPECT_EQ(RunStowage({"solve", Example("burst.yaml"), "--explain", "x"}).exit_code, 3);
  EXPECT_EQ(RunStowage({"solve", Example("small.gap"), "--without", "x"}).exit_code, 3);
}

TEST(SolveCommandTest, TheAnswerIsTheSameForAnyNumberOfThreadsAndEveryRun) {
  for (const char* name : {"small.gap", "small.fleet", "small.mvp", "rules.yaml"}) {
    std::string hash;
    for (const char* threads : {"1", "2", "7", "1"}) {
      const kube::Json json = Parsed(
          RunStowage({"solve", Example(name), "--iterations", "400000", "--threads", threads}));
      if (hash.empty()) hash = json["hash"].string();
      EXPECT_EQ(json["hash"].str(), hash) << name << ", " << threads;
    }
  }
}

TEST(SolveCommandTest, TheOrderOfTheFileMeansNothing) {
  // The same jobs and agents in two orders.
  const Written one("one.gap",
                    "3 4\n5 7 3 9\n6 4 8 2\n7 5 5 6\n3 2 4 1\n2 3 1 4\n3 3 2 2\n6 5 5\n");
  const Written two("two.gap",
                    "3 4\n6 5 5 7\n9 3 7 5\n2 8 4 6\n2 2 3 3\n1 4 2 3\n4 1 3 2\n5 6 5\n");
  const auto solve = [](const Written& file) {
    return Parsed(RunStowage({"solve", file.path(), "--iterations", "300000"}));
  };
  const kube::Json a = solve(one), b = solve(two);
  EXPECT_EQ(a["cost"].i64(), b["cost"].i64(-1));
  EXPECT_EQ(a["hash"].str(), b["hash"].str("none"));
}

TEST(SolveCommandTest, WhatIsProvenInfeasibleHasItsOwnExitCode) {
  const Finished run =
      RunStowage({"solve", "-", "--format", "gap", "--time-limit", "5"}, "1 2\n1 1\n2 2\n3\n");
  EXPECT_EQ(run.exit_code, 2) << run.out;
  EXPECT_EQ(Parsed(run)["status"].str(), "infeasible");
}

TEST(SolveCommandTest, BadInputHasAPlaceAndItsOwnExitCode) {
  const Written bad("bad.gap", "2 2\n1 2\n3 x\n5 6\n7 8\n9 9\n");
  const Finished run = RunStowage({"solve", bad.path()});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find(bad.path() + ":3:3: expected the cost of job 2 on agent 2"),
            std::string::npos)
      << run.err;
  EXPECT_EQ(RunStowage({"solve", "/no/such/file.gap"}).exit_code, 3);
  EXPECT_EQ(RunStowage({"solve", "-"}, "1 1 1 1 1").exit_code, 3) << "no ending, no --format";
  EXPECT_EQ(RunStowage({"solve", Example("small.gap"), "--solver", "magic"}).exit_code, 3);
  EXPECT_EQ(RunStowage({"solve", Example("small.gap"), "--iterations", "-4"}).exit_code, 3);
  EXPECT_EQ(RunStowage({"solve"}).exit_code, 3);
}

TEST(SolveCommandTest, ALineIsLoggedForEachBetterAnswer) {
  const Finished run = RunStowage({"solve", Example("burst.yaml"), "--log"});
  EXPECT_NE(run.err.find("cost 0.208, bound 0.208, gap 0.00 %\n"), std::string::npos) << run.err;
}

TEST(SolveCommandTest, TheTimeLimitIsKept) {
  const Finished run =
      RunStowage({"solve", Example("small.mvp"), "--time-limit", "0.5", "--seed", "9"});
  const double seconds = Parsed(run)["seconds"].f64();
  // To 20 ms on a machine of one's own; tests run beside others.
  EXPECT_LE(seconds, 0.9);
}

TEST(SolveCommandTest, AnInterruptEndsWithTheBestSoFar) {
  const Finished run =
      RunStowage({"solve", Example("small.fleet"), "--time-limit", "60"}, "", [](int process) {
        usleep(700'000);
        kill(process, SIGINT);
      });
  const kube::Json json = Parsed(run);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_LT(json["seconds"].f64(), 30);
}

TEST(SolveCommandTest, ModelsAreExportedToAFileOrToStandardOutput) {
  const Finished shown = RunStowage({"solve", Example("small.gap"), "--export", "lp"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_TRUE(shown.out.starts_with("Minimize\n"));
  const Written file("model.mps", "");
  const Finished run =
      RunStowage({"solve", Example("small.gap"), "--export", "mps", "--output", file.path()});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "");
  std::ifstream in(file.path());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(text.starts_with("NAME")) << text.substr(0, 40);
  EXPECT_TRUE(text.ends_with("ENDATA\n"));
}

TEST(SolveCommandTest, CheckTellsWrongFromBadInput) {
  const Written wrong("wrong.json", "{\"cost\": 1, \"assignment\": [{\"job\": 1, \"agent\": 1}]}");
  const Finished run = RunStowage({"check", Example("small.gap"), wrong.path()});
  EXPECT_EQ(run.exit_code, 1) << run.err;
  EXPECT_NE(run.err.find("not placed"), std::string::npos) << run.err;
  const Written bad("bad.json", "{\"assignment\": [{\"job\": 9, \"agent\": 1}]}");
  EXPECT_EQ(RunStowage({"check", Example("small.gap"), bad.path()}).exit_code, 3);
  EXPECT_EQ(RunStowage({"check", Example("small.gap"), "/no/such/file"}).exit_code, 3);
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(SolveCommandTest, EveryExplanationOfTheDocumentIsPrintedSo) {
  std::ifstream document(fs::path(STOWAGE_SOURCE_DIR) / "app/solve/EXPLAIN.md");
  const std::string indent = "    ", prompt = "    $ stowage ";
  std::string out, line;
  int commands = 0, lines = 0;
  while (std::getline(document, line)) {
    if (line.starts_with(prompt)) {
      std::vector<std::string> arguments = Words(line.substr(prompt.size()));
      for (std::string& a : arguments) {
        if (a.starts_with("manifests/")) a = (fs::path(STOWAGE_SOURCE_DIR) / a).string();
      }
      out = RunStowage(arguments).out;
      ++commands;
    } else if (line.starts_with(indent)) {
      EXPECT_NE(out.find(line.substr(indent.size())), std::string::npos) << line << "\n" << out;
      ++lines;
    }
  }
  EXPECT_EQ(commands, 12);
  EXPECT_GE(lines, 20);
}

}  // namespace
}  // namespace stowage::app
