"""create, label, annotate, patch, edit, replace, set and the generators of objects."""

import json

from harness import check, has, lacks, matches, same
from objects import config, deployment, pod


@check("create configmap, secret, namespace, serviceaccount, quota and service from the command line")
def generators(k):
    path = k.file("settings.ini", "a=1\n")
    same(k.ok("create", "configmap", "cm", "--from-literal=a=b", f"--from-file={path}").strip(), "configmap/cm created")
    same(k.json("get", "cm", "cm")["data"], {"a": "b", "settings.ini": "a=1\n"})
    k.ok("create", "secret", "generic", "s", "--from-literal=password=hidden")
    same(k.value("secret s", ".data.password"), "aGlkZGVu")
    matches(k.ok("get", "secret", "s"), r"^s\s+Opaque\s+1\s")
    lacks(k.ok("describe", "secret", "s"), "hidden", "aGlkZGVu")
    k.ok("create", "secret", "docker-registry", "r", "--docker-server=example.com", "--docker-username=u",
         "--docker-password=p")
    same(k.value("secret r", ".type"), "kubernetes.io/dockerconfigjson")
    k.ok("create", "namespace", k.namespace + "-made")
    k.ok("delete", "namespace", k.namespace + "-made", seconds=40)
    k.ok("create", "serviceaccount", "sa")
    k.ok("create", "quota", "q", "--hard=pods=100")
    k.ok("create", "service", "clusterip", "svc", "--tcp=80:8080")
    matches(k.ok("get", "svc", "svc"), r"^svc\s+ClusterIP\s+\d+\.\d+\.\d+\.\d+\s+<none>\s+80/TCP")
    k.ok("create", "service", "nodeport", "np", "--tcp=80")
    matches(k.ok("get", "svc", "np"), r"^np\s+NodePort\s+\S+\s+<none>\s+80:3\d{4}/TCP")
    k.ok("create", "service", "externalname", "en", "--external-name=example.com")
    k.ok("create", "clusterrole", k.namespace, "--verb=get", "--resource=nodes")
    k.ok("create", "clusterrolebinding", k.namespace, f"--clusterrole={k.namespace}", "--user=somebody")
    k.ok("create", "priorityclass", k.namespace, "--value=10")
    k.ok("create", "ingress", "in", "--rule=example.com/*=svc:80")
    matches(k.ok("get", "ingress", "in"), r"^in\s+<none>\s+example.com\s+80\s")


@check("create cronjob and poddisruptionbudget from the command line", since=(1, 21), lacks="the versions that 1.25 kept")
def generators_new(k):
    k.ok("create", "cronjob", "cj", "--image=busybox", "--schedule=*/5 * * * *", "--", "date")
    matches(k.ok("get", "cronjob", "cj"), r"^cj\s+\*/5 \* \* \* \*\s+<none>\s+False\s+0\s+<none>")
    k.ok("create", "pdb", "pdb", "--selector=app=x", "--min-available=1")
    matches(k.ok("get", "pdb", "pdb"), r"^pdb\s+1\s+N/A\s")


@check("label adds, changes, lists and removes; a change needs --overwrite")
def label(k):
    k.create(config("l"))
    same(k.ok("label", "cm", "l", "a=1", "b=2").strip(), "configmap/l labeled")
    k.no("label", "cm", "l", "a=2", says="already has a value (1), and --overwrite is false")
    k.ok("label", "cm", "l", "a=2", "b-", "--overwrite")
    same(k.json("get", "cm", "l")["metadata"]["labels"], {"a": "2"})
    has(k.ok("label", "cm", "l", "--list"), "a=2")
    k.no("label", "cm", "l", "c=not valid", says="")
    k.ok("label", "cm", "--all", "every=one")
    has(k.ok("get", "cm", "-l", "every=one", "-o", "name"), "configmap/l")


@check("annotate adds and removes")
def annotate(k):
    k.create(config("n"))
    k.ok("annotate", "cm", "n", "note=some words")
    same(k.value("cm n", ".metadata.annotations.note"), "some words")
    k.ok("annotate", "cm", "n", "note-")
    same(k.value("cm n", ".metadata.annotations.note"), "")


@check("patch: strategic merge, merge and JSON patch each do what they say")
def patch(k):
    k.create(deployment("p", replicas=0))
    spec = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}
    k.ok("patch", "deploy", "p", "-p", json.dumps(spec))
    same(k.value("deploy p", ".spec.template.spec.containers[*].name"), "side web")
    k.ok("patch", "deploy", "p", "--type=merge", "-p", '{"metadata":{"labels":{"x":"y"}},"spec":{"paused":true}}')
    same(k.value("deploy p", ".spec.paused"), "true")
    k.ok("patch", "deploy", "p", "--type=json", "-p",
         '[{"op":"test","path":"/spec/paused","value":true},{"op":"remove","path":"/metadata/labels/x"},'
         '{"op":"replace","path":"/spec/template/spec/containers/1/image","value":"nginx:1.26"}]')
    same(k.value("deploy p", ".metadata.labels"), '{"app":"p"}')
    same(k.value("deploy p", ".spec.template.spec.containers[1].image"), "nginx:1.26")
    has(k.ok("patch", "deploy", "p", "-p", '{"spec":{"paused":true}}'), "patched (no change)")
    k.no("patch", "deploy", "p", "--type=json", "-p", '[{"op":"remove","path":"/spec/nothing"}]', says="")
    k.no("patch", "deploy", "none", "-p", "{}", says="not found")
    path = k.file("patch.yaml", "spec:\n  replicas: 0\n  paused: null\n")
    k.ok("patch", "deploy", "p", "-p", open(path, encoding="utf-8").read())
    same(k.value("deploy p", ".spec.paused"), "")


