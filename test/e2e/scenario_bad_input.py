"""What people get wrong. Each is said clearly where they look, and no other member is harmed."""
import base64
import json
import os
import re
import socket
import subprocess

from rig import Failure, Manager, wait
from workloads import SERVE, pod


def read64(*path):
    with open(os.path.join(*path), "rb") as data:
        return base64.b64encode(data.read()).decode()


def expired_certificate(rig, directory):
    """A client certificate of the member's own CA whose time is over."""
    work = os.path.join(rig.logs, "expired")
    os.makedirs(work, exist_ok=True)
    for name in ("index.txt", "ca.cnf", "serial"):
        with open(os.path.join(work, name), "w") as out:
            out.write({"index.txt": "", "serial": "1000\n"}.get(name, (
                "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
                "policy=p\n[p]\ncommonName=supplied\norganizationName=optional\n")))
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=work, check=True, capture_output=True, timeout=60)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "old.key", "-out", "old.csr",
            "-subj", "/O=system:masters/CN=old")
    openssl("ca", "-batch", "-config", "ca.cnf", "-notext", "-in", "old.csr", "-out", "old.crt",
            "-cert", os.path.join(directory, "ca.crt"), "-keyfile", os.path.join(directory, "ca.key"),
            "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
    return read64(work, "old.crt"), read64(work, "old.key")


def kubeconfig(server, ca, certificate, key):
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": ca}}],
        "users": [{"name": "c", "user": {"client-certificate-data": certificate, "client-key-data": key}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]})


def cluster(name):
    return {"apiVersion": "stowage.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": name},
            "spec": {"provider": "Kubernetes", "podNetwork": "none",
                     "kubeconfigSecretRef": {"namespace": "stowage-system", "name": name + "-kubeconfig"}}}


def secret(name, text):
    return {"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name + "-kubeconfig", "namespace": "stowage-system"}, "stringData": {"kubeconfig": text}}


def ready(rig, name):
    """(status, reason, message) of a Cluster's Ready condition."""
    found = rig.clusters["host2"].get("/apis/stowage.dev/v1alpha1/clusters/" + name)
    for c in (found or {}).get("status", {}).get("conditions", []):
        if c["type"] == "Ready":
            return c["status"], c["reason"], c.get("message", "")
    return "", "", ""


def unharmed(rig, name):
    """A good member still takes pods and answers."""
    status = ready(rig, "m1")
    if status[0] != "True":
        raise Failure(f"the good member is {status}")
    rig.apply(pod(name, SERVE, grace=1, cluster="m1"), cluster="host2")
    rig.kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=60s", cluster="host2", timeout=70)
    if "started" not in rig.kubectl("logs", name, cluster="host2").stdout:
        raise Failure("no logs from the good member")
    rig.kubectl("delete", "pod", name, "--timeout=150s", cluster="host2", timeout=160)


def bad_clusters(rig):
    m2 = rig.clusters["m2"]
    ca, wrong = read64(m2.directory, "ca.crt"), read64(rig.clusters["host2"].directory, "ca.crt")
    admin = read64(m2.directory, "admin.crt"), read64(m2.directory, "admin.key")
    texts = {"wrong-ca": kubeconfig(m2.server, wrong, *admin),
             "expired": kubeconfig(m2.server, ca, *expired_certificate(rig, m2.directory)),
             "unreachable": kubeconfig(f"https://{m2.address}:1", ca, *admin),
             "garbage": "clusters: [this is", "no-secret": None}
    says = {"wrong-ca": r"certificate|CA", "expired": r"expired|certificate|Unauthorized|credentials",
            "unreachable": r"refused|cannot be reached|connect", "garbage": r"kubeconfig of Cluster garbage|YAML|line",
            "no-secret": r"stowage-system/no-secret-kubeconfig not found"}
    for name, text in texts.items():
        rig.apply(*([secret(name, text)] if text else []), cluster(name), cluster="host2")
    for name in texts:
        with rig.check(f"a Cluster with bad input says so: {name}"):
            def told():
                status, reason, message = ready(rig, name)
                return status in ("False", "Unknown") and re.search(says[name], message) and (status, reason, message)
            try:
                told = wait("its Ready condition", 60, told)
            except Failure as failure:
                raise Failure(f"{failure}; it says {ready(rig, name)}") from None
            print("     " + ": ".join(told), flush=True)
            if admin[1][:40] in told[2]:
                raise Failure("the message holds a key")
    with rig.check("the other members are unharmed by bad Clusters"):
        unharmed(rig, "beside")
    with rig.check("a Cluster whose Secret is mended becomes Ready"):
        rig.apply(secret("no-secret", kubeconfig(m2.server, ca, *admin)), cluster="host2")
        wait("Ready", 60, lambda: ready(rig, "no-secret")[0] == "True")
    rig.kubectl("delete", "clusters.stowage.dev", *texts, cluster="host2")


def port_in_use(rig):
    with rig.check("a kubelet port that is in use is said; other members are served"):
        rig.manager.stop()
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", 0))
            taken.listen()
            port = taken.getsockname()[1]
            rig.join("m2", host="host2")
            rig.start_manager("host2", "--kubelet-port", str(port))

            def states():
                return sorted((ready(rig, name) for name in ("m1", "m2")), key=lambda s: s[0])
            got = wait("one is refused, one is Ready", 40, lambda: (
                s := states())[0][0] == "False" and s[1][0] == "True" and s)
            if str(port) not in got[0][2]:
                raise Failure(f"no port in the message: {got[0]}")
            print("     " + ": ".join(got[0]), flush=True)
        wait("both Ready once the port is free", 60, lambda: [s[0] for s in states()] == ["True", "True"])
        rig.manager.stop()


def bad_commands(rig):
    nowhere = os.path.join(rig.logs, "nowhere.kubeconfig")
    with open(nowhere, "w") as out:
        out.write(kubeconfig("https://127.0.0.1:1", read64(rig.clusters["m1"].directory, "ca.crt"), "", ""))
    host, m1 = rig.clusters["host2"].kubeconfig, rig.clusters["m1"].kubeconfig
    cases = (("run without a host", ["run", "--kubeconfig", nowhere], r"127\.0\.0\.1:1"),
             ("run with a file that is not there", ["run", "--kubeconfig", "/no/such/file"], r"/no/such/file"),
             ("join of a member that is down", ["join", "x", "--kubeconfig", host, "--member-kubeconfig", nowhere], r"member"),
             ("join of the host itself", ["join", "x", "--kubeconfig", host, "--member-kubeconfig", host], r"same cluster"),
             ("join under a bad name", ["join", "A_b", "--kubeconfig", host, "--member-kubeconfig", m1], r"NAME"))
    for name, command, pattern in cases:
        with rig.check(f"stowage {name} fails with a clear message"):
            result = rig.command(rig.stowage, *command, check=False, timeout=60)
            if result.returncode != 1 or not re.search(pattern, result.stderr):
                raise Failure(f"exit code {result.returncode}: {result.stderr or result.stdout}")
            print("     " + result.stderr.strip().splitlines()[-1][:200], flush=True)


def run(rig):
    with rig.check("a manager of the second host serves a good member"):
        rig.join("m1", host="host2")
        rig.start_manager("host2")
        wait("m1 is Ready", 60, lambda: ready(rig, "m1")[0] == "True")
    bad_clusters(rig)
    port_in_use(rig)
    bad_commands(rig)
