// The control structures of the simulated shell.
// lint: long-file: one small frame class per construct; apart they would need a header each.
#include <algorithm>
#include <utility>

#include "sim/cluster/shell.h"

namespace stowage::sim {
namespace {

using Node = ShellNode;
using UnwindKind = ShellUnwind::Kind;

constexpr size_t kPipeBytesMax = 256 << 10;

// While it lives, `set -e` does not apply.
class ConditionGuard {
 public:
  explicit ConditionGuard(Shell& shell) : shell_(shell) { ++shell_.guarded; }
  ~ConditionGuard() { --shell_.guarded; }
  ConditionGuard(const ConditionGuard&) = delete;
  ConditionGuard& operator=(const ConditionGuard&) = delete;

 private:
  Shell& shell_;
};

class NodeFrame : public ShellFrame {
 public:
  NodeFrame(ShellNodePtr node, ShellIo io) : ShellFrame(std::move(io)), node_(std::move(node)) {}

 protected:
  Next Call(Shell& shell, size_t child) {
    shell.Push(MakeShellFrame(node_->children[child], io_));
    return Next::kCalled;
  }
  ShellNodePtr node_;
};

std::shared_ptr<Shell> MakeSubshell(Shell& shell, const std::string& title) {
  auto child = std::make_shared<Shell>(
      shell.host(),
      Shell::Options{.environment = std::make_shared<Environment>(shell.AllVariables()),
                     .cwd = shell.cwd(),
                     .arguments = shell.arguments(),
                     .title = title});
  child->functions() = shell.functions();
  return child;
}

class SequenceFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    while (at_ < node_->children.size()) {
      const size_t i = at_++;
      if (!node_->background[i]) return Call(shell, i);
      const ShellNodePtr& job = node_->children[i];
      auto child = MakeSubshell(shell, job->text);
      auto input = std::make_shared<ShellInput>();
      input->eof = true;
      const int pid = shell.host().StartProcess(child);
      child->AddOnExit([parent = shell.weak_from_this()](int) {
        if (auto p = parent.lock()) p->Resume();
      });
      child->StartNode(job, ShellIo{input, io_.out, io_.err});
      shell.jobs()[pid] = child;
      shell.last_job = pid;
      shell.set_status(0);
    }
    return Next::kDone;
  }

 private:
  size_t at_ = 0;
};

class AndOrFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    if (at_ == 0) {
      guard_.emplace(shell);
      ++at_;
      return Call(shell, 0);
    }
    guard_.reset();
    const bool go_on = (shell.status() == 0) == (node_->kind == Node::Kind::kAnd);
    if (at_++ > 1 || !go_on) return Next::kDone;
    return Call(shell, 1);
  }

 private:
  int at_ = 0;
  std::optional<ConditionGuard> guard_;
};

class NotFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    if (!guard_) {
      guard_.emplace(shell);
      return Call(shell, 0);
    }
    shell.set_status(shell.status() == 0 ? 1 : 0);
    return Next::kDone;
  }

 private:
  std::optional<ConditionGuard> guard_;
};

class IfFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    if (state_ == 0) {
      state_ = 1;
      guard_.emplace(shell);
      return Call(shell, 0);
    }
    if (state_++ > 1) return Next::kDone;
    guard_.reset();
    if (shell.status() == 0) return Call(shell, 1);
    shell.set_status(0);
    if (node_->children.size() < 3) return Next::kDone;
    return Call(shell, 2);
  }

 private:
  int state_ = 0;
  std::optional<ConditionGuard> guard_;
};

// while, until and for: what they share is break and continue.
class LoopFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  bool Catch(Shell& shell, ShellUnwind& unwind) override {
    if (unwind.kind != UnwindKind::kBreak && unwind.kind != UnwindKind::kContinue) return false;
    if (--unwind.levels > 0) return false;
    if (unwind.kind == UnwindKind::kBreak) broken_ = true;
    shell.set_status(0);
    in_body_ = true;
    return true;
  }

 protected:
  bool broken_ = false;
  bool in_body_ = false;
};

