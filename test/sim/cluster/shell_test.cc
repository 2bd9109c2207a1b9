#include <gtest/gtest.h>

#include "sim/cluster/container.h"
#include "sim/cluster/io_session.h"
#include "sim/engine/sim_executor.h"

namespace stowage::sim {
namespace {

struct Program {
  SimExecutor executor;
  std::shared_ptr<Container> container;
  std::optional<int> exit_code;

  explicit Program(std::vector<std::string> command, std::string image = "busybox",
                   Environment environment = {}) {
    ContainerStart start{.name = "c", .image = std::move(image), .command = std::move(command)};
    start.environment = std::make_shared<const Environment>(std::move(environment));
    start.identity = std::make_shared<PodIdentity>(
        PodIdentity{"east", "node-0", "default", "web-1", "u1", "10.0.0.7"});
    start.ports = {8080};
    start.mounts.push_back({.path = "/config", .read_only = true, .content = [] {
                              return FileMap{{"a.txt", "alpha\n"}, {"b.txt", "beta\ngamma\n"}};
                            }});
    container = std::make_shared<Container>(executor, std::move(start));
  }
  Result<void> Start() {
    return container->Start([this](int code) { exit_code = code; });
  }
  std::string Output() const {
    std::string out;
    for (const auto& line : container->log()->lines()) out += line.text;
    return out;
  }
};

struct Case {
  const char* script;
  const char* output;
  int exit_code = 0;
};

class ShellTable : public ::testing::TestWithParam<Case> {};

TEST_P(ShellTable, BehavesAsAShell) {
  Program p({"sh", "-c", GetParam().script}, "busybox", {{"NAME", "world"}});
  ASSERT_TRUE(p.Start());
  p.executor.RunFor(Hours(1));
  ASSERT_TRUE(p.exit_code) << "still running: " << GetParam().script;
  EXPECT_EQ(p.Output(), GetParam().output) << GetParam().script;
  EXPECT_EQ(*p.exit_code, GetParam().exit_code) << GetParam().script;
}

INSTANTIATE_TEST_SUITE_P(
    Commands, ShellTable,
    ::testing::Values(
        Case{"echo hello $NAME", "hello world\n"},
        Case{"echo \"a  b\" 'c $NAME'", "a  b c $NAME\n"}, Case{"echo -n x; echo y", "xy\n"},
        Case{"printf '%s=%03d\\n' a 7 b 12", "a=007\nb=012\n"},
        Case{"echo ${NAME} ${NONE:-none} ${#NAME} ${NAME%ld}", "world none 5 wor\n"},
        Case{"X=1; X=$((X + 2 * 3)); echo $X", "7\n"},
        Case{"A=b echo $A; A=2 env | grep ^A=", "\nA=2\n"}, Case{"cat /config/a.txt", "alpha\n"},
        Case{"cat /nope", "cat: can't open '/nope': No such file or directory\n", 1},
        Case{"ls /config", "a.txt\nb.txt\n"},
        Case{"echo x > /config/a.txt", "sh: can't create /config/a.txt: Read-only file system\n",
             1},
        Case{"echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f; wc -l < /tmp/f", "one\ntwo\n2\n"},
        Case{"cd /tmp && pwd; cd /nope",
             "/tmp\nsh: cd: can't cd to /nope: No such file or directory\n", 2},
        Case{"foo", "sh: foo: not found\n", 127},
        Case{"foo || echo saved", "sh: foo: not found\nsaved\n"},
        Case{"true && echo yes || echo no", "yes\n"}, Case{"false && echo yes || echo no", "no\n"},
        Case{"exit 3; echo never", "", 3},
        Case{"if [ -f /config/a.txt ]; then echo f; elif true; then echo e; else echo n; fi",
             "f\n"},
        Case{"if test 3 -gt 5; then echo gt; else echo le; fi", "le\n"},
        Case{"for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done", "1\n3\n"},
        Case{"i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done", "1\n2\n3\n"},
        Case{"while true; do echo once; break; done", "once\n"},
        Case{"until false; do echo x; exit 4; done", "x\n", 4},
        Case{"seq 5 | tail -n 2 | head -n 1", "4\n"}, Case{"cat /config/b.txt | grep -c a", "2\n"},
        Case{"echo hello | tr a-z A-Z", "HELLO\n"}, Case{"echo $(seq 3)", "1 2 3\n"},
        Case{"echo `hostname`", "web-1\n"},
        Case{"case $NAME in w*) echo w;; *) echo other;; esac", "w\n"},
        Case{"f() { echo f:$1; return 5; }; f x; echo $?", "f:x\n5\n"},
        Case{"(exit 2); echo $?", "2\n"}, Case{"set -e; false; echo never", "", 1},
        Case{"set -e; if false; then :; fi; false || true; echo lives", "lives\n"},
        Case{"cat <<END\nname=$NAME\nEND", "name=world\n"}, Case{"echo a >&2", "a\n"},
        Case{"ls /nope 2>/dev/null; echo $?", "1\n"}, Case{"whoami; id -u", "root\n0\n"},
        Case{"sleep 5; date +%T", "00:00:05\n"},
        Case{"sleep 1000 & kill $!; wait $!; echo $?", "143\n"},
        Case{"trap 'echo bye' EXIT; echo hi", "hi\nbye\n"},
        Case{"if", "sh: syntax error: unexpected end of file\n", 2},
        Case{"echo a | while read x; do echo got $x; done", "got a\n"},
        Case{"while :; do :; done & sleep 2; echo alive", "alive\n"}));

TEST(Shell, SleepTakesVirtualTimeAndNoTimerIsLeft) {
  Program p({"sleep", "90"});
  ASSERT_TRUE(p.Start());
  p.executor.RunFor(Seconds(89));
  EXPECT_FALSE(p.exit_code);
  p.executor.RunFor(Seconds(1));
  EXPECT_EQ(p.exit_code, 0);
  EXPECT_FALSE(p.executor.Step());
}

TEST(Shell, ProcessOneIgnoresTermWithoutATrapAndDiesOfKill) {
  Program p({"sh", "-c", "sleep 3600"});
  ASSERT_TRUE(p.Start());
  p.executor.RunFor(Seconds(1));
  p.container->Signal(kSigTerm);
  p.executor.RunFor(Seconds(1));
  EXPECT_FALSE(p.exit_code);
  p.container->Signal(kSigKill);
  p.executor.RunFor(Seconds(1));
  EXPECT_EQ(p.exit_code, 137);
}

TEST(Shell, TrapRunsWhenTheForegroundCommandHasEnded) {
  Program p({"sh", "-c", "trap 'echo bye; exit 7' TERM; while true; do sleep 10; done"});
  ASSERT_TRUE(p.Start());
  p.executor.RunFor(Seconds(12));
  p.container->Signal(kSigTerm);
  p.executor.RunFor(Seconds(7));
  EXPECT_FALSE(p.exit_code);
  p.executor.RunFor(Seconds(2));
  EXPECT_EQ(p.exit_code, 7);
  EXPECT_EQ(p.Output(), "bye\n");
}

TEST(Shell, TrapInterruptsWaitAtOnce) {
  Program p({"sh", "-c", "trap 'exit 9' TERM; sleep 3600 & wait"});
  ASSERT_TRUE(p.Start());
  p.executor.RunFor(Seconds(1));
  p.container->Signal(kSigTerm);
  p.executor.RunPosted();
  EXPECT_EQ(p.exit_code, 9);
}

TEST(Container, ServerServesUntilTermAndSaysWhoAnswered) {
  Program p({}, "nginx:1.25");
  ASSERT_TRUE(p.Start());
  p.executor.RunFor(Hours(10));
  EXPECT_FALSE(p.exit_code);
  EXPECT_FALSE(p.executor.Step()) << "an idle server holds no timer";
  ASSERT_TRUE(p.container->Listens(8080));
  EXPECT_FALSE(p.container->Listens(81));
  std::string got;
  bool closed = false;
  auto port = p.container->Connect(8080, {.on_bytes = [&](std::string_view b) { got.append(b); },
                                          .on_close = [&] { closed = true; }});
  port->Write("GET / HTTP/1.1\r\nHost: x\r\n");
  p.executor.RunPosted();
  EXPECT_EQ(got, "");
  port->Write("Connection: close\r\n\r\n");
  p.executor.RunPosted();
  EXPECT_NE(got.find("200 OK"), std::string::npos);
  EXPECT_NE(got.find("pod: default/web-1\ncontainer: c\ncluster: east\n"), std::string::npos);
  EXPECT_TRUE(closed);
  p.container->Signal(kSigTerm);
  p.executor.RunPosted();
  EXPECT_EQ(p.exit_code, 0);
}

TEST(Container, MissingExecutableIsAStartError) {
  Program p({"/no/such"});
  const Result<void> started = p.Start();
  ASSERT_FALSE(started);
  EXPECT_NE(
      started.error().message.find("exec: \"/no/such\": stat /no/such: no such file or directory"),
      std::string::npos);
}

TEST(Exec, PassesStdinStdoutAndTheExitCode) {
  Program p({"sleep", "3600"});
  ASSERT_TRUE(p.Start());
  std::string out, err;
  std::optional<int> code;
  auto session = p.container->Exec({.command = {"sh"}, .stdin_open = true},
                                   {.on_stdout = [&](std::string_view b) { out.append(b); },
                                    .on_stderr = [&](std::string_view b) { err.append(b); },
                                    .on_exit = [&](int c) { code = c; }});
  ASSERT_TRUE(session);
  (*session)->WriteStdin("echo one\nfoo\nexit 5\n");
  p.executor.RunFor(Seconds(1));
  EXPECT_EQ(out, "one\n");
  EXPECT_EQ(err, "sh: foo: not found\n");
  EXPECT_EQ(code, 5);
}

TEST(Exec, TerminalEchoesEditsAndInterrupts) {
  Program p({"sleep", "3600"});
  ASSERT_TRUE(p.Start());
  std::string out;
  std::optional<int> code;
  auto session = p.container->Exec({.command = {"sh"}, .stdin_open = true, .tty = true},
                                   {.on_stdout = [&](std::string_view b) { out.append(b); },
                                    .on_stderr = {},
                                    .on_exit = [&](int c) { code = c; }});
  ASSERT_TRUE(session);
  p.executor.RunPosted();
  EXPECT_EQ(out, "/ # ");
  (*session)->WriteStdin(
      "echo ax\x7f"
      "b\r");
  p.executor.RunPosted();
  EXPECT_EQ(out, "/ # echo ax\b \bb\r\nab\r\n/ # ");
  out.clear();
  (*session)->WriteStdin("sleep 1000\r");
  p.executor.RunFor(Seconds(3));
  (*session)->WriteStdin("\x03");
  p.executor.RunPosted();
  EXPECT_EQ(out, "sleep 1000\r\n^C\r\n/ # ");
  (*session)->WriteStdin("\x04");
  p.executor.RunPosted();
  EXPECT_EQ(code, 130);
}

TEST(ContainerLog, KeepsLinesWithinItsBoundAndSelectsThem) {
  ContainerLog log;
  const WallTime start{};
  for (int i = 0; i < 10; ++i)
    log.Write(start + Seconds(i), false, "line " + std::to_string(i) + "\n");
  EXPECT_EQ(SelectLog(log, {.tail_lines = 2}), "line 8\nline 9\n");
  EXPECT_EQ(SelectLog(log, {.since = start + Seconds(9)}), "line 9\n");
  EXPECT_EQ(SelectLog(log, {.limit_bytes = 9}), "line 0\nli");
  EXPECT_EQ(SelectLog(log, {.timestamps = true, .tail_lines = 1}),
            "1970-01-01T00:00:09.000000000Z line 9\n");
  for (int i = 0; i < 3000; ++i) log.Write(start, false, std::string(1000, 'x') + "\n");
  EXPECT_LE(log.bytes(), ContainerLog::kMaxBytes);
}

}  // namespace
}  // namespace stowage::sim
