#include "app/solve/formats.h"

#include <array>

#include "app/solve/gap_formats.h"
#include "app/solve/mvp_format.h"
#include "app/solve/problem_format.h"

namespace stowage::app {
namespace {

constexpr std::array<Format, 5> kAll = {Format::kStowage, Format::kGap, Format::kMrgap,
                                        Format::kFleet, Format::kMvp};

std::string AllNames() {
  std::string out;
  for (const Format f : kAll) out += (out.empty() ? "" : ", ") + std::string(NameOf(f));
  return out;
}

template <class Problem>
Result<AnyProblem> Any(Result<Problem> problem) {
  if (!problem) return Err(std::move(problem).error());
  return AnyProblem(std::move(*problem));
}

}  // namespace

std::string_view NameOf(Format format) {
  switch (format) {
    case Format::kStowage:
      return "stowage";
    case Format::kGap:
      return "gap";
    case Format::kMrgap:
      return "mrgap";
    case Format::kFleet:
      return "fleet";
    case Format::kMvp:
      return "mvp";
  }
  return "";
}

Result<Format> FormatOf(std::string_view name, std::string_view path) {
  for (const Format f : kAll) {
    if (name == NameOf(f)) return f;
  }
  if (!name.empty()) {
    return MakeError(ErrorCode::kInvalid,
                     "--format: expected one of " + AllNames() + ", found " + Quoted(name));
  }
  const size_t slash = path.rfind('/');
  const std::string_view file = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  const size_t dot = file.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? "" : file.substr(dot + 1);
  if (ending == "yaml" || ending == "yml" || ending == "json") return Format::kStowage;
  for (const Format f : kAll) {
    if (ending == NameOf(f)) return f;
  }
  return MakeError(ErrorCode::kInvalid,
                   std::string(path) +
                       ": expected a file that ends in .yaml, .json, .gap, .mrgap, "
                       ".fleet or .mvp; say what it holds with --format: one of " +
                       AllNames());
}

Result<AnyProblem> Parse(Format format, Source source) {
  switch (format) {
    case Format::kStowage:
      return Any(ParseProblem(source));
    case Format::kGap:
      return Any(ParseGap(source));
    case Format::kMrgap:
      return Any(ParseMrgap(source));
    case Format::kFleet:
      return Any(ParseFleet(source));
    case Format::kMvp:
      return Any(ParseMvp(source));
  }
  return MakeError(ErrorCode::kInternal, "a format that nothing reads");
}

}  // namespace stowage::app
