"""Deployments, jobs, services: what controllers make of objects."""

import time

from harness import check, eventually, expect, has, matches, same
from objects import config, container, deployment, placed


def rolled_out(k, name):
    return has(k.ok("rollout", "status", "deploy/" + name, "--timeout=60s", seconds=70),
               f'deployment "{name}" successfully rolled out')


@check("a Deployment comes up, and get and describe show it")
def comes_up(k):
    k.apply(deployment("web", replicas=3))
    rolled_out(k, "web")
    matches(k.ok("get", "deploy"), r"^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE$")
    matches(k.ok("get", "deploy"), r"^web\s+3/3\s+3\s+3\s+\d+s$")
    matches(k.ok("get", "deploy", "-o", "wide"), r"^web\s.*web\s+nginx:1.27\s+app=web$")
    matches(k.ok("get", "rs"), r"^web-\w+\s+3\s+3\s+3\s+\d+s$")
    out = k.ok("describe", "deploy", "web")
    matches(out, r"Replicas:\s+3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable")
    has(out, "NewReplicaSet:", "MinimumReplicasAvailable", "ScalingReplicaSet", "Scaled up replica set web-")
    out = k.ok("describe", "rs", "-l", "app=web")
    has(out, "Controlled By:  Deployment/web", "SuccessfulCreate", "replicaset-controller", "Created pod: web-")


@check("scale up and down, with --current-replicas and by wait")
def scale(k):
    same(k.ok("scale", "deploy/web", "--replicas=5").strip(), "deployment.apps/web scaled")
    rolled_out(k, "web")
    k.no("scale", "deploy/web", "--current-replicas=2", "--replicas=1", says="Expected replicas to be 2, was 5")
    k.ok("scale", "deploy/web", "--replicas=2")
    eventually(lambda: matches(k.ok("get", "deploy", "web"), r"^web\s+2/2\s+2\s+2"))
    eventually(lambda: same(len(k.ok("get", "pods", "-l", "app=web", "-o", "name").split()), 2))


@check("rollout: a change rolls, history tells it, undo takes it back")
def rollout(k):
    k.ok("set", "image", "deploy/web", "web=nginx:1.26")
    k.ok("annotate", "deploy/web", "kubernetes.io/change-cause=older nginx")
    rolled_out(k, "web")
    eventually(lambda: same(set(k.ok("get", "pods", "-l", "app=web", "--field-selector=status.phase=Running", "-o",
                                     "jsonpath={.items[*].spec.containers[0].image}").split()), {"nginx:1.26"}))
    out = k.ok("rollout", "history", "deploy/web")
    matches(out, r"^1\s+<none>$")
    matches(out, r"^2\s+older nginx$")
    has(k.ok("rollout", "history", "deploy/web", "--revision=1"), "nginx:1.27")
    has(k.ok("rollout", "undo", "deploy/web"), "deployment.apps/web rolled back")
    rolled_out(k, "web")
    same(k.value("deploy web", ".spec.template.spec.containers[0].image"), "nginx:1.27")
    matches(k.ok("rollout", "history", "deploy/web"), r"^3\s+")
    k.ok("rollout", "undo", "deploy/web", "--to-revision=2")
    rolled_out(k, "web")
    same(k.value("deploy web", ".spec.template.spec.containers[0].image"), "nginx:1.26")


@check("rollout restart makes new pods")
def restart(k):
    before = set(k.ok("get", "pods", "-l", "app=web", "-o", "name").split())
    has(k.ok("rollout", "restart", "deploy/web"), "deployment.apps/web restarted")
    rolled_out(k, "web")

    def replaced():
        now = set(k.ok("get", "pods", "-l", "app=web", "-o", "name").split())
        expect(len(now) == 2 and not now & before, f"before {before}, now {now}")
    eventually(replaced)


@check("rollout pause holds a change back until resume")
def pause(k):
    has(k.ok("rollout", "pause", "deploy/web"), "paused")
    k.ok("set", "image", "deploy/web", "web=nginx:1.25")
    out = k.ok("rollout", "status", "deploy/web", "--watch=false")
    has(out, "0 out of 2 new replicas have been updated")
    k.no("rollout", "restart", "deploy/web", says="can't restart paused deployment")
    has(k.ok("rollout", "resume", "deploy/web"), "resumed")
    rolled_out(k, "web")
    same(k.value("deploy web", ".spec.template.spec.containers[0].image"), "nginx:1.25")


@check("a rollout that cannot finish says so")
def stuck(k):
    k.apply(deployment("stuck", replicas=1, spec={"progressDeadlineSeconds": 2}, image="example.invalid/none:1"))
    out = k.no("rollout", "status", "deploy/stuck", "--timeout=40s", seconds=50)
    has(out, 'deployment "stuck" exceeded its progress deadline')
    k.ok("delete", "deploy", "stuck")


