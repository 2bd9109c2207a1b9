#include "app/solve/mvp_format.h"

#include <algorithm>
#include <string>

#include "app/solve/number_reader.h"

namespace stowage::app {
namespace {

using scheduler::BinType;
using scheduler::PackingItem;
using scheduler::PackingProblem;

constexpr int64_t kMaxNumber = int64_t{1} << 62;
constexpr int64_t kMaxDimensions = 1'000;

std::string N(int64_t n) { return std::to_string(n); }

// A number of things, each of which takes at least `each` numbers of what is left of the file.
Result<int64_t> Count(NumberReader& in, const std::string& what, int64_t each) {
  const int64_t most = std::max<int64_t>(1, in.MostLeft() / each);
  int64_t n = 0;
  if (in.Next(1, most, n)) return n;
  if (!in.Next(1, kMaxNumber, n)) return Err(in.Expected(what, 1, kMaxNumber));
  return Err(in.ErrorAtToken(in.at() - N(n).size(),
                             "expected " + what + "; found " + N(n) +
                                 ", but the rest of the file has room for at most " + N(most) +
                                 "; the file is cut off, or this number is wrong"));
}

Result<std::vector<int64_t>> Vector(NumberReader& in, int64_t dimensions, const std::string& what) {
  std::vector<int64_t> out(dimensions);
  for (int64_t d = 0; d < dimensions; ++d) {
    if (in.Next(0, kMaxNumber, out[d])) continue;
    return Err(in.Expected(what + " in dimension " + N(d + 1), 0, kMaxNumber));
  }
  return out;
}

Result<BinType> ReadBin(NumberReader& in, int64_t dimensions, const std::string& of) {
  BinType bin;
  ASSIGN_OR_RETURN(bin.capacity, Vector(in, dimensions, "the capacity" + of));
  if (!in.Next(0, kMaxNumber, bin.cost)) {
    return Err(in.Expected("the cost" + of, 0, kMaxNumber));
  }
  if (!in.Next(BinType::kAny, kMaxNumber, bin.quantity)) {
    return Err(in.Expected("the quantity" + of + " (-1: any)", BinType::kAny, kMaxNumber));
  }
  return bin;
}

Result<PackingItem> ReadItem(NumberReader& in, int64_t dimensions, const std::string& of) {
  PackingItem item;
  ASSIGN_OR_RETURN(const int64_t incarnations,
                   Count(in, "the number of incarnations" + of, dimensions));
  if (!in.Next(0, kMaxNumber, item.demand)) {
    return Err(in.Expected("the demand" + of, 0, kMaxNumber));
  }
  for (int64_t i = 0; i < incarnations; ++i) {
    ASSIGN_OR_RETURN(auto sizes,
                     Vector(in, dimensions, "the size" + of + ", incarnation " + N(i + 1) + ","));
    item.incarnations.push_back(std::move(sizes));
  }
  return item;
}

}  // namespace

Result<PackingProblem> ParseMvp(Source source) {
  NumberReader in(source);
  int64_t dimensions = 0;
  if (!in.Next(1, kMaxDimensions, dimensions)) {
    return Err(in.Expected("the number of dimensions", 1, kMaxDimensions));
  }
  PackingProblem p{.dimensions = static_cast<int32_t>(dimensions)};
  ASSIGN_OR_RETURN(const int64_t types, Count(in, "the number of bin types", dimensions + 2));
  for (int64_t t = 0; t < types; ++t) {
    ASSIGN_OR_RETURN(BinType bin,
                     ReadBin(in, dimensions, " of bin type " + N(t + 1) + " of " + N(types)));
    p.bins.push_back(std::move(bin));
  }
  ASSIGN_OR_RETURN(const int64_t items, Count(in, "the number of items", dimensions + 2));
  for (int64_t i = 0; i < items; ++i) {
    ASSIGN_OR_RETURN(PackingItem item,
                     ReadItem(in, dimensions, " of item " + N(i + 1) + " of " + N(items)));
    p.items.push_back(std::move(item));
  }
  RETURN_IF_ERROR(in.End("the last item", "remove it, or correct the number of items"));
  if (auto ok = scheduler::Validate(p); !ok) {
    return Err(ErrorAt(source.name, {}, ok.error().message + "; use a larger unit"));
  }
  return p;
}

}  // namespace stowage::app
