// The subcommands of `stowage`. Each returns the exit code: 0 done, 1 failed (a message is on
// standard error), 2 wrong usage.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/solve/what_if.h"

namespace stowage::app {

// How to reach the host cluster.
struct HostFlags {
  std::string kubeconfig;  // "" for $KUBECONFIG or ~/.kube/config
  std::string context;
};

struct JoinFlags {
  HostFlags host;
  std::string name;
  std::string member_kubeconfig;
  std::string member_context;
  std::string region, zone;
  std::map<std::string, std::string> labels;
  std::string core_hour, gib_hour;
  std::string pod_network = "none";
  std::string host_address;
  std::string ns = "stowage-system";
  bool trusted = false;
  bool use_member_credentials = false;  // store the given kubeconfig as it is, make no account
  int64_t wait_seconds = 0;             // for the virtual node to be Ready
};
int RunJoin(const JoinFlags& flags);

struct ClustersFlags {
  HostFlags host;
  std::string output;  // "", "wide", "json", "yaml", "name"
};
int RunClusters(const ClustersFlags& flags);

struct ExplainFlags {
  HostFlags host;
  std::string ns;   // "" for the context's
  std::string pod;  // "web-1" or "pod/web-1"
  std::string output;
};
int RunExplain(const ExplainFlags& flags);

struct RunFlags {
  HostFlags host;
  std::string config_file;
  std::string ns = "stowage-system";
  std::string node_address;  // where the host reaches our kubelet endpoints
  std::string listen_address = "0.0.0.0";
  uint16_t kubelet_port = 0;  // of the first virtual node; 0: any free ones
  std::string tls_certificate_file, tls_key_file, client_ca_file;
  std::vector<std::string> kubelet_clients;  // who else may use the kubelet endpoints
  std::string identity;                      // of the leader election
  bool leader_election = true;
  int metrics_port = 0;  // 0: no endpoint
};
int RunManager(const RunFlags& flags);

struct UpFlags {
  std::string directory;  // "" for ~/.stowage/up
  std::string database;   // "" keeps objects in memory
  std::string address = "127.0.0.1";
  int port = 7443;  // of the host; members follow; 0: any free ones
  int members = 3;
  uint64_t seed = 1;
  std::string config_file;  // a fleet of one's own
};
int RunUp(const UpFlags& flags);

// Exit codes of their own: scripts tell a proof of infeasibility (2) from bad input (3).
struct SolveFlags {
  std::string file;        // "-" for standard input
  std::string format;      // "" by the ending of the file
  double time_limit = 0;   // seconds; 0: 10, or none if iterations are given
  int64_t iterations = 0;  // 0: no limit
  uint64_t seed = 1;
  int threads = 1;
  std::string solver;
  bool log = false;
  bool assignment = false;
  std::vector<std::string> explain;  // classes
  WhatIf what_if;
  std::string export_to;  // "lp" or "mps": write the model, do not solve
  std::string output;     // of the export; "" for standard output
};
// 0 solved, 2 infeasible (proven), 3 bad input, 4 unknown.
int RunSolve(const SolveFlags& flags);

struct CheckFlags {
  std::string problem;
  std::string solution;
  std::string format;  // of the problem; "" by the ending of the file
};
// 0 right, 1 wrong, 3 bad input.
int RunCheck(const CheckFlags& flags);

}  // namespace stowage::app
