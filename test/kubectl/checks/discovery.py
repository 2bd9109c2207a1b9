"""What the server says about itself: versions, resources, schemas, rights."""

import json

from harness import check, expect, has, lacks, matches, same


@check("version names client and server")
def version(k):
    out = json.loads(k.ok("version", "-o", "json"))
    matches(out["serverVersion"]["gitVersion"], r"^v1\.33\.\d+-stowage$")


@check("cluster-info names the control plane")
def cluster_info(k):
    matches(k.ok("cluster-info"), r"(control plane|master).* is running at .*https://127.0.0.1:\d+")


@check("api-versions lists groups, ours among them")
def api_versions(k):
    lines = k.ok("api-versions").split()
    for version in ("v1", "apps/v1", "batch/v1", "stowage.dev/v1alpha1", "apiextensions.k8s.io/v1", "autoscaling/v1",
                    "rbac.authorization.k8s.io/v1", "policy/v1"):
        expect(version in lines, f"{version} is not among {lines}")


@check("api-resources lists kinds with short names, verbs and scope")
def api_resources(k):
    out = k.ok("api-resources")
    matches(out, r"^pods\s+po\s.*true\s+Pod")
    matches(out, r"^deployments\s+deploy\s.*apps.*true\s+Deployment")
    matches(out, r"^nodes\s+no\s.*false\s+Node")
    matches(out, r"^clusters\s+cl\s.*stowage\.dev.*false\s+Cluster")
    wide = k.ok("api-resources", "-o", "wide")
    line = matches(wide, r"^pods .*$")[0]
    has(line, "create", "deletecollection", "patch", "watch")
    has(k.ok("api-resources", "--namespaced=false", "-o", "name"), "nodes", "clusters.stowage.dev")
    has(k.ok("api-resources", "--api-group=apps", "-o", "name"), "statefulsets.apps")
    listed = k.ok("api-resources", "--verbs=list", "-o", "name").split()
    expect("pods" in listed and "bindings" not in listed, str(listed))
    lacks("\n".join(listed), "tokenreviews")


@check("explain shows kinds, fields and their types")
def explain(k):
    out = k.ok("explain", "pod")
    matches(out, r"KIND:\s+Pod")
    matches(out, r"VERSION:\s+v1")
    matches(out, r"spec\s+<(Object|PodSpec)>")
    matches(k.ok("explain", "pod.spec.containers"), r"image\s+<string>")
    matches(k.ok("explain", "pod.spec.containers"), r"name\s+<string> -?required")
    matches(k.ok("explain", "deploy.spec.replicas"), r"replicas <integer>|FIELD:\s+replicas\s+<integer>")
    matches(k.ok("explain", "service.spec.ports"), r"targetPort\s+<(string|IntOrString)>")


@check("explain --recursive shows the tree of fields")
def explain_recursive(k):
    out = k.ok("explain", "deployment.spec", "--recursive")
    has(out, "template", "containers", "livenessProbe", "matchLabels")


@check("explain knows the fields of a CRD")
def explain_crd(k):
    out = k.ok("explain", "clusters")
    matches(out, r"KIND:\s+Cluster")
    matches(k.ok("explain", "cluster.spec.cost"), r"coreHour\s+<string>")
    has(k.ok("explain", "cluster.spec", "--recursive"), "elasticPools", "region", "coreHour")


@check("explain of a field that is not there fails")
def explain_missing(k):
    k.no("explain", "pod.spec.nothing", says='field "nothing" does not exist')


@check("auth can-i answers yes to an administrator, no to a service account without rights")
def can_i(k):
    same(k.ok("auth", "can-i", "create", "pods").strip(), "yes")
    same(k.ok("auth", "can-i", "*", "*").strip(), "yes")
    account = f"--as=system:serviceaccount:{k.namespace}:default"
    matches(k.no("auth", "can-i", "delete", "secrets", account), r"^no")
    has(k.ok("auth", "can-i", "--list"), "*.*")


@check("a role gives a service account exactly its rights")
def roles(k):
    k.ok("create", "role", "reader", "--verb=get,list", "--resource=pods")
    k.ok("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={k.namespace}:default")
    account = f"--as=system:serviceaccount:{k.namespace}:default"
    same(k.ok("auth", "can-i", "list", "pods", account).strip(), "yes")
    matches(k.no("auth", "can-i", "delete", "pods", account), r"^no")
    k.ok("get", "pods", account)
    k.no("delete", "pod", "x", account, says="Error from server (Forbidden)")
    has(k.ok("describe", "role", "reader"), "pods", "get list")


@check("auth whoami names the user", since=(1, 28), lacks="auth whoami")
def whoami(k):
    matches(k.ok("auth", "whoami"), r"Username\s+\S+")


@check("create token gives a token of a service account", since=(1, 24), lacks="create token")
def token(k):
    k.ok("create", "serviceaccount", "robot")
    text = k.ok("create", "token", "robot", "--duration=1h").strip()
    same(text.count("."), 2)
    out = k.ok(f"--kubeconfig={k.without_credentials()}", f"--token={text}", "auth", "whoami")
    has(out, f"system:serviceaccount:{k.namespace}:robot")


@check("config view hides the keys")
def config_view(k):
    out = k.ok("config", "view")
    matches(out, r"client-key-data: (REDACTED|DATA\+OMITTED)")
    same(k.ok("config", "current-context").strip(), "stowage")


@check("get --raw reads health, readiness and metrics paths")
def raw(k):
    same(k.ok("get", "--raw", "/healthz"), "ok")
    same(k.ok("get", "--raw", "/readyz"), "ok")
    has(k.ok("get", "--raw", "/version"), "gitVersion")
    has(k.ok("get", "--raw", "/apis/apps/v1"), "deployments/scale")


@check("top says honestly that there are no metrics")
def top(k):
    k.no("top", "nodes", says="Metrics API not available")
    k.no("top", "pods", says="Metrics API not available")


@check("cluster-info dump writes what there is")
def dump(k):
    out = k.ok("cluster-info", "dump", "--namespaces", k.namespace, "-o", "json")
    has(out, '"kind": "NodeList"')
