"""Objects that checks make, naming only what matters."""

TOLERATIONS = [{"key": "virtual-kubelet.io/provider", "operator": "Exists"}]
FOREVER = "trap 'exit 0' TERM; while true; do sleep 1; done"


def placed(spec, **more):
    return {"schedulerName": "stowage", "tolerations": TOLERATIONS, **spec, **more}


def container(script="", image="busybox:1.36", name="main", **more):
    out = {"name": name, "image": image, **more}
    if script:
        out["command"] = ["sh", "-c", script]
    return out


def pod(name, script=FOREVER, labels=None, image="busybox:1.36", spec=None, **more):
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {"app": name}},
        "spec": placed({"containers": [container(script, image, **more)], "terminationGracePeriodSeconds": 2},
                       **(spec or {})),
    }


def web(name, **more):
    return pod(name, script="", image="nginx:1.27", ports=[{"name": "http", "containerPort": 80}], **more)


def deployment(name, replicas=2, image="nginx:1.27", spec=None, **more):
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": placed({"containers": [container(image=image, name="web", **more)],
                                "terminationGracePeriodSeconds": 1}),
            },
            **(spec or {}),
        },
    }


def config(name, labels=None, **data):
    metadata = {"name": name}
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
