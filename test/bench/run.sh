#!/bin/bash
# Benchmarks: builds what is missing, runs the parts and prints one table.
#
#   test/bench/run.sh BUILD_DIR [PART...]
#
#   micro      solver, JSON, projections, the API server without sockets
#   apiserver  the embedded API server over TLS; beside it kube-apiserver and etcd, and the ratio
#   fleet      50,000 pods on 100 virtual nodes in one process
#   latency    what Stowage adds to the life of a pod, in the world of `stowage up`
#   fastlane   what changes cost, and pods placed one by one, in a fleet of a million pods
#   sizes      time over size, 1,000 to 1,000,000 pods
#   optima     10,000 small problems against their enumerated optimum; 15 minutes
#   solver     gaps of stowage solve on published families, after 1 and 10 seconds; 15 minutes
#   binding    pods bound a second through kube-apiserver: stowage run beside kube-scheduler
#   small      a few seconds of each of the first four, to see that they work; no figures
#
# Without parts: all but small. What needs real Kubernetes is skipped, and said to be, unless
# test/e2e/realkube.sh has built it (`make e2e` does).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: run.sh BUILD_DIR [PART...]}" && pwd); shift
parts=("$@"); [ ${#parts[@]} -gt 0 ] || parts=(micro fastlane sizes optima solver apiserver fleet latency binding)
bin=$build/bin
work=$(mktemp -d)
table=$work/table
small=""; [ "${parts[*]}" = small ] && { small=1; parts=(micro fastlane apiserver fleet latency); }
realkube=$here/../e2e/realkube.sh
real=$(ls "${REALKUBE_HOME:-${STOWAGE_CACHE:-$HOME/.cache/stowage}/realkube}"/bin/kube-apiserver 2>/dev/null || true)
clusters=() started=()

clean() {
  local p c
  for p in "${started[@]}"; do kill -CONT "$p" 2>/dev/null || true; kill "$p" 2>/dev/null || true; done
  for c in "${clusters[@]}"; do "$realkube" down "$c" >/dev/null 2>&1 || true; done
  rm -rf "$work"
}
trap clean EXIT
note() { echo "| $*" | tee -a "$table"; }
program() { "$bin/$@" 2>>"$work/log" | tee -a "$table" || { cat "$work/log" >&2; exit 1; }; }
value() { grep -F "| $1 " "$table" | tail -1 | awk -F'|' '{split($3, a, " "); print a[1]}'; }
ratio() { # name, ours, theirs, aim
  local a b; a=$(value "$2"); b=$(value "$3")
  [ -n "$a" ] && [ -n "$b" ] || return 0
  awk -v n="$1" -v a="$a" -v b="$b" -v aim="$4" 'BEGIN { r = a / b
    printf "| %-58s | %10.2f %-8s | %-16s |\n", n, r, "x", ">= " aim ": " (r >= aim ? "met" : "missed") }' | tee -a "$table"
}
wait_for() { # seconds, file, text
  local i
  for ((i = 0; i < $1 * 5; i++)); do grep -q "$3" "$2" 2>/dev/null && return 0; sleep 0.2; done
  cat "$2" >&2; echo "bench: '$3' did not come in $1 s" >&2; exit 1
}
real_cluster() { # name: a control plane of its own, without controllers: nothing else writes
  clusters+=("$1")
  kubeconfig=$("$realkube" up "$1" --sched-qps 5000 2>>"$work/log" | tail -1)
  "$realkube" kill "$1" kcm
}
scheduler_pid() { cat "$(dirname "$kubeconfig")/sched.pid"; }

micro() {
  local args=(--benchmark_counters_tabular=true); [ -z "$small" ] || args+=(--benchmark_min_time=0.01 --benchmark_filter=-SolveGreedy/100000)
  "$bin/bench_micro" "${args[@]}" 2>>"$work/log" | tee -a "$table"
}

fastlane() {
  local args=(); [ -z "$small" ] || args=(--pods=20000 --classes=200 --clusters=10 --nodes=300)
  program bench_fastlane "${args[@]}"
}

sizes() { "$here/solver/sizes.py" "$build" "$work/sizes.svg" | tee -a "$table"; }

optima() {
  STOWAGE_ENUMERATIONS=10000 "$bin/scheduler_solvers_test" --gtest_filter='Enumeration.*' >"$work/optima" || { tail -20 "$work/optima" >&2; exit 1; }
  grep '^|' "$work/optima" | tee -a "$table"
}

solver() { "$here/solver/suite.py" "$build" 2>>"$work/log" | tee -a "$table" || { tail -5 "$work/log" >&2; exit 1; }; }

apiserver() {
  if [ -n "$small" ]; then program bench_apiserver --pods=100 --events=20; return; fi
  program bench_apiserver --label=embedded --pods=8000 --events=2000
  [ -n "$real" ] || { note "kube-apiserver: skipped, real Kubernetes is not built here"; return 0; }
  real_cluster bench-api; "$realkube" kill bench-api sched
  program bench_apiserver --label=kube-apiserver --kubeconfig="$kubeconfig" --pods=4000 --events=500
  "$realkube" down bench-api
  local what
  for what in "pod creates, 1 connections" "pod creates, 8 connections" "events told to 1 watches" "events told to 100 watches"; do
    ratio "embedded / kube-apiserver: $what" "embedded: $what" "kube-apiserver: $what" 10
  done
}

fleet() {
  local args=(--pods=50000 --members=100 --idle=60); [ -z "$small" ] || args=(--pods=60 --members=3 --idle=1)
  program bench_fleet --dir="$work/fleet" "${args[@]}"
}

latency() {
  local args=(--pods=300 --rate=20); [ -z "$small" ] || args=(--pods=5 --rate=20)
  "$bin/stowage" up --dir "$work/up" --port 0 --members 2 >"$work/up.log" 2>&1 & started+=($!)
  wait_for 90 "$work/up.log" "Ctrl-C"
  program bench_latency --host="$work/up/kubeconfig" --members="$work/up/onprem.kubeconfig,$work/up/cloud-eu.kubeconfig" "${args[@]}"
}

binding() {
  [ -n "$real" ] || { note "binding: skipped, real Kubernetes is not built here"; return 0; }
  real_cluster bench-bind
  program bench_binding --kubeconfig="$kubeconfig" --scheduler=default-scheduler --label=kube-scheduler --pid="$(scheduler_pid)" --pods=2000
  "$realkube" kill bench-bind sched
  "$bin/stowage" run --kubeconfig "$kubeconfig" --no-leader-election >"$work/run.log" 2>&1 & started+=($!)
  sleep 3
  program bench_binding --kubeconfig="$kubeconfig" --scheduler=stowage --pid="$!" --pods=2000
  "$realkube" down bench-bind
  ratio "stowage / kube-scheduler: pods bound" "stowage: pods bound" "kube-scheduler: pods bound" 1.2
}

for part in "${parts[@]}"; do
  case $part in
    micro | fastlane | sizes | optima | solver | apiserver | fleet | latency | binding) ;;
    *) sed -n '2,20p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
  esac
done
# The test that runs this has them built.
[ -n "$small" ] || cmake --build "$build" --target bench_programs stowage scheduler_solvers_test >/dev/null
load=$(cut -d' ' -f1 /proc/loadavg)
note "$(date -u +%FT%TZ), $(nproc) cores, load before the start: $load"
for part in "${parts[@]}"; do echo "== $part"; $part; done
echo; echo "== all"; cat "$table"
