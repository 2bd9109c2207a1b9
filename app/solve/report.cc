#include "app/solve/report.h"

#include "kube/api/json.h"

namespace stowage::app {
namespace {

using scheduler::SearchStatus;

// n / 10^places without trailing zeros.
std::string Decimal(int64_t n, size_t places) {
  std::string digits = std::to_string(n < 0 ? -n : n);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, 1, '.');
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return (n < 0 ? "-" : "") + digits;
}

std::string TiersJson(const std::vector<scheduler::TierResult>& tiers) {
  std::string out = "[";
  for (const scheduler::TierResult& t : tiers) {
    if (out.size() > 1) out += ", ";
    out += "{\"priority\": " + std::to_string(t.priority) +
           ", \"pods\": " + std::to_string(t.pods) + ", \"placed\": " + std::to_string(t.placed) +
           ", \"placedMax\": " + std::to_string(t.placed_max) + "}";
  }
  return out + "]";
}

std::string ListJson(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ", ";
    out += kube::QuoteJson(text);
  }
  return out + "]";
}

std::string BoundsJson(const Report& r) {
  std::string out;
  for (const scheduler::NamedBound& b : r.bounds) {
    out += (out.empty() ? "{" : ", ") + kube::QuoteJson(b.name) + ": " + r.unit.Format(b.value);
  }
  return out + "}";
}

}  // namespace

std::string CostUnit::Format(int64_t cost) const {
  return nano ? Decimal(cost, 9) : std::to_string(cost);
}

std::string_view NameOf(SearchStatus status) {
  switch (status) {
    case SearchStatus::kUnknown:
      return "unknown";
    case SearchStatus::kFeasible:
      return "feasible";
    case SearchStatus::kOptimal:
      return "optimal";
    case SearchStatus::kInfeasible:
      return "infeasible";
  }
  return "";
}

std::string GapOf(std::optional<int64_t> cost, std::optional<int64_t> bound) {
  if (!cost || !bound) return "null";
  if (*cost <= *bound) return "0";
  constexpr int64_t kBillion = 1'000'000'000;
  const __int128 product = static_cast<__int128>(*cost - *bound) * kBillion;
  return Decimal(static_cast<int64_t>((product + *cost - 1) / *cost), 9);
}

std::string ToJson(const Report& r, Duration took) {
  const auto number = [&](std::optional<int64_t> n) { return n ? r.unit.Format(*n) : "null"; };
  std::string out = "{\n";
  const auto member = [&](std::string_view name, const std::string& value) {
    out += "  \"" + std::string(name) + "\": " + value + ",\n";
  };
  member("format", kube::QuoteJson(r.format));
  member("status", kube::QuoteJson(NameOf(r.status)));
  member("cost", number(r.cost));
  member("bound", number(r.bound));
  if (!r.bounds.empty()) member("bounds", BoundsJson(r));
  member("gap", GapOf(r.cost, r.bound));
  member("tiers", TiersJson(r.tiers));
  member("relaxed", ListJson(r.relaxed));
  if (!r.violation.empty()) member("violation", kube::QuoteJson(r.violation));
  member("seconds", Seconds3(took));
  member("iterations", std::to_string(r.iterations));
  member("solver", kube::QuoteJson(r.solver));
  member("hash", r.hash ? kube::QuoteJson(HashText(*r.hash)) : "null");
  if (r.answer.empty()) {
    out.resize(out.size() - 2);  // the comma
    return out + "\n}\n";
  }
  return out + r.answer + "\n}\n";
}

std::string Seconds3(Duration d) {
  const int64_t ms = d.count() / 1000;
  std::string fraction = std::to_string(ms % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(ms / 1000) + "." + fraction;
}

std::string HashText(uint64_t hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (size_t i = 0; i < 16; ++i) out[15 - i] = kDigits[(hash >> (4 * i)) & 15];
  return out;
}

}  // namespace stowage::app
