"""The life of a pod as describe, get and logs tell it."""

import re
import time

from harness import check, eventually, expect, has, lacks, matches, same
from objects import config, container, pod, web


@check("describe pod tells where it is, why, and the events of its start in their order")
def describe(k):
    k.create(pod("d", script="", image=f"nginx:1.27-k{k.version[1]}"))  # an image that nobody has pulled yet
    k.ready("d")
    out = eventually(lambda: has(k.ok("describe", "pod", "d"), "Started"))
    matches(out, r"^Node:\s+(onprem|cloud-eu|cloud-us)/\d+\.\d+\.\d+\.\d+$")
    matches(out, r"^Status:\s+Running$")
    matches(out, r"^IP:\s+\d+\.\d+\.\d+\.\d+$")
    has(out, "stowage.dev/placement", "Ready:          True", "Container ID:", "Image ID:", "QoS Class:")
    for line in ("PodScheduled", "Initialized", "Ready", "ContainersReady"):
        matches(out, rf"^\s+{line}\s+True")
    order = [line.split()[1] for line in out[out.index("Events:"):].splitlines()[3:]]
    first = [order.index(reason) for reason in ("Scheduled", "Pulling", "Pulled", "Created", "Started")]
    same(first, sorted(first))
    lacks(out, "<invalid>", "<unknown>")
    for age in re.findall(r"Normal\s+\w+\s+(\S+)", out):
        matches(age, r"^\d+s$")


@check("a crashing container shows Error, then CrashLoopBackOff, and counts its restarts")
def crash(k):
    k.create(pod("crash", script="echo about to fail; exit 7"))
    eventually(lambda: matches(k.ok("get", "pod", "crash"), r"^crash\s+0/1\s+CrashLoopBackOff\s+[1-9]"), 40)
    status = k.json("get", "pod", "crash")["status"]["containerStatuses"][0]
    expect(status["restartCount"] >= 1, str(status))
    same(status["lastState"]["terminated"]["exitCode"], 7)
    has(status["state"]["waiting"]["message"], "back-off", "restarting failed container")
    out = k.ok("describe", "pod", "crash")
    has(out, "CrashLoopBackOff", "Exit Code:    7", "Back-off restarting failed container")
    matches(out, r"Last State:\s+Terminated")


@check("logs --previous reads the container that crashed")
def previous(k):
    same(k.ok("logs", "crash", "--previous").strip(), "about to fail")
    k.ok("delete", "pod", "crash", "--now")


@check("an image that cannot be pulled shows ErrImagePull, then ImagePullBackOff, with events")
def pull(k):
    k.create(pod("nopull", script="", image="example.invalid/app:1"))
    eventually(lambda: matches(k.ok("get", "pod", "nopull"), r"^nopull\s+0/1\s+(ErrImagePull|ImagePullBackOff)\s+0"))
    eventually(lambda: matches(k.ok("get", "pod", "nopull"), r"^nopull\s+0/1\s+ImagePullBackOff"), 40)
    has(k.ok("describe", "pod", "nopull"), 'Failed to pull image "example.invalid/app:1"', "Error: ErrImagePull",
        "Back-off pulling image")
    k.no("logs", "nopull", says="is waiting to start: trying and failing to pull image")


@check("a pod that finishes shows Completed; its exit code and logs stay")
def completed(k):
    k.create(pod("done", script="echo finished", spec={"restartPolicy": "Never"}))
    eventually(lambda: matches(k.ok("get", "pod", "done"), r"^done\s+0/1\s+Completed\s+0\s"))
    same(k.value("pod done", ".status.phase"), "Succeeded")
    same(k.ok("logs", "done").strip(), "finished")


@check("a pod that fails shows Error")
def failed(k):
    k.create(pod("fails", script="exit 5", spec={"restartPolicy": "Never"}))
    eventually(lambda: matches(k.ok("get", "pod", "fails"), r"^fails\s+0/1\s+Error\s+0\s"))
    same(k.value("pod fails", ".status.phase"), "Failed")


@check("init containers show Init:0/1 and then give way")
def init(k):
    k.create(pod("ini", spec={"initContainers": [container("sleep 3", name="first")]}))
    eventually(lambda: matches(k.ok("get", "pod", "ini"), r"^ini\s+0/1\s+Init:0/1\s"))
    k.ready("ini")
    has(k.ok("describe", "pod", "ini"), "Init Containers:", "Completed")


