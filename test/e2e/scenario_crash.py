"""`stowage run` is killed with -9, at chosen moments and at random ones, while pods come and go. Recorders on
all API servers tell afterwards: no pod of the host began twice, none was lost, nothing was left in a member."""
import json
import random
import threading
import time

from kubeapi import containers_started
from rig import Failure, wait
from workloads import deployment, job, namespace, pod

NS = "churn"
STEADY = "trap 'exit 0' TERM; while true; do sleep 0.1; done"


class Trap:
    """Kills the manager from within the watch, at the first event that `when` takes."""

    def __init__(self, rig, recorders, when):
        self.rig, self.recorders, self.when, self.sprung = rig, recorders, when, threading.Event()
        for recorder in recorders:
            recorder.handlers.append(self.see)

    def see(self, event):
        if not self.sprung.is_set() and self.when(event):
            self.rig.manager.process.kill()
            self.sprung.set()

    def wait(self, seconds=90):  # a kubelet takes its time to clear a pod away
        if not self.sprung.wait(seconds):
            raise Failure("the moment never came")
        self.rig.manager.kill()
        for recorder in self.recorders:
            recorder.handlers.remove(self.see)


def steady(name, cluster="m1"):
    return pod(name, STEADY, ns=NS, grace=3, cluster=cluster)


def host_pod(rig, name):
    return rig.clusters["host"].get(f"/api/v1/namespaces/{NS}/pods/{name}")


def until_running(rig, name, seconds=60):
    def running():
        found = host_pod(rig, name)
        return found and found["status"]["phase"] == "Running" and found
    return wait(f"{name} is Running on the host", seconds, running)


def until_gone(rig, name, seconds=150):
    wait(f"{name} is gone from the host", seconds, lambda: host_pod(rig, name) is None)


def around_create(rig, recorders):
    host, *members = recorders
    moments = (("create-sent", [host], lambda e: e.node), ("create-done", members, lambda e: e.kind == "ADDED"),
               ("scheduled-there", members, lambda e: e.node), ("before-status", members, lambda e: e.phase == "Running"))
    for moment, watched, when in moments:
        with rig.check(f"killed at the moment: {moment}"):
            for i in range(2):
                name = f"{moment}-{i}"
                trap = Trap(rig, watched, lambda e, name=name, when=when: e.name == name and when(e))
                rig.apply(steady(name, "m1" if i == 0 else "m2"))
                trap.wait()
                rig.start_manager()
                until_running(rig, name)


def create_never_answered(rig):
    with rig.check("killed while the member's API server hangs on a create"):
        # A manager that has not opened the member yet binds nothing to it.
        wait("the manager has opened m1", 30, lambda: "member synced node=m1 " in rig.manager.output())
        rig.realkube("pause", "m1")
        try:
            rig.apply(steady("hung"))
            wait("hung is bound", 20, lambda: (host_pod(rig, "hung") or {"spec": {}})["spec"].get("nodeName"))
            time.sleep(0.5)
            rig.manager.kill()
        finally:
            rig.realkube("resume", "m1")
        rig.start_manager()
        until_running(rig, "hung")


def around_delete(rig, recorders):
    host, *members = recorders
    moments = (("delete-seen", [host], lambda e: e.deleting), ("delete-sent", members, lambda e: e.deleting),
               ("delete-done", members, lambda e: e.kind == "DELETED"))
    for number, (moment, watched, when) in enumerate(moments):
        with rig.check(f"killed at the moment: {moment}"):
            for i, name in enumerate((f"create-sent-{number % 2}", f"create-done-{number % 2}")
                                     if number < 2 else ("scheduled-there-0", "scheduled-there-1")):
                trap = Trap(rig, watched, lambda e, name=name, when=when: e.name == name and when(e))
                rig.kubectl("delete", "pod", name, "-n", NS, "--wait=false")
                trap.wait()
                rig.start_manager()
                until_gone(rig, name)


