#include "sim/cluster/container.h"

#include <algorithm>
#include <utility>

#include "base/random/rng.h"
#include "base/time/rfc3339.h"
#include "sim/cluster/io_session.h"

namespace stowage::sim {
namespace {

using Kind = ImageProfile::Kind;

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

std::string BaseName(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

Container::Container(Executor& executor, ContainerStart start)
    : executor_(executor),
      start_(std::move(start)),
      image_(DescribeImage(start_.image)),
      log_(std::make_shared<ContainerLog>()),
      hub_(std::make_shared<OutputHub>()),
      random_state_(StableHash(start_.identity->uid + start_.name)) {
  AddImageFiles();
  for (const Mount& m : start_.mounts) files_.AddMount(m);
}

Container::~Container() {
  for (auto& [pid, shell] : std::exchange(processes_, {})) shell->Abandon();
  if (main_) main_->Abandon();
}

void Container::AddImageFiles() {
  const std::shared_ptr<const PodIdentity> id = start_.identity;
  files_.AddImageFile("/etc/hostname", [id] { return id->pod + "\n"; });
  files_.AddImageFile("/etc/hosts",
                      [id] { return "127.0.0.1\tlocalhost\n" + id->ip + "\t" + id->pod + "\n"; });
  files_.AddImageFile("/etc/resolv.conf", [id] {
    return "search " + id->ns +
           ".svc.cluster.local svc.cluster.local cluster.local\n"
           "nameserver 10.96.0.10\noptions ndots:5\n";
  });
  files_.AddImageFile("/etc/passwd", [] { return std::string("root:x:0:0:root:/root:/bin/sh\n"); });
  files_.AddImageFile("/etc/os-release", [image = start_.image] {
    return "NAME=\"" + BaseName(image.substr(0, image.rfind(':'))) +
           "\"\nPRETTY_NAME=\"simulated container\"\n";
  });
}

std::vector<std::string> Container::MainCommand() const {
  std::vector<std::string> argv = start_.command;
  argv.insert(argv.end(), start_.args.begin(), start_.args.end());
  if (!start_.command.empty()) return argv;
  switch (image_.kind) {
    case Kind::kTools:
      return argv.empty() ? std::vector<std::string>{"sh"} : argv;
    case Kind::kPause:
      return {"pause"};
    case Kind::kHello:
      return {"echo",
              "\nHello from Docker!\nThis message shows that your installation appears to be "
              "working correctly.\n"};
    case Kind::kServer:
      // As the entry points of these images do: a command is run, options go to the server.
      if (!argv.empty() && (IsShellCommand(argv[0]) || argv[0] == image_.program)) return argv;
      argv.insert(argv.begin(), image_.program);
      return argv;
    case Kind::kUnknown:
      argv.insert(argv.begin(), "/" + image_.program);
      return argv;
  }
  return argv;
}

Result<void> Container::CheckCommand(const std::vector<std::string>& argv) const {
  if (argv.empty() || argv[0].empty())
    return MakeError(ErrorCode::kInvalid, "no command specified");
  const std::string& name = argv[0];
  if (IsShellCommand(name) || image_.kind == Kind::kUnknown) return {};
  if (image_.kind == Kind::kServer && BaseName(name) == image_.program) return {};
  if (name[0] == '/' && files_.IsFile(name)) return {};
  const bool path = name.find('/') != std::string::npos;
  return MakeError(ErrorCode::kInvalid,
                   "failed to create containerd task: failed to create shim task: OCI runtime "
                   "create failed: runc "
                   "create failed: unable to start container process: exec: \"" +
                       name + "\": " +
                       (path ? "stat " + name + ": no such file or directory"
                             : "executable file not found in $PATH") +
                       ": unknown");
}

std::shared_ptr<Shell> Container::MakeShell(const std::string& title, bool tty) {
  return std::make_shared<Shell>(
      *this, Shell::Options{.environment = start_.environment,
                            .cwd = start_.working_dir.empty() ? "/" : start_.working_dir,
                            .arguments = {"sh"},
                            .title = title,
                            .tty = tty});
}

Result<void> Container::Start(std::function<void(int)> on_exit) {
  const std::vector<std::string> argv = MainCommand();
  RETURN_IF_ERROR(CheckCommand(argv));
  on_exit_ = std::move(on_exit);
  stdin_ = std::make_shared<ShellInput>();
  if (!start_.stdin_open) stdin_->eof = true;
  auto output = [this](bool is_stderr) {
    return MakeShellOutput(
        [log = log_, hub = hub_, &executor = executor_, is_stderr](std::string_view bytes) {
          log->Write(executor.WallNow(), is_stderr, bytes);
          hub->Write(is_stderr, bytes);
        });
  };
  main_ = MakeShell(Join(argv), start_.tty);
  StartProcess(main_);
  main_->AddOnExit([weak = weak_from_this()](int code) {
    if (auto self = weak.lock()) self->OnMainExit(code);
  });
  ShellIo io{stdin_, output(false), output(true)};
  const bool batch = image_.kind == Kind::kUnknown && start_.run_for && !IsShellCommand(argv[0]);
  if (batch) {
    const std::string text = "sleep " + std::to_string(start_.run_for->count() / 1000) +
                             "e-3; exit " + std::to_string(start_.exit_code);
    if (Result<ShellNodePtr> node = ParseShell(text)) main_->StartNode(*node, std::move(io));
  } else {
    main_->StartCommand(argv, std::move(io));
  }
  return {};
}

void Container::OnMainExit(int code) {
  for (auto& [pid, shell] : std::exchange(processes_, {})) {
    if (shell != main_) shell->Signal(kSigKill);  // the end of PID 1 is the end of all
  }
  log_->End(executor_.WallNow());
  hub_->Exit(code);
  if (auto f = std::exchange(on_exit_, nullptr)) f(code);
}

void Container::Signal(int signal) {
  if (main_) main_->Signal(signal);
}

bool Container::Listens(int port) const {
  return std::any_of(listening_.begin(), listening_.end(), [port](const auto& entry) {
    return std::find(entry.second.begin(), entry.second.end(), port) != entry.second.end();
  });
}

Result<std::unique_ptr<IoSession>> Container::Exec(IoOptions options, IoSink sink) {
  if (!running())
    return MakeError(ErrorCode::kUnavailable, "container " + start_.name + " is not running");
  RETURN_IF_ERROR(CheckCommand(options.command));
  auto buffer = std::make_shared<SinkBuffer>(executor_, std::move(sink), options.tty);
  auto input = std::make_shared<ShellInput>();
  if (!options.stdin_open) input->eof = true;
  auto shell = MakeShell(Join(options.command), options.tty);
  StartProcess(shell);
  shell->AddOnExit([buffer](int code) { buffer->Exit(code); });
  shell->StartCommand(options.command, ShellIo{input, buffer->Output(false), buffer->Output(true)});
  return std::make_unique<ProgramSession>(
      ProgramSession::Parts{.sink = buffer,
                            .input = options.stdin_open ? input : nullptr,
                            .program = shell,
                            .tty = options.tty,
                            .hang_up = true});
}

Result<std::unique_ptr<IoSession>> Container::Attach(IoOptions options, IoSink sink) {
  if (!running())
    return MakeError(ErrorCode::kUnavailable, "container " + start_.name + " is not running");
  if (options.tty && !start_.tty) {
    return MakeError(ErrorCode::kInvalid, "container " + start_.name + " has no tty");
  }
  auto buffer = std::make_shared<SinkBuffer>(executor_, std::move(sink), options.tty);
  hub_->Add(buffer);
  return std::make_unique<ProgramSession>(
      ProgramSession::Parts{.sink = buffer,
                            .input = options.stdin_open && start_.stdin_open ? stdin_ : nullptr,
                            .program = main_,
                            .tty = options.tty});
}

std::unique_ptr<PortSession> Container::Connect(int port, PortSink sink) {
  return MakePortSession(weak_from_this(), executor_, port, std::move(sink));
}

void Container::Run(std::vector<std::string> command, std::function<void(int)> done) {
  if (!running() || !CheckCommand(command)) {
    return executor_.Post([done = std::move(done)] { done(126); });
  }
  auto input = std::make_shared<ShellInput>();
  input->eof = true;
  const ShellOutput nowhere = MakeShellOutput([](std::string_view) {});
  auto shell = MakeShell(Join(command), false);
  StartProcess(shell);
  shell->AddOnExit(std::move(done));
  shell->StartCommand(command, ShellIo{input, nowhere, nowhere});
}

HttpAnswer Container::Http(std::string_view request, int port) {
  HttpAnswer answer = AnswerHttp(request, *start_.identity, start_.name, port);
  const std::string line = FormatTime(executor_.WallNow()) + " " + answer.log_line + "\n";
  log_->Write(executor_.WallNow(), false, line);
  hub_->Write(false, line);
  return answer;
}

std::vector<ProcessInfo> Container::Processes() const {
  std::vector<ProcessInfo> all;
  for (const auto& [pid, shell] : processes_) all.push_back({pid, shell->title()});
  return all;
}

bool Container::SignalProcess(int pid, int signal) {
  auto it = processes_.find(pid);
  if (it == processes_.end()) return false;
  const std::shared_ptr<Shell> shell = it->second;
  // From inside, the kernel protects PID 1 from SIGKILL as well.
  if (signal != 0 && !(pid == 1 && signal == kSigKill)) shell->Signal(signal);
  return true;
}

int Container::StartProcess(std::shared_ptr<Shell> shell) {
  const int pid = next_pid_++;
  shell->set_pid(pid);
  shell->AddOnExit([weak = weak_from_this(), pid](int) {
    if (auto self = weak.lock()) self->processes_.erase(pid);
  });
  processes_[pid] = std::move(shell);
  return pid;
}

void Container::Listen(const Shell* shell, const ServerProgram& server) {
  listening_[shell] = server.ports;
}

void Container::StopListening(const Shell* shell) { listening_.erase(shell); }

std::optional<ServerProgram> Container::FindServer(const std::vector<std::string>& argv) {
  const std::string name = BaseName(argv[0]);
  const bool known = image_.kind == Kind::kServer && name == image_.program;
  if (!known && image_.kind != Kind::kUnknown) return std::nullopt;
  ServerProgram server{.name = Join(argv),
                       .ports = start_.ports.empty() ? image_.ports : start_.ports};
  server.start_lines = image_.start_lines;
  if (image_.kind == Kind::kUnknown && server.ports.empty()) server.ports = {8080};
  return server;
}

Result<std::string> Container::Fetch(std::string_view url) {
  if (!start_.fetch) return MakeError(ErrorCode::kUnavailable, "bad address");
  return start_.fetch(url);
}

uint64_t Container::Random() {
  random_state_ = HashCombine(random_state_, 1);
  return random_state_;
}

}  // namespace stowage::sim
