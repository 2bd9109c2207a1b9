#include "app/solve/model_fields.h"

#include <algorithm>
#include <limits>

#include "kube/api/quantity.h"

namespace stowage::app {
namespace {

using scheduler::Amounts;
using scheduler::Labels;
using scheduler::Money;
using scheduler::Taint;

int64_t PowerOfTen(int places) {
  int64_t n = 1;
  while (places-- > 0) n *= 10;
  return n;
}

}  // namespace

int64_t ReadQuantity(Complaints& complaints, const Value& value, std::string_view what,
                     std::string_view resource, int64_t min, int64_t max) {
  const std::string text = ReadText(complaints, value, what);
  if (complaints.any()) return min;
  const auto quantity = kube::Quantity::Parse(text);
  if (!quantity) {
    complaints.Add(value.at, std::string(what) +
                                 ": expected a quantity such as 500m, 2 or 1.5Gi, "
                                 "found " +
                                 Quoted(text));
    return min;
  }
  const int64_t amount = kube::ResourceAmount(resource, *quantity);
  if (amount < min || amount > max) {
    complaints.Add(value.at, std::string(what) + ": expected a quantity from " +
                                 kube::ResourceQuantity(resource, min).ToString() + " to " +
                                 kube::ResourceQuantity(resource, max).ToString() + ", found " +
                                 Quoted(text));
    return min;
  }
  return amount;
}

Amounts ReadAmounts(Complaints& complaints, const Value* map, const std::string& what,
                    scheduler::ResourceTable& resources, int64_t pods) {
  std::map<std::string, int64_t> amounts{{"pods", pods}};
  if (map != nullptr && map->kind != Value::Kind::kMap) {
    complaints.Add(map->at, what + ": expected a map from resources to quantities");
  } else if (map != nullptr) {
    for (size_t i = 0; i < map->keys.size(); ++i) {
      const std::string& name = map->keys[i].text;
      if (name.empty()) complaints.Add(map->keys[i].at, what + ": a resource has no name");
      amounts[name] = ReadQuantity(complaints, map->values[i], what + ", " + name, name, 0,
                                   scheduler::kMaxAmount);
    }
  }
  return resources.FromMap(amounts);
}

Money ReadPrice(FieldReader& in, std::string_view field) {
  const Value* value = in.Find(field);
  if (value == nullptr) return {};
  const std::string text = ReadText(in.complaints(), *value, in.NameOf(field));
  if (in.complaints().any()) return {};
  const auto price = scheduler::ParsePrice(text);
  if (price) return *price;
  in.complaints().Add(value->at, in.NameOf(field) + ": " + price.error().message);
  return {};
}

std::optional<int64_t> ParseDecimal(std::string_view text, int places) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : "";
  if (point == 0 || (point < text.size() && fraction.empty())) return std::nullopt;
  if (fraction.size() > static_cast<size_t>(places)) return std::nullopt;
  __int128 n = 0;
  for (const char c : std::string(text.substr(0, point)) + std::string(fraction)) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + (c - '0');
    if (n > std::numeric_limits<int64_t>::max()) return std::nullopt;
  }
  n *= PowerOfTen(places - static_cast<int>(fraction.size()));
  if (n > std::numeric_limits<int64_t>::max()) return std::nullopt;
  return static_cast<int64_t>(n);
}

int64_t ReadDecimal(FieldReader& in, std::string_view field, int places, int64_t fallback,
                    int64_t max) {
  const Value* value = in.Find(field);
  if (value == nullptr) return fallback;
  const std::string text = ReadText(in.complaints(), *value, in.NameOf(field));
  if (const auto n = ParseDecimal(text, places); n && *n <= max) return *n;
  in.complaints().Add(value->at, in.NameOf(field) + ": expected a number from 0 to " +
                                     std::to_string(max / PowerOfTen(places)) + " with at most " +
                                     std::to_string(places) + " decimal places, found " +
                                     Quoted(text));
  return fallback;
}

Labels ReadLabels(FieldReader& in, std::string_view field) {
  Labels out;
  const Value* map = in.Find(field);
  if (map == nullptr) return out;
  if (map->kind != Value::Kind::kMap) {
    in.complaints().Add(map->at, in.NameOf(field) + ": expected a map from names to texts");
    return out;
  }
  for (size_t i = 0; i < map->keys.size(); ++i) {
    out[map->keys[i].text] =
        ReadText(in.complaints(), map->values[i], in.NameOf(field) + ", " + map->keys[i].text);
  }
  return out;
}

std::vector<std::string> ReadTexts(FieldReader& in, std::string_view field) {
  std::vector<std::string> out;
  for (const Value& value : in.List(field)) {
    out.push_back(ReadText(in.complaints(), value, in.NameOf(field)));
  }
  return out;
}

bool ReadEither(FieldReader& in, std::string_view field, std::string_view yes, std::string_view no,
                bool fallback) {
  const Value* value = in.Find(field);
  if (value == nullptr) return fallback;
  const std::string text = in.Text(field);
  if (text != yes && text != no) {
    in.complaints().Add(value->at, in.NameOf(field) + ": expected " + std::string(yes) + " or " +
                                       std::string(no) + ", found " + Quoted(text));
  }
  return text == yes;
}

const Value& MapOrNothing(const FieldReader& in, std::string_view field) {
  static const Value nothing;
  const Value* value = in.Find(field);
  return value != nullptr ? *value : nothing;
}

std::vector<Taint> ReadTaints(FieldReader& in, std::string_view field) {
  std::vector<Taint> out;
  for (const Value& value : in.List(field)) {
    FieldReader taint(in.complaints(), value, in.NameOf(field), {"key", "value", "effect"});
    Taint t{.key = taint.RequireText("key", "dedicated"), .value = taint.Text("value")};
    const std::string effect = taint.RequireText("effect", "NoSchedule");
    if (effect == "NoSchedule") {
      t.effect = Taint::Effect::kNoSchedule;
    } else if (effect == "PreferNoSchedule") {
      t.effect = Taint::Effect::kPreferNoSchedule;
    } else if (effect == "NoExecute") {
      t.effect = Taint::Effect::kNoExecute;
    } else {
      taint.complaints().Add(value.at, taint.NameOf("effect") +
                                           ": expected NoSchedule, PreferNoSchedule or NoExecute, "
                                           "found " +
                                           Quoted(effect));
    }
    out.push_back(std::move(t));
  }
  return out;
}

}  // namespace stowage::app
