"""Our filters against those of a real kube-scheduler, on thousands of random small worlds: test/differential."""
import os
import socket
import subprocess

from rig import Failure

# The order is ours; it decides which reason is told where several filters refuse. But taints, which keep the worlds
# apart, come before NodeUnschedulable: no node of a world is both cordoned and tainted.
FILTERS = ("TaintToleration", "NodeUnschedulable", "NodeAffinity", "VolumeBinding", "NodeResourcesFit", "NodePorts",
           "PodTopologySpread", "InterPodAffinity")
PREPARING = ("VolumeBinding", "NodeResourcesFit", "NodePorts", "PodTopologySpread", "InterPodAffinity")

CONFIG = """apiVersion: kubescheduler.config.k8s.io/v1beta1
kind: KubeSchedulerConfiguration
clientConnection: {{kubeconfig: {kubeconfig}, qps: 5000, burst: 5000}}
leaderElection: {{leaderElect: false}}
healthzBindAddress: "127.0.0.1:{health}"
metricsBindAddress: "127.0.0.1:{health}"
percentageOfNodesToScore: 100
profiles:
- schedulerName: differential
  plugins:
    preFilter: {{disabled: [{{name: "*"}}], enabled: [{preparing}]}}
    filter: {{disabled: [{{name: "*"}}], enabled: [{filters}]}}
    postFilter: {{disabled: [{{name: "*"}}]}}
    preScore: {{disabled: [{{name: "*"}}]}}
    score: {{disabled: [{{name: "*"}}]}}
extenders:
- {{urlPrefix: "http://127.0.0.1:{port}", filterVerb: filter, nodeCacheCapable: true, httpTimeout: 30s}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def names(plugins):
    return ", ".join(f"{{name: {p}}}" for p in plugins)


def start_scheduler(rig, cluster, port):
    config = os.path.join(cluster.directory, "differential.yaml")
    with open(config, "w") as out:
        out.write(CONFIG.format(kubeconfig=cluster.kubeconfig, port=port, health=free_port(), preparing=names(PREPARING),
                                filters=names(FILTERS)))
    program = os.path.join(cluster.directory, "../../bin/kube-scheduler")
    with open(os.path.join(rig.logs, "differential-sched.log"), "wb") as log:
        process = subprocess.Popen([program, "--config", config, f"--secure-port={free_port()}"], stdout=log, stderr=log)
    rig.processes.append(process)
    return process


def compare(rig, cluster):
    """The rows of the program's table, as dictionaries."""
    port = free_port()
    scheduler = start_scheduler(rig, cluster, port)
    program = os.path.join(os.path.dirname(rig.stowage), "differential")
    result = rig.command(program, f"--kubeconfig={cluster.kubeconfig}", f"--extender-port={port}",
                         f"--cases={rig.options.cases}", f"--seed={rig.options.worlds}", timeout=1800, check=False)
    scheduler.kill()
    scheduler.wait(20)
    table = []
    for line in result.stdout.splitlines():
        print("     " + line, flush=True)
        if line.startswith("| "):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
    if len(table) < 2:
        raise Failure(f"no table; exit code {result.returncode}: {result.stderr.strip()[-600:]}")
    return [dict(zip(table[0], row)) for row in table[1:]]


def run(rig):
    rows = []
    with rig.check("a kube-scheduler and our filters judge random worlds"):
        rows = compare(rig, rig.up("bare", "--bare"))
    for row in rows:
        with rig.check(f"{row['plugin']}, {row['row']}: {row['verdicts']} verdicts are kube-scheduler's"):
            if row["disagree"] != "0":
                raise Failure(f"{row['disagree']} of {row['cases']} cases differ")
            if int(row["cases"]) >= 100 and not 30 <= float(row["refused"].rstrip(" %")) <= 70:
                raise Failure(f"{row['refused']} are refused: too few or too many to tell much")
    if not rig.failed:
        rig.realkube("down", "bare")
        del rig.clusters["bare"]
