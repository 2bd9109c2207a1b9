#include "base/time/rfc3339.h"

#include <cstdio>
#include <vector>

namespace stowage {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::string Format(WallTime t, bool micros) {
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss time{t - day};
  char buf[48];
  int n = std::snprintf(
      buf, sizeof buf, "%04d-%02u-%02uT%02d:%02d:%02d", int{ymd.year()}, unsigned{ymd.month()},
      unsigned{ymd.day()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  std::string out(buf, static_cast<size_t>(n));
  if (micros) {
    n = std::snprintf(buf, sizeof buf, ".%06d", static_cast<int>(time.subseconds().count()));
    out.append(buf, static_cast<size_t>(n));
  }
  return out + "Z";
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `width` digits and then `follow` (if not 0) off the front of `s`.
bool TakeNumber(std::string_view& s, int width, char follow, int& out) {
  const size_t need = static_cast<size_t>(width) + (follow ? 1 : 0);
  if (s.size() < need) return false;
  out = 0;
  for (int i = 0; i < width; ++i) {
    if (!IsDigit(s[static_cast<size_t>(i)])) return false;
    out = out * 10 + (s[static_cast<size_t>(i)] - '0');
  }
  if (follow && s[static_cast<size_t>(width)] != follow) return false;
  s.remove_prefix(need);
  return true;
}

// A fraction of a unit of `unit_us` microseconds, digits in `s` after the point.
int64_t Fraction(std::string_view digits, double unit_us) {
  double value = 0, scale = 0.1;
  for (char c : digits) value += (c - '0') * scale, scale /= 10;
  return static_cast<int64_t>(value * unit_us + 0.5);
}

}  // namespace

std::string FormatTime(WallTime t) { return Format(t, false); }
std::string FormatMicroTime(WallTime t) { return Format(t, true); }

Result<WallTime> ParseTime(std::string_view text) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kInvalid, "\"" + std::string(text.substr(0, 64)) +
                                              "\" is not an RFC 3339 time such as "
                                              "2026-11-20T19:57:00Z");
  };
  std::string_view s = text;
  int y, mo, d, h, mi, sec;
  if (!TakeNumber(s, 4, '-', y) || !TakeNumber(s, 2, '-', mo) || !TakeNumber(s, 2, 0, d))
    return bad();
  if (s.empty() || (s[0] != 'T' && s[0] != 't' && s[0] != ' ')) return bad();
  s.remove_prefix(1);
  if (!TakeNumber(s, 2, ':', h) || !TakeNumber(s, 2, ':', mi) || !TakeNumber(s, 2, 0, sec))
    return bad();
  const std::chrono::year_month_day ymd{std::chrono::year{y}, std::chrono::month(unsigned(mo)),
                                        std::chrono::day(unsigned(d))};
  if (!ymd.ok() || h > 23 || mi > 59 || sec > 60) return bad();
  int64_t micros = 0;
  if (!s.empty() && s[0] == '.') {
    s.remove_prefix(1);
    size_t n = 0;
    int64_t scale = 100000;
    while (n < s.size() && IsDigit(s[n])) {
      micros += (s[n] - '0') * scale;
      scale /= 10;
      ++n;
    }
    if (n == 0) return bad();
    s.remove_prefix(n);
  }
  Duration offset{0};
  if (s == "Z" || s == "z") {
    s = {};
  } else if (!s.empty() && (s[0] == '+' || s[0] == '-')) {
    const int sign = s[0] == '-' ? -1 : 1;
    s.remove_prefix(1);
    int oh, om;
    if (!TakeNumber(s, 2, ':', oh) || !TakeNumber(s, 2, 0, om) || oh > 23 || om > 59) return bad();
    offset = Minutes(sign * (oh * 60 + om));
  } else {
    return bad();
  }
  if (!s.empty()) return bad();
  const WallTime utc = WallTime(sys_days(ymd).time_since_epoch()) + Hours(h) + Minutes(mi) +
                       Seconds(sec) + Microseconds(micros) - offset;
  // The offset may move it out of the years that RFC 3339 can write.
  if (utc < sys_days(std::chrono::year{0} / 1 / 1)) return bad();
  if (utc >= sys_days(std::chrono::year{10000} / 1 / 1)) return bad();
  return utc;
}

