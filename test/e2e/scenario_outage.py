"""All managers stopped for longer than Kubernetes waits with evictions: no pod is deleted or restarted."""
import time

from kubeapi import containers_started
from rig import Failure, wait
from workloads import SERVE, deployment, pod


class Outage:
    def __init__(self, rig, seconds):
        self.rig, self.seconds = rig, seconds

    def begin(self):
        rig = self.rig
        with rig.check("pods run before all managers stop"):
            brief = pod("brief", SERVE)
            brief["spec"]["tolerations"] = brief["spec"]["tolerations"] + [
                {"key": "node.kubernetes.io/" + state, "operator": "Exists", "effect": "NoExecute",
                 "tolerationSeconds": 20} for state in ("not-ready", "unreachable")]
            rig.apply(deployment("web", 6), pod("alone", SERVE), brief)
            rig.kubectl("rollout", "status", "deployment/web", "--timeout=90s", timeout=100)
            rig.kubectl("wait", "--for=condition=Ready", "pod/alone", "pod/brief", "--timeout=60s", timeout=70)
            wait("their tolerations have no limit", 60, self.tolerant)
        self.before = self.containers()
        self.recorders = rig.record("host", "m1", "m2")
        rig.manager.kill()
        self.start = time.monotonic()

    def host_pods(self):
        return self.rig.clusters["host"].items("/api/v1/namespaces/default/pods", labelSelector="app in (web, alone)")

    def tolerant(self):
        pods = self.host_pods()
        return len(pods) == 7 and not any("tolerationSeconds" in t for p in pods for t in p["spec"]["tolerations"])

    def containers(self):
        """Origin UID -> the containers and restarts of its copy."""
        ours = {p["metadata"]["uid"] for p in self.host_pods()}
        found = {}
        for name in ("m1", "m2"):
            for copy in self.rig.clusters[name].pods(labelSelector="stowage.dev/host"):
                origin = copy["metadata"]["labels"]["stowage.dev/origin-uid"]
                if origin in ours:
                    restarts = sum(s["restartCount"] for s in copy["status"]["containerStatuses"])
                    found[origin] = (copy["metadata"]["uid"], sorted(containers_started(copy)), restarts)
        return found

    def unharmed(self):
        after = self.containers()
        if len(self.before) != 7 or after != self.before:
            raise Failure(f"before: {self.before}\nafter: {after}")
        gone = [(e.cluster, e.name) for r in self.recorders for e in list(r.events)
                if (e.origin or e.uid) in self.before and (e.deleting or e.kind == "DELETED")]
        if gone:
            raise Failure(f"deleted: {gone}")

    def evicted(self):
        """The host's own eviction struck where a pod's author chose 20 s: it would have struck the others."""
        return [e.name for e in list(self.recorders[0].events) if e.name == "brief" and e.deleting]

    def end(self):
        rig = self.rig
        with rig.check(f"{self.seconds:.0f} s without a manager: no pod is deleted or restarted"):
            time.sleep(max(0.0, self.start + self.seconds - time.monotonic()))
            for name in ("m1", "m2"):
                node = rig.clusters["host"].get("/api/v1/nodes/" + name)
                taints = {(t["key"], t["effect"]) for t in node["spec"].get("taints", [])}
                if self.seconds >= 90 and ("node.kubernetes.io/unreachable", "NoExecute") not in taints:
                    raise Failure(f"the host did not notice that node {name} is silent: {taints}")
            if self.seconds >= 90 and not self.evicted():
                raise Failure("the host's eviction never struck: the check says nothing")
            self.unharmed()
        with rig.check("a manager that comes back finds all as it was"):
            rig.start_manager("host")
            for name in ("m1", "m2"):
                rig.kubectl("wait", "--for=condition=Ready", "node/" + name, "--timeout=60s", timeout=70)
            rig.kubectl("rollout", "status", "deployment/web", "--timeout=90s", timeout=100)
            rig.kubectl("wait", "--for=condition=Ready", "pod/alone", "--timeout=60s", timeout=70)
            time.sleep(10)
            self.unharmed()
            rig.manager.kill()