@check("a pod that fits nowhere stays Pending, and describe says why for each cluster")
def too_big(k):
    k.create(pod("huge", resources={"requests": {"cpu": "500"}}))
    out = eventually(lambda: has(k.ok("describe", "pod", "huge"), "FailedScheduling"))
    matches(out, r"0/3 nodes are available")
    has(out, "onprem", "cloud-eu", "cloud-us")
    matches(k.ok("get", "pod", "huge"), r"^huge\s+0/1\s+Pending\s+0\s")
    matches(out, r"PodScheduled\s+False")


@check("a nodeSelector and a label of a member send a pod there")
def selector(k):
    k.create(pod("chosen", spec={"nodeSelector": {"topology.kubernetes.io/region": "aws-eu-west-1"}}))
    k.ready("chosen")
    same(k.value("pod chosen", ".spec.nodeName"), "cloud-eu")


@check("logs -f follows until the container ends; --tail, --since, --timestamps and --limit-bytes cut")
def logs(k):
    k.create(pod("talk", script="for i in 1 2 3 4 5 6; do echo line $i; sleep 1; done", spec={"restartPolicy": "Never"}))
    k.ready("talk")
    with k.start("logs", "-f", "talk") as following:
        following.shows("line 1")
        expect("line 6" not in following.output(), "it is all there at once")
        same(following.ends(), 0)
        same(following.output().splitlines(), [f"line {i}" for i in range(1, 7)])
    same(k.ok("logs", "talk", "--tail=2").splitlines(), ["line 5", "line 6"])
    matches(k.ok("logs", "talk", "--timestamps"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line 1$")
    same(k.ok("logs", "talk", "--limit-bytes=6"), "line 1")
    same(k.ok("logs", "talk", "--since=1h").count("line"), 6)
    time.sleep(2)
    same(k.ok("logs", "talk", "--since=1s"), "")
    k.no("logs", "talk", "--previous", says="previous terminated container")


@check("logs choose the container, all of them, or those of a selector")
def containers(k):
    two = pod("two", script="echo from main; while true; do sleep 1; done", labels={"app": "two"})
    two["spec"]["containers"].append(container("echo from side; while true; do sleep 1; done", name="side"))
    k.create(two)
    k.ready("two")
    eventually(lambda: same(k.ok("logs", "two", "-c", "side").strip(), "from side"))
    out = k.ok("logs", "two", "--all-containers")
    has(out, "from main", "from side")
    has(k.ok("logs", "-l", "app=two", "--all-containers", "--prefix"), "[pod/two/main] from main", "[pod/two/side] from side")
    if k.version < (1, 22):
        k.no("logs", "two", says="a container name must be specified")
    else:
        has(k.ok("logs", "two"), "from main")
    k.no("logs", "two", "-c", "none", says="container none is not valid for pod two")
    k.no("logs", "nopod", says='pods "nopod" not found')


@check("environment, ConfigMaps and Secrets reach the container")
def environment(k):
    k.create(config("settings", color="blue"),
             {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"password": "hidden"}},
             pod("env", script='echo $COLOR; cat /etc/settings/color; echo; echo "$PASSWORD" | wc -c; echo $POD_NAME',
                 spec={"restartPolicy": "Never", "volumes": [{"name": "s", "configMap": {"name": "settings"}}]},
                 volumeMounts=[{"name": "s", "mountPath": "/etc/settings"}],
                 env=[{"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}},
                      {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "key", "key": "password"}}},
                      {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]))
    eventually(lambda: same(k.value("pod env", ".status.phase"), "Succeeded"))
    same(k.ok("logs", "env").split(), ["blue", "blue", "7", "env"])


@check("a ConfigMap that is not there holds the pod, with a reason that names it")
def no_config(k):
    k.create(pod("wants", envFrom=[{"configMapRef": {"name": "absent"}}]))
    eventually(lambda: has(k.ok("describe", "pod", "wants"), 'configmap "absent" not found'), 30)
    k.create(config("absent", a="b"))
    k.ok("wait", "--for=condition=Ready", "pod/wants", "--timeout=50s", seconds=60)


@check("a pod deleted and made again under its name is a new one, and runs")
def again(k):
    k.create(web("again"))
    k.ready("again")
    first = k.value("pod again", ".metadata.uid")
    k.ok("delete", "pod", "again", "--now")
    k.create(web("again"))
    k.ready("again")
    expect(k.value("pod again", ".metadata.uid") != first, "the same object came back")
