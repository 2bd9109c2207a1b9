"""Two `stowage run` at once: the second stands by, says so, and takes over."""
import time

from rig import Failure, Manager, wait
from workloads import SERVE, pod

LEADING, STANDBY = "leading: this process manages the fleet", "standing by: another stowage manages this host"


def run(rig):
    kubeconfig = rig.clusters["host2"].kubeconfig
    with rig.check("a second `stowage run` stands by and says who leads"):
        rig.join("m1", host="host2")
        first = Manager(rig, kubeconfig, "leader-1", "--identity", "first")
        wait("the first leads", 20, lambda: LEADING in first.output())
        second = Manager(rig, kubeconfig, "leader-2", "--identity", "second")
        wait("the second stands by", 20, lambda: STANDBY in second.output() and "leader=first" in second.output())
        rig.kubectl("wait", "--for=condition=Ready", "node/m1", "--timeout=60s", cluster="host2", timeout=70)
        time.sleep(3)
        if LEADING in second.output() or not second.alive():
            raise Failure("the second did not keep standing by")
    with rig.check("it takes over when the first is killed"):
        first.kill()
        start = time.monotonic()
        wait("the second leads", 40, lambda: LEADING in second.output())
        rig.figure(f"a killed leader is replaced after {time.monotonic() - start:.1f} s")
        rig.apply(pod("after", SERVE), cluster="host2")
        rig.kubectl("wait", "--for=condition=Ready", "pod/after", "--timeout=60s", cluster="host2", timeout=70)
    with rig.check("one that is told to stop hands over at once"):
        third = Manager(rig, kubeconfig, "leader-3", "--identity", "third")
        wait("the third stands by", 20, lambda: "leader=second" in third.output())
        code = second.stop()
        start = time.monotonic()
        wait("the third leads", 8, lambda: LEADING in third.output())
        rig.figure(f"a leader that stops is replaced after {time.monotonic() - start:.1f} s")
        if code != 0:
            raise Failure(f"the one that was told to stop ended with {code}")
        rig.kubectl("delete", "pod", "after", "--timeout=150s", cluster="host2", timeout=160)
        third.stop()
