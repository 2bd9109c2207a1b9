#!/bin/bash
# realkube: real Kubernetes clusters on one Debian 12 machine, for tests.
#
# Control planes (etcd, kube-apiserver, kube-controller-manager, kube-scheduler)
# and, where asked for, a real kubelet running real containers on containerd.
# Everything comes from Debian: etcd-server, containerd, runc,
# containernetworking-plugins, busybox-static, and Debian's source package
# `kubernetes` (1.20.2) built with golang-go: 6 to 10 minutes on 2 cores, once.
#
#   realkube.sh build                  install packages, build the binaries (cached)
#   realkube up NAME [--kubelet] [--sched-qps N] [--verify-kubelets] [--bare]
#                                      start a cluster; prints its kubeconfig's path. --verify-kubelets: the API
#                                      server checks kubelets' serving certificates against its CA (not with --kubelet)
#                                      --bare: an API server alone, which leaves objects as they are written
#   realkube kubeconfig NAME           print the path
#   realkube pause NAME / resume NAME  SIGSTOP / SIGCONT its API server (a hung cluster)
#   realkube kill NAME [api|etcd|kcm|sched|kubelet|containerd]   SIGKILL one part
#   realkube start NAME PART           start one part again (state is kept)
#   realkube down NAME|all             stop it and remove its state
#
# Go 1.19 makes go-openapi's validation of custom resources take an empty string for null: a trait of this
# build and not of Kubernetes.
#
# State: $REALKUBE_HOME (default ~/.cache/stowage/realkube). Ports: derived from the
# order of `up`. Addresses: 10.8N.0.1 on a bridge rkN of the cluster's own. Images present: busybox:latest, pause:local.
set -euo pipefail
H=${REALKUBE_HOME:-${STOWAGE_CACHE:-$HOME/.cache/stowage}/realkube}; B=$H/bin; S=$H/clusters
mkdir -p "$B" "$S"
say() { echo "realkube: $*" >&2; }
die() { say "$*"; exit 1; }