class WhileFrame : public LoopFrame {
 public:
  using LoopFrame::LoopFrame;
  Next Step(Shell& shell) override {
    if (broken_) return Next::kDone;
    if (in_body_ || !guard_) {
      if (in_body_) body_status_ = shell.status();
      in_body_ = false;
      guard_.emplace(shell);
      return Call(shell, 0);
    }
    guard_.reset();
    if ((shell.status() == 0) != (node_->kind == Node::Kind::kWhile)) {
      shell.set_status(body_status_);
      return Next::kDone;
    }
    in_body_ = true;
    return Call(shell, 1);
  }

 private:
  std::optional<ConditionGuard> guard_;
  int body_status_ = 0;
};

// Runs command substitutions one after the other before the words that hold them are expanded.
class Substitutions {
 public:
  void Collect(const ShellWord& word) {
    for (const ShellWordPart& part : word.parts) {
      if (part.kind == ShellWordPart::Kind::kCommand) nodes_.push_back(part.command);
    }
  }
  // True: a frame was pushed.
  bool Next(Shell& shell, const ShellIo& io);
  std::deque<std::string>& outputs() { return outputs_; }
  bool any() const { return !nodes_.empty(); }

 private:
  void TakeOutput();
  std::vector<ShellNodePtr> nodes_;
  size_t at_ = 0;
  std::shared_ptr<std::string> capture_;
  std::deque<std::string> outputs_;
};

class SubshellFrame : public ShellFrame {
 public:
  SubshellFrame(ShellNodePtr body, ShellIo io)
      : ShellFrame(std::move(io)), body_(std::move(body)) {}
  Next Step(Shell& shell) override {
    if (!saved_) {
      saved_ = shell.Save();
      shell.Push(MakeShellFrame(body_, io_));
      return Next::kCalled;
    }
    shell.Restore(std::move(*saved_));
    return Next::kDone;
  }
  bool Catch(Shell&, ShellUnwind& unwind) override {
    return unwind.kind == UnwindKind::kExit || unwind.kind == UnwindKind::kReturn ||
           unwind.kind == UnwindKind::kBreak || unwind.kind == UnwindKind::kContinue;
  }

 private:
  ShellNodePtr body_;
  std::optional<Shell::Saved> saved_;
};

ShellOutput CaptureInto(Shell& shell, std::shared_ptr<std::string> buffer) {
  return MakeShellOutput(
      [weak = shell.weak_from_this(), buffer = std::move(buffer)](std::string_view bytes) {
        if (buffer->size() + bytes.size() <= kPipeBytesMax) {
          buffer->append(bytes);
        } else if (auto self = weak.lock()) {
          self->set_status(141);
          self->Unwind({UnwindKind::kPipe, 0});
        }
      });
}

bool Substitutions::Next(Shell& shell, const ShellIo& io) {
  TakeOutput();
  if (at_ >= nodes_.size()) return false;
  capture_ = std::make_shared<std::string>();
  ShellIo inner{io.in, CaptureInto(shell, capture_), io.err};
  shell.Push(std::make_unique<SubshellFrame>(nodes_[at_++], std::move(inner)));
  return true;
}

void Substitutions::TakeOutput() {
  if (!capture_) return;
  while (capture_->ends_with('\n')) capture_->pop_back();
  outputs_.push_back(std::move(*capture_));
  capture_ = nullptr;
}

class PipelineFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    const size_t i = at_++;
    if (i >= node_->children.size()) return Next::kDone;
    ShellIo io = io_;
    if (i > 0) {
      io.in = std::make_shared<ShellInput>();
      io.in->Add(*buffer_);
      io.in->Close();
    }
    if (i + 1 < node_->children.size()) {
      buffer_ = std::make_shared<std::string>();
      io.out = CaptureInto(shell, buffer_);
    }
    shell.Push(std::make_unique<SubshellFrame>(node_->children[i], std::move(io)));
    return Next::kCalled;
  }
  bool Catch(Shell&, ShellUnwind& unwind) override { return unwind.kind == UnwindKind::kPipe; }

 private:
  size_t at_ = 0;
  std::shared_ptr<std::string> buffer_;
};

