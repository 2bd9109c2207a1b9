"""get in all its forms."""

import itertools
import json

from harness import check, eventually, expect, has, lacks, matches, same
from objects import config, pod, web


@check("get nodes -o wide shows a virtual node for each member")
def nodes_wide(k):
    out = k.ok("get", "nodes", "-o", "wide")
    for column in ("NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP", "CONTAINER-RUNTIME"):
        has(out.splitlines()[0], column)
    for member in ("onprem", "cloud-eu", "cloud-us"):
        matches(out, rf"^{member}\s+Ready\s+\S+\s+\S+\s+v1\.33\.\d+-stowage\s+127\.0\.0\.1")


@check("get pods prints the columns of Kubernetes")
def pods(k):
    k.create(web("first", labels={"app": "read", "tier": "front"}), pod("second", labels={"app": "read", "tier": "back"}))
    k.ready("first", "second")
    matches(k.ok("get", "pods"), r"^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE$")
    matches(k.ok("get", "pods"), r"^first\s+1/1\s+Running\s+0\s+\d+s$")
    matches(k.ok("get", "pods", "-o", "wide"),
            r"^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES$")
    matches(k.ok("get", "pods", "-o", "wide"), r"^first\s.*\d+\.\d+\.\d+\.\d+\s+(onprem|cloud-\w+)\s+<none>\s+<none>")
    matches(k.ok("get", "pods", "--no-headers"), r"\Afirst ")
    matches(k.ok("get", "pod/first", "node/onprem"), r"^node/onprem\s")


@check("get -o yaml and json give the object, without managed fields from new clients")
def yaml_json(k):
    out = k.ok("get", "pod", "first", "-o", "yaml")
    has(out, "apiVersion: v1", "kind: Pod", "  name: first", "schedulerName: stowage", "phase: Running")
    if k.version >= (1, 21):
        lacks(out, "managedFields")
        has(k.ok("get", "pod", "first", "-o", "yaml", "--show-managed-fields"), "managedFields", "manager: kubectl")
    same(k.json("get", "pods")["kind"], "List")
    same(k.json("get", "pod", "first")["metadata"]["name"], "first")


@check("get -o name, jsonpath, custom-columns and go-template")
def formats(k):
    same(k.ok("get", "pods", "-o", "name").split(), ["pod/first", "pod/second"])
    same(k.ok("get", "pods", "-o", "jsonpath={.items[*].metadata.name}"), "first second")
    same(k.ok("get", "pod", "first", "-o", "jsonpath={.spec.containers[0].image}"), "nginx:1.27")
    out = k.ok("get", "pods", "-o", "custom-columns=POD:.metadata.name,TIER:.metadata.labels.tier,NONE:.spec.none")
    matches(out, r"^POD\s+TIER\s+NONE$")
    matches(out, r"^second\s+back\s+<none>$")
    same(k.ok("get", "pods", "-o", "go-template={{range .items}}{{.metadata.name}};{{end}}"), "first;second;")


@check("get selects by label and by field, in all operators")
def selectors(k):
    def names(*args):
        return k.ok("get", "pods", "-o", "name", *args).split()

    same(names("-l", "tier=front"), ["pod/first"])
    same(names("-l", "tier!=front"), ["pod/second"])
    same(names("-l", "tier in (front,back),app"), ["pod/first", "pod/second"])
    same(names("-l", "!tier"), [])
    same(names("-l", "tier notin (front)"), ["pod/second"])
    same(names("--field-selector", "metadata.name=second"), ["pod/second"])
    same(names("--field-selector", "status.phase!=Running"), [])
    node = k.value("pod first", ".spec.nodeName")
    expect("pod/first" in names("--field-selector", f"spec.nodeName={node}"), "spec.nodeName selects nothing")
    k.no("get", "pods", "--field-selector", "spec.nothing=1", says="field label not supported: spec.nothing")
    k.no("get", "pods", "-l", "a==b==c", says="")


@check("get --sort-by, --show-labels, --show-kind and -L")
def sorting(k):
    out = k.ok("get", "pods", "--sort-by=.metadata.labels.tier")
    expect(out.index("second") < out.index("first"), f"not sorted:\n{out}")
    matches(k.ok("get", "pods", "--show-labels"), r"^first .*app=read,tier=front$")
    matches(k.ok("get", "pods", "-L", "tier"), r"^NAME .*TIER$")
    matches(k.ok("get", "pods", "--show-kind"), r"^pod/first\s")
    k.ok("get", "events", "--sort-by=.lastTimestamp")


