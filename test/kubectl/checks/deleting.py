"""delete: grace, force, cascades, selectors, namespaces."""

import json
import time

from harness import check, eventually, expect, has, lacks, matches, same
from objects import FOREVER, config, deployment, pod


def gone(k, *what, seconds=20):
    eventually(lambda: same(k.ok("get", *what, "--ignore-not-found", "-o", "name"), ""), seconds)


@check("delete waits until the object is gone, and says so")
def delete(k):
    k.create(pod("one"))
    k.ready("one")
    matches(k.ok("delete", "pod", "one"), r'^pod "one" deleted')
    k.no("get", "pod", "one", says="not found")
    k.no("delete", "pod", "one", says='pods "one" not found')
    k.ok("delete", "pod", "one", "--ignore-not-found")


@check("a pod that ends slowly is Terminating for its grace period, then gone")
def grace(k):
    k.create(pod("slow", script="trap '' TERM; while true; do sleep 1; done"))
    k.ready("slow")
    began = time.monotonic()
    k.ok("delete", "pod", "slow", "--grace-period=3", "--wait=false")
    matches(k.ok("get", "pod", "slow"), r"^slow\s+1/1\s+Terminating\s")
    same(k.value("pod slow", ".metadata.deletionGracePeriodSeconds"), "3")
    gone(k, "pod", "slow")
    took = time.monotonic() - began
    expect(2.5 <= took <= 15, f"gone after {took:.1f} s with a grace period of 3 s")


@check("a pod that obeys SIGTERM is gone well before its grace period ends")
def obeys(k):
    k.create(pod("kind", script=FOREVER, spec={"terminationGracePeriodSeconds": 60}))
    k.ready("kind")
    began = time.monotonic()
    k.ok("delete", "pod", "kind")
    expect(time.monotonic() - began < 15, "it took the whole grace period")


@check("delete --force --grace-period=0 takes it away at once, with a warning")
def force(k):
    k.create(pod("stubborn", script="trap '' TERM; while true; do sleep 1; done",
                 spec={"terminationGracePeriodSeconds": 60}))
    k.ready("stubborn")
    began = time.monotonic()
    code, out, err = k.run("delete", "pod", "stubborn", "--force", "--grace-period=0")
    same(code, 0)
    has(out + err, "force deleted", "Immediate deletion does not wait for confirmation")
    expect(time.monotonic() - began < 10, "not at once")
    k.no("get", "pod", "stubborn", says="not found")


@check("delete --now gives one second")
def now(k):
    k.create(pod("hurry", script="trap '' TERM; while true; do sleep 1; done",
                 spec={"terminationGracePeriodSeconds": 60}))
    k.ready("hurry")
    began = time.monotonic()
    k.ok("delete", "pod", "hurry", "--now")
    expect(time.monotonic() - began < 15, "--now took too long")


@check("deleting a Deployment takes its ReplicaSets and pods with it")
def cascade(k):
    k.create(deployment("tree", replicas=2))
    k.ok("rollout", "status", "deploy/tree", "--timeout=40s", seconds=50)
    k.ok("delete", "deploy", "tree")
    gone(k, "rs,pods", "-l", "app=tree")


@check("delete --cascade=orphan leaves the dependents, --cascade=foreground takes them first")
def cascades(k):
    k.create(deployment("keep", replicas=1))
    k.ok("rollout", "status", "deploy/keep", "--timeout=40s", seconds=50)
    k.ok("delete", "deploy", "keep", "--cascade=orphan")
    time.sleep(1)
    sets = k.json("get", "rs", "-l", "app=keep")["items"]
    same(len(sets), 1)
    same(sets[0]["metadata"].get("ownerReferences", []), [])
    same(len(k.ok("get", "pods", "-l", "app=keep", "-o", "name").split()), 1)
    k.ok("delete", "rs", "-l", "app=keep", "--cascade=foreground")
    same(k.ok("get", "rs,pods", "-l", "app=keep", "-o", "name"), "")


@check("delete selects by -l, --field-selector and --all, and by file")
def selections(k):
    k.create(*[config(f"d{i}", labels={"half": "odd" if i % 2 else "even"}) for i in range(4)])
    out = k.ok("delete", "cm", "-l", "half=odd")
    has(out, '"d1" deleted', '"d3" deleted')
    lacks(out, '"d0"')
    k.ok("delete", "cm", "--field-selector", "metadata.name=d0")
    same(k.ok("get", "cm", "-l", "half", "-o", "name").strip(), "configmap/d2")
    has(k.ok("delete", "cm", "--all"), '"d2" deleted')
    eventually(lambda: has(k.ok("get", "cm", "-o", "name"), "kube-root-ca.crt"))  # made again by its controller
    has(k.ok("delete", "cm", "d2", "--ignore-not-found", "--dry-run=server"), "")


@check("delete --dry-run=server deletes nothing")
def dry_run(k):
    k.create(config("stays"))
    has(k.ok("delete", "cm", "stays", "--dry-run=server"), "deleted (server dry run)")
    k.ok("get", "cm", "stays")


@check("an object with a finalizer stays until it is taken off")
def finalizer(k):
    held = config("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    k.create(held)
    k.ok("delete", "cm", "held", "--wait=false")
    expect(k.value("cm held", ".metadata.deletionTimestamp") != "", "no deletionTimestamp")
    k.no("delete", "cm", "held", "--timeout=1s", says="timed out waiting for the condition")
    k.ok("patch", "cm", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    k.no("get", "cm", "held", says="not found")


@check("deleting a namespace takes everything in it")
def namespace(k):
    name = k.namespace + "-whole"
    k.ok("create", "namespace", name)
    k.ok("-n", name, "create", "-f", "-", stdin=json.dumps(
        pod("inside", script="trap '' TERM; while true; do sleep 1; done", spec={"terminationGracePeriodSeconds": 4})))
    k.ok("-n", name, "create", "configmap", "c")
    k.ok("-n", name, "wait", "--for=condition=Ready", "pod/inside", "--timeout=40s")
    k.ok("delete", "namespace", name, "--wait=false")
    matches(k.ok("get", "namespace", name), rf"^{name}\s+Terminating\s")
    k.no("-n", name, "create", "configmap", "late", says="is being terminated")
    gone(k, "namespace", name, seconds=40)
    same(k.ok("get", "pods", "-n", name, "-o", "name"), "")


@check("default, kube-system and kube-public cannot be deleted")
def protected(k):
    k.no("delete", "namespace", "kube-system", says="is forbidden: this namespace may not be deleted")
