#!/usr/bin/env python3
"""Drives real kubectl clients against `stowage up` and compares what matters with Kubernetes' answers.

Each client has a world of its own; the areas of one client (the modules of checks) run beside each other, each in
its namespace. A check is a function with a sentence for a name.

    run.py --stowage build/release/bin/stowage [--client PATH ...] [--area NAME ...] [--match TEXT] [--keep]
"""

import argparse
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # a source tree stays as it is

from harness import CHECKS, Failure, Kubectl, Skip

AREAS = ["discovery", "reading", "writing", "applying", "refusals", "workloads", "deleting", "pods", "streams"]
ALONE = ["nodes"]  # after the others: they move pods
DEBIAN = os.path.join(os.environ.get("STOWAGE_CACHE", os.path.expanduser("~/.cache/stowage")),
                      "kubectl-1.20/usr/bin/kubectl")


class World:
    """A running `stowage up`."""

    def __init__(self, stowage, directory):
        os.makedirs(directory)
        self.kubeconfig = os.path.join(directory, "kubeconfig")
        self.log = os.path.join(directory, "log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([stowage, "up", "--port", "0", "--dir", directory], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)

    def wait(self):
        end = time.monotonic() + 60
        while "Ctrl-C stops it" not in self.text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"`stowage up` did not come up:\n{self.text()}")
            time.sleep(0.1)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self):
        """Its exit code: 0 if it stopped as told."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Report:
    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def add(self, outcome, client, area, sentence, detail="", seconds=0.0):
        with self.lock:
            self.counts[outcome] += 1
            mark = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}[outcome]
            print(f"{mark} {client:7} {area}: {sentence}" + (f" ({seconds:.1f} s)" if seconds > 3 else ""))
            if detail:
                print("     " + detail.strip().replace("\n", "\n     "))
            sys.stdout.flush()


def client_version(binary):
    out = subprocess.run([binary, "version", "--client", "--output=json"], capture_output=True, text=True,
                         timeout=30, check=True).stdout
    found = re.search(r'"gitVersion":\s*"v(\d+)\.(\d+)', out)
    return int(found[1]), int(found[2])


def run_area(report, client, area, kubectl, match):
    kubectl.run("create", "namespace", kubectl.namespace)
    for place, sentence, function, since, lacks in CHECKS:
        if place != area or match not in sentence:
            continue
        began = time.monotonic()
        outcome, detail = "passed", ""
        try:
            if since and kubectl.version < since:
                raise Skip(f"kubectl {client} has no {lacks}")
            function(kubectl)
        except Skip as e:
            outcome, detail = "skipped", str(e)
        except Failure as e:
            outcome, detail = "failed", str(e)
        except Exception:  # a fault of the check itself: no reason to lose the others
            outcome, detail = "failed", traceback.format_exc()
        report.add(outcome, client, area, sentence, detail, time.monotonic() - began)


def run_client(report, args, binary, directory):
    version = client_version(binary)
    client = ".".join(map(str, version))
    world = World(args.stowage, os.path.join(directory, client))
    try:
        world.wait()

        def one(area):
            run_area(report, client, area, Kubectl(binary, version, world.kubeconfig, "check-" + area,
                                                   os.path.join(directory, client, area)), args.match)

        with ThreadPoolExecutor(args.beside) as pool:
            list(pool.map(one, [a for a in AREAS if a in args.area]))
        for area in ALONE:
            if area in args.area:
                one(area)
        if args.keep:
            print(f"kept: export KUBECONFIG={world.kubeconfig}   (process {world.process.pid})")
            return
        code = world.stop()
        report.add("passed" if code == 0 else "failed", client, "world", "stowage up stops when it is told to",
                   "" if code == 0 else f"exit {code}\n{world.text()[-2000:]}")
    finally:
        if not args.keep:
            world.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stowage", required=True)
    parser.add_argument("--client", action="append", help="kubectl to drive (default: the installed one and Debian's)")
    parser.add_argument("--area", action="append", choices=AREAS + ALONE)
    parser.add_argument("--match", default="", help="only checks whose sentence has this")
    parser.add_argument("--beside", type=int, default=3, help="areas of a client at the same time")
    parser.add_argument("--keep", action="store_true", help="leave the worlds running")
    args = parser.parse_args()
    args.area = args.area or AREAS + ALONE
    args.stowage = os.path.abspath(args.stowage)
    for area in AREAS + ALONE:
        importlib.import_module("checks." + area)
    report = Report()
    clients = args.client or [c for c in (shutil.which("kubectl"), DEBIAN) if c]
    directory = tempfile.mkdtemp(prefix="stowage-kubectl-")
    began = time.monotonic()
    threads = []
    for binary in clients:
        if not os.access(binary, os.X_OK):
            report.add("skipped", "1.20", "world", "Debian's kubectl", f"{binary} is missing: tools/install-deps.sh check")
            continue
        threads.append(threading.Thread(target=guarded, args=(report, args, binary, directory)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    if not args.keep:
        shutil.rmtree(directory, ignore_errors=True)
    c = report.counts
    print(f"\n{c['passed']} passed, {c['failed']} failed, {c['skipped']} skipped in {time.monotonic() - began:.0f} s")
    return 0 if c["passed"] and not c["failed"] else 1


def guarded(report, args, binary, directory):
    try:
        run_client(report, args, binary, directory)
    except Exception:
        report.add("failed", "", "world", binary + " could be driven", traceback.format_exc())


if __name__ == "__main__":
    sys.exit(main())
