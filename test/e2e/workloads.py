"""The objects that the scenarios apply."""

TOLERATIONS = [{"key": "virtual-kubelet.io/provider", "operator": "Exists"}]
# Ends at once when it is told to, and tells who it is by HTTP.
SERVE = ("mkdir -p /www; hostname > /www/index.html; httpd -p 8080 -h /www; echo started; "
         "trap 'exit 0' TERM; n=0; while true; do n=$((n+1)); echo line $n; sleep 0.5; done")


def container(script, **fields):
    return {"name": "main", "image": "busybox:latest", "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", script], "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}}, **fields}


def spec(script, grace=5, cluster="", **fields):
    made = {"schedulerName": "stowage", "terminationGracePeriodSeconds": grace, "tolerations": TOLERATIONS,
            "containers": [container(script)], **fields}
    if cluster:
        made["nodeSelector"] = {"stowage.dev/cluster": cluster}
    return made


def pod(name, script, ns="default", grace=5, cluster="", **fields):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": {"app": name}},
            "spec": spec(script, grace, cluster, **fields)}


def deployment(name, replicas, ns="default", script=SERVE):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}}, "spec": spec(script)}}}


def job(name, completions, ns="default", script="echo computed; sleep 1"):
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": ns},
            "spec": {"completions": completions, "parallelism": completions, "backoffLimit": 0,
                     "template": {"metadata": {"labels": {"app": name}},
                                  "spec": spec(script, restartPolicy="Never")}}}


def config_map(name, data, ns="default"):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": ns}, "data": data}


def secret(name, data, ns="default"):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": ns}, "stringData": data}


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
