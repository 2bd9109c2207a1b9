// Devices: what lies on the single devices of a node (GPUs, mostly), for resources that pods may
// take parts of. The node's amounts count their sum; a pod's part has to be on one device, or in
// equal parts, rounded up, on as many as it asks for (Amounts::devices).
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/model/resources.h"

namespace stowage::scheduler {

struct Devices {
  std::vector<size_t> resources;           // that lie on devices, each once, ascending
  std::vector<std::vector<int64_t>> free;  // by device: of each of `resources`

  bool empty() const { return free.empty(); }
  auto operator<=>(const Devices&) const = default;

  // What all devices together have of the resource; 0 if it is none of theirs.
  int64_t Sum(size_t resource) const;
  // Pods like that ask for something that lies on devices.
  bool Concern(const Amounts& demand) const;
  // How many such pods find devices at once; kMaxPods where none is needed.
  int64_t Fit(const Amounts& demand) const;
  // Gives devices to `pods` of them, no more than Fit(): the fullest that will do, for pods of one
  // device. `on`: by device, how many of them use it; added to.
  void Take(const Amounts& demand, int64_t pods, std::vector<int64_t>& on);
  // `pods` of them use this device, whatever else they use.
  void Use(size_t device, const Amounts& demand, int64_t pods);
  // One of the pods that are `on` the devices leaves.
  void GiveBack(const Amounts& demand, std::vector<int64_t>& on);

  // What one pod takes of each of its devices.
  static int64_t PartOf(const Amounts& demand, size_t resource) {
    return (AmountOf(demand, resource) + demand.devices - 1) / demand.devices;
  }

 private:
  int64_t SlotsOf(size_t device, const Amounts& demand) const;
  void Move(size_t device, const Amounts& demand, int64_t pods, std::vector<int64_t>& on);
};

}  // namespace stowage::scheduler