Result<Duration> ParseDuration(std::string_view text) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kInvalid, "\"" + std::string(text.substr(0, 64)) +
                                              "\" is not a duration such as 300ms, 1.5s or 1h30m");
  };
  struct Unit {
    std::string_view name;
    double us;
  };
  static constexpr Unit kUnits[] = {{"ns", 1e-3}, {"us", 1},  {"ms", 1e3},
                                    {"s", 1e6},   {"m", 6e7}, {"h", 3.6e9}};
  constexpr double kMost = 4e18;  // microseconds; 126,000 years
  std::string_view s = text;
  int sign = 1;
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) {
    sign = s[0] == '-' ? -1 : 1;
    s.remove_prefix(1);
  }
  if (s == "0") return Duration(0);
  if (s.empty()) return bad();
  int64_t total = 0;
  while (!s.empty()) {
    size_t n = 0;
    while (n < s.size() && IsDigit(s[n])) ++n;
    size_t fraction_end = n;
    if (n < s.size() && s[n] == '.') {
      fraction_end = n + 1;
      while (fraction_end < s.size() && IsDigit(s[fraction_end])) ++fraction_end;
    }
    if (fraction_end == 0 || n > 12 || (n == 0 && fraction_end < 2)) return bad();
    const std::string_view whole = s.substr(0, n);
    const std::string_view fraction = fraction_end > n ? s.substr(n + 1, fraction_end - n - 1) : "";
    s.remove_prefix(fraction_end);
    size_t u = 0;
    while (u < s.size() && s[u] >= 'a' && s[u] <= 'z') ++u;
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (candidate.name == s.substr(0, u)) unit = &candidate;
    }
    if (!unit) return bad();
    s.remove_prefix(u);
    int64_t value = 0;
    for (char c : whole) value = value * 10 + (c - '0');
    const double us = static_cast<double>(value) * unit->us;
    if (us > kMost || static_cast<double>(total) + us > kMost) return bad();
    total += unit->us >= 1 ? value * static_cast<int64_t>(unit->us) : static_cast<int64_t>(us);
    total += Fraction(fraction, unit->us);
    if (total > static_cast<int64_t>(kMost)) return bad();
  }
  return Duration(sign * total);
}

std::string FormatDuration(Duration d) {
  int64_t us = d.count();
  if (us == 0) return "0s";
  std::string out = us < 0 ? "-" : "";
  if (us < 0) us = -us;
  const auto decimal = [](int64_t whole, int64_t rest, int digits) {
    std::string s = std::to_string(whole);
    if (rest == 0) return s;
    std::string f = std::to_string(rest);
    f.insert(0, static_cast<size_t>(digits) - f.size(), '0');
    while (f.back() == '0') f.pop_back();
    return s + "." + f;
  };
  if (us < 1000) return out + std::to_string(us) + "us";
  if (us < 1000000) return out + decimal(us / 1000, us % 1000, 3) + "ms";
  const int64_t h = us / 3600000000, m = us / 60000000 % 60;
  if (h) out += std::to_string(h) + "h";
  if (h || m) out += std::to_string(m) + "m";
  return out + decimal(us / 1000000 % 60, us % 1000000, 6) + "s";
}

std::string HumanDuration(Duration d) {
  const int64_t s = d.count() / 1000000;
  if (s < 0) return "0s";
  const auto pair = [](int64_t a, const char* au, int64_t b, const char* bu) {
    return std::to_string(a) + au + (b ? std::to_string(b) + bu : "");
  };
  if (s < 120) return std::to_string(s) + "s";
  if (s < 600) return pair(s / 60, "m", s % 60, "s");
  if (s < 3 * 3600) return std::to_string(s / 60) + "m";
  if (s < 8 * 3600) return pair(s / 3600, "h", s / 60 % 60, "m");
  if (s < 48 * 3600) return std::to_string(s / 3600) + "h";
  if (s < 8 * 86400) return pair(s / 86400, "d", s / 3600 % 24, "h");
  if (s < 2 * 365 * 86400) return std::to_string(s / 86400) + "d";
  return pair(s / (365 * 86400), "y", s / 86400 % 365, "d");
}

}  // namespace stowage
