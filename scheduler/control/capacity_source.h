// CapacitySource: the one seam between the scheduler and what knows a member's nodes. app/ feeds it
// from the providers of this process (or from Cluster.status across processes).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "scheduler/model/labels.h"

namespace stowage::scheduler {

// Nodes of a member that are alike. `allocatable` of one node, by resource name, minus the pods
// that are not ours: cpu in milli-cores, all else (bytes, devices, pods) in whole units.
struct MemberShape {
  Labels labels;
  std::vector<Taint> taints;
  std::map<std::string, int64_t> allocatable;
  int64_t count = 0;
  bool operator==(const MemberShape&) const = default;
};

class CapacitySource {
 public:
  virtual ~CapacitySource() = default;
  // The node shapes of the member of that name (label stowage.dev/cluster of its virtual node).
  // kUnavailable: not known yet, place nothing there. kNotFound: this member has no shapes to tell;
  // its virtual node's allocatable is taken as one node.
  virtual Result<std::vector<MemberShape>> Shapes(const std::string& cluster) const = 0;
  // At most one listener, called on the Executor: "look at this member's shapes". nullptr: none.
  virtual void SetListener(std::function<void(const std::string& cluster)> changed) = 0;
};

// A CapacitySource that is told: for app/ and tests.
class CapacityBoard : public CapacitySource {
 public:
  // kNotFound until the member's first Set; kUnavailable after Expect, until then.
  Result<std::vector<MemberShape>> Shapes(const std::string& cluster) const override;
  void SetListener(std::function<void(const std::string& cluster)> changed) override;

  void Expect(const std::string& cluster);  // its shapes will come: wait for them
  void Set(const std::string& cluster, std::vector<MemberShape> shapes);  // tells, if changed
  void Remove(const std::string& cluster);

 private:
  struct Entry {
    bool known = false;
    std::vector<MemberShape> shapes;
  };
  std::map<std::string, Entry> entries_;
  std::function<void(const std::string&)> changed_;
};

}  // namespace stowage::scheduler