class Churn(threading.Thread):
    """Scales, finishes, and deletes, as users do; remembers what it could not do."""

    def __init__(self, rig, rng):
        super().__init__(daemon=True, name="churn")
        self.rig, self.rng, self.over, self.jobs, self.problems = rig, rng, threading.Event(), 0, []
        self.restarts = 0
        self.start()

    def run(self):
        while not self.over.is_set():
            try:
                self.step(self.rng.choice(("scale", "job", "delete", "scale", "restart")))
            except Exception as problem:  # shown by the check that waits for us
                self.problems.append(repr(problem))
            self.over.wait(self.rng.uniform(0.3, 1.5))

    def step(self, what):
        if what == "scale":
            self.rig.kubectl("scale", "deployment/crowd", f"--replicas={self.rng.randint(1, 8)}", "-n", NS)
        elif what == "job" and self.jobs < 8:
            self.jobs += 1
            self.rig.apply(job(f"job-{self.jobs}", 1, ns=NS, script="echo done"))
        elif what == "restart":
            # What `rollout restart` does, which refuses a second one within a second.
            self.restarts += 1
            template = {"metadata": {"annotations": {"churn": str(self.restarts)}}}
            self.rig.kubectl("patch", "deployment/crowd", "-n", NS, "--type=merge",
                             "-p", json.dumps({"spec": {"template": template}}))
        elif what == "delete":
            pods = self.rig.clusters["host"].items(f"/api/v1/namespaces/{NS}/pods", labelSelector="app=crowd")
            if pods:
                name = self.rng.choice(pods)["metadata"]["name"]
                grace = self.rng.choice(("--grace-period=0", "--grace-period=1", "--grace-period=3"))
                force = ["--force"] if grace.endswith("=0") else []
                self.rig.kubectl("delete", "pod", name, "-n", NS, "--wait=false", grace, *force, check=False)

    def stop(self):
        self.over.set()
        self.join(60)


def at_random(rig):
    options = rig.options
    with rig.check(f"killed at {options.kills} random moments (seed {options.seed}) while pods come and go"):
        rng = random.Random(options.seed)
        rig.apply(deployment("crowd", 4, ns=NS, script=STEADY))
        churn = Churn(rig, random.Random(options.seed + 1))
        try:
            for _ in range(options.kills):
                time.sleep(rng.uniform(0.5, 6.0))
                rig.manager.kill()
                rig.start_manager()
        finally:
            churn.stop()
        if churn.problems:
            raise Failure("; ".join(churn.problems))
        rig.kubectl("scale", "deployment/crowd", "--replicas=4", "-n", NS)
        rig.kubectl("rollout", "status", "deployment/crowd", "-n", NS, "--timeout=120s", timeout=130)
        for i in range(1, churn.jobs + 1):
            rig.kubectl("wait", "--for=condition=complete", f"job/job-{i}", "-n", NS, "--timeout=60s", timeout=70)


def starts(recorders):
    """Origin UID -> its name, the containers that ever began for it, and its copies, in all members together."""
    found = {}
    for recorder in recorders:
        for event in list(recorder.events):
            if event.origin and event.ns == NS:
                found.setdefault(event.origin, (event.name, set(), set()))
                found[event.origin][1].update(containers_started(event.pod))
                found[event.origin][2].add((event.cluster, event.uid))
    return found


def judge(rig, recorders):
    host, *members = recorders
    with rig.check("no pod of the host began twice"):
        began = starts(members)
        twice = {name: (ids, copies) for name, ids, copies in began.values() if len(ids) > 1 or len(copies) > 1}
        if twice:
            raise Failure(f"{len(twice)} of {len(began)} pods began more than once: {twice}")
        ran = sum(1 for _, ids, _ in began.values() if ids)
        if ran < 15:
            raise Failure(f"only {ran} pods began: the workload was too small to say anything")
        rig.figure(f"crashes: {ran} pods began, each once")
    with rig.check("no pod was lost, and none failed"):
        failed = {(e.name, e.pod["status"].get("reason", "")) for e in list(host.events)
                  if e.ns == NS and e.phase == "Failed"}
        if failed:
            raise Failure(f"{failed}")
        for name in ("hung", "before-status-0", "before-status-1"):
            until_running(rig, name, 10)
    with rig.check("the recorders missed nothing"):
        gaps = [r.cluster.name for r in recorders if r.gaps]
        if gaps:
            raise Failure(f"watches broke off: {gaps}")


def nothing_left(rig):
    with rig.check("nothing is left behind in the members"):
        rig.kubectl("delete", "namespace", NS, "--timeout=180s", timeout=190)

        def left():
            found = []
            for name in ("m1", "m2"):
                found += [f"{name}: pod {p['metadata']['name']}"
                          for p in rig.clusters[name].items(f"/api/v1/namespaces/{NS}/pods")]
                found += [f"{name}: {kind} {o['metadata']['name']}" for kind in ("configmaps", "secrets") for o in
                          rig.clusters[name].items(f"/api/v1/namespaces/{NS}/{kind}", labelSelector="stowage.dev/host")]
            return found
        end = time.monotonic() + 120
        while (found := left()) and time.monotonic() < end:
            time.sleep(1)
        if found:
            raise Failure("; ".join(found))


def run(rig):
    recorders = rig.record("host", "m1", "m2")
    rig.apply(namespace(NS))
    around_create(rig, recorders)
    create_never_answered(rig)
    around_delete(rig, recorders)
    at_random(rig)
    judge(rig, recorders)
    nothing_left(rig)
    for recorder in recorders:
        recorder.stop()
