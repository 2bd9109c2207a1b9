// Shell: one simulated program of a container: a POSIX-like shell, or one command run without a
// shell.
//
// It is a machine of frames without threads: it runs until it must wait (sleep, input, a server)
// and goes on when a timer, a byte or a signal comes. An idle one holds no timer. A loop that never
// waits is slowed down instead of holding the Executor up.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/executor.h"
#include "sim/cluster/file_system.h"
#include "sim/cluster/shell_syntax.h"

namespace stowage::sim {

class Shell;

// Bytes on their way into a program. `eof`: no more will come.
struct ShellInput {
  std::string buffer;
  bool eof = false;
  std::function<void()> on_data;  // set by who waits; called once after bytes or the end came
  void Add(std::string_view bytes);
  void Close();
  // The next line with its newline; at the end what is left. nullopt: must wait.
  std::optional<std::string> TakeLine();
};
using ShellInputPtr = std::shared_ptr<ShellInput>;
using ShellOutput = std::shared_ptr<std::function<void(std::string_view)>>;
ShellOutput MakeShellOutput(std::function<void(std::string_view)> f);

struct ShellIo {
  ShellInputPtr in;
  ShellOutput out;
  ShellOutput err;
};

constexpr int kSigHup = 1, kSigInt = 2, kSigQuit = 3, kSigKill = 9, kSigTerm = 15;

struct ProcessInfo {
  int pid = 0;
  std::string command;
};

using Environment = std::map<std::string, std::string, std::less<>>;

// A program that serves until it is told to stop.
struct ServerProgram {
  std::string name;  // for ps: "nginx: master process nginx"
  std::vector<int> ports;
  std::vector<std::string> start_lines;  // to standard error as it starts
  int term_exit_code = 0;
  std::function<std::string()> page;  // the body of "/"; empty: the container's default
};

// What a program asks of its container.
class ShellHost {
 public:
  virtual ~ShellHost() = default;
  virtual Executor& executor() = 0;
  virtual FileSystem& files() = 0;
  virtual std::string hostname() const = 0;
  virtual std::vector<ProcessInfo> Processes() const = 0;
  // False: no such process.
  virtual bool SignalProcess(int pid, int signal) = 0;
  // Starts `shell` as a process of its own and answers its pid.
  virtual int StartProcess(std::shared_ptr<Shell> shell) = 0;
  // Servers of `shell` end their listening by StopListening.
  virtual void Listen(const Shell* shell, const ServerProgram& server) = 0;
  virtual void StopListening(const Shell* shell) = 0;
  // What the image brings beyond the common tools; nullopt: no such program.
  virtual std::optional<ServerProgram> FindServer(const std::vector<std::string>& argv) = 0;
  // GET of a URL inside the cluster: the body, or why there is none.
  virtual Result<std::string> Fetch(std::string_view url) = 0;
  virtual uint64_t Random() = 0;
};

// Why frames are being left.
struct ShellUnwind {
  enum class Kind { kNone, kBreak, kContinue, kReturn, kExit, kInterrupt, kPipe, kKilled };
  Kind kind = Kind::kNone;
  int levels = 0;
};

class ShellFrame {
 public:
  enum class Next { kDone, kCalled, kBlocked };
  explicit ShellFrame(ShellIo io) : io_(std::move(io)) {}
  virtual ~ShellFrame() = default;
  // kCalled: another frame was pushed; this one is stepped again when that has ended.
  virtual Next Step(Shell& shell) = 0;
  // True: the unwinding ends here and the frame is stepped again.
  virtual bool Catch(Shell& /*shell*/, ShellUnwind& /*unwind*/) { return false; }
  // A signal for a program that handles signals itself (servers); true: handled.
  virtual bool HandleSignal(Shell& /*shell*/, int /*signal*/) { return false; }
  // A trap may run now, though the frame waits (`wait`); ordinary commands make it wait.
  virtual bool interruptible() const { return false; }
  virtual void OnTrap() {}  // one is about to run above this waiting frame
  const ShellIo& io() const { return io_; }

 protected:
  ShellIo io_;
};
using ShellFramePtr = std::unique_ptr<ShellFrame>;

class Shell : public std::enable_shared_from_this<Shell> {
 public:
  struct Options {
    std::shared_ptr<const Environment> environment;
    std::string cwd = "/";
    std::vector<std::string> arguments;  // $0, $1 ...
    std::string title;                   // for ps
    bool tty = false;
  };

  Shell(ShellHost& host, Options options);
  ~Shell();