@check("get -A has a namespace column and shows other namespaces")
def everywhere(k):
    out = k.ok("get", "pods", "-A")
    matches(out, r"^NAMESPACE\s+NAME\s+READY")
    matches(out, rf"^{k.namespace}\s+first\s")
    matches(k.ok("get", "namespaces"), r"^default\s+Active\s+\d+")


@check("get -w shows a pod from Pending to Running and its end")
def watch(k):
    with k.start("get", "pods", "-A", "-w") as watching:
        watching.shows("NAMESPACE")
        k.create(pod("seen"))
        watching.shows("Pending", "ContainerCreating")
        eventually(lambda: matches(watching.output(), rf"^{k.namespace}\s+seen\s+1/1\s+Running"))
        k.ok("delete", "pod", "seen")
        eventually(lambda: matches(watching.output(), r"seen\s+\d/1\s+Terminating"))


@check("get -w -o name --watch-only shows only what comes")
def watch_only(k):
    with k.start("get", "configmaps", "--watch-only", "-o", "name") as watching:
        counter = itertools.count()

        def made():  # the first may come before the watch begins
            k.ok("create", "configmap", f"later-{next(counter)}")
            return has(watching.output(), "configmap/later-")
        eventually(made, every=1)
        lacks(watching.output(), "kube-root-ca.crt")


@check("get of what is not there exits with 1 and says so")
def missing(k):
    k.no("get", "pod", "none", says='Error from server (NotFound): pods "none" not found')
    k.no("get", "nothings", says='the server doesn\'t have a resource type "nothings"')
    same(k.ok("get", "pod", "none", "--ignore-not-found"), "")
    code, out, err = k.run("get", "jobs")
    same((code, out), (0, ""))
    has(err, f"No resources found in {k.namespace} namespace.")
    k.no("get", "pod", "first", "none", says='pods "none" not found')


@check("get by file, by kind/name, by full name, and more kinds at once")
def by_name(k):
    path = k.file("first.json", json.dumps(web("first")))
    has(k.ok("get", "-f", path), "first")
    has(k.ok("get", "po/first"), "first")
    has(k.ok("get", "pods.v1./first"), "first")
    has(k.ok("get", "deployments.apps", "--ignore-not-found", "-A"), "")
    k.create(config("c", a="b"))
    has(k.ok("get", "cm,po"), "configmap/c", "pod/first")
    has(k.ok("get", "all"), "pod/first")


@check("get --chunk-size pages through a list")
def pages(k):
    k.create(*[config(f"page-{i}", labels={"page": "yes"}, i=str(i)) for i in range(7)])
    same(len(k.ok("get", "cm", "-l", "page=yes", "--chunk-size=3", "-o", "name").split()), 7)


@check("get events prints columns of Kubernetes; events of a pod tell its life")
def events(k):
    out = k.ok("get", "events")
    matches(out, r"^LAST SEEN\s+TYPE\s+REASON\s+OBJECT\s+MESSAGE$")
    matches(out, r"^\S+\s+Normal\s+Scheduled\s+pod/first\s+Successfully assigned \S+/first to")
    of_first = k.ok("get", "events", "--field-selector", "involvedObject.name=first")
    has(of_first, "Scheduled", "Pulling", "Pulled", "Created", "Started")
    lacks(of_first, "pod/second")


@check("events shows and filters them", since=(1, 26), lacks="events")
def events_verb(k):
    has(k.ok("events"), "Scheduled", "Pod/first")
    out = k.ok("events", "--for", "pod/second")
    has(out, "Started")
    lacks(out, "Pod/first")
    code, out, err = k.run("events", "--types=Warning", "--for", "pod/second")
    same(code, 0)
    has(out + err, "No events found")


@check("clusters are listed with region, version, nodes and price; short names work")
def clusters(k):
    out = k.ok("get", "clusters")
    for column in ("NAME", "READY", "REGION", "VERSION", "NODES"):
        has(out.splitlines()[0], column)
    matches(out, r"^onprem\s+True\s+on-prem\s+v1\.33")
    has(k.ok("get", "cl", "cloud-eu", "-o", "wide"), "aws-eu-west-1", "0.0357")
    same(k.value("cluster onprem", ".spec.podNetwork"), "none")
    has(k.ok("describe", "cluster", "onprem"), "Conditions:", "Ready", "Region:")


@check("describe node shows conditions, capacity and the pods there")
def describe_node(k):
    node = k.value("pod first", ".spec.nodeName")
    out = k.ok("describe", "node", node)
    has(out, "virtual-kubelet.io/provider=stowage:NoSchedule", "MemoryPressure", "Allocatable:", "Allocated resources:")
    matches(out, rf"^\s+{k.namespace}\s+first\s")
    matches(out, r"Kubelet Version:\s+v1\.33\.\d+-stowage$")
    matches(out, r"Ready\s+True")