class ForFrame : public LoopFrame {
 public:
  using LoopFrame::LoopFrame;
  Next Step(Shell& shell) override {
    if (!collected_) {
      collected_ = true;
      for (const ShellWord& w : node_->words) substitutions_.Collect(w);
    }
    if (!expanded_) {
      if (substitutions_.Next(shell, io_)) return Next::kCalled;
      expanded_ = true;
      shell.set_status(0);
      for (const ShellWord& w : node_->words) {
        for (std::string& v : shell.Expand(w, substitutions_.outputs()))
          values_.push_back(std::move(v));
      }
      if (node_->for_arguments && shell.arguments().size() > 1) {
        values_.assign(shell.arguments().begin() + 1, shell.arguments().end());
      }
    }
    if (broken_ || at_ >= values_.size()) return Next::kDone;
    shell.Set(node_->name, values_[at_++]);
    return Call(shell, 0);
  }

 private:
  Substitutions substitutions_;
  std::vector<std::string> values_;
  size_t at_ = 0;
  bool collected_ = false;
  bool expanded_ = false;
};

class CaseFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    if (done_) return Next::kDone;
    if (!collected_) {
      collected_ = true;
      substitutions_.Collect(node_->words[0]);
    }
    if (substitutions_.Next(shell, io_)) return Next::kCalled;
    done_ = true;
    const std::string subject = shell.ExpandToOne(node_->words[0], substitutions_.outputs());
    shell.set_status(0);
    for (size_t i = 0; i < node_->patterns.size(); ++i) {
      for (const ShellWord& pattern : node_->patterns[i]) {
        std::deque<std::string> none;
        if (ShellPatternMatches(shell.ExpandToOne(pattern, none), subject)) return Call(shell, i);
      }
    }
    return Next::kDone;
  }

 private:
  Substitutions substitutions_;
  bool collected_ = false;
  bool done_ = false;
};

// Opens the files of a command's redirections.
class Redirector {
 public:
  static bool Apply(Shell& shell, const Node& node, std::deque<std::string>& outputs, ShellIo& io) {
    for (const ShellRedirect& r : node.redirects) {
      if (!ApplyOne(shell, r, outputs, io)) return false;
    }
    return true;
  }

 private:
  static bool ApplyOne(Shell& shell, const ShellRedirect& r, std::deque<std::string>& outputs,
                       ShellIo& io) {
    using RedirectKind = ShellRedirect::Kind;
    if (r.kind == RedirectKind::kDuplicate) {
      ShellOutput source = r.duplicate_of == 1 ? io.out : io.err;
      (r.fd == 1 ? io.out : io.err) = std::move(source);
      return true;
    }
    if (r.kind == RedirectKind::kHere) {
      io.in = std::make_shared<ShellInput>();
      io.in->Add(shell.ExpandToOne(*r.body, outputs));
      io.in->Close();
      return true;
    }
    const std::string name = shell.ExpandToOne(r.target, outputs);
    const std::string path = FileSystem::Resolve(shell.cwd(), name);
    if (r.kind == RedirectKind::kRead) {
      Result<std::string> content =
          path == "/dev/null" ? std::string() : shell.host().files().Read(path);
      if (!content) return Refuse(shell, io, "can't open", name, content.error());
      io.in = std::make_shared<ShellInput>();
      io.in->Add(*content);
      io.in->Close();
      return true;
    }
    if (path == "/dev/stdout" || path == "/proc/1/fd/1") return true;
    if (path == "/dev/stderr") {
      io.out = io.err;
      return true;
    }
    FileSystem& files = shell.host().files();
    const bool append = r.kind == RedirectKind::kAppend;
    if (Result<void> opened = files.Write(path, "", append); !opened) {
      return Refuse(shell, io, "can't create", name, opened.error());
    }
    ShellOutput out = MakeShellOutput([&files, path](std::string_view bytes) {
      (void)files.Write(path, bytes, true);  // a full disk cuts the file, as with unchecked writes
    });
    (r.fd == 2 ? io.err : io.out) = std::move(out);
    return true;
  }
  static bool Refuse(Shell& shell, const ShellIo& io, std::string_view what,
                     const std::string& name, const Error& error) {
    std::string reason = error.message;
    if (error.code == ErrorCode::kNotFound) {
      reason = what == "can't create" ? "nonexistent directory" : "no such file";
    }
    (*io.err)("sh: " + std::string(what) + " " + name + ": " + reason + "\n");
    shell.set_status(1);
    return false;
  }
};

