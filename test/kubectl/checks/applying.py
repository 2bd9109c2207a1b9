"""apply, client-side and server-side, diff and kustomize."""

import json

from harness import check, has, lacks, matches, same
from objects import config, deployment


@check("apply creates, changes, leaves alone, and prunes fields that went")
def apply(k):
    has(k.apply(config("a", one="1", two="2")), "configmap/a created")
    has(k.apply(config("a", one="1", two="2")), "configmap/a unchanged")
    k.ok("patch", "cm", "a", "--type=merge", "-p", '{"data":{"other":"hand"}}')
    has(k.apply(config("a", one="changed")), "configmap/a configured")
    same(k.json("get", "cm", "a")["data"], {"one": "changed", "other": "hand"})


@check("apply merges lists by their keys and removes what left them")
def apply_lists(k):
    d = deployment("d", replicas=0)
    containers = d["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "side", "image": "busybox", "env": [{"name": "A", "value": "1"}]})
    k.apply(d)
    k.ok("set", "env", "deploy/d", "-c", "web", "HAND=yes")
    containers.pop()
    containers[0]["image"] = "nginx:1.26"
    has(k.apply(d), "configured")
    live = k.json("get", "deploy", "d")["spec"]["template"]["spec"]["containers"]
    same([c["name"] for c in live], ["web"])
    same((live[0]["image"], live[0]["env"]), ("nginx:1.26", [{"name": "HAND", "value": "yes"}]))


@check("apply of an object made by create warns about the annotation, and goes on")
def apply_after_create(k):
    k.create(config("made", a="1"))
    code, out, err = k.run("apply", "-f", "-", stdin=json.dumps(config("made", a="2")))
    same(code, 0)
    has(err, "last-applied-configuration")
    same(k.value("cm made", ".data.a"), "2")
    has(k.ok("apply", "view-last-applied", "cm", "made"), "name: made")


@check("apply -k builds a kustomization")
def kustomize(k):
    k.file("kustom/cm.yaml", json.dumps(config("base", a="1")))
    k.file("kustom/kustomization.yaml", "resources: [cm.yaml]\nnamePrefix: pre-\ncommonLabels: {from: kustomize}\n"
           "configMapGenerator:\n- name: generated\n  literals: [x=y]\n")
    has(k.ok("apply", "-k", "kustom"), "configmap/pre-base created", "configmap/pre-generated-")
    same(k.value("cm pre-base", ".metadata.labels.from"), "kustomize")
    has(k.ok("kustomize", "kustom"), "name: pre-base")
    has(k.ok("delete", "-k", "kustom"), 'configmap "pre-base" deleted')


@check("apply --prune deletes what is no longer in the set")
def prune(k):
    k.apply(config("keep", labels={"set": "s"}), config("drop", labels={"set": "s"}))
    out = k.apply(config("keep", labels={"set": "s"}),
                  args=("--prune", "-l", "set=s", "--prune-whitelist=core/v1/ConfigMap") if k.version < (1, 26)
                  else ("--prune", "-l", "set=s", "--prune-allowlist=core/v1/ConfigMap"))
    has(out, "configmap/drop pruned")
    k.no("get", "cm", "drop", says="not found")


@check("apply -R reads a folder of files")
def folder(k):
    k.file("many/one.json", json.dumps(config("f1")))
    k.file("many/deep/two.json", json.dumps(config("f2")))
    has(k.ok("apply", "-R", "-f", "many"), "configmap/f1 created", "configmap/f2 created")


@check("apply --server-side owns its fields and gives up what it leaves out")
def server_side(k):
    has(k.apply(config("ss", a="1", b="2"), args=("--server-side",)), "configmap/ss serverside-applied")
    k.apply(config("ss", a="1"), args=("--server-side",))
    same(k.json("get", "cm", "ss")["data"], {"a": "1"})
    fields = k.json("get", "cm", "ss", *(("--show-managed-fields",) if k.version >= (1, 21) else ()))
    owner = fields["metadata"]["managedFields"][0]
    same((owner["manager"], owner["operation"]), ("kubectl", "Apply"))
    same(owner["fieldsV1"]["f:data"], {"f:a": {}})


@check("apply --server-side reports conflicts by manager and field; --force-conflicts takes the fields")
def conflicts(k):
    k.apply(config("c", a="1"), args=("--server-side", "--field-manager=other"))
    err = k.no("apply", "--server-side", "-f", "-", stdin=json.dumps(config("c", a="2")), says='conflict with "other"')
    has(err, ".data.a", "--force-conflicts")
    k.apply(config("c", a="2"), args=("--server-side", "--force-conflicts"))
    same(k.value("cm c", ".data.a"), "2")
    k.no("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=json.dumps(config("c", a="1")),
         says='conflict with "kubectl"')


@check("apply --server-side merges lists by their keys among two managers")
def server_side_lists(k):
    k.apply(deployment("two", replicas=0), args=("--server-side",))
    other = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "two"},
             "spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}
    k.apply(other, args=("--server-side", "--field-manager=injector", "--validate=false"))
    same(sorted(k.value("deploy two", ".spec.template.spec.containers[*].name").split()), ["side", "web"])
    k.apply(deployment("two", replicas=0, image="nginx:1.26"), args=("--server-side",))
    same(sorted(k.value("deploy two", ".spec.template.spec.containers[*].image").split()), ["busybox", "nginx:1.26"])


