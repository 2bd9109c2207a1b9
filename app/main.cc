// The `stowage` command.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "app/lib/commands.h"
#include "app/lib/heap.h"
#include "base/log/log.h"

namespace {

using namespace stowage::app;

void AddHost(CLI::App* command, HostFlags& host) {
  command->add_option("--kubeconfig", host.kubeconfig,
                      "kubeconfig of the host cluster ($KUBECONFIG, ~/.kube/config)");
  command->add_option("--context", host.context, "context in it");
}

void AddUp(CLI::App& app, UpFlags& flags, int& exit_code) {
  auto* up = app.add_subcommand("up", "Start an embedded host and member clusters on this machine");
  up->add_option("--dir", flags.directory, "where kubeconfigs and keys go (default ~/.stowage/up)");
  up->add_option("--data", flags.database,
                 "keep objects in this directory (SQLite); default: in memory");
  up->add_option("--address", flags.address, "address to listen on")->capture_default_str();
  up->add_option("--port", flags.port,
                 "port of the host's API server; members take the next ones; 0: any free ones")
      ->check(CLI::Range(0, 65000))
      ->capture_default_str();
  up->add_option("--members", flags.members, "how many member clusters")
      ->check(CLI::Range(0, 20))
      ->capture_default_str();
  up->add_option("--seed", flags.seed, "seed of names and delays")->capture_default_str();
  up->callback([&] { exit_code = RunUp(flags); });
  up->footer(
      "Example:\n  stowage up\n  export KUBECONFIG=~/.stowage/up/kubeconfig\n  kubectl get nodes "
      "-o wide");
}

void AddRun(CLI::App& app, RunFlags& flags, int& exit_code) {
  auto* run =
      app.add_subcommand("run", "Manage real clusters, from inside the host or from outside");
  AddHost(run, flags.host);
  run->add_option("--config", flags.config_file, "YAML file with the same settings and more")
      ->check(CLI::ExistingFile);
  run->add_option("--namespace", flags.ns, "namespace of our own objects on the host")
      ->capture_default_str();
  run->add_option("--node-address", flags.node_address,
                  "address of this machine as the host's API server reaches it (default: the one "
                  "used toward it)");
  run->add_option("--listen", flags.listen_address, "address of the kubelet endpoints")
      ->capture_default_str();
  run->add_option("--kubelet-port", flags.kubelet_port,
                  "port of the first virtual node; 0: any free ones")
      ->capture_default_str();
  run->add_option("--tls-cert-file", flags.tls_certificate_file,
                  "certificate of the kubelet endpoints (default: our own CA)");
  run->add_option("--tls-key-file", flags.tls_key_file, "its key");
  run->add_option(
      "--client-ca-file", flags.client_ca_file,
      "CA of who may use them (default: the host's, from extension-apiserver-authentication)");
  run->add_option("--kubelet-client", flags.kubelet_clients,
                  "common name of a client certificate that may use them too, where the host's API "
                  "server has an unusual one");
  run->add_option("--identity", flags.identity,
                  "name in the leader election (default: host name and process)");
  run->add_flag("!--no-leader-election", flags.leader_election,
                "run without a Lease: only if nothing else can run");
  run->callback([&] { exit_code = RunManager(flags); });
}

void AddJoin(CLI::App& app, JoinFlags& flags, int& exit_code) {
  auto* join = app.add_subcommand(
      "join", "Add a member cluster: account there, credentials and Cluster here");
  AddHost(join, flags.host);
  join->add_option("NAME", flags.name, "name of the Cluster and of its virtual node")->required();
  join->add_option("--member-kubeconfig", flags.member_kubeconfig,
                   "kubeconfig of the member, with rights to make an account")
      ->required()
      ->check(CLI::ExistingFile);
  join->add_option("--member-context", flags.member_context, "context in it");
  join->add_option("--region", flags.region, "region, such as aws-eu-west-1");
  join->add_option("--zone", flags.zone, "zone");
  join->add_option("--label", flags.labels, "label of the virtual node, KEY=VALUE");
  join->add_option("--core-hour", flags.core_hour, "price of a core for an hour, in dollars");
  join->add_option("--gib-hour", flags.gib_hour,
                   "price of a GiB of memory for an hour, in dollars");
  join->add_option("--pod-network", flags.pod_network, "none, flat or mapped")
      ->check(CLI::IsMember({"none", "flat", "mapped"}))
      ->capture_default_str();
  join->add_option("--host-address", flags.host_address,
                   "host:port of this host as the member's pods reach it");
  join->add_option("--namespace", flags.ns, "namespace of our own objects, here and there")
      ->capture_default_str();
  join->add_flag("--trusted", flags.trusted, "pods there may hold tokens of the host");
  join->add_flag("--use-member-credentials", flags.use_member_credentials,
                 "store the given credentials; make no account");
  join->add_option("--wait", flags.wait_seconds, "seconds to wait until the virtual node is Ready")
      ->capture_default_str();
  join->callback([&] { exit_code = RunJoin(flags); });
  join->footer(
      "Example:\n  stowage join onprem --member-kubeconfig ~/onprem.kubeconfig --region on-prem "
      "--wait 60");
}

void AddLists(CLI::App& app, ClustersFlags& clusters, ExplainFlags& explain, int& exit_code) {
  auto* list = app.add_subcommand("clusters", "List the member clusters");
  AddHost(list, clusters.host);
  list->add_option("-o,--output", clusters.output, "wide, json, yaml or name");
  list->callback([&] { exit_code = RunClusters(clusters); });

  auto* why = app.add_subcommand("explain", "Say why a pod is where it is, or why it is nowhere");
  AddHost(why, explain.host);
  why->add_option("POD", explain.pod, "name of the pod")->required();
  why->add_option("-n,--namespace", explain.ns, "its namespace");
  why->add_option("-o,--output", explain.output, "json or yaml");
  why->callback([&] { exit_code = RunExplain(explain); });
}

void AddSolve(CLI::App& app, SolveFlags& flags, int& exit_code) {
  auto* solve = app.add_subcommand(
      "solve", "Solve a placement problem from a file; prints cost, proven bound and gap as JSON");
  solve->add_option("FILE", flags.file, "the problem; - for standard input")->required();
  solve->add_option("--format", flags.format,
                    "stowage, gap, mrgap, fleet or mvp (default: by the ending of FILE)");
  solve
      ->add_option("--time-limit", flags.time_limit,
                   "seconds to search, reading FILE included (default: 10)")
      ->check(CLI::PositiveNumber);
  solve
      ->add_option("--iterations", flags.iterations,
                   "work to spend (one is about 100 ns); the answer is then the same everywhere")
      ->check(CLI::PositiveNumber);
  solve->add_option("--seed", flags.seed, "seed of what is tried in random order")
      ->capture_default_str();
  solve->add_option("--threads", flags.threads, "threads to use; never changes the answer")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  solve->add_option("--solver", flags.solver,
                    "auto; stowage: columns, exact, flow, greedy, lagrangian; gap, mrgap, fleet: "
                    "lagrangian; mvp: columns");
  solve->add_flag("--log", flags.log, "one line on standard error for each better answer");
  solve->add_flag("--assignment", flags.assignment, "print the answer itself, too");
  solve
      ->add_option("--explain", flags.explain,
                   "stowage: say of this class what every cluster costs, or why it refuses")
      ->allow_extra_args(false);
  solve->add_option("--without", flags.what_if.without, "stowage: what if this cluster were lost")
      ->allow_extra_args(false);
  solve
      ->add_option("--price", flags.what_if.prices,
                   "stowage: what if CLUSTER's prices were multiplied, CLUSTER=1.2")
      ->allow_extra_args(false);
  solve
      ->add_option("--add", flags.what_if.add,
                   "stowage: what if there were also the pods, clusters, nodes and pools of FILE")
      ->type_name("FILE")
      ->allow_extra_args(false);
  solve->add_option("--load", flags.what_if.load,
                    "stowage: what if there were so many times the pods");
  solve->add_option("--export", flags.export_to, "write the model as lp or mps, do not solve it")
      ->check(CLI::IsMember({"lp", "mps"}));
  solve->add_option("--output", flags.output, "file for the model (default: standard output)");
  solve->callback([&] { exit_code = RunSolve(flags); });
  solve->footer(
      "Ctrl-C once ends with the best answer so far, twice ends at once.\n\n"
      "Exit codes: 0 solved; 2 proven infeasible; 3 bad input; 4 nothing found, nothing proven.\n\n"
      "Examples:\n"
      "  stowage solve manifests/examples/placement/burst.yaml --assignment\n"
      "  stowage solve manifests/examples/placement/burst.yaml --explain web --without onprem\n"
      "  stowage solve d-20-400.gap --time-limit 1 --log\n"
      "  stowage solve nodes.mvp --iterations 10000000 --seed 7\n"
      "  stowage solve small.gap --export mps --output small.mps");
}

void AddCheck(CLI::App& app, CheckFlags& flags, int& exit_code) {
  auto* check = app.add_subcommand(
      "check", "Verify an answer of `stowage solve --assignment`, without any solver code");
  check->add_option("PROBLEM", flags.problem, "the problem's file")->required();
  check->add_option("SOLUTION", flags.solution, "what solve printed")->required();
  check->add_option("--format", flags.format,
                    "of PROBLEM: stowage, gap, mrgap, fleet or mvp (default: by its ending)");
  check->callback([&] { exit_code = RunCheck(flags); });
  check->footer(
      "Exit codes: 0 right; 1 wrong, and the message says what; 3 bad input.\n\n"
      "Example:\n"
      "  stowage solve d.gap --assignment > answer.json; stowage check d.gap answer.json");
}

}  // namespace

