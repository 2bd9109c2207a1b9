// What a member cluster is made of: its nodes, how fast it is, and what goes wrong in it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time/types.h"
#include "kube/api/views.h"

namespace stowage::sim {

struct NodePool {
  std::string name = "node";  // nodes are name-0, name-1 ...
  int count = 1;
  std::string cpu = "4";  // quantities: capacity
  std::string memory = "16Gi";
  std::string ephemeral_storage = "100Gi";
  int pods = 110;
  std::map<std::string, std::string> extended;  // "nvidia.com/gpu": "2"
  std::string reserved_cpu = "0";               // capacity less this is allocatable
  std::string reserved_memory = "0";
  std::map<std::string, std::string> labels;
  std::vector<kube::Taint> taints;
  std::string zone, region, instance_type;
};

// Uniform between the two.
struct Span {
  Duration min{0};
  Duration max{0};
};

// Each is asked of a random stream of its own, so that turning one leaves the others as they were.
struct FaultDials {
  double start_failure = 0;  // probability that a start fails (RunContainerError, exit 128)
  double crash = 0;          // probability that a started container is killed (137) ...
  Duration crash_after = Minutes(1);  // ... after this time, exponentially distributed
};

struct MemberOptions {
  std::string cluster = "member";  // on the pages of containers
  std::vector<NodePool> pools = {NodePool{}};
  std::string pod_cidr = "10.244.0.0/16";
  std::string kubelet_version = "v1.29.0";
  Span image_pull = {Milliseconds(400), Milliseconds(1500)};  // once per image and node
  Span sandbox_start = {Milliseconds(20), Milliseconds(80)};
  Span container_start = {Milliseconds(20), Milliseconds(100)};
  Duration scheduling = Milliseconds(2);  // of one pod: the scheduler's pace
  Duration batch_run = Seconds(10);  // of an unknown image under restartPolicy OnFailure or Never
  Duration lease_renew = Seconds(10);
  Duration lease_grace = Seconds(40);  // then the node is Unknown
  FaultDials faults;
};

}  // namespace stowage::sim
