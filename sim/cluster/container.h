// Container: one running instance of a container: its processes, files, ports and log.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time/executor.h"
#include "sim/cluster/container_io.h"
#include "sim/cluster/container_log.h"
#include "sim/cluster/http_page.h"
#include "sim/cluster/image.h"
#include "sim/cluster/shell.h"

namespace stowage::sim {

// All that a start needs; environment and mounts are resolved.
struct ContainerStart {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::shared_ptr<const Environment> environment;
  std::vector<Mount> mounts;
  std::vector<int> ports;  // containerPorts
  bool stdin_open = false;
  bool tty = false;
  // An application that we know nothing of: not set, it serves for ever; else it ends after that.
  std::optional<Duration> run_for;
  int exit_code = 0;
  std::shared_ptr<const PodIdentity> identity;
  std::function<Result<std::string>(std::string_view url)> fetch;
};

class OutputHub;

class Container : public ShellHost, public std::enable_shared_from_this<Container> {
 public:
  Container(Executor& executor, ContainerStart start);
  ~Container() override;

  // kInvalid: what the runtime says of a command that cannot be started (StartError, exit code
  // 128). `on_exit` comes once, in a task of its own, with the exit code; not after destruction.
  Result<void> Start(std::function<void(int)> on_exit);

  void Signal(int signal);  // to the main process; SIGKILL ends all
  bool running() const { return main_ && !main_->ended(); }
  bool Listens(int port) const;
  const std::shared_ptr<ContainerLog>& log() const { return log_; }
  const ContainerStart& start() const { return start_; }

  Result<std::unique_ptr<IoSession>> Exec(IoOptions options, IoSink sink);
  Result<std::unique_ptr<IoSession>> Attach(IoOptions options, IoSink sink);
  std::unique_ptr<PortSession> Connect(int port, PortSink sink);
  // A command of a probe or hook, its output thrown away; `done` with the exit code, in a task.
  void Run(std::vector<std::string> command, std::function<void(int)> done);
  // One HTTP request, in memory.
  HttpAnswer Http(std::string_view request, int port);

  Executor& executor() override { return executor_; }
  FileSystem& files() override { return files_; }
  std::string hostname() const override { return start_.identity->pod; }
  std::vector<ProcessInfo> Processes() const override;
  bool SignalProcess(int pid, int signal) override;
  int StartProcess(std::shared_ptr<Shell> shell) override;
  void Listen(const Shell* shell, const ServerProgram& server) override;
  void StopListening(const Shell* shell) override;
  std::optional<ServerProgram> FindServer(const std::vector<std::string>& argv) override;
  Result<std::string> Fetch(std::string_view url) override;
  uint64_t Random() override;

 private:
  Result<void> CheckCommand(const std::vector<std::string>& argv) const;
  std::vector<std::string> MainCommand() const;
  std::shared_ptr<Shell> MakeShell(const std::string& title, bool tty);
  void AddImageFiles();
  void OnMainExit(int code);

  Executor& executor_;
  ContainerStart start_;
  ImageProfile image_;
  FileSystem files_;
  std::shared_ptr<ContainerLog> log_;
  std::shared_ptr<OutputHub> hub_;  // who is attached
  std::shared_ptr<Shell> main_;
  ShellInputPtr stdin_;
  std::map<int, std::shared_ptr<Shell>> processes_;
  std::map<const Shell*, std::vector<int>> listening_;
  std::function<void(int)> on_exit_;
  uint64_t random_state_ = 0;
  int next_pid_ = 1;
};

}  // namespace stowage::sim
