// Resources by number, and amounts of them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stowage::scheduler {

// Amounts by resource number, in Kubernetes' base units as integers: cpu in milli-cores, all else
// in whole units. What lies beyond the end is 0, so that a table may grow while vectors exist.
class Amounts : public std::vector<int64_t> {
 public:
  using std::vector<int64_t>::vector;
  // Of a pod: over how many devices of its node the amounts are spread that lie on devices.
  int32_t devices = 1;
  friend auto operator<=>(const Amounts&, const Amounts&) = default;
};

inline int64_t AmountOf(const std::vector<int64_t>& a, size_t resource) {
  return resource < a.size() ? a[resource] : 0;
}

// Numbers the names of resources: "cpu", "memory", "pods", "nvidia.com/gpu" ... The first three
// have fixed numbers; no decision depends on the order of the others.
class ResourceTable {
 public:
  static constexpr size_t kCpu = 0, kMemory = 1, kPods = 2;

  ResourceTable();
  size_t Intern(std::string_view name);
  const std::string& name(size_t resource) const { return names_[resource]; }
  size_t size() const { return names_.size(); }
  // Zero amounts are left out at the end.
  Amounts FromMap(const std::map<std::string, int64_t>& amounts);
  // "500m" for cpu, "1.5Gi" for bytes, "3" for all else: for messages, rounded to one digit.
  std::string Format(size_t resource, int64_t amount) const;
  // The same, not rounded: "1280Mi".
  std::string FormatExactly(size_t resource, int64_t amount) const;
  // What a node has, by name, without `pods`: "cpu 4, memory 16Gi".
  std::string FormatRoom(const Amounts& room) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, size_t, std::less<>> numbers_;
};

}  // namespace stowage::scheduler
