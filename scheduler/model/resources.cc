#include "scheduler/model/resources.h"

#include <iterator>

namespace stowage::scheduler {
namespace {

constexpr std::string_view kSuffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};

bool InBytes(std::string_view name) {
  return name == "memory" || name == "ephemeral-storage" || name.starts_with("hugepages-");
}

std::string FormatBytes(int64_t bytes) {
  size_t suffix = 0;
  int64_t unit = 1;
  while (suffix < 5 && bytes / 1024 >= unit) {
    unit *= 1024;
    ++suffix;
  }
  std::string out = std::to_string(bytes / unit);
  const int64_t tenth = static_cast<int64_t>(static_cast<__int128>(bytes % unit) * 10 / unit);
  if (tenth != 0) out += "." + std::to_string(tenth);
  return out + std::string(kSuffixes[suffix]);
}

}  // namespace

ResourceTable::ResourceTable() {
  Intern("cpu");
  Intern("memory");
  Intern("pods");
}

size_t ResourceTable::Intern(std::string_view name) {
  if (const auto it = numbers_.find(name); it != numbers_.end()) return it->second;
  names_.emplace_back(name);
  numbers_.emplace(names_.back(), names_.size() - 1);
  return names_.size() - 1;
}

Amounts ResourceTable::FromMap(const std::map<std::string, int64_t>& amounts) {
  Amounts out;
  for (const auto& [name, amount] : amounts) {
    if (amount == 0) continue;
    const size_t resource = Intern(name);
    if (resource >= out.size()) out.resize(resource + 1, 0);
    out[resource] = amount;
  }
  return out;
}

std::string ResourceTable::FormatRoom(const Amounts& room) const {
  std::string out;
  for (const auto& [name, r] : numbers_) {
    if (r == kPods || AmountOf(room, r) <= 0) continue;
    out += (out.empty() ? "" : ", ") + name + " " + Format(r, room[r]);
  }
  return out;
}

std::string ResourceTable::FormatExactly(size_t resource, int64_t amount) const {
  if (!InBytes(name(resource))) return Format(resource, amount);
  size_t suffix = 0;
  for (; suffix + 1 < std::size(kSuffixes) && amount != 0 && amount % 1024 == 0; ++suffix) {
    amount /= 1024;
  }
  return std::to_string(amount) + std::string(kSuffixes[suffix]);
}

std::string ResourceTable::Format(size_t resource, int64_t amount) const {
  if (resource == kCpu) {
    return amount % 1000 == 0 ? std::to_string(amount / 1000) : std::to_string(amount) + "m";
  }
  return InBytes(name(resource)) ? FormatBytes(amount) : std::to_string(amount);
}

}  // namespace stowage::scheduler
