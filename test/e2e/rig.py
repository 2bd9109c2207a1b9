"""The clusters, the `stowage` processes and the checks of one run. Ends all that it began."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from kubeapi import Cluster, Recorder

HERE = os.path.dirname(os.path.abspath(__file__))


class Failure(Exception):
    """What a check found wrong, in a sentence."""


def wait(what, seconds, condition, every=0.2):
    """The first true value of `condition()`; a Failure with its last value after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not so after {seconds} s; last: {value!r}")
        time.sleep(every)


class Manager:
    """One `stowage run`."""

    def __init__(self, rig, kubeconfig, name, *flags):
        self.log = os.path.join(rig.logs, f"stowage-{name}.log")
        self.offset = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([rig.stowage, "-v", "run", "--kubeconfig", kubeconfig, *flags],
                                            stdout=out, stderr=out, start_new_session=True)
        rig.processes.append(self.process)

    def output(self):
        with open(self.log, errors="replace") as log:
            log.seek(self.offset)
            return log.read()

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


class Rig:
    def __init__(self, options):
        self.options = options
        self.stowage = os.path.abspath(options.stowage)
        self.logs = tempfile.mkdtemp(prefix="stowage-e2e-")
        self.processes, self.recorders, self.clusters = [], [], {}
        self.passed, self.failed, self.figures = 0, [], []
        self.manager = None

    def realkube(self, *args, timeout=150):
        result = subprocess.run([os.path.join(HERE, "realkube.sh"), *args], capture_output=True, text=True,
                                timeout=timeout)
        if result.returncode != 0:
            raise Failure(f"realkube.sh {' '.join(args)}: {result.stderr.strip()}")
        return result.stdout.strip()

    def up(self, name, *flags):
        path = self.realkube("kubeconfig", name)
        if not (self.options.reuse and os.path.exists(path)):
            self.realkube("down", name)  # what a run that was cut off has left
            self.realkube("up", name, *flags)
        self.clusters[name] = Cluster(name, path)
        return self.clusters[name]

    def record(self, *names):
        recorders = [Recorder(self.clusters[name]) for name in names]
        self.recorders += recorders
        return recorders

    def start_manager(self, name="host", *flags, identity="e2e"):
        """A new process under the old identity has the Lease at once: kills need not wait for it to expire."""
        self.manager = Manager(self, self.clusters[name].kubeconfig, name, "--identity", identity, *flags)
        return self.manager

    def command(self, *args, timeout=60, stdin=None, check=True, env=None):
        """A finished process; its output as text."""
        result = subprocess.run(args, capture_output=True, text=True, timeout=timeout, env=env,
                                **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        if check and result.returncode != 0:
            raise Failure(f"{' '.join(args[:8])}: exit code {result.returncode}: "
                          f"{(result.stderr or result.stdout).strip()[:600]}")
        return result

    def kubectl(self, *args, cluster="host", **options):
        return self.command("kubectl", "--kubeconfig", self.clusters[cluster].kubeconfig, *args, **options)

    def apply(self, *objects, cluster="host"):
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        return self.kubectl("apply", "-f", "-", cluster=cluster, stdin=manifest)

    def join(self, name, *flags, host="host"):
        return self.command(self.stowage, "join", name, "--kubeconfig", self.clusters[host].kubeconfig,
                            "--member-kubeconfig", self.clusters[name].kubeconfig, *flags, timeout=120)

    @contextlib.contextmanager
    def check(self, name):
        """One check: prints its result, counts it, and lets the run go on."""
        start = time.monotonic()
        try:
            yield
        except Exception as problem:  # whatever went wrong fails this check, and no other
            self.failed.append(f"{name}: {str(problem)[:400]}")
            where = "" if isinstance(problem, Failure) else traceback.format_exc()
            print(f"FAIL {name} ({time.monotonic() - start:.1f} s): {problem}\n{where}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)

    def figure(self, text):
        self.figures.append(text)
        print("     " + text, flush=True)

    def close(self):
        for recorder in self.recorders:
            recorder.stop()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait(20)
        for name, cluster in self.clusters.items():
            for part in ("api", "kcm", "sched", "etcd", "kubelet", "containerd"):
                with contextlib.suppress(OSError):
                    shutil.copy(os.path.join(cluster.directory, part + ".log"),
                                os.path.join(self.logs, f"{name}-{part}.log"))
        if not self.options.reuse:
            for name in list(self.clusters):
                with contextlib.suppress(Exception):
                    self.realkube("down", name)

    def report(self):
        if self.failed:
            print(f"logs: {self.logs}", file=sys.stderr)
            for name in self.failed:
                print(f"failed: {name}", flush=True)
        else:
            shutil.rmtree(self.logs, ignore_errors=True)
        print(f"{self.passed} passed, {len(self.failed)} failed", flush=True)
        return 1 if self.failed else 0
