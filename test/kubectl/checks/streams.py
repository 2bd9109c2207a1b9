"""exec, attach, port-forward, cp and debug: bytes through three clusters."""

import http.client
import time

from harness import Failure, check, eventually, expect, has, matches, same
from objects import deployment, pod, web


@check("exec runs a command, passes its output, its errors and its exit code on")
def execute(k):
    k.create(pod("box"), web("web"), pod("reader", script="while read line; do echo got $line; done; sleep 60", stdin=True))
    k.ready("box", "web", "reader")
    same(k.ok("exec", "box", "--", "echo", "two  words"), "two  words\n")
    code, out, err = k.run("exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 4")
    same((code, out), (4, "out\n"))
    has(err, "err", "command terminated with exit code 4")
    same(k.ok("exec", "box", "--", "hostname").strip(), "box")
    has(k.ok("exec", "web", "-c", "main", "--", "ls", "/"), "etc")


@check("exec -i takes input from a pipe, in full and at any size")
def execute_pipe(k):
    same(k.ok("exec", "-i", "box", "--", "cat", stdin="through and back\n"), "through and back\n")
    same(k.ok("exec", "-i", "box", "--", "wc", "-c", stdin="x" * 300_000).strip(), "300000")
    code, _, _ = k.run("exec", "-i", "box", "--", "sh", stdin="exit 9\n")
    same(code, 9)


@check("exec -it gives a shell on a terminal, with its exit code")
def execute_terminal(k):
    with k.terminal("exec", "-it", "box", "--", "sh") as shell:
        shell.send("echo $((6*7))\n")
        shell.shows("42")
        shell.send("hostname\n")
        shell.shows("box")
        shell.send("exit 3\n")
        same(shell.ends(), 3)


@check("a new client that falls back to SPDY is served alike", since=(1, 30), lacks="WebSocket to fall back from")
def spdy(k):
    old = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
    same(k.ok("exec", "-i", "box", "--", "cat", stdin="over SPDY\n", env=old), "over SPDY\n")
    same(k.run("exec", "box", "--", "sh", "-c", "exit 6", env=old)[0], 6)


@check("exec in a Deployment, and of what is not there")
def execute_names(k):
    k.create(deployment("many", replicas=1))
    k.ok("rollout", "status", "deploy/many", "--timeout=40s", seconds=50)
    matches(k.ok("exec", "deploy/many", "--", "hostname"), r"^many-\w+-\w+$")
    k.no("exec", "nopod", "--", "true", says='pods "nopod" not found')
    k.no("exec", "box", "-c", "none", "--", "true", says="container none is not valid for pod box")
    code, out, err = k.run("exec", "box", "--", "no-such-program")
    expect(code in (1, 126, 127), f"exit {code}: {out}{err}")
    has(out + err, 'exec: "no-such-program": executable file not found')


@check("attach shows what the container writes, and -i gives it input")
def attach(k):
    with k.start("attach", "-i", "reader", "-c", "main") as attached:
        def answered():
            attached.send("hello\n")
            return has(attached.output(), "got hello")
        eventually(answered, 20, 0.5)
    with k.start("attach", "web") as attached:
        time.sleep(1.5)
        expect(attached.process.poll() is None, f"attach ended: {attached.output()}")


def forwarded_port(forward):
    return int(eventually(lambda: matches(forward.output(), r"Forwarding from 127.0.0.1:(\d+)"), 20, 0.05)[1])


def page(port, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as e:
        raise Failure(f"GET through the forwarded port: {e}") from None
    finally:
        connection.close()


@check("port-forward carries HTTP; the page says which pod in which cluster answered")
def port_forward(k):
    node = k.value("pod web", ".spec.nodeName")
    with k.start("port-forward", "pod/web", ":80") as forward:
        port = forwarded_port(forward)
        for _ in range(3):
            status, text = page(port)
            same(status, 200)
            has(text, "web", node)


@check("port-forward reaches a Deployment's and a Service's pod")
def port_forward_service(k):
    k.ok("expose", "pod/web", "--port=8080", "--target-port=80", "--name=front")
    with k.start("port-forward", "service/front", ":8080") as forward:
        same(page(forwarded_port(forward))[0], 200)


@check("port-forward to a port where nobody listens says so, and goes on")
def port_forward_refused(k):
    with k.start("port-forward", "pod/box", ":81") as forward:
        port = forwarded_port(forward)
        try:
            page(port)
            raise AssertionError("a closed port answered")
        except (Failure, http.client.HTTPException):
            pass
        eventually(lambda: matches(forward.output(), "(?i)refused|error forwarding"), 10)


@check("cp takes files there and back, folders too")
def copy(k):
    k.file("there/one.txt", "first\n")
    k.file("there/deep/two.txt", "second\n" * 2000)
    k.ok("cp", "there", f"{k.namespace}/box:/tmp")
    same(k.ok("exec", "box", "--", "cat", "/tmp/there/one.txt"), "first\n")
    k.ok("cp", f"{k.namespace}/box:/tmp/there/deep/two.txt", "back.txt")
    with open(k.directory + "/back.txt", encoding="utf-8") as f:
        same(f.read(), "second\n" * 2000)
    k.ok("cp", "there/one.txt", "box:/tmp/alone.txt")
    same(k.ok("exec", "box", "--", "cat", "/tmp/alone.txt"), "first\n")


@check("debug puts a container into a running pod", since=(1, 23), lacks="ephemeral containers of today's API")
def debug(k):
    out = k.ok("debug", "box", "--image=busybox:1.36", "--attach=false", "-c", "probe", "--", "sh", "-c",
               "echo debugging; sleep 30")
    status = ".status.ephemeralContainerStatuses[0]"
    eventually(lambda: matches(k.value("pod box", status), '"running"'), 20)
    eventually(lambda: same(k.ok("logs", "box", "-c", "probe").strip(), "debugging"))
    has(k.ok("describe", "pod", "box"), "Ephemeral Containers:", "probe")
    expect(out is not None, "")


@check("debug --copy-to makes a copy of a pod to look into")
def debug_copy(k):
    k.ok("debug", "box", "--copy-to=box-copy", "--image=busybox:1.36", "-c", "probe", "--attach=false", "--",
         "sh", "-c", "while true; do sleep 1; done")
    k.ready("box-copy")
    same(sorted(k.value("pod box-copy", ".spec.containers[*].name").split()), ["main", "probe"])
