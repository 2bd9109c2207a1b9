#!/bin/bash
# Installs from Debian what Stowage needs. Quick when all is there. Groups:
#   tools/install-deps.sh [build] [check] [e2e]
#     build   compilers and libraries (the default)
#     check   clang for sanitizers and fuzzing, clang-format, the kubectl of Debian 12 beside the installed one
#     e2e     what real Kubernetes clusters on this machine need
set -euo pipefail

build="g++ cmake ninja-build make ccache mold pkg-config git ca-certificates
  libcpprest-dev libboost-dev libboost-graph-dev libprotobuf-dev libgrpc++-dev protobuf-compiler
  protobuf-compiler-grpc libeigen3-dev libgoogle-glog-dev libgtest-dev libgmock-dev libsimdjson-dev rapidjson-dev
  libexpected-dev liblemon-dev coinor-libclp-dev libyaml-cpp-dev libcli11-dev libsqlite3-dev libssl-dev libre2-dev zlib1g-dev
  prometheus-cpp-dev libbenchmark-dev curl"
check="clang-16 clang-format-16 libclang-rt-16-dev python3 procps"
e2e="golang-go etcd-server etcd-client containerd runc containernetworking-plugins busybox-static iproute2 iptables
  conntrack ethtool socat rsync jq dpkg-dev openssl curl python3 procps golang-github-modern-go-reflect2-dev"

cache=${STOWAGE_CACHE:-$HOME/.cache/stowage}
groups=${*:-build}
wanted=""
for group in $groups; do
  case $group in
    build | check | e2e) wanted+=" ${!group}" ;;
    *) echo "install-deps: unknown group '$group' (build, check, e2e)" >&2; exit 2 ;;
  esac
done

export DEBIAN_FRONTEND=noninteractive
APT="apt-get -q -o DPkg::Lock::Timeout=300"
updated=""
need_root() {
  [ "$(id -u)" = 0 ] || { echo "install-deps: run as root (or install these yourself): $*" >&2; exit 1; }
}
update_once() {
  [ -n "$updated" ] || $APT update >/dev/null
  updated=1
}

missing=""
for package in $wanted; do
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=" $package"
done
if [ -n "$missing" ]; then
  need_root $missing
  echo "install-deps: installing$missing" >&2
  update_once
  $APT install -y --no-install-recommends $missing >/dev/null
fi

# kubectl: whatever is on the machine, else Debian's.
if ! command -v kubectl >/dev/null; then
  need_root kubernetes-client
  update_once
  $APT install -y --no-install-recommends kubernetes-client >/dev/null
fi

# Debian's kubectl (1.20) apart from the installed one, for the tests that drive both.
if [[ " $groups " == *" check "* && ! -x $cache/kubectl-1.20/usr/bin/kubectl ]]; then
  mkdir -p "$cache/kubectl-1.20"
  need_root kubernetes-client
  update_once
  work=$(mktemp -d)
  chmod 755 "$work"
  (cd "$work" && $APT download kubernetes-client >/dev/null 2>&1)
  dpkg-deb -x "$work"/kubernetes-client_*.deb "$cache/kubectl-1.20"
  rm -rf "$work"
fi