@check("apply --server-side takes over what client-side apply made")
def migrate(k):
    k.apply(config("mig", a="1", b="2"))
    code, out, err = k.run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(config("mig", a="1")))
    same(code, 0)
    same(k.value("cm mig", ".data.a"), "1")


@check("diff shows the change and exits with 1; without change it exits with 0")
def diff(k):
    k.apply(config("df", a="old"))
    same(k.ok("diff", "-f", "-", stdin=json.dumps(config("df", a="old"))), "")
    out = k.no("diff", "-f", "-", stdin=json.dumps(config("df", a="new")))
    matches(out, r"^-\s+a: old$")
    matches(out, r"^\+\s+a: new$")
    lacks(out, "resourceVersion: ")
    matches(k.no("diff", "-f", "-", stdin=json.dumps(config("notyet", a="1"))), r"^\+\s+name: notyet$")
    k.no("get", "cm", "notyet", says="not found")
    out = k.no("diff", "--server-side", "-f", "-", stdin=json.dumps(config("df", b="1")), says="+  b:")


@check("apply edit-last-applied and set-last-applied work on the annotation")
def last_applied(k):
    k.apply(config("la", a="1"))
    path = k.file("la.json", json.dumps(config("la", a="1", z="9")))
    has(k.ok("apply", "set-last-applied", "-f", path), "configured")
    has(k.ok("apply", "view-last-applied", "cm/la"), 'z: "9"')


@check("a CRD can be applied, its objects used at once, and checked against its schema")
def custom(k):
    group = "kubectl-check.example"
    schema = {"type": "object", "properties": {"spec": {
        "type": "object", "required": ["size"], "description": "What it should be.",
        "properties": {"size": {"type": "integer", "minimum": 1, "description": "How big."},
                       "color": {"type": "string", "enum": ["red", "blue"], "default": "red"}}}}}
    k.apply({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
             "metadata": {"name": "boxes." + group},
             "spec": {"group": group, "scope": "Namespaced",
                      "names": {"plural": "boxes", "singular": "box", "kind": "Box", "shortNames": ["bx"]},
                      "versions": [{"name": "v1", "served": True, "storage": True,
                                    "schema": {"openAPIV3Schema": schema},
                                    "additionalPrinterColumns": [
                                        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]}]}})
    k.ok("wait", "--for=condition=Established", "crd/boxes." + group, "--timeout=20s")
    box = {"apiVersion": group + "/v1", "kind": "Box", "metadata": {"name": "b"}, "spec": {"size": 3}}
    has(k.apply(box), "created")
    has(k.apply(box), "unchanged")
    same(k.value("box b", ".spec.color"), "red")
    matches(k.ok("get", "bx"), r"^NAME\s+SIZE$")
    box["spec"]["size"] = 0
    k.no("apply", "-f", "-", stdin=json.dumps(box), says="spec.size")
    box["spec"] = {"size": 2, "color": "green"}
    k.no("apply", "-f", "-", stdin=json.dumps(box), says='Unsupported value: "green"')
    matches(k.ok("explain", "box.spec"), r"size\s+<integer> -?required")
    has(k.apply({**box, "spec": {"size": 4}}, args=("--server-side", "--force-conflicts")), "serverside-applied")
    k.ok("delete", "crd", "boxes." + group)
    matches(k.no("get", "boxes"), "the server could not find|doesn't have a resource type")  # by its cache
