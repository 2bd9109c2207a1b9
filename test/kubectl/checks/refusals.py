"""Manifests that are wrong: each must be refused with words that help."""

import json

from harness import check, has, matches, same
from objects import config, container, deployment, pod


def refused(k, thing, *says, args=()):
    text = thing if isinstance(thing, str) else json.dumps(thing)
    out = k.no("create", "-f", "-", *args, stdin=text)
    return has(out, *says)


@check("an unknown field is an error, with its path")
def unknown_field(k):
    bad = pod("bad")
    bad["spec"]["containers"][0]["imagee"] = "x"
    out = refused(k, bad, "imagee")
    matches(out, r'unknown field "(spec\.containers\[0\]\.)?imagee"')
    if k.version >= (1, 27):
        has(out, 'strict decoding error: unknown field "spec.containers[0].imagee"')


@check("an unknown field passes with --validate=false, and warns in new clients")
def unknown_field_passes(k):
    bad = config("lenient")
    bad["extra"] = "x"
    code, _, err = k.run("create", "-f", "-", "--validate=false", stdin=json.dumps(bad))
    same(code, 0)
    if k.version >= (1, 27):
        bad["metadata"]["name"] = "warned"
        code, _, err = k.run("create", "-f", "-", "--validate=warn", stdin=json.dumps(bad))
        same(code, 0)
        has(err, 'unknown field "extra"')


@check("a wrong type is an error, with its path")
def wrong_type(k):
    bad = deployment("bad")
    bad["spec"]["replicas"] = "three"
    refused(k, bad, "replicas")
    refused(k, {**config("bad"), "data": {"n": 1}}, "data")


@check("a missing name is an error")
def no_name(k):
    bad = config("x")
    del bad["metadata"]["name"]
    refused(k, bad, "metadata.name: Required value: name or generateName is required")


@check("a bad name is an error that says which names are good")
def bad_name(k):
    refused(k, config("Upper_Case"), 'ConfigMap "Upper_Case" is invalid', "metadata.name: Invalid value",
            "lower case")


@check("a bad label is an error")
def bad_label(k):
    refused(k, config("bad", labels={"a": "not valid!"}), "metadata.labels: Invalid value", "not valid!")


@check("a second object of one name is an error")
def duplicate(k):
    k.create(config("twice"))
    refused(k, config("twice"), 'Error from server (AlreadyExists)', 'configmaps "twice" already exists')


@check("a namespace that differs from the command's is an error")
def wrong_namespace(k):
    bad = config("elsewhere")
    bad["metadata"]["namespace"] = "other"
    refused(k, bad, "the namespace from the provided object \"other\" does not match the namespace")


@check("a namespace that is not there is an error")
def no_namespace(k):
    k.no("--namespace=nowhere", "create", "-f", "-", stdin=json.dumps(config("x")), says='namespaces "nowhere" not found')


@check("a kind that is not there is an error")
def no_kind(k):
    out = refused(k, {"apiVersion": "apps/v9", "kind": "Deployment", "metadata": {"name": "x"}},
                  'no matches for kind "Deployment" in version "apps/v9"')
    has(out, "error: ")


@check("text that is not YAML is an error with its line")
def not_yaml(k):
    refused(k, "a: b: c", "yaml")


@check("a pod without containers, or with two of one name, is invalid")
def pods(k):
    bad = pod("bad")
    bad["spec"]["containers"] = []
    refused(k, bad, "spec.containers: Required value", args=("--validate=false",))
    bad["spec"]["containers"] = [container(name="a"), container(name="a")]
    refused(k, bad, 'spec.containers[1].name: Duplicate value: "a"')


@check("bad quantities, ports, policies and volumes are invalid")
def pod_details(k):
    bad = pod("bad", resources={"requests": {"cpu": "lots"}})
    refused(k, bad, "quantities must match")
    refused(k, pod("bad", resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
            "must be less than or equal to cpu limit")
    refused(k, pod("bad", ports=[{"containerPort": 70000}]), "must be between 1 and 65535")
    refused(k, pod("bad", spec={"restartPolicy": "Sometimes"}), 'spec.restartPolicy: Unsupported value: "Sometimes"')
    refused(k, pod("bad", volumeMounts=[{"name": "none", "mountPath": "/x"}]),
            'spec.containers[0].volumeMounts[0].name: Not found: "none"')


@check("a Deployment whose selector misses its template is invalid")
def selector(k):
    bad = deployment("bad")
    bad["spec"]["selector"]["matchLabels"] = {"app": "other"}
    refused(k, bad, "`selector` does not match template `labels`")
    k.create(deployment("good", replicas=0))
    k.no("patch", "deploy", "good", "--type=merge", "-p", '{"spec":{"selector":{"matchLabels":{"a":"b"}}}}',
         says="field is immutable")


@check("most fields of a pod cannot change")
def immutable(k):
    k.create(pod("fixed"))
    k.no("patch", "pod", "fixed", "-p", '{"spec":{"restartPolicy":"Never"}}',
         says="Forbidden: pod updates may not change fields other than")


@check("a Cluster with a bad field is refused by its schema")
def cluster(k):
    bad = {"apiVersion": "stowage.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": "bad"},
           "spec": {"podNetwork": "sometimes", "kubeconfigSecretRef": {"name": "x"}}}
    refused(k, bad, 'spec.podNetwork: Unsupported value: "sometimes"')


@check("a service account that is not there, a full quota, are refused")
def admission(k):
    refused(k, pod("bad", spec={"serviceAccountName": "ghost"}), 'serviceaccount "ghost" not found')


@check("a file that is not there is an error of the client")
def no_file(k):
    k.no("create", "-f", "/does/not/exist.yaml", says="does not exist")
    k.no("apply", "-f", "-", stdin="", says="no objects passed to apply")


@check("wrong credentials are Unauthorized")
def unauthorized(k):
    path = k.without_credentials()
    code, out, err = k.run("--token=wrong", f"--kubeconfig={path}", "get", "pods", stdin="x\nx\n")
    same(code, 1)
    matches(out + err, r"Unauthorized|must be logged in|provide credentials")


@check("a server that is not there is a clear error")
def refused_connection(k):
    k.no("--server=https://127.0.0.1:1", "get", "pods", says="refused")
