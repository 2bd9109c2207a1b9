"""What Stowage adds, from watches on both API servers. Figures only: nothing is asserted of their size."""
import statistics

from rig import Failure, wait
from workloads import deployment


def spread(values):
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered) * 1000:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)] * 1000:.1f} ms"


def first(events, of):
    """UID -> the time of its first event that `of` takes."""
    seen = {}
    for event in events:
        if of(event):
            seen.setdefault(event.origin or event.uid, event.at)
    return seen


def ready(event):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in event.pod["status"].get("conditions", []))


def run(rig):
    with rig.check("latencies are measured from watches on both sides"):
        host, *members = rig.record("host", "m1", "m2")
        mine = "measured"
        rig.apply(deployment(mine, 0))
        for count in range(1, 21):  # one at a time, then ten at once
            rig.kubectl("scale", "deployment", mine, f"--replicas={count}")
        rig.kubectl("scale", "deployment", mine, "--replicas=30")
        rig.kubectl("rollout", "status", f"deployment/{mine}", "--timeout=120s", timeout=130)
        wait("all on the host's watch", 20, lambda: len(first(host.events, lambda e: ready(e) and mine in e.name)) == 30)
        theirs = [e for m in members for e in list(m.events) if mine in e.name]
        ours = [e for e in list(host.events) if mine in e.name]
        bound, created = first(ours, lambda e: e.node), first(theirs, lambda e: True)
        there, here = first(theirs, ready), first(ours, ready)
        added = [created[uid] - bound[uid] for uid in bound]
        told = [here[uid] - there[uid] for uid in here]
        if len(added) != 30 or len(told) != 30:
            raise Failure(f"{len(added)} and {len(told)} of 30 pods were seen")
        rig.figure(f"bind -> created in the member: {spread(added)} (30 pods)")
        rig.figure(f"Ready in the member -> Ready on the host: {spread(told)}")
        rig.kubectl("delete", "deployment", mine, "--timeout=150s", timeout=160)
        for recorder in (host, *members):
            recorder.stop()