build() {
  if [ -x "$B/kubelet" ] && [ -x "$B/kube-apiserver" ]; then say "already built in $B"; return; fi
  "$(dirname "$0")/../../tools/install-deps.sh" e2e
  local uri; uri=$(grep -h -m1 '^URIs' /etc/apt/sources.list.d/debian.sources | awk '{print $2}')
  printf 'Types: deb-src\nURIs: %s\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$uri" \
    > /etc/apt/sources.list.d/stowage-src.sources
  apt-get update -q >/dev/null
  local src=$H/src; rm -rf "$src"; mkdir -p "$src"; cd "$src"
  apt-get source --download-only kubernetes >/dev/null 2>&1
  dpkg-source --no-check -x kubernetes_*.dsc k8s >/dev/null 2>&1
  cd k8s
  # the vendored reflect2 1.0.1 breaks under Go >= 1.18 (JSON maps crash the API server): use Debian's 1.0.2
  rm -f vendor/github.com/modern-go/reflect2/*.{go,s}
  cp /usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} vendor/github.com/modern-go/reflect2/
  mkdir -p .go/src/k8s.io; ln -sfn ../../.. .go/src/k8s.io/kubernetes
  say "building Kubernetes (log: $H/build.log)"
  env HOME="$H/gohome" GOPATH="$PWD/.go" CGO_ENABLED=0 PATH="/usr/lib/go/bin:$PATH" \
    make WHAT="cmd/kube-apiserver cmd/kube-controller-manager cmd/kube-scheduler cmd/kubelet" > "$H/build.log" 2>&1 \
    || die "build failed: $H/build.log"
  cp _output/bin/kube-apiserver _output/bin/kube-controller-manager _output/bin/kube-scheduler _output/bin/kubelet "$B/"
  cd "$H"; rm -rf "$src" "$H/gohome"
  say "built: $(ls "$B" | tr '\n' ' ')"
}

# A runc that can run where lowering oom_score_adj is not permitted.
runc_wrapper() {
  cat > "$B/runc-wrap" <<'EOW'
#!/bin/bash
args=("$@"); b=""
for ((i = 0; i < ${#args[@]}; i++)); do
  case "${args[i]}" in --bundle | -b) b="${args[i + 1]}" ;; --bundle=*) b="${args[i]#*=}" ;; esac
done
if [ -n "$b" ] && [ -f "$b/config.json" ]; then
  jq 'del(.process.oomScoreAdj)' "$b/config.json" > "$b/config.json.new" && mv "$b/config.json.new" "$b/config.json"
fi
exec /usr/sbin/runc "$@"
EOW
  chmod +x "$B/runc-wrap"
}

images() {
  [ -f "$H/busybox.tar" ] && [ -f "$H/pause.tar" ] && return
  python3 - "$H" <<'EOP'
import tarfile, io, json, hashlib, os, sys
out = sys.argv[1]
def make(name, config, path):
    layer = io.BytesIO(); t = tarfile.open(fileobj=layer, mode='w')
    for d in ('bin', 'tmp', 'etc', 'proc', 'sys', 'dev', 'var', 'usr', 'usr/bin'):
        ti = tarfile.TarInfo(d); ti.type = tarfile.DIRTYPE; ti.mode = 0o1777 if d == 'tmp' else 0o755; t.addfile(ti)
    def add(p, data, mode=0o644):
        ti = tarfile.TarInfo(p); ti.size = len(data); ti.mode = mode; t.addfile(ti, io.BytesIO(data))
    add('bin/busybox', open('/bin/busybox', 'rb').read(), 0o755)
    for a in os.popen('/bin/busybox --list').read().split():
        if a == 'busybox': continue
        ti = tarfile.TarInfo('bin/' + a); ti.type = tarfile.SYMTYPE; ti.linkname = '/bin/busybox'; t.addfile(ti)
    add('etc/passwd', b'root:x:0:0:root:/:/bin/sh\n'); add('etc/group', b'root:x:0:\n'); t.close()
    blob = layer.getvalue(); lh = hashlib.sha256(blob).hexdigest()
    config = dict(config, Env=['PATH=/bin:/usr/bin'])
    cfg = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': config,
                      'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + lh]}}).encode()
    ch = hashlib.sha256(cfg).hexdigest()
    man = json.dumps([{'Config': ch + '.json', 'RepoTags': [name], 'Layers': [lh + '/layer.tar']}]).encode()
    with tarfile.open(path, 'w') as o:
        for n, d in ((ch + '.json', cfg), (lh + '/layer.tar', blob), ('manifest.json', man)):
            ti = tarfile.TarInfo(n); ti.size = len(d); o.addfile(ti, io.BytesIO(d))
make('docker.io/library/pause:local', {'Entrypoint': ['/bin/sleep', '1000000']}, out + '/pause.tar')
make('docker.io/library/busybox:latest', {'Cmd': ['sh']}, out + '/busybox.tar')
EOP
}

idx() { cat "$S/$1/index"; }
api_port() { echo $((20443 + 10 * $(idx "$1"))); }
etcd_port() { echo $((22379 + 10 * $(idx "$1"))); }
kubelet_port() { echo $((24250 + 10 * $(idx "$1"))); }

pki() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj "/CN=ca-$1" -days 365 2>/dev/null
  openssl genrsa -out sa.key 2048 2>/dev/null; openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  local spec n subj san i; i=$(idx "$1")
  for spec in "server|/CN=kube-apiserver|IP:10.8$i.0.1,IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default" "admin|/O=system:masters/CN=admin|" \
              "kubeletclient|/O=system:masters/CN=kube-apiserver-kubelet-client|"; do
    IFS='|' read -r n subj san <<< "$spec"
    openssl req -newkey rsa:2048 -nodes -keyout "$n.key" -out "$n.csr" -subj "$subj" 2>/dev/null
    printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${san:+subjectAltName=$san}" > "$n.ext"
    openssl x509 -req -in "$n.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$n.crt" -extfile "$n.ext" 2>/dev/null
  done
}

spawn() { # part, command...
  local part=$1; shift
  setsid nohup "$@" >> "$part.log" 2>&1 < /dev/null & echo $! > "$part.pid"
}

start_part() {
  local n=$1 part=$2 i ap ep kp; cd "$S/$n"; i=$(idx "$n"); ap=$(api_port "$n"); ep=$(etcd_port "$n"); kp=$(kubelet_port "$n")
  case $part in
    etcd) spawn etcd etcd --name "$n" --data-dir "$PWD/etcd" --unsafe-no-fsync --log-level error --quota-backend-bytes 8589934592 \
      --listen-client-urls "http://127.0.0.1:$ep" --advertise-client-urls "http://127.0.0.1:$ep" \
      --listen-peer-urls "http://127.0.0.1:$((ep + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((ep + 1))" \
      --initial-cluster "$n=http://127.0.0.1:$((ep + 1))" ;;
    api) spawn api "$B/kube-apiserver" --etcd-servers="http://127.0.0.1:$ep" --secure-port="$ap" --bind-address="10.8$i.0.1" \
      --tls-cert-file=server.crt --tls-private-key-file=server.key --client-ca-file=ca.crt \
      --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key --service-account-issuer=https://kubernetes.default.svc \
      --authorization-mode=Node,RBAC --service-cluster-ip-range="10.$((100 + i)).0.0/16" --allow-privileged=true \
      --kubelet-client-certificate=kubeletclient.crt --kubelet-client-key=kubeletclient.key \
      $(cat api-extra) --feature-gates=EphemeralContainers=true \
      --kubelet-preferred-address-types=InternalIP --max-requests-inflight=3000 --max-mutating-requests-inflight=1500 ;;
    kcm) spawn kcm "$B/kube-controller-manager" --kubeconfig=kubeconfig --service-account-private-key-file=sa.key --root-ca-file=ca.crt \
      --use-service-account-credentials=true --cluster-signing-cert-file=ca.crt --cluster-signing-key-file=ca.key \
      --kube-api-qps=500 --kube-api-burst=1000 --concurrent-deployment-syncs=20 --concurrent-replicaset-syncs=20 --concurrent-gc-syncs=50 \
      --leader-elect=false --port=0 --secure-port=$((ap + 1)) ;;
    sched) spawn sched "$B/kube-scheduler" --kubeconfig=kubeconfig --leader-elect=false --port=0 --secure-port=$((ap + 2)) \
      --kube-api-qps="$(cat sched-qps)" --kube-api-burst="$(cat sched-qps)" ;;
    mounts) mkdir -p logs/pods logs/containers logs/netns; spawn mounts unshare --mount --propagation private sh -c "
      for d in /var/log/pods /var/log/containers /run/netns; do
        mkdir -p \$d; mount --bind '$PWD/logs/'\${d##*/} \$d || exit 1; done; exec sleep infinity" ;;
    containerd) spawn containerd nsenter -t "$(cat mounts.pid)" -m containerd -c "$PWD/containerd.toml" ;;
    kubelet) spawn kubelet nsenter -t "$(cat mounts.pid)" -m "$B/kubelet" --config="$PWD/kubelet.yaml" --kubeconfig="$PWD/kubeconfig" --container-runtime=remote \
      --container-runtime-endpoint="unix://$PWD/ctd/containerd.sock" --root-dir="$PWD/kubelet" --hostname-override="$n-node1" \
      --node-ip="10.8$i.0.1" --cert-dir="$PWD/kubelet-pki" --volume-plugin-dir="$PWD/volplug" ;;
    *) die "no part '$part'" ;;
  esac
}

