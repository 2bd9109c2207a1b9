#include "sim/cluster/shell.h"

#include <algorithm>
#include <utility>

namespace stowage::sim {
namespace {

constexpr int kStepsPerTurn = 2000;

}  // namespace

void ShellInput::Add(std::string_view bytes) {
  if (eof) return;
  buffer.append(bytes);
  if (auto f = std::exchange(on_data, nullptr)) f();
}

void ShellInput::Close() {
  eof = true;
  if (auto f = std::exchange(on_data, nullptr)) f();
}

std::optional<std::string> ShellInput::TakeLine() {
  const size_t end = buffer.find('\n');
  if (end == std::string::npos && !eof) return std::nullopt;
  const size_t n = end == std::string::npos ? buffer.size() : end + 1;
  std::string line = buffer.substr(0, n);
  buffer.erase(0, n);
  return line;
}

ShellOutput MakeShellOutput(std::function<void(std::string_view)> f) {
  return std::make_shared<std::function<void(std::string_view)>>(std::move(f));
}

Shell::Shell(ShellHost& host, Options options) : host_(host), options_(std::move(options)) {
  if (!options_.environment) options_.environment = std::make_shared<Environment>();
}

Shell::~Shell() = default;

void Shell::StartCommand(const std::vector<std::string>& argv, ShellIo io) {
  trap_io_ = io;
  if (ShellFramePtr frame = RunShellCommand(*this, argv, io)) Push(std::move(frame));
  host_.executor().Post([self = shared_from_this()] { self->Resume(); });
}

void Shell::StartNode(ShellNodePtr node, ShellIo io) {
  trap_io_ = io;
  Push(MakeShellFrame(std::move(node), std::move(io)));
  host_.executor().Post([self = shared_from_this()] { self->Resume(); });
}

void Shell::Resume() {
  if (ended_) return;
  if (running_) {
    resume_again_ = true;
    return;
  }
  Run();
}

void Shell::Hold(bool held) {
  held_ = held;
  if (!held) Resume();
}

TimerId Shell::ResumeAfter(Duration delay) {
  return host_.executor().RunAfter(delay, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->Resume();
  });
}

void Shell::Run() {
  const std::shared_ptr<Shell> self = shared_from_this();  // on_exit may drop the last owner
  running_ = true;
  int steps = 0;
  while (true) {
    if (unwind_.kind != ShellUnwind::Kind::kNone) {
      if (frames_.empty() || frames_.back()->Catch(*this, unwind_)) {
        unwind_ = {};
      } else {
        frames_.pop_back();
      }
      continue;
    }
    if (frames_.empty()) {
      if (StartPendingTrap()) continue;
      auto exit_trap = traps_.find(0);
      if (exit_trap == traps_.end() || in_exit_trap_) break;
      in_exit_trap_ = true;
      pending_signals_.push_back(0);
      continue;
    }
    if (held_) {
      running_ = false;
      return;
    }
    if (++steps > kStepsPerTurn) {
      // A busy loop: 1 ms of (virtual) time at first, up to 1 s for one that never waits.
      throttled_ = std::min(throttled_ + 1, 10);
      ResumeAfter(Milliseconds(int64_t{1} << throttled_));
      running_ = false;
      return;
    }
    const size_t top = frames_.size() - 1;
    resume_again_ = false;
    const ShellFrame::Next next = frames_[top]->Step(*this);
    if (next == ShellFrame::Next::kDone) {
      frames_.erase(frames_.begin() + static_cast<std::ptrdiff_t>(top));
      StartPendingTrap();
    } else if (next == ShellFrame::Next::kBlocked && !resume_again_) {
      if (frames_.back()->interruptible() && StartPendingTrap()) continue;
      throttled_ = 0;
      running_ = false;
      return;
    }
  }
  running_ = false;
  Finish(status_);
}

