#!/bin/bash
# Starts the embedded world; with "demo" also applies an example, shows where its pods landed and why,
# and stops again.
#   tools/run.sh STOWAGE [demo]
set -euo pipefail
stowage=$(realpath "$1")
cd "$(dirname "$0")/.."
if [ "${2:-}" != demo ]; then
  echo "Tip: alias stowage=$stowage"
  exec "$stowage" up
fi

directory=$(mktemp -d)
"$stowage" up --port 0 --dir "$directory" >"$directory/out" 2>"$directory/log" &
pid=$!
finish() {
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -rf "$directory"
}
trap finish EXIT

for _ in $(seq 200); do
  grep -q "Stowage is up" "$directory/out" && break
  if ! kill -0 "$pid" 2>/dev/null; then
    cat "$directory/log" >&2
    exit 1
  fi
  sleep 0.2
done
sed -n '/Stowage is up/,/^$/p' "$directory/out"
export KUBECONFIG=$directory/kubeconfig

show() {
  echo
  echo "\$ $*"
  "$@"
}
show kubectl get nodes
show kubectl apply -f manifests/examples/web.yaml
show kubectl rollout status deployment/web --timeout=60s
show kubectl get pods -o wide
for pod in $(kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.spec.nodeName}{" "}{.metadata.name}{"\n"}{end}' |
  sort -u -k1,1 | awk '{print $2}'); do
  show "$stowage" explain "$pod"
done
show "$stowage" clusters
