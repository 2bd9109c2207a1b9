"""Ordinary objects, applied to the host, run in the members and show there what they do."""
import json
import time

from rig import Failure, wait
from workloads import config_map, deployment, job, pod, secret

# Says what it was given, and takes three seconds to stop.
BARE = ("echo $GREETING; cat /config/file.txt /secret/password; echo; trap 'echo stopping; sleep 3; exit 0' TERM; "
        "while true; do sleep 0.2; done")


def bare_pod():
    made = pod("bare", BARE, grace=20, volumes=[{"name": "config", "configMap": {"name": "settings"}},
                                                {"name": "secret", "secret": {"secretName": "password"}}])
    made["spec"]["containers"][0].update(
        env=[{"name": "GREETING", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "greeting"}}}],
        volumeMounts=[{"name": "config", "mountPath": "/config"}, {"name": "secret", "mountPath": "/secret"}])
    return made


def host_pods(rig, app):
    return rig.clusters["host"].items("/api/v1/namespaces/default/pods", labelSelector="app=" + app)


def copies(rig):
    """Origin UID -> (member's name, copy)."""
    return {p["metadata"]["labels"]["stowage.dev/origin-uid"]: (name, p) for name in ("m1", "m2")
            for p in rig.clusters[name].pods(labelSelector="stowage.dev/host")}


def phases(pods):
    return sorted(p["status"]["phase"] for p in pods)


def join_members(rig):
    with rig.check("both members join with a least-privilege account"):
        for name, region in (("m1", "eu"), ("m2", "us")):
            said = rig.join(name, "--region", region).stdout
            if "ServiceAccount" not in said:
                raise Failure("join says nothing of an account: " + said)
        rig.start_manager()
        for name in ("m1", "m2"):
            rig.join(name, "--region", "eu" if name == "m1" else "us", "--wait", "60")
        account = rig.clusters["m1"].items("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings")
        ours = [b for b in account if b["metadata"]["name"].startswith("stowage-")]
        if len(ours) != 1 or ours[0]["roleRef"]["name"] == "cluster-admin":
            raise Failure(f"the member's bindings: {ours}")
    with rig.check("virtual nodes are Ready and show the members' capacity"):
        for name in ("m1", "m2"):
            def shown():
                ours = rig.clusters["host"].get("/api/v1/nodes/" + name)["status"]
                theirs = rig.clusters[name].get(f"/api/v1/nodes/{name}-node1")["status"]
                return ours.get("allocatable", {}).get("cpu") == theirs["allocatable"]["cpu"] and ours
            status = wait(f"allocatable of {name}", 30, shown)
            ready = [c["status"] for c in status["conditions"] if c["type"] == "Ready"]
            if ready != ["True"]:
                raise Failure(f"{name} is not Ready: {ready}")
            cluster = rig.clusters["host"].get("/apis/stowage.dev/v1alpha1/clusters/" + name)
            conditions = cluster.get("status", {}).get("conditions", [])
            if not any(c["type"] == "Ready" and c["status"] == "True" for c in conditions):
                raise Failure(f"Cluster {name} does not say Ready: {conditions}")


def run_deployment(rig):
    with rig.check("a Deployment of 6 replicas runs in the members"):
        rig.apply(deployment("web", 6))
        rig.kubectl("rollout", "status", "deployment/web", "--timeout=90s", timeout=100)
        pods, there = host_pods(rig, "web"), copies(rig)
        if phases(pods) != ["Running"] * 6:
            raise Failure(f"phases: {phases(pods)}")
        for p in pods:
            member, copy = there[p["metadata"]["uid"]]
            for field in ("podIP", "startTime"):
                if p["status"].get(field) != copy["status"].get(field):
                    raise Failure(f"{field} of {p['metadata']['name']} differs from the copy's in {member}")
            if p["spec"]["nodeName"] != member:
                raise Failure(f"{p['metadata']['name']} runs in {member}, its node is {p['spec']['nodeName']}")
            ours, theirs = p["status"]["containerStatuses"][0], copy["status"]["containerStatuses"][0]
            if (ours["containerID"], ours["restartCount"]) != (theirs["containerID"], theirs["restartCount"]):
                raise Failure("the container's status differs from the copy's")
    with rig.check("kubectl shows the member's addresses, counts and events"):
        wide = rig.kubectl("get", "pods", "-l", "app=web", "-o", "wide", "--no-headers").stdout.splitlines()
        for line in wide:
            _, ready, status, restarts, _, ip, node = line.split()[:7]
            if (ready, status, restarts) != ("1/1", "Running", "0") or not ip.startswith("10.8") \
                    or node not in ("m1", "m2"):
                raise Failure("line of kubectl get pods: " + line)
        name = wide[0].split()[0]
        wait("events of the member on the host's pod", 15, lambda: all(
            word in rig.kubectl("describe", "pod", name).stdout for word in ("Scheduled", "Started container main")))