void Shell::Finish(int status) {
  if (std::exchange(ended_, true)) return;
  status_ = status;
  unwind_ = {};
  // Frames may hold the last reference to what calls us: destroy them outside of any frame.
  std::vector<ShellFramePtr> frames = std::move(frames_);
  frames.clear();
  host_.StopListening(this);
  host_.executor().Post([self = shared_from_this(), status] {
    for (auto& f : std::exchange(self->on_exit_, {})) f(status);
  });
}

namespace {

// Keeps $? over a trap's action.
class TrapFrame : public ShellFrame {
 public:
  TrapFrame(ShellNodePtr action, ShellIo io, int status)
      : ShellFrame(io), action_(std::move(action)), status_(status) {}
  Next Step(Shell& shell) override {
    if (std::exchange(called_, true)) {
      shell.set_status(status_);
      return Next::kDone;
    }
    shell.Push(MakeShellFrame(action_, io_));
    return Next::kCalled;
  }

 private:
  ShellNodePtr action_;
  int status_;
  bool called_ = false;
};

}  // namespace

bool Shell::StartPendingTrap() {
  while (!pending_signals_.empty() && unwind_.kind == ShellUnwind::Kind::kNone) {
    const int signal = pending_signals_.front();
    pending_signals_.pop_front();
    auto it = traps_.find(signal);
    if (it == traps_.end() || it->second.empty()) continue;
    Result<ShellNodePtr> action = ParseShell(it->second);
    if (!action) continue;
    if (!frames_.empty() && frames_.back()->interruptible()) {
      set_status(128 + signal);
      frames_.back()->OnTrap();
    }
    Push(std::make_unique<TrapFrame>(*action, trap_io_, status_));
    return true;
  }
  return false;
}

void Shell::Signal(int signal) {
  if (ended_) return;
  const std::shared_ptr<Shell> self = shared_from_this();
  if (signal == kSigKill) return Die(signal);
  if (!frames_.empty() && frames_.back()->HandleSignal(*this, signal)) return Resume();
  if (traps_.contains(signal)) {
    pending_signals_.push_back(signal);
    if (!frames_.empty() && frames_.back()->interruptible()) Resume();
    return;
  }
  if (pid_ != 1) Die(signal);
}

void Shell::Die(int signal) {
  if (!running_) return Finish(128 + signal);
  set_status(128 + signal);  // it killed itself: leave the frames before they are destroyed
  Unwind({ShellUnwind::Kind::kKilled, 0});
}

void Shell::Abandon() {
  ended_ = true;
  on_exit_.clear();
  std::vector<ShellFramePtr> frames = std::move(frames_);
}

void Shell::Interrupt() {
  if (ended_) return;
  if (!frames_.empty() && frames_.back()->HandleSignal(*this, kSigInt)) return Resume();
  if (traps_.contains(kSigInt)) {
    pending_signals_.push_back(kSigInt);
  }
  set_status(128 + kSigInt);
  Unwind({ShellUnwind::Kind::kInterrupt, 0});
  Resume();
}

void Shell::SetTrap(int signal, std::optional<std::string> action) {
  if (action) {
    traps_[signal] = std::move(*action);
  } else {
    traps_.erase(signal);
  }
}

std::optional<std::string> Shell::Get(std::string_view name) const {
  if (auto it = variables_.find(name); it != variables_.end()) return it->second;
  auto it = options_.environment->find(name);
  if (it == options_.environment->end()) return std::nullopt;
  return it->second;
}

void Shell::Set(std::string_view name, std::string_view value) {
  variables_[std::string(name)] = std::string(value);
}

void Shell::Unset(std::string_view name) {
  variables_.erase(std::string(name));
  if (!options_.environment->contains(name)) return;
  auto environment = std::make_shared<Environment>(*options_.environment);
  environment->erase(environment->find(name));
  options_.environment = std::move(environment);
}

Environment Shell::AllVariables() const {
  Environment all = variables_;
  all.insert(options_.environment->begin(), options_.environment->end());
  return all;
}

void Shell::Restore(Saved saved) {
  variables_ = std::move(saved.variables);
  options_.cwd = std::move(saved.cwd);
  options_.arguments = std::move(saved.arguments);
}

}  // namespace stowage::sim