wait_for() { # seconds, what, command...
  local s=$1 what=$2 i; shift 2
  for ((i = 0; i < s * 2; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.5; done
  die "$what: not there after $s s"
}

up() {
  local n=$1 kubelet="" qps=5000 extra="" bare=""; shift
  while [ $# -gt 0 ]; do case $1 in --kubelet) kubelet=1 ;; --sched-qps) qps=$2; shift ;; --verify-kubelets) extra=1 ;; --bare) bare=1 ;; *) die "unknown option $1" ;; esac; shift; done
  [ -x "$B/kube-apiserver" ] || die "run 'realkube build' first"
  [ -d "$S/$n" ] && die "cluster $n is there already ('realkube down $n' removes it)"
  local i=0; while grep -qsx "$i" "$S"/*/index; do i=$((i + 1)); done
  mkdir -p "$S/$n"; cd "$S/$n"; echo "$i" > index; echo "$qps" > sched-qps
  if [ -n "$extra" ]; then echo "--kubelet-certificate-authority=$PWD/ca.crt" > api-extra; else : > api-extra; fi
  if [ -n "$bare" ]; then
    echo "--disable-admission-plugins=TaintNodesByCondition,ServiceAccount,StorageObjectInUseProtection --feature-gates=ServerSideApply=false" >> api-extra
  fi
  # a bridge of the cluster's own carries its address: containers of any cluster on this machine reach this API server there
  ip link add "rk$i" type bridge 2>/dev/null || true; ip addr add "10.8$i.0.1/16" dev "rk$i" 2>/dev/null || true; ip link set "rk$i" up
  pki "$n"; start_part "$n" etcd; sleep 1; start_part "$n" api
  cat > kubeconfig <<EOK
apiVersion: v1
kind: Config
clusters: [{name: $n, cluster: {server: "https://10.8$(idx "$n").0.1:$(api_port "$n")", certificate-authority: $PWD/ca.crt}}]
users: [{name: $n-admin, user: {client-certificate: $PWD/admin.crt, client-key: $PWD/admin.key}}]
contexts: [{name: $n, context: {cluster: $n, user: $n-admin}}]
current-context: $n
EOK
  wait_for 60 "API server of $n" curl -sf --cacert ca.crt --cert admin.crt --key admin.key "https://10.8$(idx "$n").0.1:$(api_port "$n")/readyz"
  if [ -n "$bare" ]; then echo "$PWD/kubeconfig"; return; fi
  start_part "$n" kcm; start_part "$n" sched
  wait_for 60 "default service account of $n" curl -sf --cacert ca.crt --cert admin.crt --key admin.key "https://10.8$(idx "$n").0.1:$(api_port "$n")/api/v1/namespaces/default/serviceaccounts/default"
  if [ -n "$kubelet" ]; then
    runc_wrapper; images; mkdir -p cni ctd
    cat > containerd.toml <<EOC
version = 2
root = "$PWD/ctd/root"
state = "$PWD/ctd/state"
[grpc]
  address = "$PWD/ctd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:local"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$PWD/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "$B/runc-wrap"
EOC
    cat > cni/10-bridge.conflist <<EOC
{"cniVersion":"0.4.0","name":"$n","plugins":[{"type":"bridge","bridge":"rk$i","isGateway":true,"ipMasq":false,
"ipam":{"type":"host-local","subnet":"10.8$i.0.0/16","dataDir":"$PWD/ipam","routes":[{"dst":"0.0.0.0/0"}]}},{"type":"portmap","capabilities":{"portMappings":true}}]}
EOC
    cat > kubelet.yaml <<EOC
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $PWD/ca.crt}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
featureGates: {EphemeralContainers: true}
address: 10.8$i.0.1
port: $(kubelet_port "$n")
healthzPort: 0
readOnlyPort: 0
evictionHard: {memory.available: "50Mi", nodefs.available: "1%", imagefs.available: "1%"}
syncFrequency: 5s
EOC
    # These places are fixed, and each kubelet removes there what it does not know: every cluster has its own.
    start_part "$n" mounts
    wait_for 10 "mounts of $n" grep -q " /run/netns " "/proc/$(cat mounts.pid)/mounts"
    start_part "$n" containerd
    wait_for 30 "containerd of $n" ctr -a "$PWD/ctd/containerd.sock" version
    for t in pause busybox; do ctr -a "$PWD/ctd/containerd.sock" -n k8s.io images import "$H/$t.tar" >/dev/null; done
    start_part "$n" kubelet
    wait_for 90 "node of $n" sh -c "curl -sf --cacert ca.crt --cert admin.crt --key admin.key https://10.8$(idx "$n").0.1:$(api_port "$n")/api/v1/nodes/$n-node1 | jq -r '.status.conditions[] | select(.type==\"Ready\").status' | grep -qx True"
  fi
  echo "$PWD/kubeconfig"
}

stop_part() { # name part signal
  local f=$S/$1/$2.pid; [ -f "$f" ] || return 0
  kill "-$3" "$(cat "$f")" 2>/dev/null || true
}

down() {
  local n=$1 p; if [ "$n" = all ]; then for d in "$S"/*/; do [ -d "$d" ] && down "$(basename "$d")"; done; return; fi
  [ -d "$S/$n" ] || return 0
  local i; i=$(idx "$n")
  for p in kubelet sched kcm api etcd; do stop_part "$n" $p CONT; stop_part "$n" $p TERM; done; sleep 1
  if [ -f "$S/$n/containerd.pid" ]; then
    local sock=$S/$n/ctd/containerd.sock t
    for t in $(ctr -a "$sock" -n k8s.io tasks ls -q 2>/dev/null); do ctr -a "$sock" -n k8s.io tasks kill -s KILL "$t" >/dev/null 2>&1 || true; done; sleep 1
    stop_part "$n" containerd TERM; sleep 1
    grep -l "$S/$n/ctd" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do kill -KILL "$(echo "$f" | cut -d/ -f3)" 2>/dev/null || true; done || true
    stop_part "$n" mounts KILL
    grep " $S/$n" /proc/mounts | awk '{print $2}' | sort -r | while read -r m; do umount -l "$m" 2>/dev/null || true; done || true
  fi
  ip link del "rk$i" 2>/dev/null || true
  for p in kubelet sched kcm api etcd; do stop_part "$n" $p KILL; done
  rm -rf "${S:?}/$n"
}

case ${1:-} in
  build) build ;;
  up) shift; up "$@" ;;
  kubeconfig) echo "$S/$2/kubeconfig" ;;
  pause) stop_part "$2" api STOP ;;
  resume) stop_part "$2" api CONT ;;
  kill) stop_part "$2" "${3:-api}" KILL ;;
  start) start_part "$2" "$3" ;;
  down) down "${2:-all}" ;;
  *) sed -n '2,26p' "$0" | sed 's/^# \{0,1\}//'; exit 2 ;;
esac