int main(int argc, char** argv) {
  // A solver's large tables come and go; what it gives back it wants again at once.
  if (argc < 2 || std::string_view(argv[1]) != "solve") stowage::app::KeepHeapSmall();
  CLI::App app("Stowage: many Kubernetes clusters behave as one.", "stowage");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "help of all subcommands");
  int verbosity = 0;
  app.add_flag("-v", verbosity, "log more (-vv: even more)");
  int exit_code = 0;

  UpFlags up;
  RunFlags run;
  JoinFlags join;
  ClustersFlags clusters;
  ExplainFlags explain;
  SolveFlags solve;
  CheckFlags check;
  AddUp(app, up, exit_code);
  AddRun(app, run, exit_code);
  AddJoin(app, join, exit_code);
  AddLists(app, clusters, explain, exit_code);
  AddSolve(app, solve, exit_code);
  AddCheck(app, check, exit_code);
  app.add_subcommand("version", "Print the version")->callback([] {
    std::cout << "stowage " << STOWAGE_VERSION << "\n";
  });
  // Callbacks run inside parse(): logging must be there before.
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "-v") verbosity = 1;
    if (arg == "-vv") verbosity = 2;
  }
  stowage::StartLogging("stowage", verbosity);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (app.exit(e) == 0) return 0;
    return app.got_subcommand("solve") || app.got_subcommand("check") ? 3 : 2;
  }
  return exit_code;
}