@check("patch --subresource=status changes only the status", since=(1, 24), lacks="--subresource")
def patch_status(k):
    k.create(pod("ps", spec={"nodeName": "nowhere"}))
    k.ok("patch", "pod", "ps", "--subresource=status", "--type=merge", "-p", '{"status":{"message":"hello"}}')
    same(k.value("pod ps", ".status.message"), "hello")
    k.ok("delete", "pod", "ps", "--force", "--grace-period=0")


@check("edit writes what the editor saved, and says when nothing changed")
def edit(k):
    k.create(config("e", a="old"))
    editor = k.script("editor.sh", "sed -i 's/old/new/' \"$1\"\n")
    has(k.ok("edit", "cm", "e", env={"EDITOR": editor, "KUBE_EDITOR": editor}), "configmap/e edited")
    same(k.value("cm e", ".data.a"), "new")
    code, out, err = k.run("edit", "cm", "e", env={"EDITOR": editor, "KUBE_EDITOR": editor})
    same(code, 0)
    has(out + err, "Edit cancelled, no changes made.")


@check("edit brings the editor back with the reason when the server refuses")
def edit_refused(k):
    k.create(deployment("er", replicas=0))
    seen = k.file("seen.txt", "")
    editor = k.script("breaks.sh", f'cat "$1" >> {seen}\n'
                                   'grep -q "was not valid" "$1" || sed -i "s/replicas: 0/replicas: -3/" "$1"\n')
    k.run("edit", "deploy", "er", env={"EDITOR": editor, "KUBE_EDITOR": editor})
    has(open(seen, encoding="utf-8").read(), "spec.replicas: Invalid value: -3")
    same(k.value("deploy er", ".spec.replicas"), "0")


@check("replace changes the whole object; --force makes it anew")
def replace(k):
    k.create(config("r", a="1", b="2"))
    uid = k.value("cm r", ".metadata.uid")
    k.ok("replace", "-f", "-", stdin=json.dumps(config("r", c="3")))
    same(k.json("get", "cm", "r")["data"], {"c": "3"})
    same(k.value("cm r", ".metadata.uid"), uid)
    k.ok("replace", "--force", "-f", "-", stdin=json.dumps(config("r", d="4")))
    same(k.value("cm r", ".metadata.uid") == uid, False)
    k.no("replace", "-f", "-", stdin=json.dumps(config("absent")), says="not found")


@check("replace with an old resourceVersion is a conflict")
def conflict(k):
    k.create(config("rv", a="1"))
    old = k.ok("get", "cm", "rv", "-o", "json")
    k.ok("label", "cm", "rv", "x=y")
    k.no("replace", "-f", "-", stdin=old, says="the object has been modified; please apply your changes to the latest")


@check("set image, env, resources, serviceaccount and selector")
def set_fields(k):
    k.create(deployment("s", replicas=0))
    k.ok("set", "image", "deploy/s", "web=nginx:1.25")
    same(k.value("deploy s", ".spec.template.spec.containers[0].image"), "nginx:1.25")
    k.ok("set", "env", "deploy/s", "A=b", "C=d")
    has(k.ok("set", "env", "deploy/s", "--list"), "A=b", "C=d")
    k.ok("set", "env", "deploy/s", "A-")
    lacks(k.ok("set", "env", "deploy/s", "--list"), "A=b")
    k.ok("set", "resources", "deploy/s", "--requests=cpu=100m,memory=64Mi", "--limits=cpu=1")
    same(k.json("get", "deploy", "s")["spec"]["template"]["spec"]["containers"][0]["resources"],
         {"limits": {"cpu": "1"}, "requests": {"cpu": "100m", "memory": "64Mi"}})
    k.ok("create", "serviceaccount", "runner")
    k.ok("set", "serviceaccount", "deploy/s", "runner")
    same(k.value("deploy s", ".spec.template.spec.serviceAccountName"), "runner")
    k.ok("create", "service", "clusterip", "sel", "--tcp=80")
    k.ok("set", "selector", "service", "sel", "app=s")
    same(k.value("svc sel", ".spec.selector"), '{"app":"s"}')


@check("create --dry-run=server checks and stores nothing; --dry-run=client -o yaml only prints")
def dry_run(k):
    has(k.ok("create", "cm", "dry", "--dry-run=server"), "configmap/dry created (server dry run)")
    k.no("get", "cm", "dry", says="not found")
    has(k.ok("create", "deployment", "dry", "--image=nginx", "--dry-run=client", "-o", "yaml"), "kind: Deployment")
    k.no("create", "cm", "Not_Valid", "--dry-run=server", says="Invalid value")