  // One of these, once. The exit code comes through AddOnExit, in a task of its own.
  void StartCommand(const std::vector<std::string>& argv, ShellIo io);
  void StartNode(ShellNodePtr node, ShellIo io);
  void AddOnExit(std::function<void(int)> f) { on_exit_.push_back(std::move(f)); }

  // As kill(2): PID 1 ignores what it has no trap for, except SIGKILL.
  void Signal(int signal);
  // Ctrl-C: ends what runs in the foreground; the shell itself ends unless it is interactive.
  void Interrupt();

  // The container is going away: nothing runs or is told any more.
  void Abandon();

  bool ended() const { return ended_; }
  int exit_code() const { return status_; }
  int pid() const { return pid_; }
  void set_pid(int pid) { pid_ = pid; }
  const std::string& title() const { return options_.title; }

  // For frames and commands.
  ShellHost& host() { return host_; }
  int status() const { return status_; }
  void set_status(int status) { status_ = status; }
  void Push(ShellFramePtr frame) { frames_.push_back(std::move(frame)); }
  void Unwind(ShellUnwind unwind) { unwind_ = unwind; }
  // Goes on with what had waited; harmless when it is too late.
  void Resume();
  // Held, it takes no further step until it is let go: its output is full.
  void Hold(bool held);
  // Resume() by a timer.
  TimerId ResumeAfter(Duration delay);

  std::optional<std::string> Get(std::string_view name) const;
  void Set(std::string_view name, std::string_view value);
  void Unset(std::string_view name);
  Environment AllVariables() const;
  std::string& cwd() { return options_.cwd; }
  std::vector<std::string>& arguments() { return options_.arguments; }
  const Options& options() const { return options_; }
  void SetTrap(int signal, std::optional<std::string> action);  // nullopt: the default
  const std::map<int, std::string>& traps() const { return traps_; }
  std::map<std::string, ShellNodePtr>& functions() { return functions_; }
  std::map<int, std::shared_ptr<Shell>>& jobs() { return jobs_; }
  int last_job = 0;
  bool exit_on_error = false;  // set -e
  int guarded = 0;             // inside a condition: set -e does not apply
  // The whole state that a subshell gives back at its end.
  struct Saved {
    Environment variables;
    std::string cwd;
    std::vector<std::string> arguments;
  };
  Saved Save() const { return {variables_, options_.cwd, options_.arguments}; }
  void Restore(Saved saved);

  // Expansion (shell_expand.cc). `outputs`: of the command substitutions, in order.
  std::vector<std::string> Expand(const ShellWord& word, std::deque<std::string>& outputs);
  std::string ExpandToOne(const ShellWord& word, std::deque<std::string>& outputs);

 private:
  void Run();
  void Finish(int status);
  void Die(int signal);
  bool StartPendingTrap();
  std::string VariableText(const ShellWordPart& part);

  ShellHost& host_;
  Options options_;
  Environment variables_;  // over options_.environment
  std::map<std::string, ShellNodePtr> functions_;
  std::map<int, std::string> traps_;
  std::map<int, std::shared_ptr<Shell>> jobs_;
  std::vector<ShellFramePtr> frames_;
  std::deque<int> pending_signals_;
  std::vector<std::function<void(int)>> on_exit_;
  ShellIo trap_io_;  // what traps write to: the program's own
  ShellUnwind unwind_;
  int status_ = 0;
  int pid_ = 0;
  bool held_ = false;
  int throttled_ = 0;  // how often in a row the step budget ran out
  bool running_ = false;
  bool resume_again_ = false;
  bool in_exit_trap_ = false;
  bool ended_ = false;
};

// The frame that runs `node` (shell_frames.cc).
ShellFramePtr MakeShellFrame(ShellNodePtr node, ShellIo io);
// What reads commands line by line from io.in: `sh` without a script.
ShellFramePtr MakeInteractiveFrame(ShellIo io, bool tty);
// The frame of a command with its expanded words, or nullptr when it ran at once (its status is
// set).
ShellFramePtr RunShellCommand(Shell& shell, std::vector<std::string> argv, const ShellIo& io);
// True if `name` is a command of the shell or one of the common tools.
bool IsShellCommand(std::string_view name);
// $((...)): integers, variables, + - * / % < <= > >= == != && || ! ( ).
Result<int64_t> ShellArithmetic(Shell& shell, std::string_view text);
// Patterns of `case` and ${x#...}: * ? [...].
bool ShellPatternMatches(std::string_view pattern, std::string_view text);

}  // namespace stowage::sim
