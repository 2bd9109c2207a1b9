#!/usr/bin/env python3
"""Stowage on real Kubernetes: one host and two members, with real kubelets and containers.

Starts them with realkube.sh, runs the product as a user would, and takes all of it down. The last line is
`N passed, N failed`; after a failure the logs are kept in the directory that is printed."""
import argparse
import os
import signal
import sys
import time

import scenario_bad_input
import scenario_crash
import scenario_differential
import scenario_kubectl
import scenario_latency
import scenario_leader
import scenario_outage
import scenario_workloads
from rig import Rig

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = ("workloads", "kubectl", "latency", "crash", "outage", "leader", "bad-input", "differential")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stowage", default=os.path.join(HERE, "../../build/release/bin/stowage"),
                        help="the program under test")
    parser.add_argument("--only", default=",".join(SCENARIOS), help="some of " + ",".join(SCENARIOS))
    parser.add_argument("--outage", type=float, default=float(os.environ.get("STOWAGE_E2E_OUTAGE", 600)),
                        help="seconds without any manager; Kubernetes would evict after 340")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1000000, help="of the random kills")
    parser.add_argument("--kills", type=int, default=10, help="how many random ones")
    parser.add_argument("--cases", type=int, default=300, help="of each row of the differential test")
    parser.add_argument("--worlds", type=int, default=1, help="seed of the differential test")
    parser.add_argument("--reuse", action="store_true", help="use clusters that are up, and leave them up")
    return parser.parse_args()


def run(rig, options, only):
    if only == ["differential"]:
        with rig.check("Kubernetes is built"):
            rig.realkube("build", timeout=1500)
        return scenario_differential.run(rig)
    with rig.check("a host and two members start"):
        rig.realkube("build", timeout=1500)
        rig.up("host", "--kubelet")  # a node that stays healthy: where all fall silent, Kubernetes evicts nothing
        rig.up("m1", "--kubelet")
        rig.up("m2", "--kubelet")
    if rig.failed:
        return
    scenario_workloads.join_members(rig)
    if rig.failed:
        return
    if options.reuse:
        rig.kubectl("delete", "deployments,jobs,pods", "--all", "--timeout=150s", timeout=160)
    for name, scenario in (("workloads", scenario_workloads), ("kubectl", scenario_kubectl),
                           ("latency", scenario_latency), ("crash", scenario_crash)):
        if name in only:
            scenario.run(rig)
    # Ten minutes without a manager on the first host; a second host has the machine meanwhile.
    outage = scenario_outage.Outage(rig, options.outage) if "outage" in only else None
    if outage:
        outage.begin()
    else:
        rig.manager.kill()
    if "leader" in only or "bad-input" in only:
        with rig.check("a second host starts"):
            rig.up("host2")
        if "leader" in only:
            scenario_leader.run(rig)
        if "bad-input" in only:
            scenario_bad_input.run(rig)
    if "differential" in only:
        scenario_differential.run(rig)
    if outage:
        outage.end()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that all is taken down
    options = arguments()
    only = options.only.split(",")
    unknown = [name for name in only if name not in SCENARIOS]
    if unknown:
        sys.exit(f"no scenario {unknown}; there are {', '.join(SCENARIOS)}")
    rig = Rig(options)
    start = time.monotonic()
    print(f"stowage: {rig.stowage}\nlogs: {rig.logs}\nseed: {options.seed}", flush=True)
    try:
        with rig.check("the run came to its end"):
            run(rig, options, only)
    finally:
        rig.close()
    print(f"took {time.monotonic() - start:.0f} s")
    for figure in rig.figures:
        print(figure)
    return rig.report()


if __name__ == "__main__":
    sys.exit(main())