// Redirections of a compound command.
class RedirectFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override;

 private:
  Substitutions substitutions_;
  int state_ = 0;
};

class FunctionFrame : public ShellFrame {
 public:
  FunctionFrame(ShellNodePtr body, std::vector<std::string> argv, ShellIo io)
      : ShellFrame(std::move(io)), body_(std::move(body)), arguments_(std::move(argv)) {}
  Next Step(Shell& shell) override {
    std::swap(shell.arguments(), arguments_);
    if (std::exchange(called_, true)) return Next::kDone;
    arguments_[0].swap(shell.arguments()[0]);  // $0 stays the shell's
    shell.Push(MakeShellFrame(body_, io_));
    return Next::kCalled;
  }
  bool Catch(Shell&, ShellUnwind& unwind) override { return unwind.kind == UnwindKind::kReturn; }

 private:
  ShellNodePtr body_;
  std::vector<std::string> arguments_;
  bool called_ = false;
};

class SimpleFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    if (state_ == 0) {
      Collect();
      state_ = 1;
    }
    if (state_ == 1) {
      if (substitutions_.Next(shell, io_)) return Next::kCalled;
      state_ = 2;
      const Next next = Execute(shell);
      if (next != Next::kDone) return next;
    }
    for (auto& [name, value] : restore_) {
      if (value) {
        shell.Set(name, *value);
      } else {
        shell.Unset(name);
      }
    }
    if (replaces_shell_) {
      shell.Unwind({UnwindKind::kExit, 0});
    } else if (shell.exit_on_error && shell.guarded == 0 && shell.status() != 0) {
      shell.Unwind({UnwindKind::kExit, 0});
    }
    return Next::kDone;
  }

 private:
  void Collect() {
    for (const auto& [name, value] : node_->assignments) substitutions_.Collect(value);
    for (const ShellWord& w : node_->words) substitutions_.Collect(w);
    for (const ShellRedirect& r : node_->redirects) {
      substitutions_.Collect(r.target);
      if (r.body) substitutions_.Collect(*r.body);
    }
  }

  Next Execute(Shell& shell) {
    std::deque<std::string>& outputs = substitutions_.outputs();
    std::vector<std::pair<std::string, std::string>> assigned;
    for (const auto& [name, value] : node_->assignments) {
      assigned.emplace_back(name, shell.ExpandToOne(value, outputs));
    }
    std::vector<std::string> argv;
    for (const ShellWord& w : node_->words) {
      for (std::string& field : shell.Expand(w, outputs)) argv.push_back(std::move(field));
    }
    ShellIo io = io_;
    if (!Redirector::Apply(shell, *node_, outputs, io)) return Next::kDone;
    if (!argv.empty() && argv[0] == "exec") {
      argv.erase(argv.begin());
      replaces_shell_ = !argv.empty();
    }
    for (const auto& [name, value] : assigned) {
      if (!argv.empty()) restore_.emplace_back(name, shell.Get(name));
      shell.Set(name, value);
    }
    if (argv.empty()) {
      if (!substitutions_.any()) shell.set_status(0);
      return Next::kDone;
    }
    if (auto f = shell.functions().find(argv[0]); f != shell.functions().end()) {
      shell.Push(std::make_unique<FunctionFrame>(f->second, std::move(argv), std::move(io)));
      return Next::kCalled;
    }
    ShellFramePtr frame = RunShellCommand(shell, std::move(argv), io);
    if (!frame) return Next::kDone;
    shell.Push(std::move(frame));
    return Next::kCalled;
  }

  Substitutions substitutions_;
  std::vector<std::pair<std::string, std::optional<std::string>>> restore_;
  int state_ = 0;
  bool replaces_shell_ = false;
};

class DefineFrame : public NodeFrame {
 public:
  using NodeFrame::NodeFrame;
  Next Step(Shell& shell) override {
    shell.functions()[node_->name] = node_->children[0];
    shell.set_status(0);
    return Next::kDone;
  }
};

