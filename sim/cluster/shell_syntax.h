// The syntax of the simulated shell: a useful part of POSIX sh, as a tree.
//
// Understood: simple commands with assignments and redirections (< > >> 2> 2>&1 << here-documents),
// ; & && || ! |, if, while, until, for, case, { }, ( ), functions; words with quotes, $VAR,
// ${VAR:-word} and its kin, $(command), `command`, $((arithmetic)).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace stowage::sim {

struct ShellNode;
using ShellNodePtr = std::shared_ptr<const ShellNode>;

struct ShellWordPart {
  enum class Kind { kLiteral, kVariable, kCommand, kArithmetic };
  Kind kind = Kind::kLiteral;
  bool quoted = false;  // no field splitting, no patterns
  std::string text;     // the literal, the variable's name, or the arithmetic expression
  std::string
      op;  // of a variable: "", ":-", "-", ":=", "=", ":+", "+", ":?", "#len", "#", "##", "%", "%%"
  std::string argument;  // of `op`, expanded when used
  ShellNodePtr command;  // of kCommand
};

struct ShellWord {
  std::vector<ShellWordPart> parts;
};

struct ShellRedirect {
  enum class Kind { kRead, kWrite, kAppend, kDuplicate, kHere };
  Kind kind = Kind::kRead;
  int fd = 0;
  ShellWord target;                 // a file's name
  int duplicate_of = 1;             // of kDuplicate
  std::shared_ptr<ShellWord> body;  // of kHere
};

struct ShellNode {
  enum class Kind {
    kSimple,    // assignments, words, redirects
    kSequence,  // children, in order; those in `background` are not waited for
    kAnd,       // children[0] && children[1]
    kOr,
    kNot,
    kPipeline,
    kIf,     // condition, then, [else]
    kWhile,  // condition, body
    kUntil,
    kFor,    // name, words, children[0]
    kCase,   // words[0], patterns[i] -> children[i]
    kGroup,  // children[0]
    kSubshell,
    kFunction,  // name, children[0]
  };
  Kind kind = Kind::kSimple;
  std::vector<ShellNodePtr> children;
  std::vector<bool> background;  // of kSequence
  std::vector<std::pair<std::string, ShellWord>> assignments;
  std::vector<ShellWord> words;
  std::vector<ShellRedirect> redirects;
  std::vector<std::vector<ShellWord>> patterns;
  std::string name;
  bool for_arguments = false;  // `for x` without `in`
  std::string text;            // the source, for ps
};

// kInvalid: a syntax error, worded as a shell does. kUnavailable: the text ends too early (more
// lines may make it whole).
Result<ShellNodePtr> ParseShell(std::string_view text);

// `text` with the expansions of a double-quoted word: here-documents, arguments of ${x:-...}.
Result<ShellWord> ParseShellText(std::string_view text);

}  // namespace stowage::sim
