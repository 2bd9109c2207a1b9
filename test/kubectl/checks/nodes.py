"""cordon, taint, drain: what a platform engineer does with a virtual node."""

import json
import time

from harness import check, eventually, expect, has, matches, same
from objects import deployment, pod


def node_of(k, name):
    return k.value(f"pod {name}", ".spec.nodeName")


@check("cordon shows SchedulingDisabled and keeps new pods away; uncordon lets them in again")
def cordon(k):
    has(k.ok("cordon", "onprem"), "node/onprem cordoned")
    matches(k.ok("get", "node", "onprem"), r"^onprem\s+Ready,SchedulingDisabled\s")
    k.create(pod("away", spec={"nodeSelector": {"stowage.dev/cluster": "onprem"}}))
    eventually(lambda: matches(k.ok("describe", "pod", "away"), "unschedulable|cordon"))
    same(node_of(k, "away"), "")
    has(k.ok("uncordon", "onprem"), "node/onprem uncordoned")
    k.ready("away")
    same(node_of(k, "away"), "onprem")
    has(k.ok("uncordon", "onprem"), "already uncordoned")


@check("a taint keeps pods away that do not tolerate it, and stays on the virtual node")
def taint(k):
    has(k.ok("taint", "nodes", "cloud-us", "team=blue:NoSchedule"), "node/cloud-us tainted")
    k.create(pod("no-blue", spec={"nodeSelector": {"stowage.dev/cluster": "cloud-us"}}))
    eventually(lambda: has(k.ok("describe", "pod", "no-blue"), "FailedScheduling", "taint"))
    has(k.ok("describe", "node", "cloud-us"), "team=blue:NoSchedule", "virtual-kubelet.io/provider=stowage:NoSchedule")
    has(k.ok("taint", "nodes", "cloud-us", "team-"), "untainted")
    k.ready("no-blue")


@check("a label of a Cluster comes to its virtual node and can be selected by")
def label(k):
    k.ok("patch", "cluster", "onprem", "--type=merge", "-p", '{"spec":{"labels":{"disk":"ssd"}}}')
    eventually(lambda: has(k.ok("get", "nodes", "-l", "disk=ssd", "-o", "name"), "node/onprem"))
    k.create(pod("ssd", spec={"nodeSelector": {"disk": "ssd"}}))
    k.ready("ssd")
    same(node_of(k, "ssd"), "onprem")
    k.ok("patch", "cluster", "onprem", "--type=merge", "-p", '{"spec":{"labels":null}}')


@check("a label that a user puts on a virtual node stays")
def label_node(k):
    k.ok("label", "node", "onprem", "mine=yes")
    time.sleep(2)
    has(k.ok("get", "nodes", "-l", "mine=yes", "-o", "name"), "node/onprem")
    k.ok("label", "node", "onprem", "mine-")


@check("drain moves a Deployment's pods elsewhere")
def drain(k):
    k.create(deployment("moves", replicas=3))
    k.ok("rollout", "status", "deploy/moves", "--timeout=40s", seconds=50)
    out = k.ok("drain", "onprem", "--ignore-daemonsets", "--pod-selector=app=moves", "--timeout=40s", seconds=50)
    has(out, "node/onprem", "drained" if k.version >= (1, 24) else "evicted")
    k.ok("rollout", "status", "deploy/moves", "--timeout=40s", seconds=50)

    def moved():
        nodes = k.ok("get", "pods", "-l", "app=moves", "-o", "jsonpath={.items[*].spec.nodeName}").split()
        expect(len(nodes) == 3 and "onprem" not in nodes, str(nodes))
    eventually(moved)
    k.ok("uncordon", "onprem")


@check("drain refuses bare pods without --force, and honours disruption budgets")
def drain_refuses(k):
    k.create(pod("bare", spec={"nodeSelector": {"stowage.dev/cluster": "cloud-eu"}}))
    k.ready("bare")
    out = k.no("drain", "cloud-eu", "--ignore-daemonsets", "--pod-selector=app=bare", "--timeout=5s")
    matches(out, "declare no controller|not managed by")
    k.ok("create", "-f", "-", stdin=json.dumps({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "hold"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "bare"}}}}))
    out = k.no("drain", "cloud-eu", "--force", "--ignore-daemonsets", "--pod-selector=app=bare", "--timeout=7s")
    has(out, "Cannot evict pod as it would violate the pod's disruption budget")
    k.ok("get", "pod", "bare")
    k.ok("delete", "pdb", "hold")
    k.ok("drain", "cloud-eu", "--force", "--ignore-daemonsets", "--pod-selector=app=bare", "--timeout=40s", seconds=50)
    k.no("get", "pod", "bare", says="not found")
    k.ok("uncordon", "cloud-eu")


@check("a virtual node that somebody deletes comes back")
def comes_back(k):
    before = k.value("node cloud-us", ".metadata.uid")
    k.ok("delete", "node", "cloud-us")

    def back():
        out = k.ok("get", "node", "cloud-us", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}")
        expect(out and out != before, "not back yet")
        matches(k.ok("get", "node", "cloud-us"), r"^cloud-us\s+Ready\s")
    eventually(back, 15)