class InteractiveFrame : public ShellFrame {
 public:
  InteractiveFrame(ShellIo io, bool tty) : ShellFrame(std::move(io)), tty_(tty) {}
  Next Step(Shell& shell) override {
    while (true) {
      if (!std::exchange(prompted_, true)) Prompt(shell);
      std::optional<std::string> line = io_.in->TakeLine();
      if (!line) {
        io_.in->on_data = [weak = shell.weak_from_this()] {
          if (auto self = weak.lock()) self->Resume();
        };
        return Next::kBlocked;
      }
      if (line->empty()) {  // the end
        if (!text_.empty()) Complain("syntax error: unexpected end of file");
        return Next::kDone;
      }
      text_ += *line;
      Result<ShellNodePtr> node = ParseShell(text_);
      if (!node && node.error().code == ErrorCode::kUnavailable && !io_.in->eof) {
        prompted_ = false;
        continue;
      }
      text_.clear();
      prompted_ = false;
      if (!node) {
        Complain(node.error().message);
        shell.set_status(2);
        continue;
      }
      shell.Push(MakeShellFrame(*node, io_));
      return Next::kCalled;
    }
  }
  bool Catch(Shell&, ShellUnwind& unwind) override {
    if (unwind.kind == UnwindKind::kExit || unwind.kind == UnwindKind::kKilled) return false;
    if (unwind.kind == UnwindKind::kInterrupt && !tty_) return false;
    text_.clear();
    prompted_ = false;
    return true;
  }
  bool interruptible() const override { return true; }

 private:
  void Prompt(Shell& shell) {
    if (tty_) (*io_.err)(text_.empty() ? shell.cwd() + " # " : "> ");
  }
  void Complain(const std::string& message) { (*io_.err)("sh: " + message + "\n"); }

  bool tty_;
  bool prompted_ = false;
  std::string text_;
};

ShellFramePtr MakeBareFrame(const ShellNodePtr& node, ShellIo io) {
  switch (node->kind) {
    case Node::Kind::kSimple:
      return std::make_unique<SimpleFrame>(node, std::move(io));
    case Node::Kind::kSequence:
      return std::make_unique<SequenceFrame>(node, std::move(io));
    case Node::Kind::kAnd:
    case Node::Kind::kOr:
      return std::make_unique<AndOrFrame>(node, std::move(io));
    case Node::Kind::kNot:
      return std::make_unique<NotFrame>(node, std::move(io));
    case Node::Kind::kPipeline:
      return std::make_unique<PipelineFrame>(node, std::move(io));
    case Node::Kind::kIf:
      return std::make_unique<IfFrame>(node, std::move(io));
    case Node::Kind::kWhile:
    case Node::Kind::kUntil:
      return std::make_unique<WhileFrame>(node, std::move(io));
    case Node::Kind::kFor:
      return std::make_unique<ForFrame>(node, std::move(io));
    case Node::Kind::kCase:
      return std::make_unique<CaseFrame>(node, std::move(io));
    case Node::Kind::kGroup:
      return MakeShellFrame(node->children[0], std::move(io));
    case Node::Kind::kSubshell:
      return std::make_unique<SubshellFrame>(node->children[0], std::move(io));
    case Node::Kind::kFunction:
      return std::make_unique<DefineFrame>(node, std::move(io));
  }
  return nullptr;
}

ShellFrame::Next RedirectFrame::Step(Shell& shell) {
  if (state_ == 0) {
    for (const ShellRedirect& r : node_->redirects) {
      substitutions_.Collect(r.target);
      if (r.body) substitutions_.Collect(*r.body);
    }
    state_ = 1;
  }
  if (state_ == 2) return Next::kDone;
  if (substitutions_.Next(shell, io_)) return Next::kCalled;
  state_ = 2;
  ShellIo io = io_;
  if (!Redirector::Apply(shell, *node_, substitutions_.outputs(), io)) return Next::kDone;
  shell.Push(MakeBareFrame(node_, std::move(io)));
  return Next::kCalled;
}

}  // namespace

ShellFramePtr MakeShellFrame(ShellNodePtr node, ShellIo io) {
  if (node->kind != Node::Kind::kSimple && !node->redirects.empty()) {
    return std::make_unique<RedirectFrame>(std::move(node), std::move(io));
  }
  return MakeBareFrame(node, std::move(io));
}

ShellFramePtr MakeInteractiveFrame(ShellIo io, bool tty) {
  return std::make_unique<InteractiveFrame>(std::move(io), tty);
}

}  // namespace stowage::sim
