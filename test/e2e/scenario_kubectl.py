"""kubectl's streams against the host: logs, exec, attach, port-forward and cp reach the container."""
import os
import pty
import re
import select
import socket
import subprocess
import time
import urllib.request

from rig import Failure, wait
from workloads import SERVE, pod


class Stream:
    """A kubectl that goes on; its output, as it comes."""

    def __init__(self, rig, *args, tty=False):
        command = ["kubectl", "--kubeconfig", rig.clusters["host"].kubeconfig, *args]
        if tty:
            self.fd, inner = pty.openpty()
            self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
            os.close(inner)
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT)
            self.fd = self.process.stdout.fileno()
        rig.processes.append(self.process)
        self.text = ""

    def until(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            ready, _, _ = select.select([self.fd], [], [], max(0.0, end - time.monotonic()))
            try:
                data = os.read(self.fd, 65536) if ready else b""
            except OSError:  # the other end of the terminal closed
                data = b""
            if not data:
                raise Failure(f"no {pattern!r} in: {self.text[-600:]!r}")
            self.text += data.decode(errors="replace")
        return found

    def send(self, text):
        if self.process.stdin:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        else:
            os.write(self.fd, text.encode())

    def end(self):
        self.process.terminate()
        self.process.wait(10)


def logs(rig):
    with rig.check("kubectl logs -f follows, --tail, --timestamps and --since work"):
        follow = Stream(rig, "logs", "-f", "--tail=2", "tool")
        first = int(follow.until(r"line (\d+)\n").group(1))
        follow.until(rf"line {first + 4}\n", 15)
        follow.end()
        stamped = rig.kubectl("logs", "tool", "--timestamps", "--tail=3").stdout.splitlines()
        if len(stamped) != 3 or not re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z line \d+$", stamped[-1]):
            raise Failure(f"{stamped}")
        if "started" not in rig.kubectl("logs", "tool").stdout:
            raise Failure("the first line is missing")
        wrong = rig.kubectl("logs", "tool", "-c", "nobody", check=False)
        if wrong.returncode == 0 or "nobody" not in wrong.stderr:
            raise Failure(f"a container that is not there: {wrong}")


def exec_pipe(rig):
    with rig.check("kubectl exec passes pipes, both outputs and the exit code on"):
        data = "".join(f"row {i} {'x' * 60}\n" for i in range(20000))
        back = rig.kubectl("exec", "-i", "tool", "--", "cat", stdin=data)
        if back.stdout != data:
            raise Failure(f"{len(data)} bytes went in, {len(back.stdout)} came back")
        both = rig.kubectl("exec", "tool", "--", "sh", "-c", "echo out; echo err >&2; exit 7", check=False)
        if (both.returncode, both.stdout, both.stderr.splitlines()[0]) != (7, "out\n", "err"):
            raise Failure(f"{both}")
        missing = rig.kubectl("exec", "tool", "--", "/no/such/program", check=False)
        if missing.returncode == 0 or "no such file" not in missing.stderr:
            raise Failure(f"a program that is not there: {missing}")


def exec_tty(rig):
    with rig.check("kubectl exec -it gives a terminal that answers and can be resized"):
        shell = Stream(rig, "exec", "-it", "tool", "--", "sh", tty=True)
        shell.until(r"[#$] ")
        shell.send("tty; echo $((6*7))\n")
        shell.until(r"/dev/(pts/\d+|console)[\s\S]*\b42\b")
        shell.send("exit 5\n")
        if shell.process.wait(15) != 5:
            raise Failure(f"exit code {shell.process.returncode}: {shell.text[-300:]!r}")


def attach(rig):
    with rig.check("kubectl attach shows what the container prints, and takes its input"):
        watching = Stream(rig, "attach", "tool")
        watching.until(r"line \d+\n[\s\S]*line \d+\n")
        watching.end()
        made = pod("reader", "while read -r word; do echo got $word; done", grace=1)
        made["spec"]["containers"][0].update(stdin=True, stdinOnce=False)
        rig.apply(made)
        rig.kubectl("wait", "--for=condition=Ready", "pod/reader", "--timeout=60s", timeout=70)
        talking = Stream(rig, "attach", "-i", "reader")
        time.sleep(1)
        talking.send("plugh\n")
        talking.until(r"got plugh")
        talking.end()
        rig.kubectl("delete", "pod", "reader", "--now", "--timeout=150s", timeout=160)


def port_forward(rig):
    with rig.check("an HTTP request goes through kubectl port-forward"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        forward = Stream(rig, "port-forward", "tool", f"{port}:8080")
        forward.until(r"Forwarding from 127")
        for _ in range(3):  # each a connection of its own
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=15) as answer:
                said = answer.read().decode().strip()
            if said != "tool":
                raise Failure(f"the page says {said!r}")
        forward.end()


def copy(rig):
    with rig.check("kubectl cp copies both ways"):
        source, back = os.path.join(rig.logs, "cp.bin"), os.path.join(rig.logs, "cp.back")
        data = os.urandom(1 << 20)
        with open(source, "wb") as out:
            out.write(data)
        rig.kubectl("cp", source, "default/tool:/tmp/copy")
        rig.kubectl("cp", "default/tool:/tmp/copy", back)
        with open(back, "rb") as read:
            if read.read() != data:
                raise Failure("what came back is not what was sent")


def strangers(rig):
    with rig.check("the kubelet endpoint refuses all but the API server"):
        host = rig.clusters["host"]
        node = host.get("/api/v1/nodes/m1")["status"]
        port = node["daemonEndpoints"]["kubeletEndpoint"]["Port"]
        address = next(a["address"] for a in node["addresses"] if a["type"] == "InternalIP")
        user = os.path.join(rig.logs, "user")  # a certificate of the host's CA, as users have them

        def openssl(*args):
            subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", user + ".key", "-out", user + ".csr",
                "-subj", "/O=developers/CN=jane")
        openssl("x509", "-req", "-in", user + ".csr", "-CA", host.directory + "/ca.crt", "-CAkey",
                host.directory + "/ca.key", "-CAcreateserial", "-days", "1", "-out", user + ".crt")
        client = host.directory + "/kubeletclient"
        for want, flags in (("401", []), ("403", ["--cert", user + ".crt", "--key", user + ".key"]),
                            ("200", ["--cert", client + ".crt", "--key", client + ".key"])):
            got = rig.command("curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", *flags, check=False,
                              *[f"https://{address}:{port}/pods"]).stdout
            if got != want:
                raise Failure(f"{flags}: {got} and not {want}")


def run(rig):
    with rig.check("a pod for kubectl's streams runs"):
        rig.apply(pod("tool", SERVE, grace=1))
        rig.kubectl("wait", "--for=condition=Ready", "pod/tool", "--timeout=60s", timeout=70)
        wait("its first lines", 10, lambda: "line 3" in rig.kubectl("logs", "tool").stdout)
    for part in (logs, exec_pipe, exec_tty, attach, port_forward, copy, strangers):
        part(rig)
    with rig.check("kubectl delete --now removes it"):
        rig.kubectl("delete", "pod", "tool", "--now", "--timeout=150s", timeout=160)