@check("a Job runs to completion; create job and logs of it work")
def job(k):
    spec = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "count"},
            "spec": {"completions": 3, "parallelism": 3, "template": {"spec": placed(
                {"containers": [container("echo one; echo two")]}, restartPolicy="Never")}}}
    k.apply(spec)
    k.ok("wait", "--for=condition=Complete", "job/count", "--timeout=40s", seconds=50)
    matches(k.ok("get", "jobs"), r"^count\s+(Complete\s+)?3/3\s+\d+s\s+\d+s$")
    matches(k.ok("get", "pods", "-l", "job-name=count"), r"^count-\w+\s+0/1\s+Completed\s+0\s")
    same(k.ok("logs", "job/count").split(), ["one", "two"])
    has(k.ok("describe", "job", "count"), "SuccessfulCreate", "3 Succeeded", "Completed")


@check("a Job that fails counts its pods and ends Failed")
def job_fails(k):
    k.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "fails"},
             "spec": {"backoffLimit": 0, "template": {"spec": placed(
                 {"containers": [container("exit 3")]}, restartPolicy="Never")}}})
    k.ok("wait", "--for=condition=Failed", "job/fails", "--timeout=40s", seconds=50)
    matches(k.ok("get", "pods", "-l", "job-name=fails"), r"^fails-\w+\s+0/1\s+Error\s+0\s")
    has(k.ok("describe", "job", "fails"), "BackoffLimitExceeded")


@check("create deployment and create job start pods, though they name no scheduler")
def imperative(k):
    k.ok("create", "deployment", "quick", "--image=nginx:1.27")
    rolled_out(k, "quick")
    k.ok("create", "job", "once", "--image=busybox:1.36", "--", "sh", "-c", "echo done once")
    k.ok("wait", "--for=condition=Complete", "job/once", "--timeout=40s", seconds=50)
    same(k.ok("logs", "job/once").strip(), "done once")


@check("run starts a pod; with --rm -i it gives back output and is gone")
def run(k):
    same(k.ok("run", "plain", "--image=nginx:1.27", "--port=80", "--labels=app=plain").strip(), "pod/plain created")
    k.ready("plain")
    expect(k.value("pod plain", ".spec.nodeName") in ("onprem", "cloud-eu", "cloud-us"), "not on a virtual node")
    out = k.ok("run", "greeter", "--image=busybox:1.36", "--restart=Never", "--rm", "-i", "--", "sh", "-c",
               "sleep 1; echo hello from here", seconds=40)
    has(out, "hello from here", 'pod "greeter" deleted')
    k.no("get", "pod", "greeter", says="not found")


@check("expose makes a Service whose endpoints are the pods")
def expose(k):
    has(k.ok("expose", "deploy/web", "--port=80", "--target-port=80"), "service/web exposed")
    pods = sorted(k.ok("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.podIP}").split())

    def endpoints():
        found = k.json("get", "endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
        addresses = sorted(a for s in found for e in s["endpoints"] or [] for a in e["addresses"])
        same(addresses, pods)
    eventually(endpoints)
    out = k.ok("describe", "svc", "web")
    matches(out, r"TargetPort:\s+80/TCP")
    matches(out, r"Endpoints:\s+\d+\.\d+\.\d+\.\d+:80")


@check("autoscale stores an autoscaler")
def autoscale(k):
    has(k.ok("autoscale", "deploy/web", "--min=1", "--max=4", "--cpu-percent=50"), "autoscaled")
    matches(k.ok("get", "hpa", "web"), r"^web\s+Deployment/web\s+\S.*\s1\s+4\s+0\s+\d+s$")
    k.ok("delete", "hpa", "web")


@check("wait: conditions, deletion, timeouts")
def wait(k):
    k.ok("wait", "--for=condition=Available", "deploy/web", "--timeout=20s")
    k.no("wait", "--for=condition=Complete", "deploy/web", "--timeout=1s", says="timed out waiting for the condition")
    held = config("w")
    held["metadata"]["finalizers"] = ["example.com/hold"]  # so that the wait has begun when it goes
    k.create(held)
    k.ok("delete", "cm", "w", "--wait=false")
    with k.start("wait", "--for=delete", "cm/w", "--timeout=20s") as waiting:
        time.sleep(2)
        expect(waiting.process.poll() is None, f"the wait is over: {waiting.output()}")
        k.ok("patch", "cm", "w", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        same(waiting.ends(), 0)
    k.no("wait", "--for=condition=Ready", "pod/none", "--timeout=1s", says="not found")


@check("wait --for=jsonpath waits for a value", since=(1, 23), lacks="wait --for=jsonpath")
def wait_jsonpath(k):
    k.ok("wait", "--for=jsonpath={.status.readyReplicas}=2", "deploy/web", "--timeout=20s")


@check("wait --for=create waits for an object to come", since=(1, 31), lacks="wait --for=create")
def wait_create(k):
    with k.start("wait", "--for=create", "cm/soon", "--timeout=20s") as waiting:
        k.create(config("soon"))
        same(waiting.ends(), 0)