def run_job_and_bare_pod(rig):
    with rig.check("a Job completes, and its pods show Completed"):
        rig.apply(job("sums", 2))
        rig.kubectl("wait", "--for=condition=complete", "job/sums", "--timeout=60s", timeout=70)
        shown = rig.kubectl("get", "pods", "-l", "app=sums", "--no-headers").stdout
        if shown.count("Completed") != 2:
            raise Failure(shown)
        reasons = [p["status"]["containerStatuses"][0]["state"]["terminated"] for p in host_pods(rig, "sums")]
        if [(r["reason"], r["exitCode"]) for r in reasons] != [("Completed", 0)] * 2:
            raise Failure(f"{reasons}")
        logs = rig.kubectl("logs", "-l", "app=sums").stdout
        if logs.count("computed") != 2:
            raise Failure("logs of finished pods: " + logs)
    with rig.check("a bare pod reads its ConfigMap and its Secret"):
        rig.apply(config_map("settings", {"greeting": "hello from the host", "file.txt": "a line\n"}),
                  secret("password", {"password": "xyzzy"}), bare_pod())
        rig.kubectl("wait", "--for=condition=Ready", "pod/bare", "--timeout=60s", timeout=70)
        want = "hello from the host\na line\nxyzzy"
        wait("the pod's log", 10, lambda: rig.kubectl("logs", "bare").stdout.strip() == want)


def delete_with_grace(rig, host, members):
    with rig.check("delete honours the grace period; the host's object goes after the member's"):
        start = time.monotonic()
        uid = rig.clusters["host"].get("/api/v1/namespaces/default/pods/bare")["metadata"]["uid"]
        rig.kubectl("delete", "pod", "bare", "--timeout=150s", timeout=160)
        took = time.monotonic() - start

        def gone(recorders, of):
            return [e.at for r in recorders for e in list(r.events) if e.kind == "DELETED" and of(e)]
        in_member = wait("DELETED in the member's watch", 10, lambda: gone(members, lambda e: e.origin == uid))
        on_host = wait("DELETED in the host's watch", 10, lambda: gone([host], lambda e: e.uid == uid))
        if took < 2.5:
            raise Failure(f"it took {took:.1f} s, but the container needs 3 s to stop")
        if on_host[0] < in_member[0]:
            raise Failure(f"the host's object went {in_member[0] - on_host[0]:.3f} s before the member's")
        finished = [e.pod["status"] for e in host.events if e.uid == uid][-1]
        if "main" not in json.dumps(finished):
            raise Failure("the last status on the host has lost its container")


def crash_loop(rig):
    with rig.check("a container that crashes shows CrashLoopBackOff with counts"):
        rig.apply(pod("crash", "echo dying; exit 3"))

        def looping():
            p = rig.clusters["host"].get("/api/v1/namespaces/default/pods/crash")
            statuses = p["status"].get("containerStatuses")
            if not statuses:
                return None
            s = statuses[0]
            return s["restartCount"] >= 2 and s["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" and s
        status = wait("CrashLoopBackOff", 90, looping)
        last = status["lastState"]["terminated"]
        if (last["exitCode"], last["reason"]) != (3, "Error"):
            raise Failure(f"the last state is {last}")
        shown = rig.kubectl("get", "pod", "crash", "--no-headers").stdout.split()
        if not (shown[2] in ("CrashLoopBackOff", "Error", "Running") and int(shown[3]) >= 2):
            raise Failure(f"kubectl get pod: {shown}")
        rig.kubectl("delete", "pod", "crash", "--timeout=150s", timeout=160)


def outlasts_an_outage(rig):
    with rig.check("pods tolerate a node that is not ready without a limit"):
        def limits():
            pods = host_pods(rig, "web")
            return pods and not any("tolerationSeconds" in t for p in pods for t in p["spec"]["tolerations"])
        wait("tolerations without seconds", 30, limits)


def run(rig):
    host, *members = rig.record("host", "m1", "m2")
    run_deployment(rig)
    run_job_and_bare_pod(rig)
    delete_with_grace(rig, host, members)
    crash_loop(rig)
    outlasts_an_outage(rig)
